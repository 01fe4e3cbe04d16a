"""The best of many: the highest scores of each row, and the closest vectors by cosine.

Done in blocks of rows, so that no matrix of all rows by all columns is ever held.
"""

from collections.abc import Callable
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
_ROWS_AT_ONCE = 1 << 14
_SCORES_AT_ONCE = 1 << 24
"""64 MiB of scores."""


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
        among the best, and NaN never is.
    """
    n = min(n, columns)
    nearest = Nearest(np.full((rows, n), -1, np.int64), np.full((rows, n), np.nan, np.float32))
    if n < 1:
        return nearest
    step = max(1, _SCORES_AT_ONCE // columns)
    for start in range(0, rows, step):
        block = slice(start, min(start + step, rows))
        found = np.ascontiguousarray(scores(block), dtype=np.float32)
        fill_best(found, nearest.positions[block], nearest.scores[block])
    return nearest


def _fill_best(scores: Floats32, positions: NDArray[np.int64], found: Floats32) -> None:
    """Fill each row of `positions` and `found` with the row's highest scores, in falling order.

    A row is read once. Almost every score is below the least of the best so far, so that one
    comparison is all that it costs; the others are sorted in from the end.
    """
    n = positions.shape[1]
    for row in range(scores.shape[0]):
        held, least = 0, np.float32(-np.inf)
        for column in range(scores.shape[1]):
            score = scores[row, column]
            if not score > least:
                continue
            place = held if held < n else n - 1
            while place > 0 and found[row, place - 1] < score:
                found[row, place] = found[row, place - 1]
                positions[row, place] = positions[row, place - 1]
                place -= 1
            found[row, place] = score
            positions[row, place] = column
            held = min(held + 1, n)
            if held == n:
                least = found[row, n - 1]


fill_best = numba.njit(nogil=True)(_fill_best)


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
    scaled: Floats32 = np.zeros(vectors.shape, vectors.dtype)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        _scale(vectors[block], scaled[block])
    return scaled


def _scale(vectors: Floats32, scaled: Floats32) -> None:
    # By the largest number first: squares of very large or small ones leave float32's range.
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    np.divide(vectors, largest, out=scaled, where=largest > 0)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    np.divide(scaled, lengths, out=scaled, where=lengths > 0)
