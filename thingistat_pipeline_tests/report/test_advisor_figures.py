"""Figures and tables of the advisor's results: sentences and marks come from the figures."""

import math

import polars as pl
import pytest

from thingistat_pipeline.report import (
    advice_figures,
    advisor_sections,
    calibration_figures,
    effect_figures,
    group_figures,
    history_figures,
    score_figures,
    slice_figures,
)
from thingistat_pipeline.report.advisor_results import Advisor
from thingistat_pipeline.report.blocks import Note
from thingistat_pipeline_tests.report import advisor_samples, samples


@pytest.fixture
def fitted():
    return Advisor.of(samples.large())


def judged(**changes):
    return Advisor.from_metrics(advisor_samples.advisor(**changes))


def shown(block):
    """Return a figure or table that must be there."""
    assert block is not None
    return block


def marks(figure, panel=0, trace=0):
    return figure.panels[panel].plot["data"][trace]


def headings(figure, panel=0):
    return [note["text"] for note in figure.panels[panel].plot["layout"]["annotations"]]


def test_advice_is_drawn_as_factors_with_only_strong_evidence_filled():
    figure = shown(advice_figures.advice_figure(samples.large()))
    dots = marks(figure)
    assert dots["x"] == pytest.approx([math.log(1.62), math.log(1.24), math.log(1.11)])
    assert dots["error_x"]["array"][0] == pytest.approx(math.log(2.17 / 1.62))
    assert dots["error_x"]["arrayminus"][0] == pytest.approx(math.log(1.62 / 1.21))
    assert dots["marker"]["symbol"] == ["circle", "circle-open", "circle-open"]
    assert headings(figure)[3:] == ["×1.6 · strong", "×1.2 · moderate", "×1.11 · weak"]
    assert figure.finding == (
        "“Add a photograph of the print” comes first: ×1.6 (×1.2 to ×2.2) downloads, strong "
        "evidence. 3 of 6 changes examined show more than chance."
    )


def test_changes_without_evidence_are_listed_apart_and_never_drawn():
    data = samples.large(
        advice=advisor_samples.advice().with_columns(evidence=pl.lit("no evidence"))
    )
    assert advice_figures.advice_figure(data) is None
    assert advice_figures.advice_table(data) is None
    table = shown(advice_figures.no_evidence_table(data))
    assert table.folded
    assert table.title == "No evidence for 6 other changes"
    assert [row[0] for row in shown(advice_figures.no_evidence_table(samples.large())).rows] == [
        "Add a tag", "Allow remixes", "Link a video",
    ]  # fmt: skip


def test_the_table_of_advice_gives_effect_interval_support_and_evidence():
    row = shown(advice_figures.advice_table(samples.large())).rows[0]
    assert row == (
        "Add a photograph of the print", "none → 1", "×1.6\n×1.2 to ×2.2", "strong", "812",
        "1,182", "×1.3", "",
    )  # fmt: skip


def test_the_claim_about_files_is_hollow_where_it_cannot_be_told_from_nothing():
    figure = shown(advice_figures.file_claim_figure(samples.large()))
    assert marks(figure)["marker"]["symbol"] == ["circle", "circle-open", "circle-open"]
    assert figure.finding == advisor_samples.FILE_VERDICT
    said = shown(advice_figures.file_claim_figure(samples.large(file_verdict=""))).finding
    assert said.startswith("Twice as many files go with ×1.4 (×1.3 to ×1.5) downloads of the thing")


def test_whiskers_that_leave_the_scale_end_at_its_edge():
    wild = advisor_samples.advice().with_columns(high=pl.lit(50.0), low=pl.lit(-50.0))
    dots = marks(shown(advice_figures.advice_figure(samples.large(advice=wild))))
    low, high = (
        shown(advice_figures.advice_figure(samples.large(advice=wild)))
        .panels[0].plot["layout"]["xaxis"]["range"]
    )  # fmt: skip
    assert high < math.log(50)
    for x, up, down in zip(
        dots["x"], dots["error_x"]["array"], dots["error_x"]["arrayminus"], strict=True
    ):
        assert (x + up, x - down) == pytest.approx((high, low))


