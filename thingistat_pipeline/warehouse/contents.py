"""Questions about what a warehouse file holds, asked by checks before anything is published."""

import polars as pl
from duckdb import DuckDBPyConnection

from thingistat_pipeline.warehouse.schema import quoted
from thingistat_pipeline.warehouse.statements import statement
from thingistat_pipeline.warehouse.tables import TABLES


def repeated_ids(con: DuckDBPyConnection, table: str) -> int:
    """Return how many rows of a table too many there are for its ids to be unique."""
    row = con.sql(f"SELECT count(*) - count(DISTINCT id) FROM {quoted(table)}").fetchall()[0]
    return int(row[0])


def schema_differences(con: DuckDBPyConnection) -> list[str]:
    """Return how the file's tables differ from the declared ones, a sentence each."""
    found = {
        (schema, table, column): kind
        for schema, table, column, kind in con.sql(statement("file_columns")).fetchall()
    }
    declared = {
        (table.schema, table.name, column.name): column.type
        for table in TABLES
        for column in table.columns
    }
    missing = [f"{'.'.join(key)} is missing" for key in declared.keys() - found.keys()]
    other = [
        f"{'.'.join(key)} is {found[key]} instead of {declared[key]}"
        for key in declared.keys() & found.keys()
        if found[key] != declared[key]
    ]
    return sorted(missing + other)


def missing_share_by_load(con: DuckDBPyConnection) -> pl.DataFrame:
    """Return, column by column of `observations`, how often it is unknown now and before.

    Returns
    -------
    polars.DataFrame
        column, latest, earlier: shares between 0 and 1. Without an earlier load, no rows.
    """
    shares: pl.DataFrame = con.sql(statement("missing_share_by_load")).pl()
    return shares


def source_label(con: DuckDBPyConnection) -> str:
    """Return the sources of the loads in one word, for example ``snapshot+thingiverse``."""
    rows = con.sql("SELECT DISTINCT source FROM meta.loads ORDER BY source").fetchall()
    return "+".join(source for (source,) in rows)
