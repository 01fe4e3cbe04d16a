from dataclasses import replace

import polars as pl
import pytest

from thingistat_pipeline.report.parity_findings import parity_findings, sample_findings
from thingistat_pipeline_tests.report import samples


def said(data, topic):
    points = parity_findings(data) + sample_findings(data)
    return next((point.sentence for point in points if point.topic == topic), None)


def with_parity(**changes):
    return samples.large(parity={**samples.parity(), **changes})


def with_held_out(means, std=0.001):
    """Return importances with the given held-out permutation means, the rest as in the sample."""
    others = samples.importances().filter(
        ~((pl.col("method") == "permutation") & (pl.col("split") == "test"))
    )
    rows = pl.DataFrame(
        [
            {
                "model": "parity_forest",
                "version": "1",
                "method": "permutation",
                "split": "test",
                "feature": feature,
                "mean": mean,
                "std": std,
            }
            for feature, mean in means.items()
        ],
        schema=others.schema,
    )
    return samples.large(importances=pl.concat([others, rows]))


def test_the_three_strongest_features_are_named_with_mean_and_deviation():
    sentence = said(samples.large(), "What goes with downloads")
    assert "like_count (0.412 ± 0.031), collect_count (0.171 ± 0.017) and make_count" in sentence
    assert "All of them belong to engagement counts" in sentence


def test_other_importances_give_other_sentences():
    sentence = said(
        with_held_out({"file_count": 0.3, "count_of_followers": 0.2}), "What goes with downloads"
    )
    assert "file_count (0.3000 ± 0.0010) and count_of_followers" in sentence
    assert "like_count" not in sentence
    assert "1 to what the post holds; 1 to the creator’s reach" in sentence


def test_when_nothing_stands_out_no_feature_is_praised():
    sentence = said(
        with_held_out({"file_count": 0.001, "like_count": -0.2}), "What goes with downloads"
    )
    assert "does not lower" in sentence
    assert "None can be said to be associated" in sentence


def test_features_at_zero_are_counted_and_those_a_maker_could_change_named_as_such():
    # Of the sample's twelve first features four lie below two deviations (0.0021/0.0019,
    # 0.0003/0.0008, -0.0006/0.0009, 0.0031/0.0018), and all eleven categories' sines too.
    sentence = said(samples.large(), "What does not show")
    assert sentence.startswith("15 of 23 features cannot be told from 0")
    sentence = said(with_held_out({"file_count": 0.3}), "What does not show")
    assert sentence.startswith("Each of 1 feature lowers")


@pytest.mark.parametrize(
    ("r2", "low", "high", "verdict"),
    [
        (0.74, 0.61, 0.82, "clearly ahead of every baseline"),
        (0.10, 0.01, 0.20, "may be chance"),
        (0.02, -0.05, 0.10, "does not beat the simplest rule: age alone reaches 0.05"),
    ],
)
def test_the_forest_is_judged_against_its_best_baseline(r2, low, high, verdict):
    sentence = said(with_parity(r2_test=r2, r2_test_low=low, r2_test_high=high), "The forest")
    assert verdict in sentence


@pytest.mark.parametrize(
    ("r2", "verdict"),
    [
        (0.74, "age alone, reaches 0.05, and without an interval it cannot be said whether the"),
        (0.02, "does not beat the simplest rule: age alone reaches 0.05"),
    ],
)
def test_without_an_interval_no_verdict_rests_on_one(r2, verdict):
    sentence = said(with_parity(r2_test=r2, r2_test_low=None, r2_test_high=None), "The forest")
    assert f"R² of {r2:.2f} on raw downloads (no interval could be measured)" in sentence
    assert verdict in sentence
    assert "that interval" not in sentence
    assert "not available" not in sentence


def test_a_score_that_hangs_on_one_thing_says_so():
    assert "85 % of the squared deviation, so this R² says mostly" in said(
        with_parity(largest_share_of_test_deviation=0.85), "The forest"
    )
    assert "alone carries" not in said(samples.large(), "The forest")


