"""Tastes planted by hand: groups of users who like groups of things, and what tells these apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.recommender.likes.interactions import Interactions, interactions_from
from thingistat_pipeline.recommender.search import search

GROUPS = ("robot", "vase", "gear")
THINGS_EACH = 14
USERS_EACH = 20
THINGS = tuple(range(1, 1 + len(GROUPS) * THINGS_EACH))
"""Ids of the things; thing `i` is of the group `GROUPS[(i - 1) % 3]`."""


TRIALS = 5


@contextmanager
def small_searches() -> Iterator[None]:
    """Have searches of five trials of few epochs while the block lasts."""
    small = replace(
        search.BUDGETS["quick"], trials=TRIALS, components=16, checkpoints=(1, 2, 4), others=1
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "BUDGETS", {"quick": small})
        yield


def group_of(thing: int) -> str:
    """Return the tag that tells what a thing is."""
    return GROUPS[(thing - 1) % len(GROUPS)]


def planted_pairs(seed: int = 0) -> list[tuple[int, int]]:
    """Return who likes what: of the own group eight things, of the others one."""
    rng = np.random.default_rng(seed)
    pairs = []
    for user in range(len(GROUPS) * USERS_EACH):
        own = [thing for thing in THINGS if group_of(thing) == GROUPS[user % len(GROUPS)]]
        others = [thing for thing in THINGS if thing not in own]
        chosen = [*rng.choice(own, 8, replace=False), rng.choice(others)]
        pairs += [(1000 + user, int(thing)) for thing in chosen]
    return pairs


def planted_likes(seed: int = 0) -> Interactions:
    """Return the planted likes as a matrix."""
    pairs = planted_pairs(seed)
    return interactions_from([user for user, _ in pairs], [thing for _, thing in pairs])


def features_of() -> pl.DataFrame:
    """Return tags, a category and a word of the title of every planted thing."""
    rows = []
    for thing in THINGS:
        group = group_of(thing)
        rows += [
            *((thing, "tag", tag) for tag in (group, f"{group}_toy", f"{group}_{thing % 2}")),
            (thing, "category", f"Kind of {group}"),
            (thing, "creator", str(thing % 5)),
            (thing, "license", "cc"),
            (thing, "word", group),
        ]
    return pl.DataFrame(rows, schema=["thing_id", "kind", "feature"], orient="row").sort(
        "thing_id", "kind", "feature"
    )
