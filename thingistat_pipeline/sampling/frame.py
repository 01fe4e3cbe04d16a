"""Which ids come next: a uniform sample of the whole site, without a list of ids anywhere.

Ids are taken in the order of a keyed hash. The hash of id ``n`` is the n-th number of the
SplitMix64 generator started at the frame's seed (Steele, Lea and Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014; the constants are those of Vigna's public-domain
``splitmix64.c``). It is a bijection, so that no two ids tie, and it is stable by definition.

What a night has finished is a rectangle: every id up to the newest of that night whose hash is at
most tau. The ids ever tried are the union of these rectangles: a uniform sample without
replacement, which stays one while the site grows, because a new id whose hash lies below tau comes
first the next time.

Where snapshots are known, the ids that they cover are left out, in the same order and of the same
rectangles: what is drawn is then a uniform sample of the ids that no snapshot covers, not of the
site. The share of live things among it is that of this rest, which a snapshot of live things makes
smaller than the site's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.sampling.known import Ids, KnownThings, covered_by, is_among
from thingistat_pipeline.thingiverse.manifest import Frame

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FACTOR_1 = np.uint64(0xBF58476D1CE4E5B9)
_FACTOR_2 = np.uint64(0x94D049BB133111EB)
_PANEL_KEY = 0x70616E656C  # "panel": makes the panel's hash independent of the frame's

_BLOCK = 1 << 18  # ids hashed at once; 2 MiB, so that the mixing stays in the cache
_FIRST_CHUNK = 4096
_LARGEST_CHUNK = 1 << 18


def splitmix64(seed: int, ids: Ids) -> Ids:
    """Return the keyed 64-bit hash of ids: number `ids[i]` of the generator seeded with `seed`.

    Parameters
    ----------
    seed : int
        Any integer; taken modulo 2**64.
    ids : ndarray of uint64, any shape

    Returns
    -------
    ndarray of uint64, same shape
    """
    state = ids * _GOLDEN
    state += np.uint64(seed % 2**64)
    state ^= state >> np.uint64(30)
    state *= _FACTOR_1
    state ^= state >> np.uint64(27)
    state *= _FACTOR_2
    state ^= state >> np.uint64(31)
    return state


def hash_of(seed: int, thing_id: int) -> int:
    """Return the hash of one id."""
    return int(splitmix64(seed, np.array([thing_id], dtype=np.uint64))[0])


def in_panel(seed: int, thing_ids: Ids, fraction: float) -> NDArray[np.bool_]:
    """Return which ids belong to the panel: those in a fixed range of a second, independent hash.

    Parameters
    ----------
    seed : int
        The frame's seed.
    thing_ids : ndarray of uint64
    fraction : float
        Share of all ids that form the panel, 0 to 1. Enlarging it keeps every earlier member.

    Returns
    -------
    ndarray of bool, same shape
    """
    if fraction >= 1:
        return np.ones(thing_ids.shape, dtype=np.bool_)
    return panel_hash(seed, thing_ids) < np.uint64(int(max(fraction, 0.0) * 2**64))


def panel_hash(seed: int, thing_ids: Ids) -> Ids:
    """Return the hash by which the panel is chosen, independent of the frame's."""
    return splitmix64(hash_of(seed ^ _PANEL_KEY, 1), thing_ids)


@dataclass(frozen=True, eq=False)
class SamplingFrame:
    """The ids from 1 to the newest, in the order in which they are to be tried.

    Attributes
    ----------
    seed : int
        Key of the hash.
    newest_id : int
        Upper end of the frame.
    finished : tuple of Frame
        Rectangles of other nights, whose ids are left out. They may have other seeds.
    known : tuple of KnownThings
        Snapshots, whose ids are left out too.
    tried : ndarray of uint64, sorted
        Single ids that are left out, because other nights have tried them.
    """

    seed: int
    newest_id: int
    finished: tuple[Frame, ...] = ()
    known: tuple[KnownThings, ...] = ()
    tried: Ids = field(default_factory=lambda: np.empty(0, dtype=np.uint64))

    def in_hash_order(self) -> Iterator[int]:
        """Yield the ids that are still to be tried, in hash order.

        Works in chunks of growing size: each pass over the ids picks those between two hashes, so
        that memory is bounded by a chunk and not by the frame. The first chunk reaches beyond all
        that earlier nights have finished, where few ids are open.
        """
        if self.newest_id < 1:
            return
        low, wanted = 0, _FIRST_CHUNK
        high = max((done.tau for done in self.finished if done.seed == self.seed), default=0)
        while low < 2**64:
            high = min(high + max(2**64 * wanted // self.newest_id, 1), 2**64)
            yield from (int(each) for each in self._open_between(low, high))
            low, wanted = high, min(wanted * 2, _LARGEST_CHUNK)

    def is_tried(self, ids: Ids) -> NDArray[np.bool_]:
        """Return which ids another night has tried or a snapshot covers."""
        tried = covered_by(self.known, ids) | is_among(ids, self.tried)
        for done in _outermost(self.finished):
            hashes = splitmix64(done.seed, ids)
            tried |= (ids <= np.uint64(done.newest_id)) & (hashes <= np.uint64(done.tau))
        return tried

    def _open_between(self, low: int, high: int) -> Ids:
        """Return the open ids whose hash h has low <= h < high, sorted by hash."""
        found_ids: list[Ids] = []
        found_hashes: list[Ids] = []
        for start in range(1, self.newest_id + 1, _BLOCK):
            ids = np.arange(start, min(start + _BLOCK, self.newest_id + 1), dtype=np.uint64)
            hashes = splitmix64(self.seed, ids)
            chosen = np.flatnonzero((hashes >= np.uint64(low)) & (hashes <= np.uint64(high - 1)))
            chosen = chosen[~self.is_tried(ids[chosen])]
            found_ids.append(ids[chosen])
            found_hashes.append(hashes[chosen])
        return np.concatenate(found_ids)[np.argsort(np.concatenate(found_hashes))]


def _outermost(frames: tuple[Frame, ...]) -> list[Frame]:
    """Return the rectangles that no other one contains; mostly the latest night's alone."""
    kept: list[Frame] = []
    for frame in sorted(frames, key=lambda each: (each.seed, -each.newest_id, -each.tau)):
        if not kept or kept[-1].seed != frame.seed or kept[-1].tau < frame.tau:
            kept.append(frame)
    return kept
