"""What a ranker has to beat: popularity, neighbours, a linear model and a plain factorisation.

They know the likes and nothing else. None of them is a straw man: a linear model of items beats
most neural recommenders (Ferrari Dacrema, Cremonesi and Jannach, "Are we really making much
progress?", RecSys 2019). Alternating least squares has a module of its own, `alternating`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import spotrf, spotri
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.likes.interactions import Positions

Floats32 = NDArray[np.float32]

NEIGHBOURS = 200
"""Nearest things that each thing keeps: the others weigh little and would fill the memory."""
MOST_EASE_THINGS = 16_000
"""Things whose weights EASE learns. Its matrix of all pairs is made, inverted and kept in one place
of 32-bit numbers: n² x 4 bytes, 1 GiB then. The 25,655 things of the seed would take 2.6 GB, and
four times as long, as time grows with the cube; so the least liked of them are left out."""

_BLOCK = 1_024  # things whose products with all others exist at once


@dataclass(frozen=True, eq=False, slots=True)
class MostPopular:
    """Recommends what most users like, the same to everybody.

    Attributes
    ----------
    likes : ndarray of float32, shape (things,)
        How many users like each thing.
    """

    likes: Floats32

    def scores(self, users: Positions) -> Floats32:
        """Return each thing's number of likes for each user: float32, shape (n, things)."""
        return np.tile(self.likes, (len(users), 1))


def most_popular(likes: csr_array) -> MostPopular:
    """Count the likes of each thing in a matrix of users by things."""
    return MostPopular(np.bincount(likes.indices, minlength=likes.shape[1]).astype(np.float32))


@dataclass(frozen=True, eq=False, slots=True)
class ItemNeighbours:
    """Recommends things that are liked by the same users as those that a user likes.

    Attributes
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, things)
    similarity : scipy.sparse.csr_array of float32, shape (things, things)
        Row by row, the nearest other things and their (shrunk) cosine.
    """

    likes: csr_array
    similarity: csr_array

    def scores(self, users: Positions) -> Floats32:
        """Return the sum of the similarities of a user's likes to each thing.

        float32, shape (n, things); 0 where no like is a neighbour.
        """
        found: Floats32 = (self.likes[users] @ self.similarity).toarray()
        return found


def item_neighbours(
    likes: csr_array, *, neighbours: int = NEIGHBOURS, shrink: float = 0.0
) -> ItemNeighbours:
    """Find each thing's nearest things by the cosine of their likers.

    Parameters
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, things)
        Ones, canonical.
    neighbours : int, default=200
        How many each thing keeps; of equals those that come first among the things.
    shrink : float, default=0
        Added to the denominator of the cosine, so that two things that one user likes are less
        alike than two that a hundred like.

    References
    ----------
    B. Sarwar, G. Karypis, J. Konstan and J. Riedl, "Item-based collaborative filtering
    recommendation algorithms", WWW 2001.
    """
    counts = np.bincount(likes.indices, minlength=likes.shape[1])
    lengths = np.sqrt(counts)
    by_thing = likes.T.tocsr()
    indices, weights, ends = [], [], [0]
    for start in range(0, likes.shape[1], _BLOCK):
        block = (by_thing[start : start + _BLOCK] @ likes).tocsr()
        block.sort_indices()
        for row, (first, last) in enumerate(zip(block.indptr, block.indptr[1:], strict=False)):
            others = block.indices[first:last]
            apart = others != start + row
            things, both = others[apart], block.data[first:last][apart]
            cosines = both / (lengths[start + row] * lengths[things] + shrink)
            kept = np.sort(np.argsort(-cosines, kind="stable")[:neighbours])
            indices.append(things[kept])
            weights.append(cosines[kept].astype(np.float32))
            ends.append(ends[-1] + len(kept))
    similarity = csr_array(
        (
            np.concatenate([np.empty(0, np.float32), *weights]),
            np.concatenate([np.empty(0, np.int32), *indices]),
            np.array(ends),
        ),
        shape=(likes.shape[1], likes.shape[1]),
    )
    return ItemNeighbours(likes, similarity)


