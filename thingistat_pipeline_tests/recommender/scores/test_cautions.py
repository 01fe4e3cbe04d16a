from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.scores.cautions import FEW_USERS, cautions_on
from thingistat_pipeline.recommender.search.choice import Choice
from thingistat_pipeline.recommender.search.ranker_trials import Trial
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import (
    choice,
    parameters,
    searched,
    world,
)

HELD = holdout(world(120).likes, seed=0)
JUDGED = int((np.diff(HELD.test.indptr) > 0).sum())
"""Users with hidden likes."""
USUAL: dict[str, Any] = {
    "users": JUDGED,
    "new_things": 1_000,
    "truncated": 0,
    "ease_share": 1.0,
}


def told(told_by: Choice | None = None, **given) -> str:
    return " ".join(cautions_on(HELD, told_by or choice(), **{**USUAL, **given}))


def tried(loss, state="complete") -> Choice:
    """Return a choice with two trials of each search, one of them with that loss."""
    trials = tuple(
        Trial(number, how, 0.1, replace(parameters(), loss=which), ((6, 0.1),), False)
        for number, (how, which) in enumerate([("complete", "warp"), (state, loss)])
    )
    search = replace(searched(parameters()), trials=trials)
    return replace(choice(), without=search, with_side=search)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"users": 90}, f"90 users, drawn from the {JUDGED}"),
        ({"new_things": 12}, "Only 12 things"),
        ({"truncated": 3}, "Of 60 things, 3 have an incomplete list"),
        ({"ease_share": 0.5}, "50% of the likes"),
    ],
)
def test_a_caution_is_said_where_it_applies_and_only_there(given, words: str):
    assert words in told(**given)
    assert words not in told()


def test_few_users_are_called_few():
    assert JUDGED < FEW_USERS
    assert f"Only {JUDGED} users" in told()
    assert "Only" not in told(users=FEW_USERS)


@pytest.mark.parametrize(
    "words", ["not by time", "counts as a miss", "BPR came level", "not to its parameters"]
)
def test_what_holds_for_all_figures_is_always_said(words: str):
    assert words in told(users=10**6)


def test_that_bpr_was_not_searched_for_is_said_only_where_none_of_its_trials_is_complete():
    words = "its own best ones may be others"
    assert words in told()
    assert words in told(tried("bpr", "pruned"))
    assert words not in told(tried("bpr"))


def test_validation_figures_of_the_best_of_many_are_called_too_high():
    assert "the best of 2 and of 2 trials" in told(tried("bpr"))
    assert "trials, the other methods" not in told()


def test_a_search_on_a_part_of_the_likes_is_told():
    part = replace(choice(), without=replace(searched(parameters()), share_of_likes=0.375))
    assert "38% of the likes for fitting" in told(part)
    assert "of the likes for fitting" not in told()
