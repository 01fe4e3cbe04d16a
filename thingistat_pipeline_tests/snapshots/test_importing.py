"""Importing: whole or not at all, and once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.snapshots import importing
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.snapshots.source import SnapshotError
from thingistat_pipeline.thingiverse.manifest import loads_in, read_manifest
from thingistat_pipeline_tests.snapshots.support import EARLY, KEY, database, thing

KILLED = """
import os, signal, sys
from pathlib import Path
from thingistat_pipeline.snapshots.importing import import_snapshot
def stop(done, total):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
import_snapshot(Path(sys.argv[1]), Path(sys.argv[2]), liker_key=b"k", progress=stop)
"""


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    return tmp_path / "raw" / "snapshots"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    things = [thing(i) for i in range(1, 8)]
    return database(tmp_path / "data_2022-08-11.db", EARLY, things=things)


def test_a_snapshot_is_a_finished_load(source: Path, snapshots: Path):
    manifest = import_snapshot(source, snapshots, liker_key=KEY)

    assert loads_in(snapshots) == [(snapshots / "data_2022-08-11", manifest)]
    assert (manifest.kind, manifest.source) == ("snapshot", "snapshot")
    assert manifest.counts.ok == 7
    assert manifest.origin["files"] == [{"name": "data_2022-08-11.db", "sha256": sha256_of(source)}]
    assert sorted(path.name for path in (snapshots / manifest.name).iterdir()) == [
        "manifest.json",
        "rejects.jsonl",
        "things-0000.jsonl.zst",
    ]
    assert [path.name for path in snapshots.parent.iterdir()] == ["snapshots"]


def test_importing_the_same_file_again_does_nothing(source: Path, snapshots: Path, tmp_path: Path):
    first = import_snapshot(source, snapshots, liker_key=KEY)
    inode = (snapshots / first.name).stat().st_ino
    copy = shutil.copy(source, tmp_path / "another_name_2022-08-11.db")

    assert import_snapshot(source, snapshots, liker_key=KEY) == first
    assert import_snapshot(Path(copy), snapshots, liker_key=KEY) == first
    assert (snapshots / first.name).stat().st_ino == inode
    assert len(loads_in(snapshots)) == 1


def test_the_same_file_with_other_options_is_not_silently_the_old_import(source, snapshots):
    import_snapshot(source, snapshots, liker_key=KEY)

    with pytest.raises(SnapshotError, match=r"imported before.*with other options"):
        import_snapshot(source, snapshots, liker_key=KEY, keep_personal_data=True)


def test_a_name_that_is_taken_by_another_file_is_refused(source, snapshots, tmp_path):
    import_snapshot(source, snapshots, liker_key=KEY, name="mine")
    other = database(tmp_path / "other_2022-08-12.db", EARLY, things=[thing(1)])

    with pytest.raises(SnapshotError, match="another snapshot called mine"):
        import_snapshot(other, snapshots, liker_key=KEY, name="mine")
    assert import_snapshot(other, snapshots, liker_key=KEY, name="yours").name == "yours"


@pytest.mark.parametrize("name", ["../evil", "a/b", ".hidden", "2026-09-01", "", "x" * 101])
def test_a_name_that_is_no_plain_folder_name_is_refused(source, snapshots, name):
    if name == "":
        assert import_snapshot(source, snapshots, liker_key=KEY, name=name).name == source.stem
        return
    with pytest.raises(SnapshotError, match="--name"):
        import_snapshot(source, snapshots, liker_key=KEY, name=name)


def test_a_file_name_with_blanks_makes_a_name_without(tmp_path: Path, snapshots: Path):
    source = database(tmp_path / "my data 2022-08-11 (1).db", EARLY)

    assert import_snapshot(source, snapshots, liker_key=KEY).name == "my_data_2022-08-11_1_"


def test_progress_is_told_in_rows(source: Path, snapshots: Path):
    told: list[tuple[int, int]] = []
    import_snapshot(
        source, snapshots, liker_key=KEY, progress=lambda done, total: told.append((done, total))
    )

    assert told == [(row, 7) for row in range(1, 8)]


@pytest.mark.parametrize("row", [1, 4, 7])
def test_an_import_killed_at_any_row_comes_to_the_same_result_when_repeated(
    source: Path, snapshots: Path, tmp_path: Path, row: int
):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(source), str(snapshots), str(row)], check=False
    )
    assert killed.returncode == -9
    assert loads_in(snapshots) == []
    undisturbed = import_snapshot(source, tmp_path / "elsewhere" / "snapshots", liker_key=b"k")

    repeated = import_snapshot(source, snapshots, liker_key=b"k")

    assert repeated.content_hash == undisturbed.content_hash
    assert repeated.parts == undisturbed.parts
    assert [path.name for path in snapshots.parent.iterdir()] == ["snapshots"]


def test_an_import_that_another_one_overtakes_ends_with_its_manifest(source, snapshots):
    faster = []

    def overtake(done: int, _: int) -> None:
        if done == 3:
            faster.append(import_snapshot(source, snapshots, liker_key=KEY))

    manifest = import_snapshot(source, snapshots, liker_key=KEY, progress=overtake)

    assert faster == [manifest]
    assert loads_in(snapshots) == [(snapshots / manifest.name, manifest)]
    assert [path.name for path in snapshots.parent.iterdir()] == ["snapshots"]


def test_an_import_whose_name_another_file_takes_meanwhile_is_refused(source, snapshots, tmp_path):
    other = database(tmp_path / "other_2022-08-12.db", EARLY, things=[thing(1)])

    def overtake(done: int, _: int) -> None:
        if done == 3:
            import_snapshot(other, snapshots, liker_key=KEY, name="mine")

    with pytest.raises(SnapshotError, match="another snapshot called mine"):
        import_snapshot(source, snapshots, liker_key=KEY, name="mine", progress=overtake)
    assert [manifest.counts.ok for _, manifest in loads_in(snapshots)] == [1]
    assert [path.name for path in snapshots.parent.iterdir()] == ["snapshots"]


def test_a_failure_while_writing_leaves_nothing(source, snapshots, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(importing, "write_manifest", fail)
    with pytest.raises(OSError, match="disk full"):
        import_snapshot(source, snapshots, liker_key=KEY)

    assert list(snapshots.parent.rglob("*")) == []


def test_a_file_that_changes_meanwhile_is_refused(source: Path, snapshots: Path):
    def touch(done: int, _: int) -> None:
        if done == 3:
            source.touch()

    with pytest.raises(SnapshotError, match="changed while it was read"):
        import_snapshot(source, snapshots, liker_key=KEY, progress=touch)
    assert not snapshots.exists()


def test_the_manifest_can_be_read_back(source: Path, snapshots: Path):
    manifest = import_snapshot(source, snapshots, liker_key=KEY)

    assert read_manifest(snapshots / manifest.name) == manifest
