"""Publish the warehouse as a file of its own, so that readers and the writer never meet.

Every published version is written once, under its own name, and never touched again; the link
that users open is turned over to it in one step. A reader that still has an older version open
keeps it. (Overwriting a file in place kills open readers.)

Published files are read-only on disk and complete in themselves: a write-ahead log beside one is
what a client left that was opened for writing. DuckDB would play it into whatever stands there
later, beside the version (DuckDB 2) or beside the link (1.2 to 1.4), so logs are removed.
"""

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from thingistat_pipeline.files import point_link, whole_file
from thingistat_pipeline.warehouse.model_tables import MODEL_TABLES
from thingistat_pipeline.warehouse.reuse import copied, hash_of_loads, note_written
from thingistat_pipeline.warehouse.schema import create, literal
from thingistat_pipeline.warehouse.tables import TABLES
from thingistat_pipeline.warehouse.upkeep import STORED, require_schema
from thingistat_pipeline.warehouse.validate import validate_tables
from thingistat_pipeline.warehouse.views import VIEWS
from thingistat_pipeline.warehouse.working import (
    STORAGE_VERSION,
    WAIT_SECONDS,
    working_connection,
)

_NAME = "thingistat-{version}.duckdb"
_READ_ONLY = 0o444


@dataclass(frozen=True)
class PublishedDatabase:
    """A published file, and the version: a hash of what it holds."""

    path: Path
    version: str


def publish(
    warehouse_file: Path,
    published_dir: Path,
    link: Path,
    *,
    keep: int = 3,
    wait_seconds: float = WAIT_SECONDS,
) -> PublishedDatabase:
    """Write the tables and views to a new file and turn the link over to it.

    Only what passes `validate_tables` is published. The file holds what is listed in
    `warehouse.tables`, sorted by each table's key, so that equal contents give equal tables in
    equal order; staging stays behind. Where a version of the same loads is still there, a copy of
    it is taken and only what models wrote since is put in (`warehouse.reuse`). Readers need DuckDB
    1.2 or newer: that is the first storage version with zstd, without which the file is several
    times larger (on 50,000 generated things 202 MB against 47 MB).

    Parameters
    ----------
    warehouse_file : Path
        The working file, which must exist.
    published_dir : Path
        Folder of the versions, ``thingistat-<version>.duckdb``.
    link : Path
        What users open.
    keep : int
        How many versions stay, the newest first. The one that the link points to always does.
    wait_seconds : float
        How long to wait for another process that holds the working file.

    Returns
    -------
    PublishedDatabase
        The same version as before, and nothing written, when the contents are the same and the
        file can be opened.

    Raises
    ------
    WarehouseError
        When there is no warehouse yet, another version of this program made it, another process
        holds it, or it breaks a rule.
    """
    with working_connection(warehouse_file, must_exist=True, wait_seconds=wait_seconds) as con:
        require_schema(con)
        loads = hash_of_loads(con)
        version = _version_of(con, loads)
        target = published_dir / _NAME.format(version=version)
        _remove_leftovers(published_dir, link)
        if not _can_be_opened(target):
            with whole_file(target) as temporary:
                reused = copied(con, loads, temporary)
                if not reused:
                    temporary.unlink()  # DuckDB makes its own file and refuses an empty one
                _write(con, temporary, reused=reused)
            if not reused:  # a copy of a copy would gather what was deleted from each
                note_written(con, target, loads)
        target.chmod(_READ_ONLY)
        os.utime(target)
        point_link(link, target)
        _remove_old(published_dir, link, keep)
    return PublishedDatabase(target, version)


def _remove_leftovers(published_dir: Path, link: Path) -> None:
    # Whoever holds the working file is the only publisher: what lies half-written here was left
    # by one that was killed.
    versions = _NAME.format(version="*")
    for leftover in (
        *published_dir.glob(f".{versions}.*"),
        *published_dir.glob(f"{versions}.wal*"),
        *link.parent.glob(f"{link.name}.wal*"),
    ):
        leftover.unlink(missing_ok=True)


def _can_be_opened(target: Path) -> bool:
    try:
        with duckdb.connect(str(target), read_only=True) as con:
            con.execute("SELECT count(*) FROM meta.loads")
    except (duckdb.ConnectionException, duckdb.ResourceInUseException):
        return True  # this process has it open already, with other settings
    except duckdb.Error:
        return False
    return True


def _version_of(con: duckdb.DuckDBPyConnection, loads: str) -> str:
    digest = hashlib.sha256(loads.encode())
    for table in MODEL_TABLES:
        # There are millions of similar things: hashed where they lie. No row occurs twice, so that
        # none cancels another out.
        held = con.execute(
            f"SELECT count(*), bit_xor(md5_number(to_json(t)::VARCHAR)) FROM {table.path} AS t"
        ).fetchall()
        digest.update(repr((table.name, held)).encode())
    return digest.hexdigest()[:16]


def _write(con: duckdb.DuckDBPyConnection, target: Path, *, reused: bool) -> None:
    # A file that is reused holds the same loads already; what is not derived from them is renewed.
    tables = STORED if reused else TABLES
    ((working,),) = con.execute("SELECT current_database()").fetchall()
    con.execute(f"ATTACH {literal(str(target))} AS published (STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        con.execute("USE published")
        if reused:
            for table in tables:
                con.execute(f"DROP TABLE {table.path}")
        create(con, tables)
        for table in tables:
            con.execute(
                f"INSERT INTO {table.path} FROM {working}.{table.path} ORDER BY {table.order}"
            )
        validate_tables(con)
        if not reused:
            create(con, VIEWS)
        con.execute("CHECKPOINT published")
    finally:
        con.execute(f"USE {working}")
        con.execute("DETACH published")


def _remove_old(published_dir: Path, link: Path, keep: int) -> None:
    current = link.resolve()
    versions = sorted(
        published_dir.glob(_NAME.format(version="*")),
        key=lambda path: path.stat().st_mtime_ns,
        reverse=True,
    )
    for path in versions[max(keep, 1) :]:
        # A system that refuses to delete an open file keeps it until the next time.
        if path.resolve() != current:
            with contextlib.suppress(OSError):
                path.unlink()
