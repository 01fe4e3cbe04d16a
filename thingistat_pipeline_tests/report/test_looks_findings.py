import pytest

from thingistat_pipeline.report.looks_examples import LookCounts, LookExamples
from thingistat_pipeline.report.looks_findings import (
    alike_in_words,
    choice_in_words,
    common_in_words,
    downloads_in_words,
    duplicate_rule,
    looks_findings,
    looks_limits,
    looks_takeaway,
    photograph_in_words,
    pictures_line,
    ranker_in_words,
    repeated_in_words,
    unanswered,
)
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline_tests.report import looks_samples
from thingistat_pipeline_tests.report.looks_samples import estimate


def test_choosing_is_told_against_a_coin_and_in_downloads():
    assert choice_in_words(looks_samples.looks()) == (
        "Of two similar things, the one whose picture the model prefers did better in 56 % (54 to "
        "58 %) of 6,120 pairs; one half is chance. Choosing the best of three by it goes with "
        # exp(0.0953) = 1.10, exp(0.0296) = 1.03, exp(0.1655) = 1.18
        "×1.10 (×1.03 to ×1.18) the downloads of one taken at random."
    )


def test_no_better_than_a_coin_is_said_so_and_no_downloads_are_promised():
    found = choice_in_words(looks_samples.looks(choice=looks_samples.no_better_than_a_coin()))
    assert found.endswith("as good as tossing a coin.")
    assert "downloads" not in found


def test_a_gain_in_downloads_that_may_be_chance_is_called_that():
    choice = looks_samples.choice(uplift=estimate(0.02, -0.01, 0.05))
    found = choice_in_words(looks_samples.looks(choice=choice))
    assert found.endswith(
        "×1.02 (×0.99 to ×1.05) the downloads of one taken at random; that may be chance."
    )


def test_where_choosing_was_not_tried_the_reason_is_given():
    found = choice_in_words(looks_samples.looks(choice=looks_samples.not_judged()))
    assert found.startswith("Whether pictures can be chosen was not measured. Only 12 pairs")


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        ((0.012, 0.003, 0.022), "adds 0.012 (0.003 to 0.022) to R²"),
        ((-0.012, -0.022, -0.003), "never seen worse, by 0.012 (0.003 to 0.022)"),
        ((0.001, -0.004, 0.006), "0.001 (−0.004 to 0.006), from 0.409 to 0.421: nothing beyond"),
    ],
)
def test_what_pictures_add_is_said_plainly_whichever_way_it_goes(gap, words):
    gain = looks_samples.gain(difference=estimate(*gap))
    assert words in downloads_in_words(looks_samples.looks(gain=gain))


def test_what_was_not_measured_is_not_known_and_why():
    unmeasured = {"measured": False, "reason": "There are too few."}
    looks = looks_samples.looks(gain=unmeasured, pictures_in_ranker=unmeasured)
    assert downloads_in_words(looks).endswith("is not known. There are too few.")
    assert ranker_in_words(looks).endswith("is not known. There are too few.")
    assert [point.topic for point in unanswered(looks)] == [
        "What pictures add about downloads", "What pictures add about likes",
    ]  # fmt: skip
    assert unanswered(looks_samples.looks()) == ()


def test_the_ranker_is_judged_on_known_things_and_on_those_that_nobody_liked_yet():
    assert ranker_in_words(looks_samples.looks()) == (
        "Telling the ranker what things look like changes NDCG@10 on hidden likes by 0.002 (−0.003 "
        "to 0.007), from 0.201 to 0.203: nothing beyond chance. For things that nobody has liked "
        "yet, it adds 0.018 (0.006 to 0.031) to NDCG@10, from 0.112 to 0.130."
    )
    warm = looks_samples.looks(pictures_in_ranker=looks_samples.in_ranker(cold_start={}))
    assert ranker_in_words(warm).endswith("nothing beyond chance.")


def test_look_alikes_are_judged_by_category_against_things_drawn_by_lot():
    assert alike_in_words(looks_samples.looks()) == (
        "The cover pictures of 1,900 things were compared. The thing that looks most like another, "
        "without being nearly the same picture, is of the same category in 34 % (32 to 36 %) of "
        "1,800 cases; of two things drawn by lot, in 12 %."
    )


