"""The working DuckDB file, which one process at a time may hold.

DuckDB's lock is mutual between processes: a reader blocks the writer and the writer every reader.
So the file is opened late, closed early, and who comes second waits for a while.
"""

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from thingistat_pipeline.errors import ThingistatError

MEMORY_LIMIT = "2GB"
THREADS = 1
"""A second one costs a fifth more CPU, and loading and publishing are hardly sooner done."""
STORAGE_VERSION = "v1.2.0"
WAIT_SECONDS = 120.0
_PAUSE_SECONDS = 0.1

# DuckDB has no exception class of its own for these; the words are those of its version 2.0.
_HELD = (
    "Could not set lock on file",  # by another process
    "different configuration than existing connections",  # by this process
    "Unique file handle conflict",  # by this process, attached
)
_DAMAGED = ("Corrupt database file", "Could not read enough bytes from file")

ConnectionSettings = dict[str, str | bool | int | float | list[str]]


class WarehouseError(ThingistatError):
    """The warehouse cannot be opened, filled or published; the message says why."""


@contextmanager
def working_connection(
    warehouse_file: Path,
    *,
    read_only: bool = False,
    must_exist: bool = False,
    wait_seconds: float = WAIT_SECONDS,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hold the working file open, waiting until no other process does.

    Parameters
    ----------
    warehouse_file : Path
        Its folder is made if it is missing; large sorts spill into ``tmp/`` beside it.
    read_only : bool
        Open it for reading; then it must exist.
    must_exist : bool
        Refuse to make a new file.
    wait_seconds : float
        How long to wait for another process before giving up.

    Yields
    ------
    DuckDBPyConnection
        Times in UTC, memory and threads limited; closed at the end of the block.

    Raises
    ------
    WarehouseError
        When another process holds the file all the time, when it is missing though it must exist,
        and when it is damaged, also where DuckDB finds that only in the block. Every other error
        of the block keeps its type.
    """
    if (read_only or must_exist) and not warehouse_file.is_file():
        raise WarehouseError(
            f"There is no warehouse yet: {warehouse_file} does not exist. Load the raw data first "
            "(`thingistat run --things 0` does it)."
        )
    warehouse_file.parent.mkdir(parents=True, exist_ok=True)
    settings: ConnectionSettings = {
        "memory_limit": MEMORY_LIMIT,
        "threads": THREADS,
        "storage_compatibility_version": STORAGE_VERSION,
        "temp_directory": str(warehouse_file.parent / "tmp"),
    }
    con = _opened(warehouse_file, settings, read_only=read_only, wait_seconds=wait_seconds)
    try:
        with contextlib.closing(con):
            con.execute("SET TimeZone = 'UTC'")
            yield con
    except duckdb.Error as error:
        if not tells_of_damage(error):
            raise
        raise _damaged(warehouse_file, error) from None


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block did, or undo all of it when the block raises."""
    con.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        with contextlib.suppress(duckdb.Error):  # on a damaged file this fails as well
            con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")


def tells_of_damage(error: duckdb.Error) -> bool:
    """Tell whether DuckDB complains of a damaged file, which may surface in any statement."""
    return any(words in str(error) for words in _DAMAGED)


def _opened(
    warehouse_file: Path,
    settings: ConnectionSettings,
    *,
    read_only: bool,
    wait_seconds: float,
) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return duckdb.connect(str(warehouse_file), read_only=read_only, config=settings)
        except duckdb.Error as error:
            if tells_of_damage(error):
                raise _damaged(warehouse_file, error) from None
            if not any(words in str(error) for words in _HELD):
                raise WarehouseError(
                    f"The warehouse {warehouse_file} cannot be opened: {_first_line(error)}. If it "
                    "is damaged, delete it: everything in it is rebuilt from the raw folder."
                ) from None
            if time.monotonic() >= deadline:
                raise WarehouseError(
                    f"The warehouse {warehouse_file} is held by another process or task and was "
                    f"not free for {wait_seconds:.0f} seconds ({_first_line(error)}). Wait for "
                    "the other run to end, or close the program that has the file open. Programs "
                    "that only read should open thingistat.duckdb instead, which is never locked."
                ) from None
        time.sleep(_PAUSE_SECONDS)


def _damaged(warehouse_file: Path, error: duckdb.Error) -> WarehouseError:
    return WarehouseError(
        f"The warehouse {warehouse_file} is damaged; delete it (and what lies beside it under the "
        "same name), everything in it is rebuilt from the raw folder. DuckDB says: "
        f"{_first_line(error)}"
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