def test_the_forest_that_wins_is_named_with_its_lead(fitted):
    # The challenger's difference is .398 - .412 = -.014, give or take .012.
    assert score_figures.winner_in_words(fitted) == (
        "The random forest’s R² on held-out creators is 0.41 (0.36 to 0.46), the best of all. "
        "Gradient boosting follows with 0.40; the difference is −0.01 (−0.03 to 0.00)."
    )


def test_a_challenger_that_wins_beyond_the_noise_is_named_and_used():
    assert score_figures.winner_in_words(Advisor.of(samples.beaten())) == (
        "Gradient boosting wins: its R² on held-out creators is 0.47 (0.42 to 0.52), which is "
        "0.06 (0.05 to 0.07) above the random forest’s 0.41. The advisor uses it."
    )


def test_a_challenger_ahead_within_the_noise_does_not_take_the_forests_place():
    advisor = judged(models=advisor_samples.models(boosting=0.42))
    assert score_figures.winner_in_words(advisor) == (
        "The random forest’s R² on held-out creators is 0.41 (0.36 to 0.46). Gradient boosting "
        "reaches 0.42, 0.01 (0.00 to 0.02) more: not enough to take its place, so the forest stays."
    )


def test_a_lead_within_the_noise_is_not_called_one():
    advisor = judged(models=advisor_samples.models(boosting=0.405))
    assert score_figures.winner_in_words(advisor).endswith("so the two may well be equal.")


def test_models_are_drawn_the_best_first_with_simple_rules_hollow(fitted):
    figure = shown(score_figures.models_figure(fitted))
    held_out, newest = marks(figure), marks(figure, trace=1)
    assert held_out["x"] == sorted(held_out["x"], reverse=True)
    assert held_out["x"][0] == pytest.approx(0.412)
    assert newest["x"][0] == pytest.approx(0.352)
    assert held_out["marker"]["symbol"] == ["circle"] * 4 + ["circle-open"] * 4


def test_the_model_table_has_every_metric_with_its_interval(fitted):
    rows = shown(score_figures.models_table(fitted, "creator")).rows
    # MAE ln 2.4 - .206: 2.4 exp(-.206) = 1.95; pairs .5 + .412 / 3 = 64 %; 1 + .824 = 1.8
    assert rows[0] == (
        "Random forest\nadvises", "0.41\n0.36 to 0.46", "–", "0.14\n0.04 to 0.24",
        "0.51\n0.46 to 0.56", "×2.0\n×1.9 to ×2.0", "64 %\n59 to 69 %", "×1.8\n×1.5 to ×2.1",
    )  # fmt: skip
    assert rows[1][2] == "−0.01\n−0.03 to 0.00"
    assert rows[-1][0] == "Always the mean\nrule"
    assert rows[-1][6] == "–"
    newest = shown(score_figures.models_table(fitted, "time"))
    assert "from 2024-05-01 on" in newest.caption
    assert newest.caption.endswith("The search had seen some of these.")


def test_the_search_says_why_it_stopped_and_which_trial_was_chosen(fitted):
    table = shown(score_figures.search_table(fitted))
    assert table.folded
    assert table.caption.startswith("No trial of the last 8 was better by more than 0.002. Score")
    assert [row[-1] for row in table.rows] == [
        "complete", "complete", "complete", "chosen", "pruned", "complete",
    ]  # fmt: skip
    assert table.rows[4][6:8] == ("–", "–")
    assert table.rows[0][4] == "no bound"


def test_calibration_counts_the_bins_that_hold_their_prediction():
    # Nine bins are off by .05 within .15; the tenth, at exp(6.5) - 1 = 664, had exp(6.81) - 1.
    figure = shown(calibration_figures.calibration_figure(judged()))
    assert figure.finding == (
        "In 9 of 10 bins the prediction lies within the interval of what the things had. Farthest "
        "off are things predicted at 664: they had 906, ×1.4 of it (with 1 added to both)."
    )
    assert marks(figure)["x"][0] == pytest.approx(2.0 / math.log(10))
    assert marks(figure)["error_y"]["array"][0] == pytest.approx((2.15 - 2.05) / math.log(10))


