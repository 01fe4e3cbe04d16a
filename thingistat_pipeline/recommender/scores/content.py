"""Ranking things that nobody has liked yet by what they are, without a ranker.

What a cold start has to beat: the likeness of a new thing to what a user likes, how well liked
things of its kind are, and chance. They know the side information of all things, and the likes of
those that are not new.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from thingistat_pipeline.recommender.answers.contents import rows_of_length_one
from thingistat_pipeline.recommender.likes.interactions import Positions

Floats32 = NDArray[np.float32]

_SHRINK = 5.0
"""A feature's mean is as if five more things of average popularity had it."""


@dataclass(frozen=True, eq=False, slots=True)
class ContentNeighbours:
    """Recommends what is like the things that a user likes.

    Attributes
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, known things)
    known, new : scipy.sparse.csr_array of float32, shapes (known things, features), (new, features)
        Descriptions as rows of length 1, or of zeros.
    """

    likes: csr_array
    known: csr_array
    new: csr_array

    def scores(self, users: Positions) -> Floats32:
        """Return the sum of the cosines to a user's likes: float32, shape (n, new things)."""
        tastes = self.likes[users] @ self.known
        found: Floats32 = (tastes @ self.new.T).toarray()
        return found


def content_neighbours(likes: csr_array, known: csr_array, new: csr_array) -> ContentNeighbours:
    """Compare descriptions by their cosine, rare features counting for more.

    Parameters
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, known things)
    known, new : scipy.sparse.csr_array of float32, shapes (known things, features), (new, features)
        Weights of the features. Each is multiplied by the logarithm of the inverse of the share of
        the known things that have it, and what none of them has is left out (Jones, "A statistical
        interpretation of term specificity and its application in retrieval", Journal of
        Documentation 28, 1972).
    """
    having = np.bincount(known.indices, minlength=known.shape[1])
    rarity = np.where(having > 0, np.log((1.0 + known.shape[0]) / np.maximum(having, 1)), 0.0)
    weights = diags_array(rarity.astype(np.float32))
    return ContentNeighbours(
        likes, rows_of_length_one(known @ weights), rows_of_length_one(new @ weights)
    )


@dataclass(frozen=True, eq=False, slots=True)
class FixedOrder:
    """Recommends the same to everybody.

    Attributes
    ----------
    worth : ndarray of float32, shape (things,)
    """

    worth: Floats32

    def scores(self, users: Positions) -> Floats32:
        """Return each thing's worth for each user: float32, shape (n, things)."""
        return np.tile(self.worth, (len(users), 1))


def feature_popularity(likes: csr_array, known: csr_array, new: csr_array) -> FixedOrder:
    """Order new things by how well liked things with their features are.

    Parameters
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, known things)
    known, new : scipy.sparse.csr_array of float32, shapes (known things, features), (new, features)
        Weights of the features; a thing's worth is the weighted mean of its features' mean number
        of likes, and that of all things where it has none.
    """
    counts = np.bincount(likes.indices, minlength=likes.shape[1]).astype(np.float64)
    mean = counts.mean() if len(counts) else 0.0
    by_feature = known.T.tocsr()
    liked = (by_feature @ counts + _SHRINK * mean) / (by_feature.sum(axis=1) + _SHRINK)
    weights = new.sum(axis=1)
    worth = np.full(new.shape[0], mean)
    np.divide(new @ liked, weights, out=worth, where=weights > 0)
    return FixedOrder(worth.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Chance:
    """Recommends in random order, to each user in another."""

    things: int
    seed: int

    def scores(self, users: Positions) -> Floats32:
        """Return random scores, the same for the same user: float32, shape (n, things)."""
        found = np.empty((len(users), self.things), dtype=np.float32)
        for row, user in enumerate(users):
            found[row] = np.random.default_rng([self.seed, int(user)]).random(
                self.things, dtype=np.float32
            )
        return found
