"""The working file and its lock, between real processes."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from thingistat_pipeline.warehouse.working import (
    WarehouseError,
    transaction,
    working_connection,
)
from thingistat_pipeline_tests.warehouse.support import Places, live, write_load

HOLD = """
import sys
from pathlib import Path
from thingistat_pipeline.warehouse.working import working_connection
with working_connection(Path(sys.argv[1])) as con:
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(places: Places):
    """Another process that holds the working file until a line is sent to it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(places.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait(timeout=30)


def test_a_second_process_is_told_who_holds_the_file_when_it_has_waited_long_enough(
    places: Places, holder
):
    write_load(places.nights, "2026-09-01", [live(1)])

    with pytest.raises(WarehouseError, match="held by another process") as error:
        places.load(wait_seconds=0.5)

    assert str(holder.pid) in str(error.value)
    assert "thingistat.duckdb" in str(error.value)


def test_a_second_process_waits_and_goes_on_when_the_file_is_free(places: Places, holder):
    write_load(places.nights, "2026-09-01", [live(1)])
    waiting = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path\n"
            "from thingistat_pipeline_tests.warehouse.support import Places\n"
            "print(Places(Path(sys.argv[1])).load(wait_seconds=60).rows['things'])",
            str(places.folder),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        time.sleep(2)
        assert waiting.poll() is None
        holder.communicate("\n", timeout=30)
        output, _ = waiting.communicate(timeout=60)
    finally:
        waiting.kill()

    assert output == "1\n"


def test_a_killed_holder_leaves_the_last_committed_state(places: Places, holder):
    holder.kill()
    holder.wait(timeout=30)
    write_load(places.nights, "2026-09-01", [live(1)])

    assert places.load().rows["things"] == 1


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path):
    with working_connection(tmp_path / "w.duckdb") as con:
        with contextlib.suppress(KeyError), transaction(con):
            con.execute("CREATE TABLE t (i INTEGER)")
            raise KeyError

        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    (tmp_path / "w.duckdb").write_bytes(b"not a database" * 1000)

    with (
        pytest.raises(WarehouseError, match=r"w\.duckdb cannot be opened"),
        working_connection(tmp_path / "w.duckdb"),
    ):
        pass


def test_a_name_with_the_word_lock_in_it_does_not_make_a_file_a_locked_one(tmp_path: Path):
    (tmp_path / "locksmith.duckdb").write_bytes(b"not a database" * 1000)

    with (
        pytest.raises(WarehouseError, match=r"cannot be opened.*delete it"),
        working_connection(tmp_path / "locksmith.duckdb", wait_seconds=0),
    ):
        pass


def test_a_second_connection_of_this_process_is_told_that_the_file_is_held(tmp_path: Path):
    with (
        working_connection(tmp_path / "w.duckdb"),
        pytest.raises(WarehouseError, match="is held by another process or task"),
        working_connection(tmp_path / "w.duckdb", read_only=True, wait_seconds=0.2),
    ):
        pass


def test_a_missing_file_is_not_made_where_one_must_exist(tmp_path: Path):
    for options in ({"read_only": True}, {"must_exist": True}):
        with (
            pytest.raises(WarehouseError, match="no warehouse yet"),
            working_connection(tmp_path / "folder" / "w.duckdb", **options),
        ):
            pass
    assert list(tmp_path.iterdir()) == []


def _numbers_damaged_at(path: Path, *places: int) -> None:
    with working_connection(path) as con:
        con.execute("CREATE TABLE numbers AS SELECT hash(range) AS i FROM range(500_000)")
    content = bytearray(path.read_bytes())
    for place in places:
        content[place : place + 100] = b"\xaa" * 100
    path.write_bytes(content)


@pytest.mark.parametrize("place", [4096, 8192], ids=["first header", "second header"])
def test_damage_found_on_opening_is_told_as_such(tmp_path: Path, place: int):
    _numbers_damaged_at(tmp_path / "w.duckdb", place)

    with (
        pytest.raises(WarehouseError, match=r"w\.duckdb is damaged; delete it"),
        working_connection(tmp_path / "w.duckdb"),
    ):
        pass


def test_damage_found_later_is_told_as_such(tmp_path: Path):
    block = 262_144
    _numbers_damaged_at(tmp_path / "w.duckdb", *(12_288 + n * block + 1000 for n in range(10)))

    with (
        pytest.raises(WarehouseError, match=r"w\.duckdb is damaged; delete it"),
        working_connection(tmp_path / "w.duckdb") as con,
        transaction(con),
    ):
        con.execute("SELECT sum(i // 2) FROM numbers").fetchall()


def test_other_errors_in_the_block_keep_their_type(tmp_path: Path):
    with (
        pytest.raises(duckdb.CatalogException),
        working_connection(tmp_path / "w.duckdb") as con,
        transaction(con),
    ):
        con.execute("FROM nowhere")


def test_times_are_in_utc_and_memory_is_limited(tmp_path: Path):
    with working_connection(tmp_path / "w.duckdb") as con:
        ((zone, memory, threads),) = con.execute(
            "SELECT current_setting('TimeZone'), current_setting('memory_limit'), "
            "current_setting('threads')"
        ).fetchall()

    assert (zone, memory, threads) == ("UTC", "1.8 GiB", 1)
