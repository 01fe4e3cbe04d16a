"""Loads and records made by hand for the warehouse's tests."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from thingistat_pipeline.thingiverse.manifest import (
    Counts,
    Kind,
    Manifest,
    Source,
    content_hash,
    write_manifest,
    write_parts,
)
from thingistat_pipeline.thingiverse.records import Creator, Quarantined, Record, Tag, Thing
from thingistat_pipeline.warehouse.load import LoadSummary, load_warehouse
from thingistat_pipeline.warehouse.working import working_connection


class Places:
    """The paths of a data folder that the warehouse is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nights = folder / "raw" / "things"
        self.snapshots = folder / "raw" / "snapshots"
        self.warehouse = folder / "warehouse" / "warehouse.duckdb"
        self.published = folder / "published"
        self.link = folder / "thingistat.duckdb"

    def load(self, run_id: str = "run", **options: Any) -> LoadSummary:
        return load_warehouse(self.warehouse, self.nights, self.snapshots, run_id=run_id, **options)

    def of_another_version(self) -> None:
        """Make the working file look as if another version of the schema had made it."""
        with duckdb.connect(str(self.warehouse)) as con:
            con.execute("UPDATE staging.fingerprint SET fingerprint = 'another'")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with working_connection(self.warehouse, read_only=True) as con:
            return con.execute(query).fetchall()


def write_load(
    parent: Path,
    name: str,
    records: Iterable[Record],
    *,
    kind: Kind = "night",
    source: Source = "sandbox",
    rejected: int = 0,
) -> Path:
    """Write a finished load as a night or an importer would."""
    records = list(records)
    folder = parent / name
    folder.mkdir(parents=True, exist_ok=True)
    parts = write_parts(folder, records, lines_per_part=3)
    tally = {
        outcome: sum(record.outcome == outcome for record in records)
        for outcome in {record.outcome for record in records}
    }
    counts = Counts(attempted=len(records), rejected=rejected, **tally)
    moment = "2026-09-01T12:00:00Z"
    write_manifest(
        folder,
        Manifest(
            kind=kind,
            name=name,
            source=source,
            content_hash=content_hash(parts, counts),
            parts=parts,
            counts=counts,
            started_at=moment,
            finished_at=moment,
        ),
    )
    return folder


def live(
    thing_id: int,
    observed_at: str = "2026-09-01T12:00:00Z",
    *,
    tags: Iterable[str] | None = (),
    creator: Creator | None = None,
    lists: dict[str, Any] | None = None,
    panel: bool = False,
    **values: Any,
) -> Record:
    """Return a live thing's record; `values` go into the thing, `lists` into the record."""
    thing = Thing(
        id=thing_id,
        creator=creator,
        tags=None if tags is None else [Tag(name=tag.title(), tag=tag) for tag in tags],
        **{"name": f"Thing {thing_id}", "added": "2020-01-02T03:04:05Z", **values},
    )
    return Record(
        thing_id=thing_id,
        observed_at=observed_at,
        outcome="ok",
        status=200,
        panel=panel,
        thing=thing,
        **(lists or {}),
    )


def gone(thing_id: int, observed_at: str = "2026-09-01T12:00:00Z") -> Record:
    return Record(
        thing_id=thing_id, observed_at=observed_at, outcome="gone", status=404, reason="Not Found"
    )


def strange(
    thing_id: int,
    observed_at: str = "2026-09-01T12:00:00Z",
    *,
    field: str = "like_count",
    text: str | None = '{"like_count":{}}',
) -> Record:
    """Return the record of a thing whose own answer was not understood."""
    reason = f"Expected `int | null`, got `object` - at `$.{field}`"
    aside = Quarantined(resource="thing", reason=reason, text=text)
    return Record(
        thing_id=thing_id,
        observed_at=observed_at,
        outcome="quarantined",
        status=200,
        reason=reason,
        quarantined=[aside],
    )


def contents(path: Path, *, leave_out: Iterable[str] = ("loaded_at", "run_id")) -> dict[str, Any]:
    """Return every row of every published table in the order in which the file holds them."""
    with duckdb.connect(str(path.resolve()), read_only=True) as con:
        tables = con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
        ).fetchall()
        everything = {}
        for schema, table in tables:
            columns = [
                f'"{name}"'
                for (name,) in con.execute(
                    "SELECT column_name FROM duckdb_columns() "
                    "WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
                    [schema, table],
                ).fetchall()
                if name not in leave_out
            ]
            everything[f"{schema}.{table}"] = con.execute(
                f'SELECT {", ".join(columns)} FROM {schema}."{table}"'
            ).fetchall()
        return everything


def importances(model: str, version: str, *features: str, **changes: object) -> pl.DataFrame:
    """Return rows for the table `feature_importance`."""
    row = {"model": model, "version": version, "method": "permutation", "split": "test"}
    figures = {"mean": 0.5, "std": 0.1, "low": None, "high": None}
    return pl.DataFrame([{**row, "feature": name, **figures, **changes} for name in features])