def test_coverage_is_drawn_by_age_with_the_aim_behind_it():
    figure = shown(calibration_figures.coverage_figure(judged()))
    layout = figure.panels[0].plot["layout"]
    aim = next(shape for shape in layout["shapes"] if shape["type"] == "rect")
    assert (aim["x0"], aim["x1"]) == (75, 85)
    assert {shape["x0"] for shape in layout["shapes"] if shape["type"] == "line"} == {80}
    assert marks(figure)["x"] == pytest.approx([81.3, 71, 79, 82, 83])
    # Only the youngest band holds fewer than 50 things.
    assert marks(figure)["marker"]["symbol"].index("circle-open") == 1
    assert headings(figure)[5] == "81 % of 497"


def test_coverage_that_was_not_measured_is_not_drawn():
    intervals = {"nominal": 0.8, "overall": {"n": 3, "coverage": None}, "bands": []}
    assert calibration_figures.coverage_figure(judged(intervals=intervals)) is None
    assert calibration_figures.coverage_in_words(judged(intervals=intervals)) == (
        "Coverage was not measured."
    )


def test_groups_are_drawn_with_the_fit_without_them_beside(fitted):
    figure = shown(group_figures.groups_figure(samples.large(), fitted))
    shuffled, without = marks(figure), marks(figure, trace=1)
    assert shuffled["x"] == pytest.approx([0.141, 0.102, 0.047, 0.021, 0.012, 0.0004, -0.0009])
    assert without["x"] == pytest.approx([0.118, 0.081, 0.03, 0.006])
    # .006 - .008 and .0004 - .002 lie below 0.
    assert without["marker"]["symbol"][-1] == "diamond-open"
    assert shuffled["marker"]["symbol"].count("circle-open") == 2
    assert figure.finding == (
        "Shuffled, these lower R² most: “age”, 0.141 (0.121 to 0.161); then “followers of the "
        "creator, designs of the creator and creator’s earlier median downloads”, 0.102 (0.084 to "
        "0.120); then “photographs, rendered pictures and cover picture is a rendering”, 0.047 "
        "(0.036 to 0.058). 2 of 7 groups cannot be told from 0."
    )


def test_without_ends_the_bars_are_two_deviations_and_said_to_be(fitted):
    data = samples.large(importances=samples.both_importances().drop("low", "high"))
    figure = shown(group_figures.groups_figure(data, fitted))
    assert marks(figure)["error_x"]["array"][0] == pytest.approx(0.02)
    assert "two standard deviations over shuffles" in figure.uncertainty


def test_the_table_of_groups_says_what_each_holds(fitted):
    row = shown(group_figures.groups_table(samples.large(), fitted)).rows[2]
    assert row[0] == "photographs and 2 alike"
    assert row[3] == "photographs, rendered pictures and cover picture is a rendering"
    assert row[4] == "photo_count, render_count, thumbnail_is_render"


def test_curves_that_move_come_first_and_flat_ones_are_called_so():
    # Tags: -.03 + .08 reaches beyond .03 - .08, so the bands overlap.
    found = effect_figures.curves(advisor_samples.effects())
    assert [curve.feature for curve in found] == [
        "photo_count", "description_words", "print_settings_given", "tag_count",
    ]  # fmt: skip
    assert [curve.is_flat for curve in found] == [False, False, False, True]


def test_each_curve_has_a_sentence_of_its_ends_with_their_bands():
    figure = shown(effect_figures.effects_figure(samples.large()))
    # exp(-.3) = .74, exp(.22) = 1.25, bands of .06
    assert figure.panels[0].finding == "×0.74 (×0.70 to ×0.79) at 0, ×1.25 (×1.17 to ×1.32) at 8."
    assert figure.panels[2].finding == (
        "×0.94 (×0.91 to ×0.97) at no, ×1.06 (×1.03 to ×1.09) at yes."
    )
    assert figure.panels[3].finding.endswith("at 14: the bands overlap.")
    assert figure.panels[0].title == "photographs (pictures)"
    assert figure.finding.startswith("3 of 4 features that a maker sets move the prediction")


def test_all_curves_share_one_vertical_scale():
    figure = shown(effect_figures.effects_figure(samples.large()))
    ranges = {tuple(panel.plot["layout"]["yaxis"]["range"]) for panel in figure.panels}
    assert len(ranges) == 1


def test_values_of_long_tails_stand_on_a_logarithmic_axis():
    figure = shown(effect_figures.effects_figure(samples.large()))
    assert marks(figure, panel=1, trace=2)["x"][-1] == pytest.approx(math.log10(901))
    assert marks(figure, panel=0, trace=2)["x"][-1] == 8


