"""What is known before a night begins: the ids that an imported snapshot covers.

Requests are the scarce resource, and a snapshot has spent them already: its ids are left out of
the frame, and its live things can join the panel, where they were first seen on the snapshot's day.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class KnownThings:
    """The ids that one snapshot covers.

    Attributes
    ----------
    name : str
        The snapshot's name.
    observed_on : date
        The last day on which its things were observed.
    attempted : ndarray of uint64, sorted, without repeats
        Every id that it says something about, be it that there is nothing.
    live : ndarray of uint64, sorted, without repeats
        Those of them that were things.
    """

    name: str
    observed_on: date
    attempted: Ids
    live: Ids

    def covers(self, ids: Ids) -> NDArray[np.bool_]:
        """Return which ids the snapshot says something about."""
        return is_among(ids, self.attempted)

    @cached_property
    def fingerprint(self) -> str:
        """What identifies the ids that are covered, as 64 hexadecimal digits (SHA-256).

        A snapshot that was deleted and imported again, under whatever name, has the same one.
        """
        return hashlib.sha256(self.attempted.astype("<u8").tobytes()).hexdigest()


def is_among(ids: Ids, members: Ids) -> NDArray[np.bool_]:
    """Return which of the ids are members.

    Parameters
    ----------
    ids : ndarray of uint64, one-dimensional
        In any order; fastest when they ascend.
    members : ndarray of uint64, sorted
    """
    if not members.size:
        return np.zeros(ids.shape, dtype=np.bool_)
    places = np.minimum(np.searchsorted(members, ids), members.size - 1)
    found: NDArray[np.bool_] = members[places] == ids
    return found


def covered_by(known: Iterable[KnownThings], ids: Ids) -> NDArray[np.bool_]:
    """Return which ids at least one of the snapshots says something about."""
    covered = np.zeros(ids.shape, dtype=np.bool_)
    for each in known:
        covered |= each.covers(ids)
    return covered
