"""Things whose pictures look alike, for all things at once and for one new picture.

For up to `EXACT_UP_TO` things every pair is compared in full. Beyond, pairs are compared in the
directions in which the pictures differ most (principal components), and only the best candidates of
each in full, which takes a tenth of the time; how many of the true ones that finds is measured on a
sample of the things, each time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.nearest import Floats32, Nearest, best, of_length_one
from thingistat_pipeline.visual.fingerprint import differing_bits
from thingistat_pipeline.visual.half_products import best_candidates, products_with

EXACT_UP_TO = 20_000
REDUCED_TO, CANDIDATES = 192, 100
"""Of 150,000 simulated vectors .9975 of the true neighbours are found so; .990 in 128."""
_FITTED_ON, _JUDGED_ON = 20_000, 500
_ROWS_AT_ONCE = 4_096

ALIKE_FROM = 0.93
"""Cosine from which a pair may be the same picture, saved, scaled or lit a little differently."""
MOST_DIFFERING_BITS = 3
"""Of 64, by which the fingerprints of the same picture differ at most. Of 250 pictures saved again
as JPEG (quality 60) both find 96 %, of those scaled to 80 % and back 94 %, of those a tenth lighter
all; up to 6 bits would find no more of them, and a quarter more of the pairs of other pictures."""


@dataclass(frozen=True, eq=False, slots=True)
class LookAlikes:
    """The things that look most like each thing.

    Attributes
    ----------
    positions : ndarray of int64, shape (things, n)
        The most alike first; the thing itself is left out. -1 where there are fewer.
    similarities : ndarray of float32, shape (things, n)
        Cosine; NaN where there are fewer.
    duplicates : ndarray of bool, shape (things, n)
        Whether the two pictures are nearly the same: a thing uploaded again, or a remix that kept
        the picture.
    recall : float or None
        Share of the true neighbours that was found, on a sample; None where all pairs were
        compared in full.
    judged_on : int
        Things in that sample.
    """

    positions: NDArray[np.int64]
    similarities: Floats32
    duplicates: NDArray[np.bool_]
    recall: float | None
    judged_on: int


def look_alikes(
    vectors: NDArray[np.float16],
    fingerprints: NDArray[np.uint64],
    n: int = 10,
    *,
    seed: int,
    exact_up_to: int = EXACT_UP_TO,
) -> LookAlikes:
    """Return the `n` things that look most like each thing.

    Parameters
    ----------
    vectors : ndarray of float16, shape (things, dimensions)
        Of length 1; may be mapped from a file, and is read in blocks.
    fingerprints : ndarray of uint64, shape (things,)
        As `fingerprint.fingerprint` makes them.
    n : int, default=10
    seed : int
        Of the samples that the directions are found and the recall is measured on.
    exact_up_to : int
        With more things, candidates are found in fewer dimensions.
    """
    if len(vectors) <= exact_up_to:
        nearest, recall, judged_on = _in_full(vectors, np.arange(len(vectors)), n), None, 0
    else:
        random = np.random.default_rng(seed)
        nearest = _reduced_first(vectors, n, random)
        judged_on = min(_JUDGED_ON, len(vectors))
        sample = np.sort(random.choice(len(vectors), size=judged_on, replace=False))
        recall = _shared(_in_full(vectors, sample, n), nearest.positions[sample])
    there = nearest.positions >= 0
    differing = differing_bits(fingerprints[:, None], fingerprints[nearest.positions])
    duplicates = there & (nearest.scores >= ALIKE_FROM) & (differing <= MOST_DIFFERING_BITS)
    return LookAlikes(nearest.positions, nearest.scores, duplicates, recall, judged_on)


def looks_like(vector: NDArray[np.float16], vectors: NDArray[np.float16], n: int = 10) -> Nearest:
    """Return the `n` pictures that look most like a new one.

    Parameters
    ----------
    vector : ndarray of float16, shape (dimensions,)
    vectors : ndarray of float16, shape (pictures, dimensions)
        Of length 1; may be mapped from a file.
    n : int, default=10
    """
    return look_like_each(vector[None], vectors, n)


def look_like_each(
    asked: NDArray[np.float16], vectors: NDArray[np.float16], n: int = 10
) -> Nearest:
    """Return the `n` pictures that look most like each of some new ones, reading all only once.

    Parameters
    ----------
    asked : ndarray of float16, shape (m, dimensions)
    vectors : ndarray of float16, shape (pictures, dimensions)
        Of length 1; may be mapped from a file.
    n : int, default=10
    """
    units = of_length_one(asked.astype(np.float32))
    return best(len(units), len(vectors), n, lambda block: products_with(vectors, units[block]))


def _in_full(vectors: NDArray[np.float16], rows: NDArray[np.int64], n: int) -> Nearest:
    """Return the true neighbours of some things, by comparing them with all."""
    some = vectors[rows].astype(np.float32)

    def cosines(block: slice) -> Floats32:
        found = np.empty((len(rows[block]), len(vectors)), dtype=np.float32)
        for start in range(0, len(vectors), _ROWS_AT_ONCE):
            columns = slice(start, start + _ROWS_AT_ONCE)
            found[:, columns] = some[block] @ vectors[columns].astype(np.float32).T
        found[np.arange(len(found)), rows[block]] = -np.inf
        return found

    return best(len(rows), len(vectors), n, cosines)


def _reduced_first(vectors: NDArray[np.float16], n: int, random: np.random.Generator) -> Nearest:
    """Return nearly the true neighbours: candidates from the reduced vectors, ordered in full."""
    # Cosines in fewer dimensions find more of the true ones than products do: .9975 against .971.
    reduced = of_length_one(reduced_vectors(vectors, REDUCED_TO, random))
    every, n = np.arange(len(vectors)), min(n, len(vectors))

    def nearness(block: slice) -> Floats32:
        found: Floats32 = reduced[block] @ reduced.T
        found[np.arange(len(found)), every[block]] = -np.inf  # itself
        return found

    candidates = best(len(every), len(every), max(n, CANDIDATES), nearness).positions
    return best_candidates(vectors, every, candidates, n)


def reduced_vectors(
    vectors: NDArray[np.float16], dimensions: int, random: np.random.Generator
) -> Floats32:
    """Return vectors in the directions in which a sample of them is longest.

    Parameters
    ----------
    vectors : ndarray of float16, shape (n, d)
    dimensions : int
    random : Generator
        Draws the sample.

    Returns
    -------
    ndarray of float32, shape (n, dimensions)
    """
    return along(vectors, longest_directions(vectors, dimensions, random))


def longest_directions(
    vectors: NDArray[np.float16], dimensions: int, random: np.random.Generator
) -> Floats32:
    """Return the directions in which a sample of the vectors is longest, float32 (d, dimensions).

    They are not centred, so that inner products are kept as well as they can be (Eckart and Young,
    "The approximation of one matrix by another of lower rank", Psychometrika 1, 1936).
    """
    size = min(_FITTED_ON, len(vectors))
    sample = np.sort(random.choice(len(vectors), size=size, replace=False))
    products = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, size, _ROWS_AT_ONCE):
        block = vectors[sample[start : start + _ROWS_AT_ONCE]].astype(np.float32)
        products += block.T @ block
    _, directions = np.linalg.eigh(products)
    return directions[:, ::-1][:, :dimensions].astype(np.float32)


def along(vectors: NDArray[np.float16], directions: Floats32) -> Floats32:
    """Return how far vectors reach in some directions, float32 (n, directions)."""
    reduced = np.empty((len(vectors), directions.shape[1]), dtype=np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        reduced[rows] = vectors[rows].astype(np.float32) @ directions
    return reduced


def _shared(truth: Nearest, found: NDArray[np.int64]) -> float:
    """Return the mean share of the true neighbours that are among those found."""
    return float(
        np.mean(
            [
                np.isin(right, guesses).mean()
                for right, guesses in zip(truth.positions, found, strict=True)
            ]
        )
    )
