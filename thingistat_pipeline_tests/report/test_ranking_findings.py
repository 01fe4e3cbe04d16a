import pytest

from thingistat_pipeline.report.ranking_findings import (
    ranking_findings,
    ranking_limits,
    recommended_in_words,
    summary_line,
    threshold_in_words,
)
from thingistat_pipeline.report.ranking_results import Ranking
from thingistat_pipeline_tests.report import ranking_samples, samples


def read(evaluation=None):
    return Ranking.from_metrics(
        ranking_samples.ranking(), evaluation or ranking_samples.ranking_scores()
    )


def test_what_is_recommended_is_told_against_the_most_popular_things():
    assert recommended_in_words(read()) == (
        "Of five things offered to each of 1,034 users, 14 % (12 to 16 %) are likes that had been "
        "hidden; of the five most popular ones, 6.2 % (4.2 to 8.2 %). “Ranker with tags” does "
        "best and is used."
    )


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        (0.03, " It beats the ranker by 0.030 (0.020 to 0.040) of NDCG@10."),
        (0.001, " The ranker does not beat it: NDCG@10 differs by 0.001 (−0.009 to 0.011)"),
        (-0.03, " Here the ranker finds more, by 0.030 (0.020 to 0.040) of NDCG@10."),
    ],
)
def test_that_a_simple_method_is_used_is_said_plainly(gain, verdict):
    evaluation = ranking_samples.beaten()
    evaluation["scores"]["differences"][0] = ranking_samples.difference(
        "ease", "ranker_with_side", gain
    )
    said = recommended_in_words(read(evaluation))
    assert "“EASE”, a simple method, " in said
    assert verdict in said


@pytest.mark.parametrize(
    ("gaps", "standing"),
    [
        ({"ranker": 0.018, "ease": 0.023}, "does best and is used."),
        (
            {"ranker": 0.009, "ease": 0.023},
            "is among the best and is used; it cannot be told from “Ranker, likes only”.",
        ),
        ({"ease": 0.023}, "has the highest score and is used."),
    ],
)
def test_only_a_method_that_every_interval_puts_first_is_said_to_do_best(gaps, standing):
    kept = ("ranker_with_side", *gaps) if len(gaps) > 1 else ("ranker_with_side", "ranker", "ease")
    told = ranking_samples.scores(
        differences=[
            ranking_samples.difference("ranker_with_side", other, gap)
            for other, gap in gaps.items()
        ]
    )
    told["methods"] = [each for each in told["methods"] if each["method"] in kept]
    assert f"“Ranker with tags” {standing}" in recommended_in_words(read({"scores": told}))


@pytest.mark.parametrize(
    ("gap", "standing"),
    [
        (0.018, "is used; on these likes “Ranker with tags” finds more."),
        (0.009, "is among the best and is used; it cannot be told from “Ranker with tags”."),
    ],
)
def test_a_method_that_is_used_and_not_the_best_of_the_test_is_not_said_to_be(gap, standing):
    evaluation = ranking_samples.ranking_scores(
        winner="ranker",
        differences=[ranking_samples.difference("ranker_with_side", "ranker", gap)],
    )
    assert f"“Ranker, likes only” {standing}" in recommended_in_words(read(evaluation))


def test_what_lies_just_beside_0_is_not_written_as_0():
    evaluation = ranking_samples.beaten()
    evaluation["scores"]["differences"][0] = {
        **ranking_samples.difference("ease", "ranker_with_side", 0.0096, half=0.01),
    }
    said = recommended_in_words(read(evaluation))
    assert "NDCG@10 differs by 0.0096 (−0.0004 to 0.0196)." in said


def test_the_likes_are_counted_before_and_after_the_threshold():
    assert threshold_in_words(read()) == (
        "Learned from 11,496 likes of 1,160 users for 507 things, which is what remains of 17,040 "
        "once every user has at least 5 and every thing 5."
    )


def test_the_summary_line_gives_the_method_its_score_and_the_tags():
    assert summary_line(read()) == (
        "Recommender: Ranker with tags, NDCG@10 0.201 (0.181 to 0.221) on hidden likes of 1,034 "
        "users; most popular first 0.083 (0.063 to 0.103). Suggested tags find 47 % (44 to "
        "50 %) of hidden ones."
    )
    nothing = Ranking.from_metrics(ranking_samples.not_fitted(), {"fitted": False})
    assert summary_line(nothing).startswith("Recommender: no model. Not enough likes to learn from")
    assert summary_line(Ranking.from_metrics({}, {})) == (
        "Recommender: no model. No recommender has been trained on these data yet."
    )


def test_limits_pass_cautions_on_and_count_those_with_too_few_likes():
    said = {point.topic: point.sentence for point in ranking_limits(samples.large())}
    assert said["A tag that was not hidden may fit"] == "A suggested tag need not be wrong."
    assert (
        said["A like is not a verdict"] == "Of 507 things, 31 have lists of likers that were cut."
    )
    # 1,160 of 4,512 users and 507 of 1,822 things
    assert said["Those with enough likes"].startswith(
        "The figures are about the 26 % of users and 28 % of liked things that have enough likes"
    )
    assert "Of 31 things among them not all likers are known" in said["Those with enough likes"]
    assert ranking_limits(samples.small()) == ()


def test_nothing_is_found_where_nothing_was_learned():
    assert ranking_findings(Ranking.from_metrics(ranking_samples.not_fitted(), {})) == ()


@pytest.mark.parametrize("name", ["large", "beaten"])
def test_nothing_is_said_to_cause_anything(name):
    ranking = Ranking.of(getattr(samples, name)())
    for point in (*ranking_findings(ranking), *ranking_limits(getattr(samples, name)())):
        assert "cause" not in point.sentence.lower().replace("because", "")
