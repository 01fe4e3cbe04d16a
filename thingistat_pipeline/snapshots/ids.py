"""Which ids a snapshot says something about, ready for the sampling that shall not ask again."""

import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.files import whole_file
from thingistat_pipeline.snapshots.source import SnapshotError
from thingistat_pipeline.thingiverse.manifest import read_records

IDS = "ids.npz"

Ids = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class SnapshotIds:
    """The ids of one snapshot.

    Attributes
    ----------
    attempted : ndarray of uint64, sorted, without repeats
        Every id that has a record, be it that there is nothing.
    live : ndarray of uint64, sorted, without repeats
        Those of them that were things (outcome ``ok``).
    """

    attempted: Ids
    live: Ids


def write_ids(folder: Path, attempted: Collection[int], live: Collection[int]) -> None:
    """Write the ids into a snapshot's folder; equal ids give equal bytes.

    Parameters
    ----------
    folder : Path
        The snapshot's folder.
    attempted, live : collection of int
        In any order, see `SnapshotIds`.
    """
    with whole_file(folder / IDS) as temporary, temporary.open("wb") as stream:
        np.savez(stream, attempted=_ascending(attempted), live=_ascending(live))


def read_ids(folder: Path) -> SnapshotIds:
    """Return the ids of a finished snapshot.

    Parameters
    ----------
    folder : Path
        The snapshot's folder. Where it has no file of ids (an older version of the importer wrote
        none), the records themselves are read.

    Raises
    ------
    SnapshotError
        When the file is damaged.
    ThingistatError
        When it is missing and a part cannot be read.
    """
    try:
        with np.load(folder / IDS, allow_pickle=False) as stored:
            return SnapshotIds(attempted=stored["attempted"], live=stored["live"])
    except FileNotFoundError:
        attempted, live = set[int](), set[int]()
        for record in read_records(folder):
            attempted.add(record.thing_id)
            if record.outcome == "ok":
                live.add(record.thing_id)
        return SnapshotIds(attempted=_ascending(attempted), live=_ascending(live))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise SnapshotError(
            f"The ids of the snapshot in {folder} cannot be read ({error}). Delete its file {IDS}: "
            "they are then taken from its records, which takes a little longer."
        ) from None


def _ascending(ids: Collection[int]) -> Ids:
    return np.unique(np.fromiter(ids, dtype=np.uint64, count=len(ids)))
