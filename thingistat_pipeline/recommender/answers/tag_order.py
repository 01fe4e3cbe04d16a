"""Things in the order of their closeness to a tag, and tags close to each other.

A tag stands in the middle of the things that bear it: at the mean of their vectors and of what they
are about. The vector that the ranker learns for a tag is another thing: what the tag adds to the
vectors of the things themselves. On planted tastes the order by the cosine with it agreed half as
well with how many of a thing's likers love the tag.

Closeness is not popularity: how many people like a thing has no part in it.
"""

import numpy as np
import polars as pl

from thingistat_pipeline.nearest import of_length_one
from thingistat_pipeline.recommender.answers.contents import rows_of_length_one
from thingistat_pipeline.recommender.answers.likeness import Likeness, ranked_rows
from thingistat_pipeline.recommender.answers.space import Described, Space
from thingistat_pipeline.recommender.likes.side_information import LEAST_THINGS


def tag_things(space: Space, n: int = 50, *, least: int = LEAST_THINGS["tag"]) -> pl.DataFrame:
    """Return the things closest to each tag, whether or not they bear it.

    Parameters
    ----------
    space : Space
    n : int, default=50
    least : int, default=5
        How many things must bear the tag, in any spelling.

    Returns
    -------
    polars.DataFrame
        tag (String), thing_id (Int64), rank (Int32, from 1) and score (Float64): the cosine of the
        vectors and that of what they are about, added; it compares within a tag only.
    """
    described, names = _tags(space, least)
    nearest = Likeness(space.described).nearest(described, n)
    return ranked_rows(nearest, names.alias("tag"), pl.Series("thing_id", space.things))


def tag_neighbours(space: Space, n: int = 10, *, least: int = LEAST_THINGS["tag"]) -> pl.DataFrame:
    """Return the tags closest to each tag, by the things that bear them.

    Parameters
    ----------
    space, least
        As for `tag_things`.
    n : int, default=10

    Returns
    -------
    polars.DataFrame
        tag, neighbour (String), rank (Int32, from 1) and score (Float64), as in `tag_things`.
    """
    described, names = _tags(space, least)
    nearest = Likeness(described).nearest(described, n, but=np.arange(len(names)))
    return ranked_rows(nearest, names.alias("tag"), names.alias("neighbour"))


def _tags(space: Space, least: int) -> tuple[Described, pl.Series]:
    """Return the tags as the means of the things that bear them, and their names."""
    bearers = space.tags.bearing.T.tocsr()
    kept = np.flatnonzero(np.diff(bearers.indptr) >= least)
    bearers = bearers[kept]
    means = Described(
        vectors=bearers @ of_length_one(space.vectors),
        contents=rows_of_length_one((bearers @ space.contents.matrix).tocsr()),
        bearing=bearers @ space.tags.bearing,
    )
    return means, pl.Series("tag", space.tags.names, dtype=pl.String).gather(kept)
