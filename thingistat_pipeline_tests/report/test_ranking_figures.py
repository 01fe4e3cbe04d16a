"""Figures and tables of the methods: who is used, what beats what, how new things fare."""

import pytest

from thingistat_pipeline.report import ranking_figures
from thingistat_pipeline.report.ranking_results import Ranking
from thingistat_pipeline_tests.report import ranking_samples


def read(evaluation=None, **changes):
    return Ranking.from_metrics(
        ranking_samples.ranking(), evaluation or ranking_samples.ranking_scores(**changes)
    )


def shown(block):
    """Return a figure, table or note that must be there."""
    assert block is not None
    return block


def headings(figure, panel=0):
    return [note["text"] for note in figure.panels[panel].plot["layout"]["annotations"]]


def test_methods_stand_best_first_with_their_intervals_and_only_rules_are_hollow():
    figure = shown(ranking_figures.methods_figure(read()))
    (dots,) = figure.panels[0].plot["data"]
    assert dots["x"] == [0.201, 0.183, 0.178, 0.169, 0.166, 0.161, 0.083]
    assert dots["error_x"]["array"] == pytest.approx([0.02] * 7)
    assert dots["marker"]["symbol"] == ["circle"] * 6 + ["circle-open"]
    assert headings(figure)[0] == "Ranker with tags"
    assert headings(figure)[7] == "0.201 (0.181 to 0.221)"
    assert figure.finding == (
        "Ranker with tags is used: NDCG@10 0.201 (0.181 to 0.221) on likes that were hidden from "
        "it. Offering everybody the most popular things reaches 0.083 (0.063 to 0.103), 0.118 "
        "(0.108 to 0.128) less."
    )
    assert figure.data == (
        "2,291 hidden likes of 1,034 users, among 507 things; nothing was chosen by them."
    )


def test_a_simple_method_that_beats_the_ranker_is_said_to():
    said = ranking_figures.winner_in_words(read(ranking_samples.beaten()))
    assert said.startswith("EASE is used: NDCG@10 0.231 (0.211 to 0.251)")
    assert (
        "It is simpler than the ranker, whose 0.201 (0.181 to 0.221) it beats by 0.030 (0.020 to "
        "0.040). Offering" in said
    )


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        (
            0.004,
            "0.201 (0.181 to 0.221) it cannot be told from: the difference is 0.004 (−0.006 to "
            "0.014)",
        ),
        (-0.03, "0.201 (0.181 to 0.221) it misses on these likes by 0.030 (0.020 to 0.040)"),
    ],
)
def test_a_simple_method_whose_lead_may_be_chance_is_not_said_to_win(gain, verdict):
    evaluation = ranking_samples.beaten()
    evaluation["scores"]["differences"][0] = ranking_samples.difference(
        "ease", "ranker_with_side", gain
    )
    assert verdict in ranking_figures.winner_in_words(read(evaluation))


@pytest.mark.parametrize(("gap", "is_told"), [(0.018, True), (0.009, False)])
def test_that_another_did_better_on_the_test_is_told_unless_it_may_be_chance(gap, is_told):
    told = read(
        winner="ranker",
        remark="On the test, another did better.",
        differences=[ranking_samples.difference("ranker_with_side", "ranker", gap)],
    )
    assert (
        ranking_figures.winner_in_words(told).endswith("On the test, another did better.")
        is is_told
    )


def test_the_table_gives_every_measure_with_its_interval():
    rows = shown(ranking_figures.methods_table(read())).rows
    assert rows[0] == (
        "Ranker with tags\nused", "0.142\n0.122 to 0.162", "0.331\n0.311 to 0.351",
        "0.201\n0.181 to 0.221", "0.871\n0.851 to 0.891", "64.0 %", "1.42\n1.40 to 1.44",
    )  # fmt: skip
    assert rows[-1][0] == "Most popular first"


def test_what_tags_are_worth_to_the_ranker_is_no_method_that_cannot_be_told_apart():
    evaluation = ranking_samples.beaten()
    evaluation["scores"]["differences"][2] = ranking_samples.difference(
        "ranker_with_side", "ranker", 0.003
    )
    figure = shown(ranking_figures.differences_figure(read(evaluation)))
    assert "tags: than likes only" in headings(figure)
    assert "Not to be told apart" not in figure.finding
    assert "No difference includes 0" not in figure.finding


def test_a_method_that_left_things_out_says_so_beside_its_name_and_below():
    told = ranking_samples.scores()
    ease = next(each for each in told["methods"] if each["method"] == "ease")
    ease["settings"] = {"penalty": 50.0, "share_of_likes": 0.814}
    table = shown(ranking_figures.methods_table(read(methods=told["methods"])))
    assert [row[0] for row in table.rows if "EASE" in row[0]] == ["EASE\nof 81 % of the likes"]
    assert "EASE learned of the most liked things only, which have 81 % of the" in table.caption
    assert "most liked things only" not in shown(ranking_figures.methods_table(read())).caption


