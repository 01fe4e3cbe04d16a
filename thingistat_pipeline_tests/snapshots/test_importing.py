"""Importing: whole or not at all, and once."""

import shutil
import tracemalloc
from pathlib import Path

import pytest

from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.snapshots import importing, thingistat_sqlite
from thingistat_pipeline.snapshots.ids import read_ids
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.snapshots.source import SnapshotError
from thingistat_pipeline.thingiverse.manifest import Manifest, loads_in, read_manifest, read_records
from thingistat_pipeline_tests.snapshots.support import EARLY, KEY, LATER, database, thing


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
        "ids.npz",
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


def test_progress_is_told_while_files_are_checked_and_then_in_rows(source: Path, snapshots: Path):
    told: list[tuple[str, int, int]] = []
    import_snapshot(
        source,
        snapshots,
        liker_key=KEY,
        progress=lambda what, done, total: told.append((what, done, total)),
    )

    assert {what for what, _, _ in told[:-2]} == {"MB checked"}
    assert told[-2:] == [("rows", 0, 7), ("rows", 7, 7)]


def test_an_import_that_another_one_overtakes_ends_with_its_manifest(source, snapshots):
    faster: list[Manifest] = []

    def overtake(what: str, _done: int, _total: int) -> None:
        if what == "rows" and not faster:
            faster.append(import_snapshot(source, snapshots, liker_key=KEY, name="faster"))

    manifest = import_snapshot(source, snapshots, liker_key=KEY, progress=overtake)

    assert faster == [manifest]
    assert loads_in(snapshots) == [(snapshots / "faster", manifest)]
    assert [path.name for path in snapshots.parent.iterdir()] == ["snapshots"]


def test_an_import_whose_name_another_file_takes_meanwhile_is_refused(source, snapshots, tmp_path):
    other = database(tmp_path / "other_2022-08-12.db", EARLY, things=[thing(1)])
    elsewhere = tmp_path / "elsewhere"
    import_snapshot(other, elsewhere, liker_key=KEY, name="mine")

    def overtake(what: str, _done: int, _total: int) -> None:
        if what == "rows" and not snapshots.exists():
            shutil.copytree(elsewhere, snapshots)

    with pytest.raises(SnapshotError, match="another snapshot called mine"):
        import_snapshot(source, snapshots, liker_key=KEY, name="mine", progress=overtake)
    assert [manifest.counts.ok for _, manifest in loads_in(snapshots)] == [1]
    assert [path.name for path in snapshots.parent.iterdir()] == ["snapshots"]


def test_a_full_disk_leaves_nothing_visible_and_the_next_import_nothing_at_all(
    source, snapshots, monkeypatch
):
    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as disk:
        disk.setattr(importing, "write_manifest", fail)
        with pytest.raises(OSError, match="disk full"):
            import_snapshot(source, snapshots, liker_key=KEY)
    assert [path.name for path in snapshots.parent.iterdir()] == [".importing-data_2022-08-11"]

    assert import_snapshot(source, snapshots, liker_key=KEY).counts.ok == 7
    assert [path.name for path in snapshots.parent.iterdir()] == ["snapshots"]


def test_a_file_that_changes_meanwhile_is_refused(source: Path, snapshots: Path):
    def touch(what: str, done: int, _total: int) -> None:
        if (what, done) == ("rows", 0):
            source.touch()

    with pytest.raises(SnapshotError, match="changed while it was read"):
        import_snapshot(source, snapshots, liker_key=KEY, progress=touch)
    assert list(snapshots.parent.iterdir()) == []


def test_an_id_that_occurs_twice_far_apart_is_taken_once(tmp_path, snapshots, monkeypatch):
    monkeypatch.setattr(thingistat_sqlite, "ROWS_PER_BATCH", 2)
    schema = (EARLY[0].replace("id INT PRIMARY KEY", "id INT"), *EARLY[1:])
    things = [thing(i) for i in (5, 1, 2, 3, 1, 4, 1)]
    source = database(tmp_path / "data_2022-08-11.db", schema, things=things)

    manifest = import_snapshot(source, snapshots, liker_key=KEY, records_per_part=2)

    records = list(read_records(snapshots / manifest.name))
    assert [record.thing_id for record in records] == [5, 1, 2, 3, 4]
    assert (manifest.counts.ok, manifest.counts.rejected) == (5, 2)
    assert manifest.origin["rejects"] == {"the id occurs twice": 2}


def test_the_manifest_counts_the_rows_of_the_ledger_by_reason(tmp_path, snapshots):
    things = [thing(1), thing(2, tags="[pot]"), thing(3, tags="[1]"), thing(4, view_count=-1)]
    source = database(tmp_path / "data_2022-08-11.db", EARLY, things=things)

    manifest = import_snapshot(source, snapshots, liker_key=KEY)

    assert manifest.origin["rejects"] == {
        "things.tags is not the JSON list it should be": 2,
        "things.view_count is a negative count": 1,
    }


def test_a_snapshot_is_of_the_last_day_on_which_its_things_were_observed(tmp_path, snapshots):
    things = [
        thing(1, accessed="2022-09-03T23:30:00-01:00"),
        thing(2, accessed="2022-09-03T01:00:00+00:00"),
    ]
    source = database(tmp_path / "later.db", LATER, things=things)

    assert import_snapshot(source, snapshots, liker_key=KEY).observed_on == "2022-09-04"


def test_a_snapshot_without_things_is_of_no_day(tmp_path, snapshots):
    source = database(tmp_path / "data_2022-08-11.db", EARLY)

    manifest = import_snapshot(source, snapshots, liker_key=KEY)

    assert (manifest.observed_on, manifest.parts) == (None, [])
    assert len(read_ids(snapshots / manifest.name).attempted) == 0


def test_the_memory_an_import_needs_does_not_grow_with_the_file(tmp_path, monkeypatch):
    """Ten thousand characters a row: what is kept of a row would show."""
    monkeypatch.setattr(thingistat_sqlite, "ROWS_PER_BATCH", 100)

    def peak(rows: int) -> int:
        things = (thing(i, description=f"{i:010}" * 1000) for i in range(1, rows + 1))
        source = database(tmp_path / f"{rows}_2022-08-11.db", EARLY, things=things)
        tracemalloc.start()
        import_snapshot(source, tmp_path / str(rows), liker_key=KEY, records_per_part=200)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(10)  # modules and caches
    assert peak(2000) - peak(500) < 1500 * 10_000 / 5


def test_the_manifest_can_be_read_back(source: Path, snapshots: Path):
    manifest = import_snapshot(source, snapshots, liker_key=KEY)

    assert read_manifest(snapshots / manifest.name) == manifest
