import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.metrics import r2_score
from threadpoolctl import threadpool_limits

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.explanation import group_importance as module
from thingistat_pipeline.popularity.explanation.group_importance import (
    error_increases,
    group_importance,
    group_numbers,
)
from thingistat_pipeline.popularity.explanation.packing import packed

FEATURES = ["a", "b", "c", "d"]
GROUPS = {"b (+1)": ["b", "d"], "a": ["a"], "c": ["c"]}


@pytest.fixture(scope="module", autouse=True)
def one_openmp_thread():
    """Boosting's threads wait for one another by spinning, for minutes where the cores are busy."""
    with threadpool_limits(1):
        yield


def held_out(rows: int, *, seed: int, unknown: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 6, (rows, 4)).astype(np.float32)
    y = X[:, 0] + X[:, 1] * X[:, 3] / 3 + rng.normal(size=rows)
    X[rng.random(X.shape) < unknown] = np.nan
    return X, y


def as_rows(X: np.ndarray, y: np.ndarray, creators: np.ndarray) -> AdvisorRows:
    return AdvisorRows(
        ids=np.arange(len(y)),
        creators=creators,
        X=X,
        y=y,
        age_days=np.ones(len(y)),
        added=np.full(len(y), np.datetime64("2024-01-01", "us")),
        features=FEATURES,
        left_out={},
        rows_dropped={},
    )


def shuffled(X: np.ndarray, columns: list[int], shuffle: np.ndarray) -> np.ndarray:
    shown = X.copy()
    shown[:, columns] = X[shuffle][:, columns]
    return shown


@pytest.fixture(scope="module", params=["forest", "boosting"])
def model(request):
    models = {
        "forest": RandomForestRegressor(7, max_features=0.6, random_state=0),
        "boosting": HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=5),
    }
    return models[request.param].fit(*held_out(200, seed=0))


@given(
    seed=st.integers(1, 1000),
    rows=st.integers(2, 150),
    unknown=st.sampled_from([0.0, 0.2, 0.8]),
)
@settings(max_examples=15, deadline=None)
def test_falls_equal_those_of_shuffling_columns_and_predicting_anew(model, seed, rows, unknown):
    X, y = held_out(rows, seed=seed, unknown=unknown)
    rng = np.random.default_rng(seed)
    shuffles = np.stack([rng.permutation(rows) for _ in range(3)])
    found = error_increases(packed(model), X, y, group_numbers(FEATURES, GROUPS), shuffles)
    falls = found.by_repeat / ((y - y.mean()) ** 2).sum()
    as_is = r2_score(y, model.predict(X))
    for number, columns in enumerate([[1, 3], [0], [2]]):
        expected = [
            as_is - r2_score(y, model.predict(shuffled(X, columns, shuffle)))
            for shuffle in shuffles
        ]
        np.testing.assert_allclose(falls[number], expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.by_row.sum(axis=0), found.by_repeat.mean(axis=1), atol=1e-8)


def test_a_single_feature_comes_out_as_scikit_learns_permutation_importance_has_it():
    X, y = held_out(300, seed=3)
    forest = RandomForestRegressor(20, random_state=0).fit(*held_out(300, seed=4))
    places = np.tile(np.arange(300.0)[:, None], 4)
    shown: list[np.ndarray] = []

    def keep(_model, rows, _actual):
        shown.append(rows[:, 0].astype(np.int64))
        return 0.0

    permutation_importance(forest, places, y, n_repeats=5, random_state=9, scoring=keep)
    shuffles = np.stack(shown[1:6])
    expected = permutation_importance(forest, X, y, n_repeats=5, random_state=9, scoring="r2")
    found = error_increases(packed(forest), X, y, np.arange(4), shuffles)
    falls = found.by_repeat / ((y - y.mean()) ** 2).sum()
    np.testing.assert_allclose(falls, expected.importances, rtol=0, atol=1e-10)