def test_the_way_by_which_similar_things_are_found_is_shown_among_those_tried():
    figure = shown(ranking_figures.one_like_figure(read()))
    assert figure.finding == (
        "Similar things are found by “Item-item cosine”: NDCG@10 0.044 (0.024 to 0.064). It cannot "
        "be told from the best, and is the simplest of those."
    )
    (dots,) = figure.panels[0].plot["data"]
    assert dots["x"] == [0.046, 0.044]
    assert ranking_figures.one_like_figure(read(one_like={})) is None


def test_differences_are_paired_and_those_that_may_be_chance_are_named_and_hollow():
    evaluation = ranking_samples.ranking_scores()
    evaluation["scores"]["differences"] = [
        ranking_samples.difference("ranker_with_side", "ranker", 0.018),
        ranking_samples.difference("ease", "ranker_with_side", -0.005),
    ]
    figure = shown(ranking_figures.differences_figure(read(evaluation)))
    (dots,) = figure.panels[0].plot["data"]
    assert dots["x"] == [0.018, 0.005]
    assert dots["marker"]["symbol"] == ["circle", "circle-open"]
    assert headings(figure) == ["than Ranker, likes only", "than EASE", "+0.018", "+0.005"]
    assert figure.finding == (
        "For things with likes, knowing tags and categories adds the ranker 0.018 (0.008 to 0.028) "
        "of NDCG@10. Not to be told apart: Ranker with tags and EASE."
    )


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        (0.002, "0.002 (−0.008 to 0.012): nothing that shows."),
        (-0.02, "costs the ranker 0.020 (0.010 to 0.030) of NDCG@10."),
    ],
)
def test_tags_that_do_not_help_are_not_praised(gain, verdict):
    differences = [ranking_samples.difference("ranker_with_side", "ranker", gain)]
    figure = shown(ranking_figures.differences_figure(read(differences=differences)))
    assert verdict in figure.finding


def test_popularity_is_drawn_against_one_and_coverage_said():
    figure = shown(ranking_figures.popularity_figure(read()))
    assert figure.panels[0].plot["layout"]["shapes"][0]["x0"] == 1.0
    assert figure.finding == (
        "The first ten of Ranker with tags are 1.4 times as popular as what people turn out to "
        "like, and 64 % of the things are in somebody’s first ten."
    )


def test_the_same_model_with_known_likes_ranked_is_named_once():
    note = shown(ranking_figures.known_ranked_note(read()))
    assert "precision@5 0.142 (0.122 to 0.162)" in note.text
    assert "would read 0.041 (0.021 to 0.061)" in note.text
    assert ranking_figures.known_ranked_note(read(known_ranked=[])) is None


def test_new_things_are_ranked_by_features_against_chance():
    figure = shown(ranking_figures.cold_start_figure(read()))
    assert figure.finding == (
        "Ranker, features alone ranks new things best: NDCG@10 0.112 (0.092 to 0.132), random "
        "order 0.041 (0.021 to 0.061)."
    )
    assert figure.data == "51 things held out; 604 users who like some of them."
    assert "over users and new things" in figure.uncertainty
    assert ranking_figures.cold_start_figure(read(cold_start={})) is None


def test_features_that_are_no_better_than_chance_are_said_to_be():
    cold = {
        **ranking_samples.scores()["cold_start"],
        "differences": [ranking_samples.difference("ranker_features", "chance", 0.005)],
    }
    figure = shown(ranking_figures.cold_start_figure(read(cold_start=cold)))
    assert "random order 0.041 (0.021 to 0.061): no more than chance, perhaps" in figure.finding


def test_another_way_that_ranks_new_things_better_is_named_with_the_rankers_features():
    cold = {
        **ranking_samples.scores()["cold_start"],
        "methods": [
            ranking_samples.evaluation(("content_neighbours", 0.1, 0.3, 0.15, 0.7, 0.8, 1.0)),
            ranking_samples.evaluation(("ranker_features", 0.1, 0.3, 0.12, 0.7, 0.8, 1.0)),
        ],
        "differences": [ranking_samples.difference("ranker_features", "content_neighbours", -0.03)],
    }
    figure = shown(ranking_figures.cold_start_figure(read(cold_start=cold)))
    assert (
        "The ranker’s features reach 0.120 (0.100 to 0.140); the difference is 0.030"
        in figure.finding
    )


def test_nothing_is_drawn_of_what_was_not_measured():
    nothing = Ranking.from_metrics(ranking_samples.not_fitted(), {})
    assert ranking_figures.methods_figure(nothing) is None
    assert ranking_figures.methods_table(nothing) is None
    assert ranking_figures.differences_figure(nothing) is None
    assert ranking_figures.popularity_figure(nothing) is None
    assert ranking_figures.cold_start_figure(nothing) is None
