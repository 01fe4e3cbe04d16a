"""Randomness that is a pure function of (seed, stream, id, draw).

Two shapes of the same idea: arrays of uniform or normal numbers for many ids at once, and `Dice`,
a small sequential generator for one id's texts and pictures. Neither keeps state between calls, so
that any two processes agree on every thing of the catalogue.

The mixing function is splitmix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
generators"), whose k-th output can be computed directly.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
T = TypeVar("T")

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB


@lru_cache(maxsize=4096)
def stream_key(seed: int, stream: str) -> int:
    """Return the 64-bit key of a named stream of random numbers."""
    digest = hashlib.blake2b(f"{seed}:{stream}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def mixed(number: int) -> int:
    """Return splitmix64's output for one 64-bit number."""
    number &= _MASK
    number = ((number ^ (number >> 30)) * _MIX_1) & _MASK
    number = ((number ^ (number >> 27)) * _MIX_2) & _MASK
    return number ^ (number >> 31)


def uniforms(seed: int, stream: str, ids: Ids) -> Floats:
    """Return one number in (0, 1) for every id.

    Parameters
    ----------
    seed : int
        The catalogue's seed.
    stream : str
        What the numbers are for; different streams are independent.
    ids : array of int64
        Ids, shape (n,).

    Returns
    -------
    array of float64
        Shape (n,).
    """
    return uniform_table(seed, (stream,), ids)[stream]


def uniform(seed: int, stream: str, number: int) -> float:
    """Return what `uniforms` returns for a single id, without the cost of an array."""
    mix = mixed(number * _GOLDEN + stream_key(seed, stream))
    return ((mix >> 11) + 0.5) * 2.0**-53


def picks(cumulative: Floats, draws: Floats) -> Ids:
    """Return the index that each uniform draw selects from cumulative shares ending at 1."""
    found = np.searchsorted(cumulative, draws, side="right")
    return np.minimum(found, len(cumulative) - 1).astype(np.int64)


def whole(expected: Floats, draws: Floats) -> Ids:
    """Round `expected` up or down so that its mean is kept and it never falls as it grows.

    For a fixed draw the result is a non-decreasing function of `expected`, which is what keeps
    every count of the catalogue from shrinking while its days go by.
    """
    return np.floor(expected + draws).astype(np.int64)


class Dice:
    """A small sequential generator for one (seed, stream, id); cheap to make."""

    __slots__ = ("_state",)

    def __init__(self, seed: int, stream: str, number: int) -> None:
        self._state = mixed(number * _GOLDEN + stream_key(seed, stream))

    def random(self) -> float:
        """Return the next number in (0, 1)."""
        self._state = (self._state + _GOLDEN) & _MASK
        return ((mixed(self._state) >> 11) + 0.5) * 2.0**-53

    def between(self, low: float, high: float) -> float:
        """Return the next number between `low` and `high`."""
        return low + (high - low) * self.random()

    def below(self, end: int) -> int:
        """Return the next whole number from 0 to end - 1."""
        return int(self.random() * end)

    def choice(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[self.below(len(options))]

    def zipf(self, options: Sequence[T]) -> T:
        """Return one of the options; the k-th about 1/k as likely as the first."""
        return options[min(int((len(options) + 1) ** self.random()) - 1, len(options) - 1)]

    def chance(self, share: float) -> bool:
        """Return True in a share of the cases."""
        return self.random() < share


def uniform_table(seed: int, streams: tuple[str, ...], ids: Ids) -> dict[str, Floats]:
    """Return what `uniforms` returns for several streams at once, by name."""
    return dict(zip(streams, uniform_matrix(seed, streams, ids), strict=True))


def uniform_matrix(seed: int, streams: tuple[str, ...], ids: Ids) -> Floats:
    """Return numbers in (0, 1), one row a stream and one column an id.

    One pass over a matrix costs hardly more than one over a row, which matters for a single id.
    """
    keys = _stream_keys(seed, streams)[:, None]
    x = (ids.astype(np.uint64) * np.uint64(_GOLDEN))[None, :] + keys
    x ^= x >> np.uint64(30)
    x *= np.uint64(_MIX_1)
    x ^= x >> np.uint64(27)
    x *= np.uint64(_MIX_2)
    x ^= x >> np.uint64(31)
    return ((x >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


@lru_cache(maxsize=256)
def _stream_keys(seed: int, streams: tuple[str, ...]) -> NDArray[np.uint64]:
    return np.array([stream_key(seed, stream) for stream in streams], dtype=np.uint64)


def normal_table(seed: int, streams: tuple[str, ...], ids: Ids) -> dict[str, Floats]:
    """Return standard normal numbers for several streams, by name (Box and Muller 1958)."""
    radius = uniform_matrix(seed, tuple(f"{stream}/radius" for stream in streams), ids)
    angle = uniform_matrix(seed, tuple(f"{stream}/angle" for stream in streams), ids)
    table = np.sqrt(-2.0 * np.log(radius)) * np.cos(2.0 * np.pi * angle)
    return dict(zip(streams, table, strict=True))
