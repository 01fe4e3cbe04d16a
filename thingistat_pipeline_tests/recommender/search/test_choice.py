"""Which method is best, by likes that are not the test's."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import evaluate
from thingistat_pipeline.recommender.likes.holdout import Holdout, holdout
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.rivals.baselines import most_popular
from thingistat_pipeline.recommender.search.choice import (
    BPR,
    METHODS,
    Choice,
    chosen_models,
    fitted_method,
)

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
    judging_seed = int(np.random.SeedSequence(SEED).generate_state(3)[2])
    for name in METHODS:
        model = fitted_method(name, choice, held.fit, side, seed=judging_seed)
        value = evaluate(model, held.fit, held.validation, seed=0).estimates["ndcg_at_10"].value
        assert choice.validation[name] == pytest.approx(value, rel=1e-9), name


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
        assert_array_equal(scores(baseline.name), expected)
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
    again = Choice.from_dict(json.loads(json.dumps(choice.as_dict(), allow_nan=False)))
    for name in (*METHODS, BPR):
        scores = fitted_method(name, again, parts.train, side, seed=0).scores(np.arange(10))
        assert scores.shape == (10, 10)
        assert np.isfinite(scores).all()
