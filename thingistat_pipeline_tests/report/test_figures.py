import json
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from thingistat_pipeline.report import download_figures, figures, model_figures, search_figures
from thingistat_pipeline.report.blocks import Figure
from thingistat_pipeline.report.results import Scores
from thingistat_pipeline.report.sections import sections
from thingistat_pipeline.report.style import MAIN, QUIET, SECOND
from thingistat_pipeline_tests.report import samples


def all_figures(data):
    return [b for section in sections(data) for b in section.blocks if isinstance(b, Figure)]


def shown(block):
    """Return a figure or table that must be there."""
    assert block is not None
    return block


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [MAIN, SECOND, QUIET])
@pytest.mark.parametrize("background", ["#fbfaf6", "#12171b"])
def test_series_stand_out_from_light_and_dark_pages(colour, background):
    # WCAG 2.2, 1.4.11: graphical objects need a contrast of 3:1.
    lighter, darker = sorted((luminance(colour), luminance(background)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3


@pytest.mark.parametrize("name", ["large", "small", "beaten", "later"])
def test_every_figure_says_what_it_shows_on_what_data_and_how_surely(name):
    for figure in all_figures(getattr(samples, name)()):
        for words in (figure.title, figure.finding, figure.shows, figure.data, figure.uncertainty):
            assert words.strip(), figure.key
        assert any(letter.isdigit() for letter in figure.data), figure.key


def test_keys_of_plots_are_unique():
    keys = [panel.key for figure in all_figures(samples.later()) for panel in figure.panels]
    assert len(keys) == len(set(keys))


def test_no_figure_embeds_rows_of_things():
    for figure in all_figures(samples.later()):
        for panel in figure.panels:
            for trace in panel.plot["data"]:
                assert len(trace.get("x", ())) <= 300, figure.key
            assert len(json.dumps(panel.plot)) < 200_000, figure.key


def test_hit_rates_that_differ_are_told_from_those_that_may_not():
    frame = samples.exploration().hit_rate_by_id_decile
    finding = shown(figures.hit_rate(frame)).finding
    # 118 of 571 and 278 of 571
    assert "20.7 %" in finding
    assert "48.7 %" in finding
    assert "do not overlap" in finding
    overlapping = frame.head(2)
    assert "may well not differ" in shown(figures.hit_rate(overlapping)).finding


def test_tenths_that_nobody_tried_are_not_drawn():
    frame = samples.exploration().hit_rate_by_id_decile
    untried = frame.with_columns(
        pl.when(pl.col("decile") == 1).then(0).otherwise("attempted").alias("attempted")
    )
    assert len(shown(figures.hit_rate(untried)).panels[0].plot["data"][0]["x"]) == 9
    assert figures.hit_rate(frame.clear()) is None


def test_the_flag_threshold_is_drawn_and_kept_flags_are_named():
    figure = shown(figures.flag_variances(samples.exploration().flags, 1998))
    assert figure.finding == "1 flag of 5 varies enough to be kept: is_derivative."
    assert figure.panels[0].plot["layout"]["shapes"][0]["x0"] == pytest.approx(0.6 * 0.4)
    none_kept = samples.exploration().flags.with_columns(kept=pl.lit(False))
    assert shown(figures.flag_variances(none_kept, 1998)).finding == (
        "0 flags of 5 vary enough to be kept."
    )


def test_missing_values_count_incomplete_and_empty_columns():
    figure = shown(figures.missing_values(samples.exploration().missing, 1998))
    assert figure.finding == "5 columns of 6 are incomplete, 1 of them entirely empty."
    assert list(figure.panels[0].plot["data"][0]["x"]) == pytest.approx([100, 98, 41, 12, 1.95])


def test_categories_name_the_most_frequent_and_the_range_of_medians():
    finding = shown(figures.categories(samples.exploration().categories, 1998)).finding
    assert "“Household” with 321 things" in finding
    assert "from 42 (“Learning”) to 240 (“3D Printing”)" in finding


def test_medians_of_few_things_are_not_compared():
    few = samples.exploration().categories.with_columns(things=pl.lit(9))
    assert "median" not in shown(figures.categories(few, 1998)).finding


def test_quantities_that_are_mostly_zero_are_named():
    bins = pl.DataFrame(
        {
            "column": ["make_count"] * 2 + ["like_count"] * 2,
            "bin_left": [0.0, 1.0] * 2,
            "bin_right": [1.0, 2.0] * 2,
            "count": [51, 49, 50, 50],
        }
    )
    figure = shown(download_figures.histograms(bins, 100))
    assert figure.finding == "1 quantity of 2 is 0 for more than half of the things: make_count."
    assert figure.panels[0].title == "make_count (makes)"


def test_few_things_are_drawn_as_points_and_many_as_counts():
    frame = samples.exploration().downloads_vs_file_mean
    few = shown(download_figures.downloads_against_files(frame.head(33))).panels[0].plot["data"][0]
    many = shown(download_figures.downloads_against_files(frame)).panels[0].plot["data"][0]
    assert few["type"] == "scatter"
    assert len(few["x"]) == 33
    assert many["type"] == "heatmap"
    assert sum(sum(row) for row in many["customdata"]) == frame.height


def months(*rows):
    return pl.DataFrame(
        [
            {
                "month": date(year, 1, 1),
                "things": things,
                "median_downloads": float(median),
                "median_views": None,
                "q25": 1.0,
                "q75": 900.0,
            }
            for year, things, median in rows
        ],
        schema_overrides={"median_views": pl.Float64},
    )


def test_older_and_newer_things_are_compared_half_by_half():
    # Older half: 2010 and 2011 with 60 of 100 things: (10 * 300 + 50 * 120) / 60 = 150.
    finding = shown(
        download_figures.downloads_over_time(
            months((2010, 10, 300), (2011, 50, 120), (2012, 40, 20))
        )
    ).finding
    assert "are 150 for the 60 things published up to 2011-01 and 20 for the newer 40" in finding
    assert "age must not be ignored" in finding


def test_growing_downloads_are_not_called_falling():
    finding = shown(
        download_figures.downloads_over_time(months((2010, 50, 10), (2011, 50, 90)))
    ).finding
    assert "do not have more downloads" in finding


def test_a_single_month_and_months_of_few_things_can_be_drawn():
    one = shown(download_figures.downloads_over_time(months((2010, 2, 30))))
    assert one.finding == "All of these things were published in 2010-01."
    assert one.panels[0].plot["data"][0]["mode"] == "markers"


def test_marks_of_few_things_say_how_many_the_largest_month_holds():
    # 4 things over 3 months are fewer than three a month, though one month holds 2.
    figure = shown(
        download_figures.downloads_over_time(months((2010, 1, 9), (2011, 2, 5), (2012, 1, 7)))
    )
    assert figure.uncertainty.endswith("one month’s things, which are 2 at the most.")
    most = shown(
        download_figures.downloads_over_time(months((2010, 1, 9), (2011, 3, 5), (2012, 1, 7)))
    )
    assert most.uncertainty.endswith("one month’s things, which are 3 at the most.")
    single = shown(download_figures.downloads_over_time(months((2010, 1, 9), (2011, 1, 5))))
    assert single.uncertainty == "None is drawn: a mark stands for one thing."
    many = shown(download_figures.downloads_over_time(months((2010, 9, 9), (2011, 9, 5))))
    assert "The band is the middle half" in many.uncertainty


def test_a_score_without_an_interval_gets_no_bar_and_claims_none():
    parity = {**samples.parity(), "r2_test_low": None, "r2_test_high": None}
    figure = shown(model_figures.scores_figure(Scores.of(parity)))
    assert "error_x" not in figure.panels[0].plot["data"][0]
    assert figure.uncertainty.startswith("None is drawn")
    assert "0.74 (no interval could be measured)" in figure.finding


def test_a_score_with_an_interval_gets_a_bar_of_its_width():
    figure = shown(model_figures.scores_figure(Scores.of(samples.parity())))
    bar = figure.panels[0].plot["data"][0]["error_x"]
    # 0.611 to 0.823 around 0.742
    assert bar["array"][0] == pytest.approx(0.081)
    assert bar["arrayminus"][0] == pytest.approx(0.131)
    assert not any(bar["array"][1:] + bar["arrayminus"][1:])
    assert figure.uncertainty.startswith("The bar is a 95 %")


def test_scores_below_the_scale_are_cut_and_said_to_be():
    figure = shown(model_figures.scores_figure(Scores.of(samples.small().parity)))
    assert min(figure.panels[0].plot["data"][0]["x"]) >= -1.5
    assert "the lowest is −7.40" in figure.shows
    assert (
        "drawn there" not in shown(model_figures.scores_figure(Scores.of(samples.parity()))).shows
    )


def test_the_search_frames_the_combination_that_was_chosen():
    shape = (
        shown(search_figures.search_figure(samples.parity())).panels[0].plot["layout"]["shapes"][0]
    )
    # Chosen: 200 trees (second of three), split from 6 (first of four): row 4; sqrt (second of
    # two), depth 14 (third of three): column 5.
    assert (shape["x0"], shape["y0"]) == (4.5, 3.5)


def test_a_search_that_chose_among_equals_says_so():
    assert "chose among equals" in shown(search_figures.search_figure(samples.parity())).finding
    sure = samples.parity()
    for entry in sure["cv"]["table"]:
        entry["std"] = 0.001
    assert "equals" not in shown(search_figures.search_figure(sure)).finding


def test_combinations_without_a_score_are_left_out():
    metrics = samples.parity()
    metrics["cv"]["table"] = [{**entry, "mean": None} for entry in metrics["cv"]["table"]]
    assert search_figures.search_figure(metrics) is None
    assert search_figures.search_table(metrics) is None


def test_permutation_bars_are_two_deviations_and_hollow_where_they_reach_zero():
    data = samples.large()
    figure = shown(model_figures.permutation_figure(data, Scores.of(data.parity)))
    held_out, _, training, _ = figure.panels[0].plot["data"]
    assert held_out["name"] == "held out"
    assert training["name"] == "training"
    assert held_out["error_x"]["array"][0] == pytest.approx(2 * 0.031)
    assert held_out["marker"]["symbol"].count("circle-open") == 15
    assert figure.finding.startswith("8 of 23 features stand out on held-out data")


def test_importance_on_training_data_alone_is_said_to_be_so():
    data = samples.large()
    only = replace(data, importances=data.importances.filter(pl.col("split") == "train"))
    figure = shown(model_figures.permutation_figure(only, Scores.of(only.parity)))
    assert "on training data" in figure.finding
    assert figure.data == "1,490 training things; not measured on held-out things."
    table = shown(model_figures.importance_table(only))
    assert "Sorted by permutation importance on training data" in table.caption
    assert {row[2] for row in table.rows} == {"–"}


def test_a_forest_without_a_split_has_no_decrease_to_share_out():
    data = samples.large()
    flat = replace(data, importances=data.importances.with_columns(mean=pl.lit(0.0)))
    figure = shown(model_figures.mean_decrease_figure(flat, Scores.of(flat.parity)))
    assert figure.finding == "No tree has a split, so there is no decrease to share out."


def test_the_importance_table_gives_kind_and_meaning():
    table = shown(model_figures.importance_table(samples.large()))
    assert table.rows[0][:3] == ("like_count", "engagement", "0.412 ± 0.031")
    assert table.rows[0][-1] == "Likes received."
