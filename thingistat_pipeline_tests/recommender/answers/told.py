"""A few features by hand, and a small world where likes and tags say the same."""

import numpy as np
import polars as pl

from thingistat_pipeline.recommender.likes.interactions import Interactions, interactions_from
from thingistat_pipeline.recommender.search.search import RankerParameters

SCHEMA = {"thing_id": pl.Int64, "kind": pl.String, "feature": pl.String}
PARAMETERS = RankerParameters(
    components=8,
    learning_rate=0.05,
    loss="warp",
    max_sampled=10,
    item_alpha=0.0,
    user_alpha=0.0,
    negatives="uniform",
    epochs=20,
    scale=2.0,
)
LIKED, UNLIKED = 60, 20
GROUPS = ("cat", "dog", "robot", "vase")


def told(*rows: tuple[int, str, str]) -> pl.DataFrame:
    """Return features as a frame."""
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def group_of(thing: int) -> str:
    """Return the group of a thing, which is also its tag."""
    return GROUPS[thing % len(GROUPS)]


def likes() -> Interactions:
    """Return the likes of 60 users, who each like half of the liked things of one group."""
    rng = np.random.default_rng(0)
    users, things = np.nonzero(
        (np.arange(60)[:, None] % len(GROUPS) == np.arange(LIKED) % len(GROUPS))
        & (rng.random((60, LIKED)) < 0.5)
    )
    return interactions_from(users, things)


def features() -> pl.DataFrame:
    """Return the tags of all things; the last is known by a category that nothing liked has."""
    rows = [(thing, "tag", group_of(thing)) for thing in range(LIKED + UNLIKED)]
    rows += [(thing, "category", "Animals") for thing in range(0, LIKED + UNLIKED, 2)]
    return told(*rows, (900, "category", "Odd"), (901, "category", "Odd"), (902, "tag", "alone"))
