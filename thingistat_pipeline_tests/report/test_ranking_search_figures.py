"""The searches as they are drawn: trials in their turn, and where the good ones lie."""

import pytest

from thingistat_pipeline.report import ranking_search_figures
from thingistat_pipeline.report.ranking_results import Ranking
from thingistat_pipeline_tests.report import ranking_samples


def searched(*trials, **changes):
    """A ranking whose search with tags made these trials: (value, state, learning rate)."""
    made = [
        {"number": i, "value": value, "state": state, "learning_rate": rate, "loss": "warp",
         "components": 32, "epochs": 12, "scale": 1.0, "item_alpha": 0.0, "max_sampled": 10}
        for i, (value, state, rate) in enumerate(trials)
    ]  # fmt: skip
    search = {"trials": made, "best": 0, "chosen": made[0] if made else {}, **changes}
    return Ranking.from_metrics({"fitted": True, "choice": {"with_side": search}}, {})


def shown(block):
    """Return a figure or table that must be there."""
    assert block is not None
    return block


def test_both_searches_are_drawn_on_one_scale_with_the_best_so_far():
    ranking = Ranking.from_metrics(ranking_samples.ranking(), {})
    figure = shown(ranking_search_figures.progress_figure(ranking))
    assert [panel.title for panel in figure.panels] == ["Likes only", "With tags and categories"]
    ranges = [panel.plot["layout"]["yaxis"]["range"] for panel in figure.panels]
    assert ranges[0] == ranges[1]
    assert figure.finding.startswith("Likes only: 20 trials, the best 0.210. All 20 trials were")


def test_the_best_so_far_rises_by_finished_trials_only_and_failed_ones_are_not_drawn():
    ranking = searched(
        (0.1, "complete", 0.01), (0.4, "pruned", 0.02), (None, "failed", 0.5),
        (0.05, "complete", 0.03), (0.2, "complete", 0.04),
    )  # fmt: skip
    line, dots = shown(ranking_search_figures.progress_figure(ranking)).panels[0].plot["data"]
    assert line["x"] == dots["x"] == [0, 1, 3, 4]
    assert line["y"] == [0.1, 0.1, 0.1, 0.2]
    assert dots["marker"]["symbol"] == ["circle", "x-thin", "circle", "circle"]


def test_each_parameter_that_varied_has_a_panel_and_the_chosen_trial_a_ring():
    ranking = Ranking.from_metrics(ranking_samples.ranking(), {})
    figure = shown(ranking_search_figures.parameters_figure(ranking))
    assert [panel.title for panel in figure.panels] == list(
        ranking_search_figures.PARAMETERS.values()
    )
    (ring,) = [t for t in figure.panels[2].plot["data"] if t.get("hoverinfo") == "skip"]
    assert ring["x"] == [80]
    assert "circles WARP, diamonds BPR, squares Logistic" in figure.shows
    # 19 came to something; of the numbers 4, 10 and 16 the trials were given up
    assert figure.data == "19 trials, 16 of them finished."
    assert figure.finding == (
        "Chosen: WARP loss, 80 components, learning rate 0.16, 3 epochs, tags weighted 2.67. Best "
        "trial of each loss: WARP 0.220, BPR 0.199, Logistic 0.199."
    )


def test_what_never_varied_has_no_panel_and_what_varies_widely_a_scale_of_powers():
    ranking = searched((0.1, "complete", 0.01), (0.2, "complete", 0.02), (0.3, "complete", 0.3))
    figure = shown(ranking_search_figures.parameters_figure(ranking))
    (panel,) = figure.panels
    assert panel.title == "Learning rate"
    axis = panel.plot["layout"]["xaxis"]
    assert axis["type"] == "log"
    assert axis["tickvals"] == pytest.approx([0.01, 0.02, 0.05, 0.1, 0.2])


def test_few_ticks_stand_on_a_scale_over_many_powers_of_ten():
    rates = [10.0**-i for i in range(1, 8)]
    ranking = searched(*((0.1 * i, "complete", rate) for i, rate in enumerate(rates)))
    (panel,) = shown(ranking_search_figures.parameters_figure(ranking)).panels
    assert panel.plot["layout"]["xaxis"]["ticktext"][-1] == "0.1"
    assert panel.plot["layout"]["xaxis"]["ticktext"][0] == "1e−7"


def test_the_table_lists_the_best_trials_and_counts_those_that_came_to_nothing():
    ranking = Ranking.from_metrics(ranking_samples.ranking(), {})
    table = shown(ranking_search_figures.trials_table(ranking, "with_side"))
    assert table.folded
    assert table.title == "Search “with tags and categories”: the 19 best of 20 trials"
    assert "1 trial came to no finite model." in table.caption
    assert table.rows[0][0] == "12"
    assert table.rows[0][-1] == "chosen"
    assert table.rows[0][-2] == "0.2200"


def test_a_search_without_trials_shows_nothing():
    ranking = searched()
    assert ranking_search_figures.progress_figure(ranking) is None
    assert ranking_search_figures.parameters_figure(ranking) is None
    assert ranking_search_figures.trials_table(ranking, "with_side") is None
