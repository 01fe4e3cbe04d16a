"""Vectors of things that somebody else has made, such as those of their pictures.

What they show is no business of the recommender: it takes them as features that a thing has more
or less of, beside those that it has or has not.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from thingistat_pipeline.nearest import Floats32
from thingistat_pipeline.recommender.likes.interactions import Ids
from thingistat_pipeline.recommender.likes.side_information import SideInformation, with_vectors

PICTURE = "picture"
"""The kind of feature that vectors of pictures are."""
WEIGHT = 10.0
"""Of the vectors among the features of things: the numbers of a vector add up to so much, features
of another kind to 1. Spread over 64 numbers, they make a vector about as long as one such feature
by itself (its length is the weight by the root of 64, and a little more)."""


@dataclass(frozen=True, eq=False, slots=True)
class ThingVectors:
    """Vectors of some things.

    Attributes
    ----------
    things : ndarray of int64, shape (n,)
        Ids, ascending.
    vectors : ndarray of float32, shape (n, dimensions)
        Of no particular length; directions matter alike, as after whitening.
    """

    things: Ids
    vectors: Floats32

    @classmethod
    def in_frame(cls, frame: pl.DataFrame) -> Self:
        """Return the vectors that a frame of `frame_of` holds."""
        return cls(frame["thing_id"].to_numpy(), frame["vector"].to_numpy())

    def frame_of(self, things: ArrayLike) -> pl.DataFrame:
        """Return thing_id and vector (an array of Float32) of those of the things that have one."""
        kept = np.isin(self.things, np.asarray(things, dtype=np.int64))
        vectors = pl.Series("vector", self.vectors[kept])
        return pl.DataFrame([pl.Series("thing_id", self.things[kept]), vectors])

    def of(self, things: ArrayLike) -> Floats32:
        """Return the vectors of things, in their order: float32, zeros for one that has none."""
        asked = np.asarray(things, dtype=np.int64)
        found = np.zeros((len(asked), self.vectors.shape[1]), dtype=np.float32)
        there = np.isin(asked, self.things)
        found[there] = self.vectors[np.searchsorted(self.things, asked[there])]
        return found

    def beside(
        self, side: SideInformation, things: ArrayLike, *, weight: float = WEIGHT
    ) -> SideInformation:
        """Return the side information of things, in their order, with their vectors as features."""
        return with_vectors(side, PICTURE, self.of(things), weight=weight)