def test_repeated_pictures_are_counted_with_those_of_different_creators():
    assert repeated_in_words(looks_samples.looks()) == (
        "37 of 1,900 things bear nearly the same picture as another; 12 of 21 listed pairs are of "
        "different creators."
    )


def test_where_nothing_repeats_and_no_category_is_known_that_is_all_that_is_said():
    looks = looks_samples.looks(examples=LookExamples(counts=LookCounts(things=9)))
    assert alike_in_words(looks) == "The cover pictures of 9 things were compared."
    assert repeated_in_words(looks) == "No two things bear nearly the same picture."


def test_shares_close_to_all_are_told_more_precisely():
    measures = {"accuracy": estimate(1.0, 0.9978, 1.0)}
    looks = looks_samples.looks(photograph=looks_samples.photograph(measures=measures))
    assert photograph_in_words(looks).startswith("100.0 % (99.8 to 100.0 %) of pictures")


def test_the_rule_by_which_pictures_are_nearly_the_same_is_told():
    assert "cosine of at least 0.93" in duplicate_rule()
    assert "no more than 3 of 64 bits" in duplicate_rule()


def test_photographs_are_told_against_always_guessing_the_commoner():
    assert photograph_in_words(looks_samples.looks()) == (
        "91 % (90 to 93 %) of pictures are told right by their looks; always guessing the commoner "
        "kind is right for 62 %."
    )
    measures = {"accuracy": estimate(0.63, 0.6, 0.66), "always_the_commoner": estimate(0.62, 0, 1)}
    worse = looks_samples.looks(photograph=looks_samples.photograph(measures=measures))
    assert photograph_in_words(worse).endswith("62 %: no better, or not for certain.")


def test_photographs_that_could_not_be_learned_have_their_reason():
    looks = looks_samples.looks(photograph={"fitted": False, "reason": "Both kinds are needed."})
    assert photograph_in_words(looks).endswith("from renders. Both kinds are needed.")


def test_what_speaks_for_a_picture_is_named_and_the_nameless_part_counted():
    assert common_in_words(looks_samples.looks()) == (
        "Other figures being equal, things that did better tend to have pictures with more "
        "“photograph, not render”, more “saturation”, less “weight along the border” and more "
        "“sharpness”. 46 % of the squared "
        "weights are on 2 components of what the network sees, which have no names."
    )
    nameless = looks_samples.choice(names=["component_1"], weights=[0.3])
    assert common_in_words(looks_samples.looks(choice=nameless)) == (
        "No figure that has a name speaks for a picture."
    )


def test_one_line_for_the_terminal():
    assert pictures_line(looks_samples.looks()) == (
        "Pictures: 1,871 compared; better one told in 56 % (54 to 58 %) of pairs, one half is "
        "chance; best of three ×1.10 (×1.03 to ×1.18) downloads; R² on downloads changes by 0.012 "
        "(0.003 to 0.022) with them."
    )
    assert pictures_line(Looks()).startswith("Pictures: none. No cover picture")


def test_without_pictures_nothing_is_found_and_nothing_limited():
    assert looks_findings(Looks()) == ()
    assert looks_takeaway(Looks()) is None
    assert looks_limits(Looks()) == ()


def test_the_takeaway_tells_of_choosing_and_of_downloads():
    point = looks_takeaway(looks_samples.looks())
    assert point is not None
    assert "one half is chance" in point.sentence
    assert "adds 0.012" in point.sentence


def test_limits_say_that_nobody_tried_two_pictures_on_one_thing():
    first, second = looks_limits(looks_samples.looks())
    assert "Nobody tried two pictures on one thing" in first.sentence
    assert second.sentence == "Screenshots that a creator uploaded count as photographs."


@pytest.mark.parametrize("looks", [looks_samples.looks(), Looks()])
def test_nothing_is_said_to_cause_anything(looks):
    words = " ".join(
        [*(p.sentence for p in looks_findings(looks)), common_in_words(looks), pictures_line(looks)]
    )
    assert "cause" not in words
