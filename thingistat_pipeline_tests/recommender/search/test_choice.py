"""Which method is best, by likes that are not the test's."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import difference, evaluate
from thingistat_pipeline.recommender.likes.draws import seed_for
from thingistat_pipeline.recommender.likes.holdout import Holdout, holdout
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.rivals.baselines import most_popular
from thingistat_pipeline.recommender.search.choice import (
    BPR,
    METHODS,
    Choice,
    bpr_parameters,
    chosen_models,
    compared,
    fitted_likeness,
    fitted_method,
    reason,
)
from thingistat_pipeline.recommender.search.one_like import METHODS as LIKENESS_METHODS
from thingistat_pipeline.recommender.search.one_like import by_one_like, drawn_likes

SEED = 8


def tagged(groups: np.ndarray) -> SideInformation:
    """Return side information in which each thing's tag is its group."""
    n = len(groups)
    matrix = csr_array((np.ones(n, np.float32), (np.arange(n), groups)), shape=(n, 6))
    return SideInformation(matrix, tuple(f"tag:{g}" for g in range(6)), {}, "divided")


@pytest.fixture(scope="module")
def held() -> Holdout:
    """Likes of ninety users, each of whom likes things of one of six groups of ten."""
    draw = np.random.default_rng(0).random((90, 60))
    own = np.arange(90)[:, None] % 6 == np.arange(60) // 10
    users, things = np.nonzero(draw < np.where(own, 0.7, 0.05))
    return holdout(like_matrix(users, things, (90, 60)), seed=0)


