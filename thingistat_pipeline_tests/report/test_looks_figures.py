import math

import pytest

from thingistat_pipeline.report import looks_figures
from thingistat_pipeline.report.blocks import Figure
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline_tests.report import looks_samples
from thingistat_pipeline_tests.report.looks_samples import estimate

FIGURES = (
    looks_figures.choice_figure,
    looks_figures.weights_figure,
    looks_figures.downloads_figure,
    looks_figures.ranker_figure,
    looks_figures.photograph_figure,
)


def shown(figure: Figure | None) -> Figure:
    assert figure is not None
    return figure


def drawn(figure, panel=0):
    """What is drawn in the first series of a panel: values, and lengths down and up."""
    trace = figure.panels[panel].plot["data"][0]
    return list(trace["x"]), list(trace["error_x"]["arrayminus"]), list(trace["error_x"]["array"])


def test_choosing_is_drawn_in_pairs_told_right_and_in_downloads():
    figure = shown(looks_figures.choice_figure(looks_samples.looks()))
    values, down, up = drawn(figure)
    assert (values, down, up) == ([56.3], [pytest.approx(2.2)], [pytest.approx(2.1)])
    lines = [shape["x0"] for shape in figure.panels[0].plot["layout"]["shapes"]]
    assert lines == [50]
    assert drawn(figure, 1)[0] == [0.0953]
    assert "6,120 pairs and 588 groups of three things" in figure.data
    assert "1,502 creators held out" in figure.data


def test_without_an_uplift_only_the_pairs_are_drawn():
    choice = looks_samples.choice(uplift=None)
    figure = shown(looks_figures.choice_figure(looks_samples.looks(choice=choice)))
    assert [panel.key for panel in figure.panels] == ["choice-accuracy"]


def test_the_strongest_named_weights_are_drawn_as_odds_and_those_of_nothing_left_out():
    figure = shown(looks_figures.weights_figure(looks_samples.looks()))
    assert drawn(figure)[0] == [0.182, 0.11, -0.09, 0.07]
    words = [note["text"] for note in figure.panels[0].plot["layout"]["annotations"]]
    assert words[:4] == ["photograph, not render", "saturation", "weight along the border",
                         "sharpness"]  # fmt: skip
    # the exponentials of 0.182, 0.11, -0.09 and 0.07
    assert words[4:] == ["×1.20", "×1.12", "×0.91", "×1.07"]
    assert "the 4 strongest of the 5 figures" in figure.shows
    assert "no intervals" in figure.uncertainty


def test_no_more_weights_are_drawn_than_can_be_read():
    names = [name for name, _ in looks_samples.WEIGHTS if name.startswith("picture_")] * 3
    weights = [0.1 + i / 100 for i in range(len(names))]
    choice = looks_samples.choice(names=names, weights=weights)
    figure = shown(looks_figures.weights_figure(looks_samples.looks(choice=choice)))
    assert len(drawn(figure)[0]) == looks_figures.MOST_WEIGHTS


def test_what_speaks_for_a_picture_is_not_shown_where_it_is_chance():
    looks = looks_samples.looks(choice=looks_samples.no_better_than_a_coin())
    assert looks_figures.weights_figure(looks) is None


def test_what_pictures_add_is_drawn_with_without_and_the_paired_difference():
    figure = shown(looks_figures.downloads_figure(looks_samples.looks()))
    assert drawn(figure)[0] == [0.421, 0.409]
    values, down, up = drawn(figure, 1)
    assert values == [0.012, 0.015]
    assert (down, up) == (pytest.approx([0.009, 0.011]), pytest.approx([0.01, 0.011]))
    assert figure.data == "402 things of 331 creators never seen, 381 of them with a picture."
    assert figure.shows.startswith("R² on logarithms")


def test_the_line_of_no_difference_is_always_in_sight():
    far = looks_samples.gain(difference=estimate(0.2, 0.15, 0.25))
    figure = shown(looks_figures.downloads_figure(looks_samples.looks(gain=far)))
    low, high = figure.panels[1].plot["layout"]["xaxis"]["range"]
    assert low < 0 < high


def test_what_the_ranker_gains_says_by_how_many_users():
    figure = shown(looks_figures.ranker_figure(looks_samples.looks()))
    assert drawn(figure)[0] == [0.203, 0.201]
    assert drawn(figure, 1)[0] == [0.002, 0.018]
    assert figure.data.startswith("2,291 hidden likes of 1,034 users; and of 604 users for 51")


def test_where_new_things_were_not_tried_one_difference_is_drawn():
    effect = looks_samples.in_ranker(cold_start=None)
    figure = shown(looks_figures.ranker_figure(looks_samples.looks(pictures_in_ranker=effect)))
    assert drawn(figure, 1)[0] == [0.002]
    assert figure.data == "2,291 hidden likes of 1,034 users."


def test_photographs_are_drawn_against_guessing_and_kind_by_kind():
    figure = shown(looks_figures.photograph_figure(looks_samples.looks()))
    assert drawn(figure)[0] == pytest.approx([91.2, 61.6, 93.1, 88.2])
    symbols = figure.panels[0].plot["data"][0]["marker"]["symbol"]
    assert list(symbols) == ["circle", "circle-open", "circle", "circle"]
    assert "1,010 photographs and 630 renders" in figure.data


@pytest.mark.parametrize("figure", FIGURES)
def test_nothing_measured_is_nothing_drawn(figure):
    assert figure(Looks()) is None
    unmeasured = {"measured": False, "reason": "x"}
    assert figure(Looks(choice=looks_samples.not_judged(), gain=unmeasured)) is None


@pytest.mark.parametrize("figure", FIGURES)
def test_numbers_that_are_not_finite_are_nothing_measured(figure):
    broken = estimate(math.nan, math.nan, math.inf)
    looks = looks_samples.looks(
        choice=looks_samples.choice(accuracy=broken),
        gain=looks_samples.gain(difference=broken),
        photograph=looks_samples.photograph(measures={"accuracy": broken}),
        pictures_in_ranker=looks_samples.in_ranker(difference=broken),
    )
    assert figure(looks) is None
