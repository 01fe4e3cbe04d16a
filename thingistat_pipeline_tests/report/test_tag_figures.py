from thingistat_pipeline.report import tag_figures
from thingistat_pipeline.report.ranking_results import Ranking
from thingistat_pipeline_tests.report import ranking_samples


def read(**changes):
    return Ranking.from_metrics(
        ranking_samples.ranking(),
        {"scores": ranking_samples.scores(), "tags": ranking_samples.tags(**changes)},
    )


def test_hidden_tags_are_drawn_in_percent_with_the_offered_way_marked_and_the_cosine_hollow():
    figure = tag_figures.hidden_tags_figure(read())
    assert figure is not None
    (dots,) = figure.panels[0].plot["data"]
    assert [round(x, 1) for x in dots["x"]] == [47.4, 44.1, 33.2, 20.4, 19.1]
    assert dots["marker"]["symbol"] == ["circle"] * 3 + ["circle-open"] * 2
    words = [note["text"] for note in figure.panels[0].plot["layout"]["annotations"]]
    assert words[5:] == ["47 % · offered", "44 %", "33 %", "20 %", "19 %"]
    assert figure.data == (
        "803 hidden tags of 612 things. 741 of them are on other things, so that they can be found."
    )
    assert figure.finding == (
        "“Vote of nearest things” is offered: of ten suggested tags it finds 47 % (44 to 50 %) of "
        "those that were hidden, and at least one for 86 % (84 to 88 %) of the things. For "
        "comparison: cosine of thing and tag 20 % (17 to 23 %), commonest tags 19 % (16 to 22 %)."
    )


def test_drafts_are_drawn_apart_and_told_by_the_way_that_they_get_and_not_by_the_best():
    figure = tag_figures.drafts_figure(read())
    assert figure is not None
    assert figure.finding == (
        "From title and category alone, “Vote of nearest things” finds 31 % (28 to 34 %) of the "
        "tags, and at least one for 70 % (68 to 72 %) of the things."
    )
    words = [note["text"] for note in figure.panels[0].plot["layout"]["annotations"]]
    assert words[3:] == ["33 %", "31 % · offered", "14 %"]
    assert tag_figures.drafts_figure(read(drafts={})) is None


def test_without_a_trial_nothing_is_drawn():
    assert tag_figures.hidden_tags_figure(read(methods=[])) is None
