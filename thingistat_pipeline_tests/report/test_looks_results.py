import json

import pytest

from thingistat_pipeline.features.intervals import wilson_interval
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline_tests.report import looks_samples
from thingistat_pipeline_tests.report.looks_samples import estimate


def test_weights_of_named_figures_come_strongest_first_and_the_nameless_are_counted():
    looks = looks_samples.looks()
    assert looks.weights == (
        ("picture_photograph", 0.182), ("picture_saturation_mean", 0.11),
        ("picture_border", -0.09), ("picture_sharpness", 0.07), ("picture_hue_entropy", 0.0),
    )  # fmt: skip
    # squares: 0.0121 + 0.0049 + 0.0081 + 0.033124 = 0.058224 named, 0.04 + 0.01 nameless
    nameless, share = looks.unnamed
    assert nameless == 2
    assert share == pytest.approx(0.05 / 0.108224)


def test_weights_that_do_not_fit_their_names_are_not_shown():
    looks = looks_samples.looks(choice=looks_samples.choice(weights=[0.1]))
    assert looks.weights == ()
    assert looks.unnamed == (0, None)


@pytest.mark.parametrize(("low", "beyond"), [(0.501, True), (0.5, False), (0.48, False)])
def test_better_than_chance_is_an_interval_above_one_half(low, beyond):
    looks = looks_samples.looks(choice=looks_samples.choice(accuracy=estimate(0.55, low, 0.6)))
    assert looks.is_better_than_chance is beyond


def test_recall_is_as_sure_as_its_sample_of_things_and_absent_where_all_pairs_were_compared():
    assert not looks_samples.looks().recall.is_measured
    looks = looks_samples.looks(looks=looks_samples.look_alikes(recall=0.99, judged_on=500))
    low, high = wilson_interval(495, 500)
    assert list(looks.recall.ends()) == pytest.approx([0.99, float(low), float(high)])


def test_how_often_look_alikes_share_a_category_is_counted():
    low, high = wilson_interval(612, 1800)
    assert looks_samples.looks().same_category.ends() == (0.34, float(low), float(high))
    assert not Looks().same_category.is_measured


def test_figures_that_were_not_measured_are_not_read_even_where_something_is_stored():
    gain = looks_samples.gain(measured=False, reason="Too few things.")
    found = looks_samples.looks(gain=gain).in_downloads
    assert not found.is_measured
    assert not found.without.is_measured
    assert found.reason == "Too few things."
    assert Looks().in_downloads.reason == "It has not been measured on these data."


def test_without_pictures_there_is_a_reason():
    assert not Looks().has_pictures
    assert Looks().reason.startswith("No cover picture has been obtained")
    told = Looks(looks={"pictures": 0, "reason": "A snapshot\x1b holds no pictures."})
    assert told.reason == "A snapshot holds no pictures."


def test_what_is_stored_as_figures_reads_back_without_the_examples():
    looks = looks_samples.looks()
    again = Looks.from_metrics(json.loads(json.dumps(looks.as_dict())))
    assert (again.looks, again.choice, again.gain) == (looks.looks, looks.choice, looks.gain)
    assert (again.photograph, again.pictures_in_ranker) == (
        looks.photograph, looks.pictures_in_ranker,
    )  # fmt: skip
    assert again.examples.counts == looks.examples.counts
    assert again.examples.alike == ()
    assert Looks.from_metrics({}) == Looks()