def test_parts_of_few_things_are_hollow_and_not_compared(fitted):
    figure = shown(slice_figures.slices_figure(fitted))
    assert [panel.title.split(" (")[0] for panel in figure.panels] == ["Age", "Creator", "Category"]
    assert marks(figure)["marker"]["symbol"][0] == "circle-open"
    assert figure.finding == (
        "Among parts of at least 50 things, R² is lowest for category: Art, 0.19 (0.11 to 0.27), "
        "and highest for creator: earlier designs, 0.47 (0.39 to 0.55)."
    )


def test_parts_too_small_for_scores_are_in_the_table_only():
    small = {"slice": "age", "value": "over 9 years", "n": 4, "n_creators": 4, "scores": None,
             "bias": None}  # fmt: skip
    advisor = judged(slices=[*advisor_samples.advisor()["slices"], small])
    assert len(marks(shown(slice_figures.slices_figure(advisor)))["x"]) == 4
    row = next(
        r for r in shown(slice_figures.slices_table(advisor)).rows if r[0] == "age: over 9 years"
    )
    assert row[3:] == ("–", "–", "–", "–")


def test_drift_compares_scores_and_names_what_moved():
    data = samples.later()
    table = shown(history_figures.drift_table(data))
    assert table.caption.startswith(
        "R² on logarithms rose from 0.39 to 0.41; the intervals overlap, so it may be chance."
    )
    assert table.rows[0][1:] == ("0.39\n0.33 to 0.45", "0.38\n0.33 to 0.43", "0.41\n0.36 to 0.46")
    assert shown(history_figures.drift_figure(data)).finding == (
        "1 feature moved by 0.1 standard deviations or more; most did age, from 6.90 to 7.40 "
        "log(days). 1 feature appeared: category art. “made with AI” is known of 21 % of things, "
        "before of 0 %."
    )


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        ((0.2, 0.1), (0.5, 0.1), "rose from 0.20 to 0.50; the intervals do not overlap."),
        ((0.5, 0.1), (0.45, 0.1), "fell from 0.50 to 0.45; the intervals overlap, so it may be"),
        ((0.5, 0.1), (0.501, 0.1), "is 0.50, as before."),
    ],
)
def test_a_change_of_skill_is_told_from_chance_by_the_intervals(before, now, sentence):
    scores = [
        {"metric": "r2_log", "before": advisor_samples.score(*before),
         "now": advisor_samples.score(*now)}
    ]  # fmt: skip
    assert sentence in history_figures.drift_in_words({"scores": scores})


def test_history_is_drawn_from_the_second_night_on():
    one = samples.large()
    assert history_figures.history_figure(one, Advisor.of(one)) is None
    four = samples.later()
    figure = shown(history_figures.history_figure(four, Advisor.of(four)))
    assert marks(figure)["x"] == ["2026-09-01", "2026-09-02", "2026-09-03", "2026-09-04"]
    assert headings(figure) == ["Random forest 0.41", "Age alone 0.12"]
    assert figure.data == "4 versions of the same source, of 1,000 to 1,993 things."


def test_versions_of_another_source_or_an_earlier_one_of_the_same_day_are_not_compared():
    history = advisor_samples.history(nights=2)
    foreign = history.with_columns(source=pl.lit("thingiverse"), version=pl.lit("other"))
    earlier = history.with_columns(version=pl.lit("zzz"), value=pl.lit(-9.0))
    data = samples.large(history=pl.concat([foreign, earlier, history]))
    kept = history_figures.comparable_history(data)
    assert kept.height == 4
    last = kept.filter(observed_through=history["observed_through"].max())
    assert set(last["version"]) == {"ad7150f00d01"}


def test_a_stress_test_that_was_left_out_has_its_reason():
    models = [model for model in advisor_samples.models() if model["split"] != "time"]
    split = {"cutoff": None, "n_train": 0, "n_test": 0, "reason": "All at one moment."}
    left_out = Advisor.from_metrics(advisor_samples.advisor(models=models, time_split=split))
    blocks = advisor_sections.models(left_out).blocks
    notes = {block.title: block.text for block in blocks if isinstance(block, Note)}
    assert notes["No stress test"] == "All at one moment."
    assert "models-time" not in {getattr(block, "key", "") for block in blocks}
