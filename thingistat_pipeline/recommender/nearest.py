"""The best of many: the highest scores of each row, and the closest vectors by cosine.

Done in blocks of rows, so that no matrix of all rows by all columns is ever held.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
_SCORES_AT_ONCE = 1 << 22
"""16 MB of scores."""


class Nearest(NamedTuple):
    """The best columns of each row, best first.

    Attributes
    ----------
    positions : ndarray of int64, shape (rows, n)
        -1 where there are fewer than n.
    scores : ndarray of float32, shape (rows, n)
        NaN where there are fewer than n.
    """

    positions: NDArray[np.int64]
    scores: Floats32


def best(rows: int, columns: int, n: int, scores: Callable[[slice], Floats32]) -> Nearest:
    """Return the `n` best columns of each row; of equal ones, the first.

    Parameters
    ----------
    rows, columns : int
    n : int
        At most `columns` of them are looked for.
    scores : callable
        Returns the scores of a block of rows, shape (block, columns); -inf for what must not be
        among the best.
    """
    n = min(n, columns)
    nearest = Nearest(np.full((rows, n), -1, np.int64), np.full((rows, n), np.nan, np.float32))
    if n < 1:
        return nearest
    step = max(1, _SCORES_AT_ONCE // columns)
    for start in range(0, rows, step):
        block = scores(slice(start, min(start + step, rows)))
        least = np.partition(block, columns - n, axis=1)[:, columns - n]
        for row, row_scores in enumerate(block, start):
            good = np.flatnonzero((row_scores >= least[row - start]) & (row_scores > -np.inf))
            # Stable, so that of equal scores the first column comes first.
            good = good[np.argsort(-row_scores[good], kind="stable")][:n]
            nearest.positions[row, : len(good)] = good
            nearest.scores[row, : len(good)] = row_scores[good]
    return nearest


def closest(
    vectors: Floats32, among: Floats32, n: int, *, but: NDArray[np.int64] | None = None
) -> Nearest:
    """Return the `n` rows of `among` closest to each of `vectors`, by cosine.

    Parameters
    ----------
    vectors, among : ndarray of float32, shapes (rows, components) and (others, components)
        The cosine with a vector of zeros is taken as 0.
    n : int
    but : ndarray of int64, shape (rows,), optional
        Of each row, one position in `among` to leave out: itself.
    """
    from_units, to_units = of_length_one(vectors), of_length_one(among)

    def cosines(block: slice) -> Floats32:
        found: Floats32 = from_units[block] @ to_units.T
        if but is not None:
            found[np.arange(len(found)), but[block]] = -np.inf
        return found

    return best(len(vectors), len(among), n, cosines)


def of_length_one(vectors: Floats32) -> Floats32:
    """Return the vectors scaled to length 1; zeros stay."""
    # By the largest number first: squares of very large or small ones leave float32's range.
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    scaled: Floats32 = np.divide(vectors, largest, out=np.zeros_like(vectors), where=largest > 0)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    np.divide(scaled, lengths, out=scaled, where=lengths > 0)
    return scaled