@dataclass(frozen=True, eq=False, slots=True)
class Ease:
    """A linear model in which every thing is predicted from all the others that a user likes.

    Attributes
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, things learned)
    things : ndarray of intp, shape (things learned,)
        Ascending positions of the things that have weights: the most liked ones, where there are
        too many.
    weights : ndarray of float32, shape (things learned, things learned)
        How much a like of the row's thing speaks for the column's; 0 on the diagonal.
    left_out : ndarray of intp, shape (others,)
        Ascending positions of all other things. Nothing was learned for or against them, and they
        are ranked behind those that have weights, by their likes.
    behind : ndarray of float32, shape (others,)
        How far below the lowest score of a thing with weights they score: below 0.
    share_of_likes : float
        Share of all likes that are of things that have weights.
    """

    likes: csr_array
    things: Positions
    weights: Floats32
    left_out: Positions
    behind: Floats32
    share_of_likes: float

    def scores(self, users: Positions) -> Floats32:
        """Return what the user's likes predict for each thing: float32, shape (n, things)."""
        return self._of_all(self.likes[users] @ self.weights)

    def likeness(self, things: Positions) -> Floats32:
        """Return what a like of each of some things says of all: float32, shape (n, things).

        Zeros for a thing that was left out, but for the others that were.
        """
        places = np.searchsorted(self.things, things)
        known = np.isin(things, self.things)
        found = np.zeros((len(things), len(self.things)), dtype=np.float32)
        found[known] = self.weights[places[known]]
        return self._of_all(found)

    def _of_all(self, learned: Floats32) -> Floats32:
        """Return the scores of all things from those of the things with weights."""
        if not len(self.left_out):
            return learned
        found = np.empty((len(learned), len(self.things) + len(self.left_out)), dtype=np.float32)
        found[:, self.things] = learned
        found[:, self.left_out] = learned.min(axis=1, initial=0, keepdims=True) + self.behind
        return found


def ease(likes: csr_array, *, penalty: float = 500.0, most_things: int = MOST_EASE_THINGS) -> Ease:
    """Fit EASE by its closed form.

    Parameters
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, things)
        Ones, canonical.
    penalty : float, default=500
        L2 penalty, above 0; the paper's best lie between 200 and 1,000.
    most_things : int, default=16000
        Only so many of the most liked things get weights; of equals those that come first.

    Returns
    -------
    Ease
        `share_of_likes` below 1 says that some things were left out.

    Raises
    ------
    ValueError
        If the penalty is not above 0.

    References
    ----------
    H. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019: with G the things'
    co-occurrences and P the inverse of (G + penalty on the diagonal), the weight of (i, j) is
    -P[i, j] / P[j, j], and 0 on the diagonal.
    """
    if not penalty > 0:
        raise ValueError(f"a penalty of {penalty} leaves EASE without a solution")
    counts = np.bincount(likes.indices, minlength=likes.shape[1])
    things = np.sort(np.argsort(-counts, kind="stable")[:most_things])
    chosen = likes[:, things].tocsr()
    weights = np.empty((0, 0), dtype=np.float32)
    if len(things):
        weights = _inverse(_co_occurrences(chosen, penalty))
        weights /= -weights.diagonal().copy()
        np.fill_diagonal(weights, 0.0)
    left_out = np.setdiff1d(np.arange(likes.shape[1]), things)
    return Ease(
        likes=chosen,
        things=things,
        weights=weights,
        left_out=left_out,
        behind=(-1.0 / (1.0 + counts[left_out])).astype(np.float32),
        share_of_likes=float(chosen.nnz / likes.nnz) if likes.nnz else 1.0,
    )


def _co_occurrences(likes: csr_array, penalty: float) -> Floats32:
    """Return how many users like both of two things, with the penalty added on the diagonal."""
    things = likes.shape[1]
    counts = np.empty((things, things), dtype=np.float32)
    by_thing = likes.T.tocsr()
    for start in range(0, things, _BLOCK):
        counts[start : start + _BLOCK] = (by_thing[start : start + _BLOCK] @ likes).toarray()
    counts[np.diag_indices(things)] += np.float32(penalty)
    return counts


def _inverse(symmetric: Floats32) -> Floats32:
    """Return the inverse of a positive definite matrix, made in its own memory."""
    # LAPACK counts columns first: to it, the transpose of a symmetric matrix is the matrix.
    factor, failed = spotrf(symmetric.T, lower=1, clean=0, overwrite_a=1)
    if not failed:
        inverse, failed = spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError("the co-occurrences are not positive definite: raise the penalty")
    for start in range(0, len(inverse), _BLOCK):
        rows = slice(start, start + _BLOCK)
        square = np.tril(inverse[rows, rows])
        inverse[rows, rows] = square + np.tril(square, -1).T
        inverse[rows, rows.stop :] = inverse[rows.stop :, rows].T
    in_rows: Floats32 = inverse.T
    return in_rows
