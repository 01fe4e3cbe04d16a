"""Start a version to be published from one that holds the same loads already.

After every training the importances change, the loads do not: nearly the whole file would be
sorted and compressed once more to hold what the version before holds. So the working file notes
which version was last written in full, from which loads, and the checksum of that file. A copy of
it is used only where all three agree; in any other case the whole file is written.
"""

import contextlib
import hashlib
import shutil
import zlib
from pathlib import Path

import duckdb

from thingistat_pipeline.warehouse.upkeep import schema_fingerprint

_CHUNK = 1 << 20


def hash_of_loads(con: duckdb.DuckDBPyConnection) -> str:
    """Return a hash of all that decides what the tables hold, what models wrote left aside."""
    digest = hashlib.sha256(schema_fingerprint().encode())
    for row in con.execute("SELECT load, content_hash FROM meta.loads ORDER BY load").fetchall():
        digest.update(repr(row).encode())
    return digest.hexdigest()


def note_written(con: duckdb.DuckDBPyConnection, written: Path, loads: str) -> None:
    """Note in the working file that `written` was just written in full from these loads."""
    con.execute(
        "CREATE OR REPLACE TABLE staging.published AS "
        "SELECT $1 AS file, $2 AS loads, $3::BIGINT AS checksum",
        [written.name, loads, _checksum(written)],
    )


def copied(con: duckdb.DuckDBPyConnection, loads: str, target: Path) -> bool:
    """Copy the version noted to `target`, and tell whether the copy is sound.

    Parameters
    ----------
    con : DuckDBPyConnection
        Of the working file.
    loads : str
        `hash_of_loads` of what is to be published.
    target : Path
        A temporary file in the folder of the versions. Where the answer is no, it may hold
        anything.

    Returns
    -------
    bool
        Whether `target` now holds, byte for byte, what was written in full from these loads.
    """
    for name, checksum in _noted(con, loads):
        with contextlib.suppress(OSError):  # the version has been deleted
            shutil.copyfile(target.with_name(name), target)
            return _checksum(target) == checksum
    return False


def _noted(con: duckdb.DuckDBPyConnection, loads: str) -> list[tuple[str, int]]:
    con.execute(
        "CREATE TABLE IF NOT EXISTS staging.published "
        "(file VARCHAR, loads VARCHAR, checksum BIGINT)"
    )
    return con.execute(
        "SELECT file, checksum FROM staging.published WHERE loads = ?", [loads]
    ).fetchall()


def _checksum(path: Path) -> int:
    # Against damage and careless writers, not against forgers: SHA-256 takes nine times as long.
    checksum = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
