"""The ids of a snapshot, from their file or from the records."""

from pathlib import Path

import numpy as np
import pytest

from thingistat_pipeline.snapshots.ids import IDS, read_ids, write_ids
from thingistat_pipeline.snapshots.source import SnapshotError
from thingistat_pipeline.thingiverse.manifest import write_parts
from thingistat_pipeline.thingiverse.records import Record, Thing


def test_ids_come_back_sorted_and_once_as_unsigned_numbers(tmp_path: Path):
    write_ids(tmp_path, [7, 3, 2**63, 3], {7})

    ids = read_ids(tmp_path)

    assert ids.attempted.tolist() == [3, 7, 2**63]
    assert ids.live.tolist() == [7]
    assert ids.attempted.dtype == ids.live.dtype == np.uint64


def test_equal_ids_give_equal_bytes(tmp_path: Path):
    write_ids(tmp_path / "a", [1, 2, 3], [2])
    write_ids(tmp_path / "b", {3, 2, 1}, {2})

    assert (tmp_path / "a" / IDS).read_bytes() == (tmp_path / "b" / IDS).read_bytes()


def test_where_the_file_is_missing_the_records_tell(tmp_path: Path):
    records = [
        Record(thing_id=9, observed_at="2018-01-01T00:00:00Z", outcome="gone"),
        Record(thing_id=4, observed_at="2018-01-01T00:00:00Z", outcome="ok", thing=Thing(id=4)),
    ]
    write_parts(tmp_path, records)

    ids = read_ids(tmp_path)

    assert (ids.attempted.tolist(), ids.live.tolist()) == ([4, 9], [4])
    assert ids.live.dtype == np.uint64


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 and then nothing"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, content: bytes):
    (tmp_path / IDS).write_bytes(content)

    with pytest.raises(SnapshotError, match=f"Delete its file {IDS}"):
        read_ids(tmp_path)


def test_a_file_without_one_of_the_lists_is_named(tmp_path: Path):
    with (tmp_path / IDS).open("wb") as stream:
        np.savez(stream, attempted=np.arange(3, dtype=np.uint64))

    with pytest.raises(SnapshotError, match="cannot be read"):
        read_ids(tmp_path)
