import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.explanation.effects_curve import (
    accumulated_effects,
    ale_curve,
    half_sample_models,
)
from thingistat_pipeline.popularity.explanation.packing import packed
from thingistat_pipeline.popularity.splits import Roles

PARAMS = {"max_features": 0.5, "max_samples": 0.5, "min_samples_leaf": 5, "n_estimators": 200}
NULLS = [f"null_{number}" for number in range(8)]


def uniform_pair(n: int, *, noise: float, seed: int = 0) -> np.ndarray:
    """Return two features that are nearly the same, as in section 5 of Apley and Zhu."""
    rng = np.random.default_rng(seed)
    shared = rng.uniform(0, 1, n)
    return np.column_stack(
        [shared + rng.normal(0, noise, n), shared + rng.normal(0, noise, n)]
    ).astype(np.float32)


@given(slope=st.floats(-50, 50), seed=st.integers(0, 1000), n=st.integers(2, 300))
def test_of_a_linear_function_it_is_the_slope_itself(slope: float, seed: int, n: int):
    rng = np.random.default_rng(seed)
    X = rng.lognormal(size=(n, 3)).astype(np.float32)
    curve = ale_curve(lambda rows: slope * rows[:, 1].astype(float) + rows[:, 0] ** 2, X, 1)
    assert curve is not None
    mean = X[:, 1].astype(float).mean()
    np.testing.assert_allclose(
        curve.effect, slope * (curve.x.astype(float) - mean), rtol=1e-6, atol=1e-4
    )


def test_companions_effects_are_not_booked_to_a_feature_as_partial_dependence_does():
    # Apley and Zhu, section 5: y = x1 + x2² on two nearly equal features; the truth for x1 is x1.
    # A tree, which is flat beyond its data, makes partial dependence fail at the ends.
    X = uniform_pair(4000, noise=0.05)
    forest = RandomForestRegressor(40, min_samples_leaf=5, max_features=1, random_state=0)
    forest.fit(X, X[:, 0] + X[:, 1] ** 2)
    ensemble = packed(forest)
    curve = ale_curve(ensemble.predict, X, 0)
    assert curve is not None
    truth = curve.x - X[:, 0].mean()
    dependence = []
    for x in curve.x:
        at_x = X.copy()
        at_x[:, 0] = x
        dependence.append(ensemble.predict(at_x).mean())
    missed_by_dependence = np.abs(dependence - np.mean(dependence) - truth).max()
    inner = slice(1, -1)
    assert np.abs(curve.effect - truth)[inner].max() < 0.1
    assert missed_by_dependence > 2 * np.abs(curve.effect - truth)[inner].max()


def test_an_interaction_is_followed_along_the_data_and_not_across_them():
    # f = x1 x2 with x1 = x2: the local slope of x1 is x2 = x1, so the curve is x1²/2; partial
    # dependence would say x1 times the mean of x2. (Apley and Zhu, section 2.)
    x = np.linspace(-1, 1, 20_001, dtype=np.float32)
    X = np.column_stack([x, x])
    curve = ale_curve(lambda rows: rows[:, 0].astype(float) * rows[:, 1], X, 0)
    assert curve is not None
    np.testing.assert_allclose(curve.effect, curve.x**2 / 2 - 1 / 6, atol=0.002)


def test_by_hand_with_few_values():
    # Bins [0, 1] and (1, 3]: two rows at 0 and one at 1 move by f(1) - f(0) = 1 each, the one at 3
    # by f(3) - f(1) = 8; so 0, 1, 9, less its mean (0 + 0 + 1 + 9) / 4.
    X = np.array([[0], [0], [1], [3], [np.nan]], dtype=np.float32)
    curve = ale_curve(lambda rows: rows[:, 0].astype(float) ** 2, X, 0)
    assert curve is not None
    assert curve.x.tolist() == [0.0, 1.0, 3.0]
    assert curve.effect.tolist() == [-2.5, -1.5, 6.5]
    assert curve.things.tolist() == [2, 1, 1]


def test_a_yes_or_no_feature_takes_one_step_from_nothing():
    X = np.array([[0, 1], [0, 2], [1, 3], [np.nan, 100]], dtype=np.float32)
    curve = ale_curve(lambda rows: rows[:, 0] * rows[:, 1].astype(float), X, 0)
    assert curve is not None
    assert curve.x.tolist() == [0.0, 1.0]
    assert curve.effect.tolist() == [0.0, 2.0]  # the mean of 1, 2 and 3
    assert curve.things.tolist() == [2, 1]


@given(seed=st.integers(0, 1000), n=st.integers(1, 400), values=st.sampled_from([2, 5, 10_000]))
def test_every_known_row_is_in_one_bin_and_the_mean_is_nothing(seed: int, n: int, values: int):
    rng = np.random.default_rng(seed)
    X = rng.integers(5, 5 + values, (n, 2)).astype(np.float32)
    X[rng.random(n) < 0.3, 0] = np.nan
    known = X[~np.isnan(X[:, 0]), 0]
    curve = ale_curve(lambda rows: np.sin(rows[:, 0].astype(float)) * rows[:, 1], X, 0)
    if len(np.unique(known)) < 2:
        assert curve is None
        return
    assert curve is not None
    assert curve.things.sum() == len(known)
    assert len(curve.x) <= 20
    assert (np.diff(curve.x) > 0).all()
    assert (curve.x[0], curve.x[-1]) == (known.min(), known.max())
    assert np.interp(known, curve.x, curve.effect).mean() == pytest.approx(0, abs=1e-6)


