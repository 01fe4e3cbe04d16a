from dataclasses import replace

import pytest

from thingistat_pipeline.report.limits import limits, parity_limits
from thingistat_pipeline_tests.report import samples


def said(data, topic):
    points = limits(data) + parity_limits(data)
    return next((point.sentence for point in points if point.topic == topic), None)


def test_a_simulation_says_that_it_is_one():
    assert "our own simulation" in said(samples.large(), "A simulation")
    assert said(samples.small(), "A simulation") is None


def test_engagement_features_are_counted_with_their_share_of_importance():
    # likes .412, collects .171, comments .034, remixes .0121, makes .058, root comments .0089
    # make .696; all positive held-out means of the sample together make .7390 (sines included).
    sentence = said(samples.large(), "Consequences, not causes")
    assert sentence.startswith("6 of 23 features")
    assert "94 %" in sentence


def test_age_is_missed_unless_it_is_a_feature():
    sentence = said(samples.large(), "No age")
    assert "over 17 years" in sentence
    assert "R² of 0.05" in sentence
    with_age = {**samples.parity(), "features": ["like_count", "age_days"]}
    assert said(samples.large(parity=with_age), "No age") is None


def test_nights_on_top_of_a_snapshot_are_said_to_be_no_uniform_sample():
    topic = "Nights on top of a snapshot"
    assert said(samples.large(), topic) is None
    assert said(samples.small(), topic) is None
    loads = samples.large().card.loads + samples.small().card.loads
    both = samples.large(card=replace(samples.large().card, loads=loads))
    assert "not a uniform sample" in said(both, topic)


TWICE = "Half of the search repeats itself"


def test_two_rules_that_are_one_forest_are_said_to_hold_each_score_twice():
    # floor(sqrt 23) = floor(log2 23) = 4; 3 depths x 4 splits x 3 numbers of trees x 2 rules = 72.
    assert said(samples.large(), TWICE) == (
        "For 23 features both “sqrt” and “log2” try 4 at a split: they are one forest, and the "
        "72 combinations hold each score twice."
    )


def test_rules_that_ask_for_different_numbers_do_not_repeat_each_other():
    # floor(sqrt 60) = 7 and floor(log2 60) = 5
    many = {**samples.parity(), "features": [f"category_{i}" for i in range(60)]}
    assert said(samples.large(parity=many), TWICE) is None


@pytest.mark.parametrize("place", [0, 40, 71])
def test_one_score_that_differs_is_no_repetition(place):
    parity = samples.parity()
    parity["cv"]["table"][place]["mean"] += 1e-9
    assert said(samples.large(parity=parity), TWICE) is None


def test_a_search_of_one_rule_or_without_scores_repeats_nothing():
    one, unscored = samples.parity(), samples.parity()
    one["cv"]["table"] = [e for e in one["cv"]["table"] if e["max_features"] == "sqrt"]
    unscored["cv"]["table"] = [{**e, "mean": None} for e in unscored["cv"]["table"]]
    assert said(samples.large(parity=one), TWICE) is None
    assert said(samples.large(parity=unscored), TWICE) is None


def test_survivors_are_counted_where_failed_attempts_are_known():
    assert said(samples.large(), "Survivors only").startswith("64.9 %")
    assert "cannot say how many" in said(samples.small(), "Survivors only")


def test_the_width_of_the_interval_is_a_limit():
    # 0.823 - 0.611 = 0.212
    assert "0.21 wide (0.61 to 0.82)" in said(samples.large(), "Size")


def test_without_an_interval_nothing_is_said_about_it():
    parity = {**samples.parity(), "r2_test_low": None, "r2_test_high": None, "n_test": 1}
    assert said(samples.large(parity=parity), "Size") == (
        "The forest saw 1,490 things and was tried on 1; no interval of R² could be measured."
    )
    assert "The 1 held-out thing was drawn" in said(samples.large(parity=parity), "A random split")


def test_limits_of_the_advisor_are_about_this_model():
    data = samples.large()
    # 1 - .412 = 59 %
    assert said(data, "Hidden traits").startswith("59 % of the variance of log downloads")
    assert "The 17 features of the post are read when it is observed" in said(
        data, "Read later than posted"
    )
    assert said(data, "Followers of today").startswith(
        "What the model knows of creators (followers of the creator, designs of the creator and "
        "creator’s earlier median downloads) is as of the day of observation."
    )
    assert "about 0.3 of them would show an effect by chance" in said(
        data, "Many changes looked at"
    )
    assert said(data, "Counts, not rates").startswith(
        "Downloads per day between two visits about 90 and 365 days apart could not be learnt (120 "
        "things of 101 creators; 300 of 50 are needed)."
    )
    assert "draw the 431 held-out creators again" in said(data, "What the intervals hold fixed")
    assert said(data, "Features left out").startswith("3 registered features could not be used")


def test_where_no_model_was_fitted_its_limits_are_not_listed():
    assert said(samples.small(), "Hidden traits") is None
    assert said(samples.small(), "Observed, not tried") is None
    assert said(samples.small(), "Survivors only")
