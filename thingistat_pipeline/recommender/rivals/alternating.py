"""Implicit matrix factorisation by alternating least squares.

Every pair of a user and a thing is an observation, likes with a higher confidence than the absence
of one; users and things get factors whose products come close to 1 for likes and to 0 otherwise
(Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008). With
the things held fixed, each user is a small ridge regression, and the other way round. It is solved
by a few steps of conjugate gradients from the factors of the sweep before, which costs a fraction
of a direct solution and converges to the same (Takács, Pilászy and Tikk, "Applications of the
conjugate gradient method for implicit feedback collaborative filtering", RecSys 2011).

The kernel is compiled afresh in each process: numba's on-disk cache is a pickle, and we load none.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.likes.interactions import Positions

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Factors:
    """Users and things as vectors whose product says how well they go together.

    Attributes
    ----------
    users : ndarray of float32, shape (users, components)
    things : ndarray of float32, shape (things, components)
    """

    users: Floats32
    things: Floats32

    def scores(self, users: Positions) -> Floats32:
        """Return the products with all things: float32, shape (n, things)."""
        found: Floats32 = self.users[users] @ self.things.T
        return found


def alternating_least_squares(
    likes: csr_array,
    *,
    components: int = 64,
    confidence: float = 5.0,
    penalty: float = 30.0,
    sweeps: int = 15,
    steps: int = 3,
    seed: int,
) -> Factors:
    """Factorise likes.

    Parameters
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, things)
        Ones, canonical.
    components : int, default=64
        Length of the vectors.
    confidence : float, default=5
        What a like adds to the confidence of 1 that every pair has; the paper's alpha.
    penalty : float, default=30
        L2 penalty on all factors, above 0.
    sweeps : int, default=15
        How often users and things are solved for.
    steps : int, default=3
        Steps of conjugate gradients for each vector in each sweep.
    seed : int
        Seed of the things' first vectors.

    Returns
    -------
    Factors
        A user or a thing without likes has the vector 0, which is its solution.

    Raises
    ------
    ValueError
        If the penalty is not above 0, or the confidence below 0.
    """
    if not (penalty > 0 and confidence >= 0):
        raise ValueError(f"penalty {penalty} and confidence {confidence} are outside their range")
    rng = np.random.default_rng(seed)
    users = np.zeros((likes.shape[0], components), dtype=np.float32)
    things = rng.normal(scale=0.1, size=(likes.shape[1], components)).astype(np.float32)
    by_thing = likes.T.tocsr()
    for _ in range(sweeps):
        improve(users, things, likes, confidence=confidence, penalty=penalty, steps=steps)
        improve(things, users, by_thing, confidence=confidence, penalty=penalty, steps=steps)
    return Factors(users, things)


def improve(
    vectors: Floats32,
    others: Floats32,
    likes: csr_array,
    *,
    confidence: float,
    penalty: float,
    steps: int,
) -> None:
    """Move vectors, in place, towards the solution with the others held fixed.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, components)
    others : ndarray of float32, shape (m, components)
    likes : scipy.sparse.csr_array, shape (n, m)
        Canonical; whose vectors the rows' are pulled towards.
    confidence, penalty, steps
        As for `alternating_least_squares`.
    """
    gram = others.T @ others
    gram[np.diag_indices(len(gram))] += np.float32(penalty)
    _solve(
        vectors,
        _System(others, gram, np.float32(confidence)),
        likes.indptr.astype(np.int64),
        likes.indices.astype(np.int32),
        steps,
    )


class _System(NamedTuple):
    """What the normal equations of all rows have in common.

    `gram` is the sum of the others' outer products with the penalty on the diagonal.
    """

    others: Floats32
    gram: Floats32
    confidence: np.float32


def _solve_plain(
    vectors: Floats32,
    system: _System,
    ends: NDArray[np.int64],
    things: NDArray[np.int32],
    steps: int,
) -> None:
    """Take some steps of conjugate gradients for every row of `vectors`."""
    components = vectors.shape[1]
    rest = np.empty(components, np.float32)
    along, image = np.empty(components, np.float32), np.empty(components, np.float32)
    for row in range(len(vectors)):
        vector, liked = vectors[row], things[ends[row] : ends[row + 1]]
        if not len(liked):
            for k in range(components):
                vector[k] = 0
            continue
        _image(vector, system, liked, image)
        for k in range(components):
            rest[k] = -image[k]
        for thing in liked:
            for k in range(components):
                rest[k] += (system.confidence + np.float32(1)) * system.others[thing, k]
        for k in range(components):
            along[k] = rest[k]
        size = _dot(rest, rest)
        smallest = np.float32(1e-12) * size
        for _ in range(steps):
            if size <= smallest:
                break
            _image(along, system, liked, image)
            length = size / _dot(along, image)
            for k in range(components):
                vector[k] += length * along[k]
                rest[k] -= length * image[k]
            smaller = _dot(rest, rest)
            for k in range(components):
                along[k] = rest[k] + smaller / size * along[k]
            size = smaller


def _dot_plain(one: Floats32, other: Floats32) -> np.float32:
    """Return the product of two vectors."""
    total = np.float32(0)
    for k in range(len(one)):
        total += one[k] * other[k]
    return total


def _image_plain(
    vector: Floats32, system: _System, liked: NDArray[np.int32], image: Floats32
) -> None:
    """Write into `image` the matrix of a row's normal equations times a vector."""
    for k in range(len(vector)):
        image[k] = 0
    for j in range(len(vector)):
        for k in range(len(vector)):
            image[k] += vector[j] * system.gram[j, k]
    for thing in liked:
        pull = system.confidence * _dot(system.others[thing], vector)
        for k in range(len(vector)):
            image[k] += pull * system.others[thing, k]


# Sums may be taken in another order, so that they run in vector registers. The order is fixed when
# the functions are compiled, so that results repeat.
_REORDERED = {"reassoc", "contract"}
_dot = numba.njit(nogil=True, fastmath=_REORDERED)(_dot_plain)
_image = numba.njit(nogil=True, fastmath=_REORDERED)(_image_plain)
_solve = numba.njit(nogil=True)(_solve_plain)
