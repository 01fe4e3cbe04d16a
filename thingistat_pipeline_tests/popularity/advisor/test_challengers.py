from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import r2_score

from thingistat_pipeline.popularity.advisor.challengers import (
    LABELS,
    Contender,
    Sides,
    compared,
    contenders,
    smearing,
    winner_of,
)
from thingistat_pipeline.popularity.advisor.rows import advisor_rows
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap
from thingistat_pipeline.popularity.splits import creator_roles
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame


@pytest.fixture(scope="module")
def sides() -> Sides:
    rows = advisor_rows(sandbox_frame(900))
    roles = creator_roles(rows.creators, seed=1)
    return Sides(rows.taken(roles.train), rows.taken(roles.calibration), rows.taken(roles.test))


@pytest.fixture(scope="module")
def entered(sides: Sides) -> list[Contender]:
    forest = RandomForestRegressor(20, max_features=0.5, min_samples_leaf=2, random_state=1)
    forest.fit(sides.fit.X, sides.fit.y)
    return list(contenders(sides, forest, seed=1, effort="quick"))


@pytest.fixture(scope="module")
def table(sides: Sides, entered: list[Contender]) -> list[dict[str, Any]]:
    bootstrap = CreatorBootstrap(sides.judged.creators, seed=1, effort="quick")
    return compared(entered, sides, bootstrap, split="creator")


def line(
    key: str, r2: float | None, low: float | None, *, high: float | None = 0.1
) -> dict[str, Any]:
    difference = {"value": r2 and r2 - 0.5, "low": low, "high": high}
    return {
        "model": key,
        "scores": {"r2_log": {"value": r2, "low": None, "high": None}},
        "difference": difference,
        "beats_forest": low is not None and low > 0,
    }


def test_the_forest_and_all_that_is_asked_for_are_in_the_table(table: list[dict[str, Any]]):
    assert [row["model"] for row in table] == list(LABELS)
    kinds = {row["model"]: row["kind"] for row in table}
    assert {key for key, kind in kinds.items() if kind == "model"} == {
        "advisor_forest",
        "linear",
        "boosting",
        "boosting_poisson",
    }
    assert {row["split"] for row in table} == {"creator"}
    assert {row["label"] for row in table} == set(LABELS.values())


def test_scores_are_those_of_the_things_to_judge_by(
    table: list[dict[str, Any]], entered: list[Contender], sides: Sides
):
    for row, one in zip(table, entered, strict=True):
        assert row["scores"]["r2_log"]["value"] == pytest.approx(
            r2_score(sides.judged.y, one.predicted), abs=1e-9
        )


def test_differences_are_to_the_forest(table: list[dict[str, Any]]):
    forest, *others = table
    assert (forest["difference"], forest["beats_forest"]) == (None, False)
    for row in others:
        expected = row["scores"]["r2_log"]["value"] - forest["scores"]["r2_log"]["value"]
        assert row["difference"]["value"] == pytest.approx(expected, abs=1e-9)
        assert row["beats_forest"] == (row["difference"]["low"] > 0)


def test_every_model_beats_the_mean_and_the_learners_beat_the_age(table: list[dict[str, Any]]):
    r2 = {row["model"]: row["scores"]["r2_log"]["value"] for row in table}
    assert r2["dummy"] <= 0.0
    assert r2["age_only"] > 0.4
    for learner in ("advisor_forest", "boosting", "boosting_poisson"):
        assert r2[learner] > r2["age_only"] + 0.05


def test_raw_downloads_are_judged_with_each_models_own_smearing(
    entered: list[Contender], sides: Sides, table: list[dict[str, Any]]
):
    one, row = entered[1], table[1]
    factor = np.mean(np.exp(sides.calibration.y - one.calibrated))
    said = np.maximum(factor * np.exp(one.predicted) - 1, 0)
    expected = r2_score(np.expm1(sides.judged.y), said)
    assert row["scores"]["r2_raw"]["value"] == pytest.approx(expected, abs=1e-9)


def test_smearing_is_duans_factor():
    # Residuals ln 2, 0 and -ln 2: (2 + 1 + 1/2) / 3.
    actual = np.array([1.0 + np.log(2), 1.0, 1.0])
    assert smearing(actual, np.array([1.0, 1.0, 1.0 + np.log(2)])) == pytest.approx(3.5 / 3)
    assert smearing(np.empty(0), np.empty(0)) == 1.0


def test_the_forest_serves_unless_it_is_beaten_beyond_the_noise():
    table = [line("linear", 0.3, -0.3), line("boosting", 0.51, -0.01)]
    key, why = winner_of([*table, line("boosting_poisson", 0.4, -0.2)])
    assert key == "advisor_forest"
    assert "Histogram gradient boosting, +0.010 (95 % interval -0.010 to +0.100)" in why


def test_the_best_of_those_that_beat_the_forest_serves():
    table = [line("linear", 0.55, 0.01), line("boosting", 0.54, 0.02)]
    key, why = winner_of([*table, line("boosting_poisson", 0.6, -0.01)])
    assert key == "linear"
    assert "+0.050 (95 % interval +0.010 to +0.100)" in why


def test_a_baseline_never_serves_and_what_is_undefined_beats_nothing():
    table = [line(key, None, None) for key in ("linear", "boosting", "boosting_poisson")]
    key, why = winner_of([*table, line("age_only", 0.9, 0.3)])
    assert key == "advisor_forest"
    assert "undefined" in why
    few = [line(key, 0.6, None) for key in ("linear", "boosting", "boosting_poisson")]
    assert "too few creators" in winner_of(few)[1]
