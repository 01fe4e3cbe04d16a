"""Publishing: what the file holds, and that readers never notice."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from thingistat_pipeline.thingiverse.records import Creator
from thingistat_pipeline.warehouse.publish import PublishedDatabase, publish
from thingistat_pipeline.warehouse.results import write_results
from thingistat_pipeline.warehouse.tables import TABLES
from thingistat_pipeline.warehouse.views import VIEWS
from thingistat_pipeline.warehouse.working import WarehouseError
from thingistat_pipeline_tests.warehouse.support import (
    Places,
    contents,
    importances,
    live,
    write_load,
)

READ_ON = """
import sys
from pathlib import Path
import duckdb
link, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads, seen = 0, set()
print("reading", flush=True)
while not stop.exists():
    con = duckdb.connect(str(link), read_only=True)
    things, = con.execute("SELECT count(*) FROM things").fetchone()
    view, = con.execute("SELECT count(*) FROM thingistat.things").fetchone()
    assert things == view
    con.close()
    reads += 1
    seen.add(things)
print(reads, *sorted(seen))
"""

# A careless client: opens a published file for writing and is killed before it is done.
SCRIBBLE = """
import os, sys
import duckdb
os.chmod(os.path.realpath(sys.argv[1]), 0o644)
con = duckdb.connect(sys.argv[1])
con.execute("UPDATE things SET name = 'scribbled'")
os._exit(0)
"""


def published(places: Places, **options) -> PublishedDatabase:
    return publish(places.warehouse, places.published, places.link, **options)


def night(places: Places, day: int, *ids: int) -> None:
    name = f"2026-09-{day:02d}"
    write_load(places.nights, name, [live(i, f"{name}T12:00:00Z") for i in ids])
    places.load()


def test_the_published_file_holds_the_declared_tables_and_views_and_no_staging(places: Places):
    night(places, 1, 3, 1, 2)

    database = published(places)

    with duckdb.connect(str(database.path), read_only=True) as con:
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        views = con.execute(
            "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        ids = con.execute("SELECT id FROM thingistat.things").fetchall()
        version = con.execute(
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
        ).fetchall()
    assert set(tables) == {(table.schema, table.name) for table in TABLES}
    assert set(views) == {(view.schema, view.name) for view in VIEWS}
    assert sorted(ids) == [(1,), (2,), (3,)]
    assert version == [("v1.2.0+",)]
    assert database.path.name == f"thingistat-{database.version}.duckdb"
    assert [path.name for path in places.published.iterdir()] == [database.path.name]
    assert places.link.resolve() == database.path
    assert not places.link.readlink().is_absolute()


def test_rows_are_published_in_the_order_of_their_key(places: Places):
    night(places, 1, 3, 1)
    night(places, 2, 2)

    tables = contents(published(places).path)

    assert [row[0] for row in tables["main.things"]] == [1, 2, 3]
    assert [row[0] for row in tables["meta.loads"]] == ["2026-09-01", "2026-09-02"]


def test_the_same_contents_are_the_same_version_and_are_not_written_again(places: Places):
    night(places, 1, 1)
    first = published(places)
    inode = first.path.stat().st_ino
    places.load("another run")

    assert published(places) == first
    assert first.path.stat().st_ino == inode


def test_new_loads_and_new_importances_make_new_versions(places: Places):
    night(places, 1, 1)
    versions = [published(places).version]
    night(places, 2, 2)
    versions.append(published(places).version)
    table = importances("m", "1", "f")
    write_results(places.warehouse, {"feature_importance": table}, models=["m"])
    versions.append(published(places).version)

    assert len(set(versions)) == 3


def test_a_version_that_comes_back_is_linked_again(places: Places):
    night(places, 1, 1)
    first = published(places)
    night(places, 1, 2)
    assert published(places) != first
    night(places, 1, 1)

    assert published(places) == first
    assert places.link.resolve() == first.path


def test_the_last_three_versions_stay(places: Places):
    versions = []
    for day in range(1, 6):
        night(places, day, day)
        versions.append(published(places))

    assert set(places.published.iterdir()) == {version.path for version in versions[-3:]}


def test_the_version_that_the_link_points_to_is_never_deleted(places: Places, monkeypatch):
    night(places, 1, 1)
    first = published(places)
    monkeypatch.setattr("thingistat_pipeline.warehouse.publish.point_link", lambda *_: None)
    for day in range(2, 5):
        night(places, day, day)
        published(places, keep=1)

    assert first.path.exists()
    assert len(list(places.published.iterdir())) == 2


def test_what_a_killed_publisher_left_is_cleared_away(places: Places):
    night(places, 1, 1)
    places.published.mkdir(parents=True)
    (places.published / ".thingistat-0123.duckdb.abc.tmp").write_bytes(b"half")
    (places.published / ".thingistat-0123.duckdb.abc.tmp.wal").write_bytes(b"half")

    database = published(places)

    assert list(places.published.iterdir()) == [database.path]


def test_a_warehouse_of_another_version_is_not_published(places: Places):
    night(places, 1, 1)
    first = published(places)
    places.of_another_version()

    with pytest.raises(WarehouseError, match="another version"):
        published(places)
    assert places.link.resolve() == first.path


def test_tables_that_break_a_rule_are_not_published(places: Places):
    night(places, 1, 1)
    with duckdb.connect(str(places.warehouse)) as con:
        con.execute("INSERT INTO staging.latest FROM staging.latest")

    with pytest.raises(WarehouseError, match=r"nothing was published: .*an id occurs twice"):
        published(places)
    assert list(places.published.iterdir()) == []
    assert not places.link.exists()


def test_published_files_are_read_only_on_disk(places: Places):
    night(places, 1, 1)
    mode = published(places).path.stat().st_mode & 0o777

    assert oct(mode) == oct(0o444)


def test_what_a_careless_writer_left_beside_a_version_does_not_come_back_with_it(places: Places):
    night(places, 1, 1)
    first = published(places, keep=1)
    subprocess.run([sys.executable, "-c", SCRIBBLE, str(places.link)], check=True, timeout=60)
    assert (log := first.path.with_name(f"{first.path.name}.wal")).exists()
    night(places, 2, 2)
    published(places, keep=1)
    assert not log.exists()
    assert not first.path.exists()
    (places.nights / "2026-09-02").rename(places.folder / "elsewhere")
    places.load()

    assert published(places, keep=1) == first
    assert contents(first.path)["main.things"][0][1] == "Thing 1"


def test_a_log_beside_a_version_that_is_published_again_is_not_played_into_it(places: Places):
    night(places, 1, 1)
    first = published(places)
    subprocess.run([sys.executable, "-c", SCRIBBLE, str(places.link)], check=True, timeout=60)

    assert published(places) == first
    assert contents(first.path)["main.things"][0][1] == "Thing 1"
    assert oct(first.path.stat().st_mode & 0o777) == oct(0o444)


def test_a_log_beside_the_link_is_cleared_away(places: Places):
    night(places, 1, 1)
    published(places)
    log = places.link.with_name(f"{places.link.name}.wal")  # where DuckDB 1.2 to 1.4 puts it
    log.write_bytes(b"left by an older client")

    published(places)

    assert not log.exists()


def test_a_published_file_that_cannot_be_opened_is_written_anew(places: Places):
    night(places, 1, 1)
    first = published(places)
    first.path.chmod(0o644)
    first.path.write_bytes(b"x" * 20_000)

    assert published(places) == first
    assert contents(first.path)["main.things"][0][1] == "Thing 1"


def test_leftovers_are_cleared_away_also_when_nothing_new_is_written(places: Places):
    night(places, 1, 1)
    first = published(places)
    (places.published / ".thingistat-0123.duckdb.abc.tmp").write_bytes(b"half")

    published(places)

    assert list(places.published.iterdir()) == [first.path]


def test_a_publication_that_fails_leaves_the_old_one_and_no_rubbish(places: Places, monkeypatch):
    night(places, 1, 1)
    first = published(places)
    night(places, 2, 2)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("thingistat_pipeline.warehouse.publish.create", fail)
    with pytest.raises(OSError, match="disk full"):
        published(places)

    assert list(places.published.iterdir()) == [first.path]
    assert places.link.resolve() == first.path


def test_without_a_warehouse_there_is_nothing_to_publish(places: Places):
    with pytest.raises(WarehouseError, match="no warehouse yet"):
        published(places)
    assert not places.warehouse.exists()


def test_a_reader_that_stays_open_keeps_its_version(places: Places):
    night(places, 1, 1)
    published(places)
    with duckdb.connect(str(places.link.resolve()), read_only=True) as con:
        for day in range(2, 7):
            night(places, day, day)
            published(places, keep=1)

        assert con.execute("SELECT count(*), min(name) FROM things").fetchall() == [(1, "Thing 1")]


def test_an_outside_process_reads_on_through_loads_and_publications(places: Places, tmp_path):
    creator = Creator(id=1, name="ann")
    write_load(places.nights, "2026-08-31", [live(i, creator=creator) for i in range(1, 500)])
    places.load()
    published(places)
    stop = tmp_path / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READ_ON, str(places.link), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        for day in range(1, 9):
            night(places, day, 1000 + day)
            published(places)
        stop.touch()
        output, complaints = reader.communicate(timeout=60)
    finally:
        stop.touch()
        reader.kill()

    assert complaints == ""
    reads, *seen = map(int, output.split())
    assert reads > 8
    assert set(seen) <= set(range(499, 508))
    assert seen[-1] == 507 or len(seen) > 1


def test_a_link_can_be_moved_with_its_folder(places: Places, tmp_path: Path):
    night(places, 1, 1)
    published(places)
    moved = places.folder.rename(tmp_path / "moved")

    with duckdb.connect(str(moved / "thingistat.duckdb"), read_only=True) as con:
        assert con.execute("SELECT id FROM things").fetchall() == [(1,)]
