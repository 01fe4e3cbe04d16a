import math

import polars as pl
import pytest

from thingistat_pipeline.report.results import Importance, Scores, rank_agreement, ranking


def importances(*rows):
    return pl.DataFrame(rows, schema=["method", "split", "feature", "mean", "std"], orient="row")


@pytest.mark.parametrize(
    ("mean", "std", "stands_out"),
    [
        (0.10, 0.05, True),
        (0.0999, 0.05, False),
        (-0.5, 0.01, False),
        (0.0, 0.0, False),
        (0.01, 0.0, True),
        (0.01, None, True),
    ],
)
def test_a_feature_stands_out_from_two_standard_deviations_on(mean, std, stands_out):
    assert Importance("x", mean, std).stands_out is stands_out


def test_a_ranking_takes_one_method_and_split_and_breaks_ties_by_name():
    frame = importances(
        ("permutation", "test", "b", 0.2, 0.1),
        ("permutation", "test", "a", 0.2, 0.1),
        ("permutation", "test", "c", 0.5, None),
        ("permutation", "test", "lost", math.nan, 0.1),
        ("permutation", "train", "z", 0.9, 0.1),
    )
    assert [item.feature for item in ranking(frame, "permutation", "test")] == ["c", "a", "b"]


def test_a_ranking_leaves_other_models_out():
    frame = importances(("permutation", "test", "a", 0.2, 0.1)).with_columns(
        model=pl.lit("advisor_forest")
    )
    assert ranking(frame, "permutation", "test") == ()


def test_rank_agreement_is_spearmans():
    # d = (0, 1, -1, 0): rho = 1 - 6 * 2 / (4 * 15) = 0.8
    first = [Importance(name, mean, None) for name, mean in zip("abcd", (4, 3, 2, 1), strict=True)]
    second = [Importance(name, mean, None) for name, mean in zip("abcd", (9, 2, 3, 0), strict=True)]
    assert rank_agreement(first, second) == pytest.approx(0.8)
    assert rank_agreement(first[:2], second[:2]) is None


def test_scores_order_the_baselines_and_pass_over_what_is_not_measured():
    scores = Scores.of(
        {
            "r2_test": 0.5,
            "r2_test_low": float("nan"),
            "n_test": 100,
            "baselines": {
                "mean": {"r2_test": -0.1},
                "age_only": {"r2_test": 0.2},
                "median": {"r2_test": None},
            },
        }
    )
    assert scores.baselines == (("age_only", 0.2), ("mean", -0.1))
    assert scores.low is None
    assert scores.too_wide


@pytest.mark.parametrize(
    ("low", "high", "held_out", "too_wide"),
    [(0.6, 0.8, 500, False), (0.2, 0.8, 500, True), (0.6, 0.8, 49, True), (0.6, None, 500, True)],
)
def test_an_interval_is_too_wide_from_half_an_r2_or_below_fifty_things(
    low, high, held_out, too_wide
):
    scores = Scores.of({"r2_test_low": low, "r2_test_high": high, "n_test": held_out})
    assert scores.too_wide is too_wide