@pytest.fixture(scope="module")
def side() -> SideInformation:
    return tagged(np.arange(60) // 10)


@pytest.fixture(scope="module")
def progress_told() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def choice(held: Holdout, side: SideInformation, progress_told, tmp_path_factory) -> Choice:
    return chosen_models(
        held,
        side,
        seed=SEED,
        effort="quick",
        journals=tmp_path_factory.mktemp("journals"),
        progress=lambda *told: progress_told.append(told),
    )


def test_the_winner_is_the_method_that_finds_most_validation_likes(choice: Choice):
    assert tuple(choice.validation) == METHODS
    assert choice.validation[choice.winner] == max(choice.validation.values())
    assert f"{max(choice.validation.values()):.4f}" in choice.winner_reason
    assert "test likes had no part" in choice.winner_reason


def test_the_value_of_a_method_is_what_it_reaches_fitted_without_the_validation_likes(
    choice: Choice, held: Holdout, side: SideInformation
):
    judging_seed = seed_for(SEED, "fitting")
    for name in METHODS:
        model = fitted_method(name, choice, held.fit, side, seed=judging_seed)
        value = evaluate(model, held.fit, held.validation, seed=0).estimates["ndcg_at_10"].value
        assert choice.validation[name] == pytest.approx(value, rel=1e-9), name


def test_the_lead_is_the_paired_difference_to_the_next(choice: Choice, held, side):
    first, second = sorted(METHODS, key=lambda name: -choice.validation[name])[:2]
    one, other = (
        evaluate(
            fitted_method(name, choice, held.fit, side, seed=seed_for(SEED, "fitting")),
            held.fit,
            held.validation,
            seed=0,
        )
        for name in (first, second)
    )
    expected = difference(one, other, "ndcg_at_10", seed=seed_for(SEED, "resampling"))
    lead = choice.lead
    assert lead is not None
    assert (lead.method, lead.against, lead.measure) == (first, second, "ndcg_at_10")
    assert (lead.value, lead.low, lead.high) == pytest.approx(
        (expected.value, expected.low, expected.high), rel=1e-9
    )


@pytest.mark.parametrize(
    ("gap", "words"),
    [(0.3, "would hardly turn that around"), (0.001, "cannot be told from ease")],
)
def test_a_lead_that_other_users_might_turn_around_is_called_that(gap: float, words: str):
    noise = np.random.default_rng(0).normal(0.2, 0.1, (2, 100))
    figures = {"ease": noise[0] - noise[0].mean(), "ranker": noise[1] - noise[1].mean() + gap}
    lead = compared(("ease", "ranker"), figures, seed=0, effort="quick")
    assert lead is not None
    assert (lead.method, lead.against) == ("ranker", "ease")
    assert lead.value == pytest.approx(gap)
    assert words in reason(lead, figures, "here", 2)


def test_of_equals_the_one_named_first_leads_and_too_few_users_choose_nothing():
    same = {"ranker": np.full(10, 0.5), "ease": np.full(10, 0.5)}
    lead = compared(("ease", "ranker"), same, seed=0, effort="quick")
    assert lead is not None
    assert (lead.method, lead.value) == ("ease", 0.0)
    assert "cannot be told from ranker" in reason(lead, same, "here", 2)
    few = {name: values[:9] for name, values in same.items()}
    assert compared(("ease", "ranker"), few, seed=0, effort="quick") is None


def test_similar_things_are_by_the_method_that_finds_most_from_one_like(
    choice: Choice, held: Holdout, side: SideInformation
):
    likes = drawn_likes(held.fit, seed=seed_for(SEED, "one like"))
    for name in (*LIKENESS_METHODS, "most_popular"):
        model = fitted_likeness(name, choice, held.fit, side, seed=seed_for(SEED, "fitting"))
        found = evaluate(by_one_like(model, likes), held.fit, held.validation, seed=0)
        value = found.estimates["ndcg_at_10"].value
        assert choice.likeness_validation[name] == pytest.approx(value, rel=1e-9), name
    best = max(LIKENESS_METHODS, key=choice.likeness_validation.__getitem__)
    assert choice.likeness == best
    assert choice.likeness_lead is not None
    assert choice.likeness_lead.method == best
    assert f"{choice.likeness_validation[best]:.4f}" in choice.likeness_reason
    assert choice.likeness_validation[best] > choice.likeness_validation["most_popular"]


def test_bpr_has_the_parameters_of_its_best_trial_on_all_likes_where_there_are_such(
    choice: Choice,
):
    search = choice.with_side
    best = max(
        (one for one in search.compared if one.parameters.loss == "bpr"),
        key=lambda one: one.value or 0.0,
    )
    assert bpr_parameters(search) == best.parameters
    longer = replace(best, value=0.01, parameters=replace(best.parameters, epochs=77))
    assert bpr_parameters(replace(search, tried_again=(longer,))) == longer.parameters
    none = replace(search, trials=())
    assert bpr_parameters(none) == replace(search.chosen, loss="bpr")


def test_what_is_learned_beats_what_most_users_like(choice: Choice):
    assert choice.validation["ranker"] > 1.5 * choice.validation["most_popular"]
    assert choice.validation["ranker_with_side"] > 1.5 * choice.validation["most_popular"]


def test_the_test_likes_have_no_part_in_the_choice(
    choice: Choice, held: Holdout, side: SideInformation
):
    nothing = like_matrix([], [], held.test.shape)
    again = chosen_models(replace(held, test=nothing), side, seed=SEED, effort="quick")
    assert again.as_dict() == choice.as_dict()


def test_each_method_is_fitted_with_what_was_found_for_it(
    choice: Choice, held: Holdout, side: SideInformation
):
    users = np.arange(90)

    def scores(name: str):
        return fitted_method(name, choice, held.train, side, seed=4).scores(users)

    assert_array_equal(scores("most_popular"), most_popular(held.train).scores(users))
    for baseline in choice.baselines:
        expected = baseline.fitted(held.train, seed=4).scores(users)
        # Fitted on one thread there, on any number here: sums are added in another order.
        np.testing.assert_allclose(scores(baseline.name), expected, rtol=1e-3, atol=1e-5)
    for name, search in (("ranker", choice.without), ("ranker_with_side", choice.with_side)):
        own = search.chosen.ranker(seed=4)
        own.fit(held.train, item_features=search.chosen.item_features(side))
        assert_array_equal(scores(name), own.scores(users))
    bpr = fitted_method(BPR, choice, held.train, side, seed=4)
    assert isinstance(bpr, Ranker)
    assert bpr.loss == "bpr"
    best = max(
        trial.value or 0.0
        for trial in choice.with_side.trials
        if trial.parameters.loss == "bpr" and trial.state == "complete"
    )
    assert bpr.learning_rate in {
        trial.parameters.learning_rate for trial in choice.with_side.trials if trial.value == best
    }


def test_a_choice_goes_into_json_and_back(choice: Choice, held: Holdout, side: SideInformation):
    told = json.loads(json.dumps(choice.as_dict(), allow_nan=False))
    again = Choice.from_dict(told)
    assert again.as_dict() == choice.as_dict()
    for name in (*METHODS, BPR):
        first, second = (
            fitted_method(name, one, held.fit, side, seed=0).scores(np.arange(9))
            for one in (choice, again)
        )
        assert_array_equal(first, second)


def test_the_progress_names_what_is_searched(choice: Choice, progress_told):
    assert choice.winner
    steps = list(dict.fromkeys(step for step, _, _ in progress_told))
    assert steps == [
        "searching without side information",
        "searching with side information",
        "tuning what the ranker has to beat",
    ]
    assert all(1 <= done <= total for _, done, total in progress_told)


@pytest.mark.parametrize("things_a_user", [5, 6])
def test_too_few_users_to_choose_by_choose_nothing_and_every_method_can_still_be_fitted(
    things_a_user: int,
):
    """Ten users and ten things: with five likes each there are none to validate by."""
    users = np.repeat(np.arange(10), things_a_user)
    things = (users + np.tile(np.arange(things_a_user), 10)) % 10
    keep = (users < 9) | (things_a_user == 5)
    parts = holdout(like_matrix(users[keep], things[keep], (10, 10)), seed=0)
    side = tagged(np.arange(10) % 6)
    choice = chosen_models(parts, side, seed=0, effort="quick")
    assert choice.winner == "most_popular"
    assert "nothing can be chosen" in choice.winner_reason
    assert choice.validation == {}
    assert (choice.likeness, choice.lead, choice.likeness_lead) == (None, None, None)
    assert "nothing can be chosen" in choice.likeness_reason
    again = Choice.from_dict(json.loads(json.dumps(choice.as_dict(), allow_nan=False)))
    for name in (*METHODS, BPR):
        scores = fitted_method(name, again, parts.train, side, seed=0).scores(np.arange(10))
        assert scores.shape == (10, 10)
        assert np.isfinite(scores).all()
