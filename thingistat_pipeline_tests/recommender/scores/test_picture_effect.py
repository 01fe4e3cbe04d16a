import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.scores.picture_effect import (
    DIMENSIONS,
    LEAST_PICTURED,
    WEIGHTS,
    WITH,
    WITHOUT,
    picture_effect,
)
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import GROUPS, parameters, world

THINGS = 60


def pictures_of(telling: bool, *, pictured: int = THINGS) -> NDArray[np.float32]:
    """Return vectors of the things' pictures: near one of four corners, or anywhere."""
    rng = np.random.default_rng(5)
    found = rng.normal(scale=0.2, size=(THINGS, 8))
    if telling:
        found[np.arange(THINGS), np.arange(THINGS) % GROUPS] += 2.0
    found[pictured:] = 0.0
    return found.astype(np.float32)


@cache
def effect(telling: bool) -> dict[str, Any]:
    """Return what pictures bring where the tags say nothing of what users like."""
    likes, side = world(300, THINGS, told=False)
    return picture_effect(
        holdout(likes, seed=1), side, pictures_of(telling), parameters(), seed=1, effort="quick"
    )


def gain_on_new_things(found: dict[str, Any]) -> dict[str, Any]:
    return next(
        one
        for one in found["cold_start"]["differences"]
        if (one["method"], one["against"], one["measure"]) == (WITH, WITHOUT, "ndcg_at_10")
    )


def test_pictures_that_show_what_users_like_are_found_to_help_with_new_things():
    gain = gain_on_new_things(effect(telling=True))
    assert gain["low"] > 0
    assert effect(telling=True)["against_shuffled"]["low"] > 0


def test_pictures_that_show_nothing_are_not_found_to_help():
    found = effect(telling=False)
    gain = gain_on_new_things(found)
    assert gain["low"] <= 0
    assert found["difference"]["low"] <= 0


def test_a_figure_is_with_pictures_less_without_and_the_weight_that_did_best_is_taken():
    found = effect(telling=True)
    assert found["measured"]
    assert found["difference"]["value"] == pytest.approx(
        found["with"]["value"] - found["without"]["value"]
    )
    assert found["difference"]["low"] <= found["difference"]["value"] <= found["difference"]["high"]
    values = {one["weight"]: one["value"] for one in found["weights"]}
    assert tuple(values) == WEIGHTS
    assert values[found["weight"]] == max(values.values())
    assert found["pictured"] == THINGS
    assert found["users"] > 0
    assert found["likes"] >= found["users"]
    json.dumps(found, allow_nan=False)


def test_only_the_first_numbers_of_a_vector_are_looked_at_with_little_effort():
    likes, side = world(100, THINGS, told=False)
    given = holdout(likes, seed=1), side
    long = np.hstack([pictures_of(telling=True), np.zeros((THINGS, 50), np.float32)])
    found = picture_effect(*given, long, parameters(), seed=1, effort="quick")
    assert found["dimensions"] == DIMENSIONS["quick"]
    changed = long.copy()
    changed[:, DIMENSIONS["quick"] :] = 7.0
    assert picture_effect(*given, changed, parameters(), seed=1, effort="quick") == found


@pytest.mark.parametrize("pictured", [None, 0, LEAST_PICTURED - 1])
def test_without_enough_pictures_nothing_is_said_but_why(pictured: int | None):
    likes, side = world(20, THINGS)
    pictures = None if pictured is None else pictures_of(telling=True, pictured=pictured)
    found = picture_effect(
        holdout(likes, seed=1), side, pictures, parameters(), seed=1, effort="quick"
    )
    assert set(found) == {"measured", "reason", "pictured"}
    assert not found["measured"]
    assert found["pictured"] == (pictured or 0)
    assert "picture" in found["reason"]


def test_a_ranker_that_looks_at_no_features_cannot_be_told_of_pictures():
    likes, side = world(20, THINGS)
    found = picture_effect(
        holdout(likes, seed=1),
        side,
        pictures_of(telling=True),
        parameters(scale=None),
        seed=1,
        effort="quick",
    )
    assert not found["measured"]
    assert "no use" in found["reason"]
