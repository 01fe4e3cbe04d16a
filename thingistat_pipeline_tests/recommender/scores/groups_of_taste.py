"""A small world in which who likes what follows from one feature, and parameters to learn it."""

from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.likes.side_information import SideInformation, side_information
from thingistat_pipeline.recommender.rivals.contenders import Contender
from thingistat_pipeline.recommender.search.choice import Choice
from thingistat_pipeline.recommender.search.search import RankerParameters, RankerSearch

GROUPS = 4


class World(NamedTuple):
    """Likes of users by things, and what is known of the things."""

    likes: csr_array
    side: SideInformation


def world(users: int = 100, things: int = 60, *, told: bool = True, seed: int = 0) -> World:
    """Return likes of users who like half of the things of one of four groups, and few others.

    Each thing has its group as a tag where that is `told`; otherwise a tag that says nothing.
    """
    rng = np.random.default_rng(seed)
    group = np.arange(things) % GROUPS
    own = np.arange(users)[:, None] % GROUPS == group
    who, what = np.nonzero(rng.random((users, things)) < np.where(own, 0.5, 0.03))
    tags = group if told else rng.permutation(group)
    features = pl.DataFrame({"thing_id": np.arange(things), "feature": [f"g{tag}" for tag in tags]})
    return World(
        like_matrix(who, what, (users, things)),
        side_information(features.with_columns(kind=pl.lit("tag")), np.arange(things)),
    )


def parameters(*, scale: float | None = 1.0, epochs: int = 6) -> RankerParameters:
    return RankerParameters(
        components=8,
        learning_rate=0.05,
        loss="warp",
        max_sampled=10,
        item_alpha=0.0,
        user_alpha=0.0,
        negatives="uniform",
        epochs=epochs,
        scale=scale,
    )


def searched(chosen: RankerParameters) -> RankerSearch:
    return RankerSearch(
        trials=(),
        best=None,
        chosen=chosen,
        stopped="Nothing was searched.",
        users=0,
        things=0,
        likes=0,
        validation_users=0,
    )


def choice(winner: str = "ranker_with_side", with_side: RankerSearch | None = None) -> Choice:
    """Return a choice that nobody searched for, or only with side information."""
    return Choice(
        without=searched(parameters(scale=None)),
        with_side=with_side or searched(parameters(epochs=4)),
        baselines=(
            Contender("most_popular", {}),
            Contender("item_neighbours", {"shrink": 5.0}),
            Contender("ease", {"penalty": 50.0}),
            Contender("least_squares", {"components": 8}),
        ),
        validation={},
        winner=winner,
        winner_reason="It was told so.",
        lead=None,
        likeness="item_neighbours",
        likeness_reason="It was told so, too.",
        likeness_lead=None,
        likeness_validation={},
        likeness_baselines=(
            Contender("most_popular", {}),
            Contender("item_neighbours", {"shrink": 20.0}),
            Contender("ease", {"penalty": 50.0}),
            Contender("least_squares", {"components": 8}),
        ),
    )
