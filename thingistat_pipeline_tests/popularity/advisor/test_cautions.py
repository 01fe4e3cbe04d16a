from typing import Any

import pytest

from thingistat_pipeline.popularity.advisor.cautions import cautions, dropped_things


def row(model: str, split: str, value: float | None, low: float | None = None) -> dict[str, Any]:
    high = None if low is None or value is None else 2 * value - low
    return {
        "model": model,
        "split": split,
        "scores": {"r2_log": {"value": value, "low": low, "high": high}},
    }


def covered(share: float | None, low: float, high: float, band: str = "") -> dict[str, Any]:
    return {"coverage": share, "low": low, "high": high, "band": band}


def metrics_with(**changed: Any) -> dict[str, Any]:
    """Return the metrics of a model of which nothing bad is to be said."""
    good = {
        "n_rows": 5000,
        "n_test_creators": 900,
        "rows_dropped": {"age unknown": 3},
        "winner": "advisor_forest",
        "models": [
            row("advisor_forest", "creator", 0.8, 0.78),
            row("age_only", "creator", 0.6, 0.5),
            row("advisor_forest", "time", 0.7, 0.6),
        ],
        "against_age_only": {"value": 0.2, "low": 0.15, "high": 0.25},
        "intervals": {
            "overall": covered(0.8, 0.78, 0.82),
            "bands": [covered(0.81, 0.75, 0.87, "0 to 90 days")],
        },
    }
    return {**good, **changed}


def test_nothing_is_said_of_a_model_of_which_nothing_bad_is_to_be_said():
    assert cautions(metrics_with()) == []


def with_models(*rows: dict[str, Any]) -> dict[str, Any]:
    return metrics_with(models=list(rows))


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        (metrics_with(n_rows=500), "rests on 500 things only"),
        (metrics_with(n_test_creators=60), "Only 60 creators were held out"),
        (metrics_with(rows_dropped={"age unknown": 1500}), "1,500 things (23%) were left out"),
        (
            with_models(row("advisor_forest", "creator", 0.8, 0.7), row("age_only", "creator", 0)),
            "between 0.70 and 0.90",
        ),
        (
            with_models(row("advisor_forest", "creator", 0.8), row("age_only", "creator", 0.6)),
            "too few held-out creators for intervals",
        ),
        (
            metrics_with(against_age_only={"value": 0.02, "low": 0.0, "high": 0.04}),
            "does not do better than the age alone",
        ),
        (
            with_models(
                row("advisor_forest", "creator", 0.8, 0.78),
                row("age_only", "creator", 0.6),
                row("advisor_forest", "time", 0.2, 0.1),
            ),
            "0.20 instead of 0.80",
        ),
        (
            metrics_with(intervals={"overall": covered(0.72, 0.7, 0.76), "bands": []}),
            "hold 72% of the held-out things overall",
        ),
        (
            metrics_with(
                intervals={
                    "overall": covered(0.8, 0.78, 0.82),
                    "bands": [covered(0.93, 0.9, 0.95, "over 6 years")],
                }
            ),
            "93% of the held-out things for things of over 6 years",
        ),
    ],
)
def test_each_weakness_is_said_in_one_sentence(metrics: dict[str, Any], said: str):
    (sentence,) = cautions(metrics)
    assert said in sentence
    assert sentence.endswith(".")


def test_a_band_too_small_to_be_sure_of_is_not_complained_about():
    bands = [covered(0.6, 0.4, 0.8, "0 to 90 days"), covered(None, 0, 0, "over 6 years")]
    intervals = {"overall": covered(0.8, 0.78, 0.82), "bands": bands}
    assert cautions(metrics_with(intervals=intervals)) == []


@pytest.mark.parametrize("low", [0.01, None])
def test_what_is_surely_better_than_the_age_is_so_even_if_the_scores_own_intervals_overlap(
    low: float | None,
):
    rows = row("advisor_forest", "creator", 0.62, 0.59), row("age_only", "creator", 0.6, 0.57)
    paired = {"value": 0.02, "low": low, "high": 0.03}
    assert cautions({**with_models(*rows), "against_age_only": paired}) == []


def test_a_model_without_a_time_split_is_judged_by_the_rest():
    rows = row("advisor_forest", "creator", 0.8, 0.78), row("age_only", "creator", 0.6)
    assert cautions(with_models(*rows)) == []


def test_a_few_things_left_out_are_not_worth_a_word():
    assert dropped_things({"age unknown": 10}, 90) == []
    assert dropped_things({"age unknown": 6, "downloads unknown": 5}, 89) == [
        "11 things (11%) were left out (age unknown: 6, downloads unknown: 5)."
    ]
