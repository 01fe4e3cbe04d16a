from dataclasses import replace
from math import log

import polars as pl
import pytest

from thingistat_pipeline.report.takeaways import takeaways
from thingistat_pipeline_tests.report import advisor_samples, samples


def said(data, topic):
    return next((point.sentence for point in takeaways(data) if point.topic == topic), None)


def with_evidence(*evidence):
    """Return the sample with this evidence for its changes, in their order."""
    return samples.large(advice=advisor_samples.advice().with_columns(evidence=pl.Series(evidence)))


def test_fitted_models_open_with_lines_in_this_order():
    assert [point.topic for point in takeaways(samples.large())] == [
        "What goes with downloads",
        "What to do",
        "How sure",
        "What does not show",
        "What misleads",
        "What is liked together",
        "What pictures tell",
    ]


def test_likes_and_tags_make_the_last_line():
    assert said(samples.large(), "What is liked together") == (
        "Of five things offered to each of 1,034 users, 14 % (12 to 16 %) are likes that had been "
        "hidden; of the five most popular ones, 6.2 % (4.2 to 8.2 %). “Ranker with tags” does "
        "best and is used. "
        "Ten suggested tags hold 47 % (44 to 50 %) of the tags that were hidden from 612 things; "
        "chosen by the cosine of thing and tag, as the original recommender did, 20 % (17 to 23 %)."
    )
    assert said(samples.small(), "What is liked together") is None


def test_the_groups_that_tell_most_are_named_with_their_fall():
    assert said(samples.large(), "What goes with downloads") == (
        "Of what is known when a thing is posted, “age” tells most about its downloads: shuffled, "
        "R² on held-out creators falls by 0.14 (0.12 to 0.16); “followers of the creator, designs "
        "of the creator and creator’s earlier median downloads” (0.10) and “photographs, "
        "rendered pictures and cover picture is a rendering” (0.05) follow. Of what a maker "
        "decides, “photographs, rendered pictures and cover picture is a rendering” tells most, "
        "0.05 (0.04 to 0.06)."
    )


def test_groups_that_chance_explains_are_not_said_to_tell_anything():
    flat = samples.both_importances().with_columns(low=pl.lit(-0.01))
    assert said(samples.large(importances=flat), "What goes with downloads") == (
        "None of 7 groups of features known at publication tells about downloads beyond chance, on "
        "creators that the model has not seen."
    )


def test_the_strongest_advice_is_given_as_a_factor_with_its_interval_and_evidence():
    assert said(samples.large(), "What to do") == (
        "“Add a photograph of the print” is associated with ×1.6 the downloads (×1.2 to ×2.2) "
        "among things otherwise alike, strong evidence; next come “Write at least 100 words” "
        "(×1.2, moderate) and “Say how to print it” (×1.11, weak)."
    )


def test_when_no_change_shows_evidence_none_is_praised():
    sentence = said(with_evidence(*["no evidence"] * 6), "What to do")
    assert sentence.startswith("No evidence that any of 6 changes examined goes with more")
    assert "photograph" not in sentence


def test_a_change_that_goes_with_fewer_downloads_is_never_advised():
    fewer = advisor_samples.advice().with_columns(
        effect=pl.when(pl.col("rank") == 1).then(log(0.8)).otherwise("effect")
    )
    sentence = said(samples.large(advice=fewer), "What to do")
    assert sentence.startswith("“Write at least 100 words” is associated with ×1.2")
    assert sentence.endswith("“Add a photograph of the print” (×0.80) goes with fewer.")


def test_sureness_gives_skill_against_age_alone_on_the_newest_and_the_coverage():
    sentence = said(samples.large(), "How sure")
    assert sentence.startswith(
        "On 497 things of creators it has not seen, the model accounts for 41 % of the variance of "
        "log downloads: R² 0.41 (0.36 to 0.46); age alone 0.12, on the newest quarter it is 0.35. "
        "81.3 % of held-out things lie inside their 80 % intervals (95 % interval 77.6 % to "
        "84.8 %), as aimed; so do 3 of 4 age bands."
    )


@pytest.mark.parametrize(
    ("r2", "verdict"),
    [
        ({"advisor_forest": 0.04}, "cannot be told from no skill at all"),
        ({"advisor_forest": 0.15}, "does not beat the simple rule “creator’s earlier median”"),
    ],
)
def test_a_model_without_skill_is_said_to_have_none(r2, verdict):
    # Half widths are .05 for the forest; the best rule has .161.
    data = samples.large(advisor=advisor_samples.advisor(models=advisor_samples.models(**r2)))
    assert verdict in said(data, "How sure")
    assert verdict not in said(samples.large(), "How sure")


def test_coverage_outside_the_aim_is_said_to_be():
    intervals = advisor_samples.advisor()["intervals"]
    intervals["overall"]["coverage"] = 0.7
    data = samples.large(advisor=advisor_samples.advisor(intervals=intervals))
    assert "outside the aim of 75 to 85 %; 3 of 4 age bands meet it" in said(data, "How sure")


def test_changes_without_evidence_and_the_claim_about_files_make_the_fourth_line():
    assert said(samples.large(), "What does not show") == (
        "No evidence was found for 3 of 6 changes, “Add a tag”, “Allow remixes” and “Link a "
        f"video”. {advisor_samples.FILE_VERDICT}"
    )


def test_the_parity_score_is_set_beside_the_honest_one():
    # .412 / 3 = .137 on raw downloads; likes, collects, makes and comments lead the parity model.
    assert said(samples.large(), "What misleads") == (
        "ThingiStat’s way of modelling, repeated here as parity, reports R² 0.74 on raw downloads "
        "of things drawn at random, where the honest model has 0.41 on logarithms and 0.14 on raw "
        "downloads of creators never seen. 4 of its 5 most important features (likes, collects, "
        "makes and comments) are counted after publication: consequences of downloads, which "
        "nobody can choose."
    )


def test_without_a_model_the_reason_comes_first_and_no_model_is_quoted():
    points = takeaways(samples.small())
    assert points[0].topic == "What to do"
    assert points[0].sentence.startswith(
        "No advice: there is no model of what was known at publication. 33 things of 31 creators"
    )
    assert points[1].sentence.startswith("With 33 things, of which 9 were held out")
    assert len(points) == 5
    assert not any("honest model" in point.sentence for point in points)


def test_numbers_of_a_model_that_was_not_fitted_are_not_quoted_even_if_they_are_there():
    metrics = {**advisor_samples.advisor(), "fitted": False, "reason": "Too few things."}
    text = " ".join(point.sentence for point in takeaways(samples.large(advisor=metrics)))
    assert "0.41" not in text
    assert "Too few things." in text


@pytest.mark.parametrize("name", ["large", "small", "beaten", "later"])
def test_nothing_is_said_to_cause_anything(name):
    for point in takeaways(getattr(samples, name)()):
        for word in ("cause", "leads to", "increases", "drives"):
            assert word not in point.sentence


def test_without_any_data_there_is_nothing_to_say():
    empty = samples.large(
        parity={}, advisor={}, card=replace(samples.card(), things=0, live_share=None)
    )
    assert takeaways(empty) == ()
