"""Snapshots as a night knows them, from ids written by hand."""

from collections.abc import Iterable
from datetime import date

import numpy as np

from thingistat_pipeline.sampling.known import Ids, KnownThings


def sorted_ids(ids: Iterable[int]) -> Ids:
    return np.array(sorted(set(ids)), dtype=np.uint64)


def known(
    live: Iterable[int],
    *,
    dead: Iterable[int] = (),
    day: date = date(2022, 8, 11),
    name: str = "old",
) -> KnownThings:
    """Return a snapshot that saw some ids live and found nothing at others."""
    live = set(live)
    return KnownThings(name, day, sorted_ids(live.union(dead)), sorted_ids(live))
