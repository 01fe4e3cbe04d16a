import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline.popularity.advisor.drift import drift, previous_version
from thingistat_pipeline.popularity.advisor.scores import METRICS


def metrics(score: float = 0.4, **summary: tuple[float, float, float]) -> dict[str, Any]:
    """Return stored metrics; `summary` has mean, standard deviation and share known."""

    def interval(value: float) -> dict[str, Any]:
        return {"value": value, "low": value - 0.1, "high": value + 0.1}

    return {
        "models": [
            {"model": "dummy", "split": "creator", "scores": {"r2_log": interval(0.0)}},
            {"model": "advisor_forest", "split": "time", "scores": {"r2_log": interval(0.1)}},
            {"model": "advisor_forest", "split": "creator", "scores": {"r2_log": interval(score)}},
        ],
        "feature_summary": {
            name: {"mean": mean, "sd": sd, "known": known}
            for name, (mean, sd, known) in summary.items()
        },
    }


def test_the_forests_scores_on_held_out_creators_are_set_side_by_side():
    (row,) = drift(metrics(0.5), metrics(0.25))["scores"]
    assert row == {
        "metric": "r2_log",
        "before": {"value": 0.5, "low": 0.4, "high": 0.6},
        "now": {"value": 0.25, "low": 0.15, "high": 0.35},
    }


def test_features_are_listed_by_how_far_they_moved_in_standard_deviations():
    before = metrics(a=(1.0, 3.0, 1.0), b=(10.0, 1.0, 1.0), c=(5.0, 1.0, 1.0), d=(0.0, 0.0, 1.0))
    now = metrics(a=(3.5, 4.0, 1.0), b=(9.0, 1.0, 1.0), c=(5.05, 1.0, 1.0), d=(0.0, 0.0, 1.0))
    found = drift(before, now)["features"]
    # By the root of the mean variance: 2.5 / sqrt((9 + 16) / 2) is 0.7071 for a.
    assert [row["feature"] for row in found] == ["b", "a", "c", "d"]
    by = [row["standardised_difference"] for row in found]
    assert by == pytest.approx([-1.0, 0.5**0.5, 0.05, 0.0])
    assert [row["moved"] for row in found] == [True, True, False, False]
    assert (found[1]["before"], found[1]["now"]) == (1.0, 3.5)


def test_a_constant_that_became_another_constant_comes_first():
    found = drift(
        metrics(a=(0.0, 0.0, 1.0), b=(0.0, 1.0, 1.0)), metrics(a=(1.0, 0.0, 1.0), b=(9.0, 1.0, 1.0))
    )["features"]
    assert [row["feature"] for row in found] == ["a", "b"]
    assert found[0]["standardised_difference"] is None
    assert found[0]["moved"]


def test_numbers_near_the_end_of_all_numbers_can_be_compared():
    huge = 1.7e308
    found = drift(metrics(a=(-huge, huge, 1.0)), metrics(a=(huge, huge, 1.0)))
    json.dumps(found, allow_nan=False)
    assert [row["feature"] for row in found["features"]] == ["a"]


def test_no_more_than_ten_features_are_listed():
    names = [f"feature_{k}" for k in range(30)]
    before = metrics(0.4, **dict.fromkeys(names, (0.0, 1.0, 1.0)))
    now = metrics(0.4, **{name: (float(k), 1.0, 1.0) for k, name in enumerate(names)})
    found = drift(before, now)["features"]
    assert [row["feature"] for row in found] == names[:19:-1]


def test_features_that_came_and_went_and_became_unknown_are_named():
    before = metrics(a=(0.0, 1.0, 0.9), gone=(0.0, 1.0, 1.0), c=(0.0, 1.0, 0.5))
    now = metrics(a=(0.0, 1.0, 0.8), c=(0.0, 1.0, 0.52), new=(0.0, 1.0, 1.0))
    found = drift(before, now)
    assert (found["appeared"], found["vanished"]) == (["new"], ["gone"])
    assert found["known"] == [{"feature": "a", "before": 0.9, "now": 0.8}]


@pytest.mark.parametrize("other", [{}, {"fitted": False, "reason": "too few"}, {"models": None}])
def test_nothing_is_said_about_what_one_of_the_two_lacks(other: dict[str, Any]):
    nothing: dict[str, list[Any]] = {
        "scores": [],
        "features": [],
        "appeared": [],
        "vanished": [],
        "known": [],
    }
    assert drift(other, metrics(a=(0.0, 1.0, 1.0))) == nothing
    assert drift(metrics(a=(0.0, 1.0, 1.0)), other) == nothing


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["model", "split", "scores", "r2_log", "value", "mean", "sd", "known"]),
            inner | st.just("advisor_forest") | st.just("creator"),
            max_size=4,
        )
    ),
    max_leaves=12,
)
STORED = st.dictionaries(st.sampled_from(["models", "feature_summary", "fitted"]), ANYTHING)


@settings(deadline=None)
@given(STORED, STORED)
def test_whatever_is_stored_can_be_compared_and_written(
    before: dict[str, Any], now: dict[str, Any]
):
    found = drift(before, now)
    json.dumps(found, allow_nan=False)
    assert {row["metric"] for row in found["scores"]} <= set(METRICS)


def test_the_previous_version_is_the_latest_observed_before():
    versions: dict[str, Any] = {
        "b": {"observed_through": "2026-01-02", "n_rows": 10},
        "c": {"observed_through": "2026-01-01", "n_rows": 90},
        "a": {"observed_through": "2026-01-02", "n_rows": 9, "fitted": True},
        "z": {"observed_through": "2026-01-02", "n_rows": 9.5, "fitted": False},
        "e": {"observed_through": "2026-01-03"},
    }
    assert previous_version(versions, "e") == "b"
    assert previous_version(versions, "b") == "a"
    assert previous_version(versions, "a") == "c"
    assert previous_version(versions, "c") is None
    assert previous_version(versions, "unheard of") is None


def test_equals_are_ordered_by_name_and_what_lacks_a_date_is_oldest():
    same: dict[str, Any] = {"observed_through": "2026-01-02", "n_rows": 10}
    versions: dict[str, Any] = {"a": same, "b": dict(same), "old": {"n_rows": None}}
    assert previous_version(versions, "b") == "a"
    assert previous_version(versions, "a") == "old"
    assert previous_version(versions, "old") is None
