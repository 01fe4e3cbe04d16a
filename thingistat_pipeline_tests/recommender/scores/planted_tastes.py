"""Likes of simulated things, by users whose tastes were planted, and what the things are."""

from typing import NamedTuple

import numpy as np
import polars as pl

from thingistat_pipeline.recommender.likes.interactions import (
    Interactions,
    interactions_from,
    with_enough,
)
from thingistat_pipeline.recommender.likes.side_information import SideInformation, side_information
from thingistat_pipeline.sandbox.catalogue import (
    DEFAULT_TODAY,
    NEWEST_ID,
    Thing,
    describe_things,
    live_ids,
)
from thingistat_pipeline.sandbox.likers import likers_of
from thingistat_pipeline.sandbox.texts import tags_of
from thingistat_pipeline.sandbox.vocabulary import TOP_CATEGORIES

_SEED = 12
_MOST_LIKERS = 300


class Tastes(NamedTuple):
    """Likes of users and things that have at least five, and the features of the things."""

    likes: Interactions
    side: SideInformation


def planted_tastes(things: int = 1_500) -> Tastes:
    """Return the likes of some live things of the sandbox, as a night would fetch them."""
    ids = np.random.default_rng(0).permutation(NEWEST_ID)[: 4 * things] + 1
    columns = describe_things(live_ids(ids, _SEED, DEFAULT_TODAY)[:things], _SEED, DEFAULT_TODAY)
    users: list[int] = []
    liked: list[int] = []
    features: list[tuple[int, str, str]] = []
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        thing = Thing(*row)
        likers = likers_of(_SEED, thing, NEWEST_ID)[:_MOST_LIKERS]
        users += likers
        liked += [thing.id] * len(likers)
        features += [(thing.id, kind, feature) for kind, feature in _features_of(thing)]
    likes, _ = with_enough(interactions_from(users, liked))
    told = pl.DataFrame(
        features,
        schema={"thing_id": pl.Int64, "kind": pl.String, "feature": pl.String},
        orient="row",
    )
    return Tastes(likes, side_information(told, likes.things))


def _features_of(thing: Thing) -> list[tuple[str, str]]:
    """Return the tags, categories and creator that a thing shows: some declare no category."""
    told = [("tag", tag.name.lower()) for tag in tags_of(_SEED, thing, NEWEST_ID)]
    told.append(("creator", str(thing.creator)))
    if thing.top >= 0:
        top = TOP_CATEGORIES[thing.top]
        told.append(("category", top.name))
        if thing.part >= 0:
            told.append(("category", top.parts[thing.part].name))
    return told
