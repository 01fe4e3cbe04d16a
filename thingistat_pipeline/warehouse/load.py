"""Raw parts into the warehouse: only what changed, in one transaction, validated at its end.

A load whose content hash is new is read into ``staging.records``; what a changed or removed load
had brought is deleted first. Then ``staging.latest`` is brought up to date for the things
concerned. The tables of the working file are views of these two, so whatever a load brings, no
row of another thing is written again. Nothing depends on the order in which loads arrive: the
latest state of a thing is the one with the latest `observed_at`, and among equals the one from
the load with the greatest name.

Every line of a part was checked when it was written (`manifest.write_part`), and DuckDB would bend
what is not of the expected type, so what must be sure here is that the parts are the same ones:
their SHA-256 and the number of their records are compared with the manifest's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.thingiverse.manifest import (
    Manifest,
    loads_in,
    read_records,
    require_one_world,
)
from thingistat_pipeline.thingiverse.quarantine import SHARE_ALLOWED
from thingistat_pipeline.thingiverse.records import FORMAT_VERSION
from thingistat_pipeline.warehouse.quarantine import require_few_quarantined
from thingistat_pipeline.warehouse.raw_columns import read_json_columns
from thingistat_pipeline.warehouse.statements import statement
from thingistat_pipeline.warehouse.tables import TABLES
from thingistat_pipeline.warehouse.text_measures import with_text_measures
from thingistat_pipeline.warehouse.upkeep import ensure_schema
from thingistat_pipeline.warehouse.validate import validate_records
from thingistat_pipeline.warehouse.working import (
    WAIT_SECONDS,
    WarehouseError,
    tells_of_damage,
    transaction,
    working_connection,
)

Progress = Callable[[int, int], None]
FoundLoads = dict[str, tuple[Path, Manifest]]


@dataclass(frozen=True)
class LoadSummary:
    """What `load_warehouse` did.

    `rows` holds the number of rows of every table afterwards (``things``, ``meta.loads`` …),
    `records` the number of raw records read this time; the other fields name loads.
    """

    rows: dict[str, int]
    records: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


def load_warehouse(
    warehouse_file: Path,
    nights_dir: Path,
    snapshots_dir: Path,
    *,
    run_id: str,
    quarantine_share_allowed: float = SHARE_ALLOWED,
    progress: Progress | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> LoadSummary:
    """Bring the warehouse up to date with the raw folders.

    Parameters
    ----------
    warehouse_file : Path
        The working DuckDB file; made if missing.
    nights_dir, snapshots_dir : Path
        Folders of finished loads; folders without a manifest are left alone.
    run_id : str
        Noted in ``meta.loads`` beside each load that is read.
    quarantine_share_allowed : float
        Share of the newest night's things that may have an answer that was not understood.
    progress : callable, optional
        Called with the numbers of records read and to be read.
    wait_seconds : float
        How long to wait for another process that holds the file.

    Returns
    -------
    LoadSummary

    Raises
    ------
    WarehouseError
        When a raw part is missing, altered or no longer readable, when two loads bear one name,
        when the tables would break a rule, or when too much of the newest night was not
        understood; the warehouse then stays as it was.
    ThingistatError
        When simulated and real loads lie side by side.
    """
    found = _found_loads(nights_dir, snapshots_dir)
    with (
        working_connection(warehouse_file, wait_seconds=wait_seconds) as con,
        transaction(con),
    ):
        # Of all that DuckDB would try on every column, zstd is the quickest and the smallest here.
        con.execute("SET force_compression = 'zstd'")
        summary = _bring_up_to_date(con, found, run_id, progress)
        require_few_quarantined(con, quarantine_share_allowed)
        return summary


def _bring_up_to_date(
    con: duckdb.DuckDBPyConnection, found: FoundLoads, run_id: str, progress: Progress | None
) -> LoadSummary:
    ensure_schema(con)
    held = dict(con.execute("SELECT load, content_hash FROM meta.loads").fetchall())
    wanted = {load: manifest.content_hash for load, (_, manifest) in found.items()}
    added = tuple(sorted(wanted.keys() - held.keys()))
    removed = tuple(sorted(held.keys() - wanted.keys()))
    changed = tuple(sorted(load for load in wanted.keys() & held if wanted[load] != held[load]))
    unchanged = tuple(sorted((wanted.keys() & held) - set(changed)))
    fresh = {load: found[load] for load in (*added, *changed)}
    for folder, manifest in fresh.values():
        _require_intact(folder, manifest)
    if fresh or removed:
        _note_loads(con, fresh, stale=(*changed, *removed), run_id=run_id)
        _stage(con, fresh, progress)
        _renew_latest(con)
        validate_records(con)
    return LoadSummary(
        rows=_row_counts(con),
        records=sum(_lines(manifest) for _, manifest in fresh.values()),
        added=added,
        changed=changed,
        removed=removed,
        unchanged=unchanged,
    )


def _found_loads(nights_dir: Path, snapshots_dir: Path) -> FoundLoads:
    found: FoundLoads = {}
    for folder, manifest in (*loads_in(nights_dir), *loads_in(snapshots_dir)):
        if manifest.name in found:
            raise WarehouseError(
                f"Two loads are called {manifest.name}: {found[manifest.name][0]} and {folder}. "
                "A load is known by its name; remove one of them, or import the snapshot again "
                "under another name (--name)."
            )
        found[manifest.name] = (folder, manifest)
    for _, manifest in list(found.values())[:1]:  # one that is of the other world shows by any
        require_one_world(nights_dir, snapshots_dir, source=manifest.source)
    return found


def _require_intact(folder: Path, manifest: Manifest) -> None:
    if manifest.format > FORMAT_VERSION:
        raise WarehouseError(
            f"The load {folder} was written by a newer version of this program (format "
            f"{manifest.format}, this one reads up to {FORMAT_VERSION}). Update the program."
        )
    for part in manifest.parts:
        path = folder / part.name
        if not path.is_file():
            raise WarehouseError(
                f"The raw part {path} is missing, though the manifest beside it names it. Restore "
                "it from a backup, or delete the load's folder and sample or import it again."
            )
        if (actual := sha256_of(path)) != part.sha256:
            raise WarehouseError(
                f"The raw part {path} is not what its manifest says (SHA-256 {actual} instead of "
                f"{part.sha256}): it was damaged or changed. Restore it from a backup, or delete "
                "the load's folder and sample or import it again."
            )


def _note_loads(
    con: duckdb.DuckDBPyConnection, fresh: FoundLoads, *, stale: tuple[str, ...], run_id: str
) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE stale AS SELECT unnest($1::VARCHAR[]) AS load", [stale]
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE fresh AS SELECT unnest($1::VARCHAR[]) AS load", [list(fresh)]
    )
    con.execute("DELETE FROM meta.loads WHERE load IN (SELECT load FROM stale)")
    for load, (_, manifest) in fresh.items():
        counts = manifest.counts
        con.execute(
            "INSERT INTO meta.loads VALUES ($1, $2, $3, $4, now()::TIMESTAMP, $5, $6, $7, $8)",
            [
                load,
                manifest.kind,
                manifest.source,
                manifest.content_hash,
                run_id,
                _lines(manifest),
                counts.ok,
                counts.rejected,
            ],
        )


def _stage(con: duckdb.DuckDBPyConnection, fresh: FoundLoads, progress: Progress | None) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS "
        "SELECT DISTINCT thing_id FROM staging.records WHERE load IN (SELECT load FROM stale)"
    )
    con.execute("DELETE FROM staging.records WHERE load IN (SELECT load FROM stale)")
    parts = statement("stage").format(columns=read_json_columns())
    read = f"INSERT INTO staging.records BY NAME {with_text_measures(parts)}"
    total = sum(_lines(manifest) for _, manifest in fresh.values())
    done = 0
    for load, (folder, manifest) in fresh.items():
        held = _read(con, read, load, folder, manifest)
        if held != _lines(manifest):
            raise WarehouseError(
                f"The load {load} in {folder} holds {held} records, its manifest says "
                f"{_lines(manifest)}. Delete the load's folder and sample or import it again."
            )
        done += held
        if progress is not None:
            progress(done, total)
    con.execute(
        "INSERT INTO touched SELECT DISTINCT thing_id FROM staging.records "
        "WHERE load IN (SELECT load FROM fresh) "
        "EXCEPT SELECT thing_id FROM touched"
    )


def _read(
    con: duckdb.DuckDBPyConnection, read: str, load: str, folder: Path, manifest: Manifest
) -> int:
    parts = [str(folder / part.name) for part in manifest.parts]
    if not parts:
        return 0
    try:
        ((held,),) = con.execute(read, {"load": load, "parts": parts}).fetchall()
    except duckdb.Error as error:
        if tells_of_damage(error):  # of the warehouse, not of the parts
            raise
        for _ in read_records(folder):  # names the first line that is no record
            pass
        raise WarehouseError(
            f"The raw parts in {folder} cannot be read: {error}. Their hashes are right, "
            "so they were written wrongly; please report it with this message."
        ) from None
    return int(held)


def _renew_latest(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM staging.latest WHERE thing_id IN (SELECT thing_id FROM touched)")
    con.execute(statement("latest"))


def _row_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = {}
    for table in TABLES:
        name = table.name if table.schema == "main" else f"{table.schema}.{table.name}"
        ((rows[name],),) = con.execute(f"SELECT count(*) FROM {table.path}").fetchall()
    return rows


def _lines(manifest: Manifest) -> int:
    return sum(part.lines for part in manifest.parts)