def test_training_and_held_out_scores_and_importances_are_compared():
    sentence = said(samples.large(), "Training against held-out")
    assert "R² is 0.91 where the forest was trained and 0.74 on held-out things" in sentence
    # The sample's training importance of likes is 0.5396, that is 0.540.
    assert "differs most for like_count: 0.540 ± 0.022 on training data, 0.412 ± 0.031" in sentence


def test_importances_that_are_0_everywhere_name_no_feature():
    # Six things: no node is large enough to be split, so no feature matters to the forest.
    zeros = samples.importances().with_columns(mean=pl.lit(0.0), std=pl.lit(0.0))
    data = samples.large(importances=zeros)
    compared = said(data, "Training against held-out")
    assert "No feature’s permutation importance differs between the two" in compared
    ranked = said(data, "What goes with downloads")
    assert ranked.startswith("Shuffling any one feature does not lower the held-out R² at all.")
    for name in samples.FEATURES:
        assert name not in compared + ranked


def test_mean_decrease_is_mentioned_where_it_would_have_chosen_another_feature():
    assert "Mean decrease in variance would" not in said(
        samples.large(), "Training against held-out"
    )
    assert "would have put like_count first, the held-out permutation puts file_count" in said(
        with_held_out({"file_count": 0.3, "like_count": 0.1}), "Training against held-out"
    )


def test_the_live_share_comes_with_its_interval():
    sentence = said(samples.large(), "The sample")
    assert "5,689 ids" in sentence
    assert "1,998 were live: 35.1 %" in sentence


def test_the_hundredth_of_a_small_sample_is_called_one_thing():
    few = replace(samples.card(), downloads=replace(samples.card().downloads, things=33))
    assert "the most downloaded thing holds 31 %" in said(
        samples.large(card=few), "How unequal it is"
    )
    assert "the most downloaded hundredth holds" in said(samples.large(), "How unequal it is")


def test_a_snapshot_says_that_its_live_share_cannot_be_told():
    assert "cannot be told" in said(samples.small(), "The sample")


def test_a_small_sample_is_declared_inconclusive_before_anything_else():
    first = parity_findings(samples.small())[0]
    assert first.topic == "How sure"
    assert "33 things, of which 9 were held out" in first.sentence
    assert "too wide to conclude anything" in first.sentence
    assert said(samples.large(), "How sure") is None


def test_few_held_out_things_with_a_narrow_interval_are_not_called_wide():
    sentence = said(with_parity(n_rows=100, n_test=25), "How sure")
    assert "rests on too few things" in sentence
    assert "too wide" not in sentence


def test_without_an_interval_nothing_is_concluded():
    sentence = said(with_parity(r2_test_low=None, r2_test_high=None), "How sure")
    assert "no interval could be measured" in sentence


def test_where_no_score_could_be_measured_that_is_said_first():
    # One thing held out: R² is undefined, and so is permutation importance on it.
    importances = samples.importances().filter(pl.col("split") == "train")
    parity = {
        **samples.parity(),
        "r2_test": None, "r2_test_low": None, "r2_test_high": None,
        "n_rows": 4, "n_train": 3, "n_test": 1,
    }  # fmt: skip
    first = parity_findings(samples.large(parity=parity, importances=importances))[0]
    assert first.topic == "How sure"
    assert first.sentence == (
        "With 4 things, of which 1 was held out, no R² could be measured on so few things, and "
        "nothing can be concluded."
    )
    assert "on things that do not differ" in said(
        with_parity(r2_test=None, r2_test_low=None, r2_test_high=None), "How sure"
    )


@pytest.mark.parametrize("data", [samples.large(), samples.small()])
def test_nothing_is_said_to_cause_anything(data):
    for point in parity_findings(data) + sample_findings(data):
        assert "cause" not in point.sentence
        assert "leads to" not in point.sentence
        assert "increases" not in point.sentence


def test_without_any_results_there_is_nothing_to_say():
    empty = samples.large(
        parity={},
        importances=samples.importances().clear(),
        card=replace(
            samples.card(),
            things=0,
            live_share=None,
            downloads=replace(samples.card().downloads, median=None, top_share=None),
        ),
    )
    assert parity_findings(empty) + sample_findings(empty) == ()
