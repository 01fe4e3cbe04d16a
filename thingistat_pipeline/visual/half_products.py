"""Cosines of vectors kept as float16, without ever holding them as float32.

NumPy converts float16 number by number, which takes ten times as long as the products themselves
and room for a copy. Here a row is widened while it is in the processor's nearest memory: its bits
are shifted to where float32 has them, which makes each number 2**-112 of what it was (the two
formats count their exponents from 15 and from 127), and a multiplication mends that, exactly.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.mapped_files import let_go
from thingistat_pipeline.nearest import Floats32, Nearest

_MENDED_BY = np.float32(2.0**112)
_SIGN, _REST = np.uint32(0x8000), np.uint32(0x7FFF)
_TO_SIGN, _TO_REST = np.uint32(16), np.uint32(13)
_ROWS_AT_ONCE = 4_096


def products(vectors: NDArray[np.float16], one: Floats32) -> Floats32:
    """Return the inner product of each vector with one, float32 (n,).

    Parameters
    ----------
    vectors : ndarray of float16, shape (n, dimensions)
        Finite; may be mapped from a file.
    one : ndarray of float32, shape (dimensions,)
    """
    found: Floats32 = products_with(vectors, one[None])[0]
    return found


def products_with(vectors: NDArray[np.float16], others: Floats32) -> Floats32:
    """Return the inner product of each vector with each of some others, float32 (m, n).

    Each vector is read and widened once. Of a mapped file, no more than a block is in memory.

    Parameters
    ----------
    vectors : ndarray of float16, shape (n, dimensions)
        Finite; may be mapped from a file.
    others : ndarray of float32, shape (m, dimensions)
    """
    found = np.empty((len(others), len(vectors)), dtype=np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        _fill_products(_bits(vectors[start : start + _ROWS_AT_ONCE]), others, found, start)
        let_go(vectors)
    return found


def best_candidates(
    vectors: NDArray[np.float16],
    rows: NDArray[np.int64],
    candidates: NDArray[np.int64],
    n: int,
) -> Nearest:
    """Return the `n` best of each row's candidates, by inner product; of equal ones, the first.

    Parameters
    ----------
    vectors : ndarray of float16, shape (things, dimensions)
        Finite; may be mapped from a file.
    rows : ndarray of int64, shape (m,)
    candidates : ndarray of int64, shape (m, k)
        Positions in `vectors`; -1 where a row has fewer than k.
    n : int
    """
    scores = np.full(candidates.shape, -np.inf, dtype=np.float32)
    _fill_candidates(_bits(vectors), rows, candidates, scores)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    kept = np.take_along_axis(scores, order, axis=1)
    there = kept > -np.inf
    nearest = Nearest(
        np.full((len(rows), n), -1, np.int64), np.full((len(rows), n), np.nan, np.float32)
    )
    width = order.shape[1]
    positions = np.take_along_axis(candidates, order, axis=1)
    nearest.positions[:, :width] = np.where(there, positions, -1)
    nearest.scores[:, :width] = np.where(there, kept, np.nan)
    return nearest


def _bits(vectors: NDArray[np.float16]) -> NDArray[np.uint16]:
    bits = np.asarray(vectors).view(np.uint16)
    bits.flags.writeable = False  # as where they are mapped: one type, compiled once
    return bits


@numba.njit(nogil=True)
def _widen(bits: NDArray[np.uint16], wide: NDArray[np.uint32]) -> None:
    for place in range(len(bits)):
        half = np.uint32(bits[place])
        wide[place] = ((half & _SIGN) << _TO_SIGN) | ((half & _REST) << _TO_REST)


# fastmath lets the sum be taken in several parts at once, as BLAS does.
@numba.njit(nogil=True, fastmath=True)
def _product(shrunk: Floats32, one: Floats32) -> np.float32:
    total = np.float32(0)
    for place in range(len(one)):
        total += (shrunk[place] * _MENDED_BY) * one[place]
    return total


@numba.njit(nogil=True)
def _fill_products(bits: NDArray[np.uint16], others: Floats32, found: Floats32, start: int) -> None:
    wide = np.empty(bits.shape[1], np.uint32)
    shrunk = wide.view(np.float32)
    for row in range(len(bits)):
        _widen(bits[row], wide)
        for place in range(len(others)):
            found[place, start + row] = _product(shrunk, others[place])


@numba.njit(nogil=True)
def _fill_candidates(
    bits: NDArray[np.uint16],
    rows: NDArray[np.int64],
    candidates: NDArray[np.int64],
    scores: Floats32,
) -> None:
    wide, one = np.empty(bits.shape[1], np.uint32), np.empty(bits.shape[1], np.float32)
    shrunk = wide.view(np.float32)
    for place in range(len(rows)):
        _widen(bits[rows[place]], wide)
        one[:] = shrunk * _MENDED_BY
        for rank in range(candidates.shape[1]):
            candidate = candidates[place, rank]
            if candidate >= 0:
                _widen(bits[candidate], wide)
                scores[place, rank] = _product(shrunk, one)
