"""A real DuckDB file with the warehouse's tables and a few rows written by hand."""

from pathlib import Path
from typing import Any

import duckdb

from thingistat_pipeline.warehouse.schema import create
from thingistat_pipeline.warehouse.tables import TABLES

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
    return duckdb.connect(str(path), read_only=True)
