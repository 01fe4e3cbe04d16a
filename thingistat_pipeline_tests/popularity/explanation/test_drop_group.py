import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import r2_score

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.explanation import drop_group as module
from thingistat_pipeline.popularity.explanation.drop_group import drop_group
from thingistat_pipeline.popularity.splits import Roles

PARAMS = {
    "max_depth": 12,
    "max_features": 0.5,
    "max_samples": 0.5,
    "min_samples_leaf": 5,
    "n_estimators": 200,
}
GROUPS = {"words (+1)": ["words", "letters"], "hour": ["hour"], "photo": ["photo"]}


def simulated_rows(n: int, *, seed: int = 0) -> AdvisorRows:
    """Words (told twice, by a near copy) and photos matter, the hour does not."""
    rng = np.random.default_rng(seed)
    words, hour, photo = rng.normal(size=n), rng.integers(0, 24, n), rng.random(n) < 0.5
    letters = words + rng.normal(size=n) * 0.05
    X = np.column_stack([words, letters, hour, photo]).astype(np.float32)
    y = words + 0.8 * photo + rng.normal(size=n) * 0.7
    X[rng.random(X.shape) < 0.05] = np.nan
    return AdvisorRows(
        ids=np.arange(n),
        creators=rng.integers(0, n // 3, n),
        X=X,
        y=y,
        age_days=np.ones(n),
        added=np.full(n, np.datetime64("2024-01-01", "us")),
        features=["words", "letters", "hour", "photo"],
        left_out={},
        rows_dropped={},
    )


def roles_of(rows: AdvisorRows) -> Roles:
    role = rows.creators % 4
    return Roles(
        train=np.flatnonzero(role < 2),
        calibration=np.flatnonzero(role == 2),
        test=np.flatnonzero(role == 3),
    )


@pytest.fixture(scope="module")
def table():
    rows = simulated_rows(2400)
    return drop_group(rows, roles_of(rows), GROUPS, list(GROUPS), lambda _: PARAMS, seed=1)


def test_the_fall_is_that_of_a_forest_fitted_on_the_other_columns(table):
    rows = simulated_rows(2400)
    roles = roles_of(rows)

    def skill(columns: list[int]) -> float:
        forest = RandomForestRegressor(**{**PARAMS, "n_estimators": 30}, random_state=1)
        forest.fit(rows.X[roles.train][:, columns], rows.y[roles.train])
        predicted = forest.predict(rows.X[roles.test][:, columns])
        return float(r2_score(rows.y[roles.test], predicted))

    assert table.row(0, named=True)["fall"] == pytest.approx(
        skill([0, 1, 2, 3]) - skill([2, 3]), abs=1e-10
    )
    assert table["train_rows"].to_list() == [len(roles.train)] * 3
    assert table["test_rows"].to_list() == [len(roles.test)] * 3


def test_what_matters_is_told_from_what_does_not(table):
    words, hour, photo = table.rows(named=True)
    assert words["low"] > 0.3
    assert photo["low"] > 0.03
    assert hour["low"] < 0.01
    assert hour["high"] < 0.02
    for row in (words, hour, photo):
        assert row["low"] < row["fall"] < row["high"]


def test_one_of_two_features_that_say_the_same_is_hardly_missed(table):
    rows = simulated_rows(2400)
    single = {"words": ["words"]}
    alone = drop_group(rows, roles_of(rows), single, ["words"], lambda _: PARAMS, seed=1)
    assert alone["fall"].item() < table["fall"][0] / 10


def test_only_the_first_of_the_ranking_are_tried_in_its_order(monkeypatch):
    monkeypatch.setitem(module.DROPPED_GROUPS, "quick", 2)
    rows = simulated_rows(300)
    found = drop_group(
        rows, roles_of(rows), GROUPS, ["photo", "words (+1)", "hour"], lambda _: PARAMS, seed=1
    )
    assert found["group"].to_list() == ["photo", "words (+1)"]


def test_threads_change_nothing():
    rows = simulated_rows(300)
    one, two = (
        drop_group(
            rows, roles_of(rows), GROUPS, ["photo"], lambda _: PARAMS, seed=1, threads=threads
        )
        for threads in (1, 2)
    )
    assert one.equals(two)


def test_without_any_feature_left_the_training_mean_is_what_remains():
    rows = simulated_rows(300)
    roles = roles_of(rows)
    everything = {"all": rows.features}
    found = drop_group(rows, roles, everything, ["all"], lambda _: PARAMS, seed=1)
    forest = RandomForestRegressor(**{**PARAMS, "n_estimators": 30}, random_state=1)
    forest.fit(rows.X[roles.train], rows.y[roles.train])
    mean = np.full(len(roles.test), rows.y[roles.train].mean())
    actual = rows.y[roles.test]
    expected = r2_score(actual, forest.predict(rows.X[roles.test])) - r2_score(actual, mean)
    assert found["fall"].item() == pytest.approx(expected, abs=1e-10)


def test_nothing_to_try_gives_an_empty_table():
    rows = simulated_rows(60)
    assert drop_group(rows, roles_of(rows), {}, [], lambda _: PARAMS, seed=1).height == 0


def test_each_forest_has_the_parameters_for_the_rows_it_is_fitted_on(monkeypatch):
    monkeypatch.setitem(module.REFIT_ROWS, "quick", 100)
    rows = simulated_rows(600)
    asked = []

    def params(fitted: int) -> dict[str, object]:
        asked.append(fitted)
        return {**PARAMS, "max_samples": 0.5}

    found = drop_group(rows, roles_of(rows), GROUPS, ["photo"], params, seed=1)
    assert asked == [found["train_rows"].item()] * 2
    assert asked[0] <= 100
