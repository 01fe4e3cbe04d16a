from thingistat_pipeline.report.limits import limits
from thingistat_pipeline_tests.report import samples


def said(data, topic):
    return next((point.sentence for point in limits(data) if point.topic == topic), None)


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


def test_the_grid_is_called_half_redundant_only_where_it_is():
    # floor(sqrt 23) = floor(log2 23) = 4, but floor(sqrt 60) = 7 and floor(log2 60) = 5.
    assert "try 4 at a split" in said(samples.large(), "Half of the search repeats itself")
    many = {**samples.parity(), "features": [f"category_{i}" for i in range(60)]}
    assert said(samples.large(parity=many), "Half of the search repeats itself") is None


def test_survivors_are_counted_where_failed_attempts_are_known():
    assert said(samples.large(), "Survivors only").startswith("64.9 %")
    assert "cannot say how many" in said(samples.small(), "Survivors only")


def test_the_width_of_the_interval_is_a_limit():
    # 0.823 - 0.611 = 0.212
    assert "0.21 wide (0.61 to 0.82)" in said(samples.large(), "Size")
