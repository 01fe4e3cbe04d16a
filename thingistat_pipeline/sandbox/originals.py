"""The originals that others remix: a few hundred customizers and classics.

Every customized thing and every remix descends from one of them, published earlier; how many
descendants an original has follows from the same shares, so that remix counts and ancestors agree.
"""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.sandbox.randomness import Dice, Floats, Ids, uniform
from thingistat_pipeline.sandbox.timeline import NEWEST_ID, newest_id

ALWAYS_LIVE = 0.25
"""Ids whose survival draw lies below this are live at every age; originals are among them."""

_POOL = 400
_FIRST_CUSTOMIZER = 45_000
_FIRST_CLASSIC = 2_000


class Originals(NamedTuple):
    """Ids in order, and the running sum of their shares of descendants."""

    ids: Ids
    running: Floats


@lru_cache(maxsize=8)
def customizers(seed: int) -> Originals:
    """Return the customizers: things from which others make their own with a few settings."""
    return _pool(seed, "customizers", _FIRST_CUSTOMIZER)


@lru_cache(maxsize=8)
def classics(seed: int) -> Originals:
    """Return the classics: things that others remix by hand."""
    return _pool(seed, "classics", _FIRST_CLASSIC)


def _pool(seed: int, stream: str, first: int) -> Originals:
    dice = Dice(seed, stream, 0)
    chosen: dict[int, float] = {}
    for rank in range(_POOL):
        # The opening original is certain, so that every later thing has one to descend from.
        start = first if rank == 0 else first + int((1.2 * NEWEST_ID) * dice.random() ** 1.5)
        while uniform(seed, "survival", start) >= ALWAYS_LIVE:
            start += 1
        chosen[start] = chosen.get(start, 0.0) + 1.0 / (rank + 3.0)
    ids = np.array(sorted(chosen), dtype=np.int64)
    return Originals(ids, np.cumsum([chosen[int(number)] for number in ids]))


def contains(pool: Originals, ids: Ids) -> NDArray[np.bool_]:
    """Return which ids are originals of a pool."""
    index = np.minimum(np.searchsorted(pool.ids, ids), len(pool.ids) - 1)
    return np.asarray(pool.ids[index] == ids)


def ancestors_of(pool: Originals, ids: Ids, draws: Floats) -> Ids:
    """Return for each id an original with a smaller id, or 0 where there is none yet."""
    earlier = np.searchsorted(pool.ids, ids, side="left")
    total = np.where(earlier > 0, pool.running[np.maximum(earlier, 1) - 1], 0.0)
    index = np.searchsorted(pool.running, draws * total, side="right")
    return np.where(earlier > 0, pool.ids[np.minimum(index, len(pool.ids) - 1)], 0)


@lru_cache(maxsize=64)
def descendants(seed: int, customized: bool, per_id: float, today: date) -> Floats:
    """Return the expected number of descendants of every original of a pool on a day.

    Parameters
    ----------
    seed : int
        The catalogue's seed.
    customized : bool
        The pool of customizers, or of classics.
    per_id : float
        Live descendants per id given out.
    today : date
        The day.
    """
    pool = customizers(seed) if customized else classics(seed)
    ends = np.minimum(np.append(pool.ids[1:], np.iinfo(np.int64).max), newest_id(today))
    gaps = np.maximum(ends - pool.ids, 0) * per_id
    shares = np.diff(pool.running, prepend=0.0)
    later = np.cumsum((gaps / pool.running)[::-1])[::-1]
    return np.asarray(shares * later)