def simulated_rows(n: int, *, seed: int) -> AdvisorRows:
    """Words and photos matter; eight further features do not."""
    rng = np.random.default_rng(seed)
    words, photo = rng.normal(size=n), rng.random(n) < 0.4
    nulls = rng.normal(size=(n, len(NULLS)))
    nulls[:, 1::2] = nulls[:, 1::2] > 0.5
    X = np.column_stack([words, photo, nulls]).astype(np.float32)
    X[rng.random(n) < 0.1, 0] = np.nan
    return AdvisorRows(
        ids=np.arange(n),
        creators=rng.integers(0, n // 3, n),
        X=X,
        y=np.nan_to_num(words) + 0.8 * photo + rng.normal(size=n),
        age_days=np.ones(n),
        added=np.full(n, np.datetime64("2024-01-01", "us")),
        features=["words", "photo", *NULLS],
        left_out={},
        rows_dropped={},
    )


def effects_of(rows: AdvisorRows, features: list[str], *, threads: int = 2) -> pl.DataFrame:
    role = rows.creators % 4
    train, test = np.flatnonzero(role < 3), np.flatnonzero(role == 3)
    roles = Roles(train=train, calibration=np.empty(0, np.intp), test=test)
    forest = RandomForestRegressor(**{**PARAMS, "n_estimators": 50}, random_state=0)
    full = packed(forest.fit(rows.X[train], rows.y[train]))
    halves = half_sample_models(rows, roles, lambda _: PARAMS, seed=1, threads=threads)
    return accumulated_effects(
        full.predict, halves, rows.taken(test), features, seed=1, threads=threads
    )


@pytest.fixture(scope="module")
def effects():
    return effects_of(simulated_rows(2400, seed=5), ["photo", "words", *NULLS])


def test_bands_of_features_without_effect_cover_zero(effects):
    nulls = effects.filter(pl.col("feature").is_in(NULLS))
    assert nulls["feature"].n_unique() == len(NULLS)
    steps = nulls.filter((pl.col("x") == 1) & (pl.col("high") > pl.col("low")))
    assert steps.height == 4
    assert ((steps["low"] <= 0) & (steps["high"] >= 0)).all()
    curves = nulls.filter(~pl.col("x").is_in([0.0, 1.0]))
    covers = (curves["low"] <= 0) & (curves["high"] >= 0)
    assert covers.mean() > 0.9


def test_bands_of_features_with_effect_leave_zero_out_and_hold_most_of_it(effects):
    photo = effects.filter(feature="photo")
    assert photo["effect"][0] == photo["low"][0] == photo["high"][0] == 0.0
    assert photo["low"][1] > 0.3
    assert photo["effect"][1] == pytest.approx(0.8, abs=0.25)
    words = effects.filter(feature="words")
    assert words["high"][0] < 0 < words["low"][-1]
    assert words["x"].is_sorted()


def test_features_that_are_not_there_are_passed_over_and_threads_change_nothing(effects):
    rows = simulated_rows(2400, seed=5)
    found = effects_of(rows, ["words", "nobody_knows_it"], threads=1)
    assert found.equals(effects.filter(feature="words"))


def test_each_half_is_of_other_creators_and_no_more_than_half():
    rows = simulated_rows(400, seed=1)
    roles = Roles(np.arange(400), np.empty(0, np.intp), np.arange(0))
    # One deep tree without resampling keeps every outcome it was fitted on in its leaves.
    params = {"bootstrap": False, "max_features": 1.0}
    halves = half_sample_models(rows, roles, lambda _: params, seed=1)
    fitted = [
        frozenset(rows.creators[np.abs(half.predict(rows.X) - rows.y) < 1e-12]) for half in halves
    ]
    assert len(set(fitted)) == 8
    for creators in fitted:
        held = np.isin(rows.creators, list(creators)).sum()
        assert 195 <= held <= 200


def test_where_boosting_is_explained_the_halves_are_boosted_with_as_many_trees():
    rows = simulated_rows(900, seed=2)
    train, test = np.arange(600), np.arange(600, 900)
    roles = Roles(train, np.empty(0, np.intp), test)
    full = HistGradientBoostingRegressor(
        max_iter=60, early_stopping=True, n_iter_no_change=2, max_leaf_nodes=4, random_state=0
    ).fit(rows.X[train], rows.y[train])
    assert full.n_iter_ < 60
    halves = half_sample_models(rows, roles, lambda _: PARAMS, boosting=full, seed=1)
    assert len(halves) == 8
    assert {len(half.trees.roots) for half in halves} == {full.n_iter_}
    # of 4 leaves each
    assert {len(half.trees.nodes) for half in halves} == {7 * full.n_iter_}
    again = half_sample_models(rows, roles, lambda _: PARAMS, boosting=full, seed=1, threads=1)
    for one, other in zip(halves, again, strict=True):
        assert one.predict(rows.X).tolist() == other.predict(rows.X).tolist()
    found = accumulated_effects(packed(full).predict, halves, rows.taken(test), ["photo"], seed=1)
    assert found["low"][1] < found["effect"][1] < found["high"][1]
