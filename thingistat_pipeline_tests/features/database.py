"""A real DuckDB file with the warehouse's tables and a few rows written by hand."""

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.warehouse.schema import create
from thingistat_pipeline.warehouse.tables import TABLES
from thingistat_pipeline.warehouse.text_measures import with_text_measures

Row = dict[str, Any]


def database(path: Path, **rows: list[Row]) -> duckdb.DuckDBPyConnection:
    """Make the tables in a new file, fill those named, and open it for reading only."""
    with duckdb.connect(str(path)) as con:
        for schema in {table.schema for table in TABLES} - {"main"}:
            con.sql(f"CREATE SCHEMA {schema}")
        create(con, TABLES)
        for table, written in rows.items():
            for row in written:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                con.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))
        texts = "SELECT id AS thing_id, description, instructions, details FROM things"
        con.execute(
            "INSERT INTO text_measures BY NAME "
            "SELECT * EXCLUDE (description, instructions, details) "
            f"FROM ({with_text_measures(texts)})"
        )
    return duckdb.connect(str(path), read_only=True)


def frame_of(folder: Path, **rows: list[Row]) -> pl.DataFrame:
    """Return the popularity frame of a new database with the rows given."""
    path = folder / "published.duckdb"
    path.unlink(missing_ok=True)
    with database(path, **rows) as con:
        return popularity_frame(con)