def test_several_blocks_and_threads_change_nothing():
    X, y = held_out(700, seed=5)
    ensemble = packed(RandomForestRegressor(10, random_state=0).fit(*held_out(300, seed=6)))
    tables = [
        group_importance(
            ensemble, as_rows(X, y, np.arange(700) // 3), GROUPS, seed=1, threads=threads
        )
        for threads in (1, 3)
    ]
    assert tables[0].equals(tables[1])


def test_the_table_is_the_mean_over_shuffles_with_an_interval_around_it():
    X, y = held_out(900, seed=7)
    ensemble = packed(RandomForestRegressor(30, random_state=0).fit(*held_out(900, seed=8)))
    table = group_importance(ensemble, as_rows(X, y, np.arange(900) // 3), GROUPS, seed=1)
    assert table["group"].to_list() == ["b (+1)", "a", "c"]
    assert table["rows"].to_list() == [900] * 3
    assert (table["low"] < table["mean"]).all()
    assert (table["mean"] < table["high"]).all()
    top, noise = table.row(0, named=True), table.row(2, named=True)
    assert top["low"] > 0.3
    assert noise["low"] < 0 < noise["high"] < 0.1
    assert 0 < top["std"] < top["mean"] / 4


def test_the_interval_is_as_wide_as_repeated_samples_of_creators_scatter():
    ensemble = packed(RandomForestRegressor(30, random_state=0).fit(*held_out(600, seed=9)))
    tables = []
    for seed in range(40):
        X, y = held_out(300, seed=100 + seed)
        # Creators whose three things are the same: rows are no independent witnesses.
        X, y = np.repeat(X[:100], 3, axis=0), np.repeat(y[:100], 3)
        tables.append(
            group_importance(ensemble, as_rows(X, y, np.arange(300) // 3), {"a": ["a"]}, seed=seed)
        )
    found = pl.concat(tables)
    width = np.mean((found["high"] - found["low"]).to_numpy())
    scatter = np.std(found["mean"].to_numpy())
    assert width == pytest.approx(2 * 1.96 * scatter, rel=0.3)  # a sd of 40 is known to ± 11 %


def test_what_the_model_never_asks_for_has_no_importance():
    X, y = held_out(200, seed=1)
    X[:, 2] = 3.0
    ensemble = packed(RandomForestRegressor(10, random_state=0).fit(X, y))
    table = group_importance(ensemble, as_rows(X, y, np.arange(200)), {"c": ["c"]}, seed=1)
    assert table.row(0) == ("c", 0.0, 0.0, 0.0, 0.0, 200)


def test_an_outcome_that_does_not_vary_has_no_figures():
    X, y = held_out(100, seed=1)
    ensemble = packed(RandomForestRegressor(3, random_state=0).fit(X, y))
    rows = as_rows(X, np.ones(100), np.arange(100))
    table = group_importance(ensemble, rows, {"a": ["a"]}, seed=1)
    assert table.row(0) == ("a", None, None, None, None, 100)


def test_only_so_many_rows_are_used_and_never_a_part_of_a_creator(monkeypatch):
    monkeypatch.setitem(module.IMPORTANCE_ROWS, "quick", 100)
    X, y = held_out(400, seed=1)
    ensemble = packed(RandomForestRegressor(3, random_state=0).fit(X, y))
    rows = as_rows(X, y, np.repeat(np.arange(58), 7)[:400])
    table = group_importance(ensemble, rows, {"a": ["a"]}, seed=1)
    assert table["rows"].item() in {98, 99}  # 14 creators of 7, perhaps the one of 1 besides


@pytest.mark.parametrize("groups", [{"x": ["a", "e"]}, {"x": ["a"], "y": ["a"]}])
def test_groups_that_name_unknown_features_or_share_one_are_refused(groups):
    with pytest.raises(ValueError, match="unknown or in two groups"):
        group_numbers(FEATURES, groups)


def test_without_groups_or_without_rows_the_table_is_empty_or_has_no_figures():
    X, y = held_out(100, seed=1)
    ensemble = packed(RandomForestRegressor(3, random_state=0).fit(X, y))
    rows = as_rows(X, y, np.arange(100))
    assert group_importance(ensemble, rows, {}, seed=1).height == 0
    table = group_importance(ensemble, rows.taken(np.arange(0)), {"a": ["a"]}, seed=1)
    assert table.row(0) == ("a", None, None, None, None, 0)
