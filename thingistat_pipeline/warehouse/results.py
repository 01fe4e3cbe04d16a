"""Write what the models found into the warehouse, all tables or none, and read it again."""

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb
import polars as pl

from thingistat_pipeline.warehouse.model_tables import ALLOWED, METRICS_HISTORY, MODEL_TABLES
from thingistat_pipeline.warehouse.schema import Table
from thingistat_pipeline.warehouse.upkeep import require_schema
from thingistat_pipeline.warehouse.working import (
    WarehouseError,
    transaction,
    working_connection,
)

_KINDS: dict[str, type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "DATE": pl.Date,
    "BOOLEAN": pl.Boolean,
}


def write_results(
    warehouse_file: Path, tables: Mapping[str, pl.DataFrame], *, models: Collection[str]
) -> None:
    """Put the results of models into their tables, in place of any earlier ones of these models.

    ``metrics_history``, which holds all versions and is made anew each time, is replaced whole.

    Parameters
    ----------
    warehouse_file : Path
        The working file.
    tables : Mapping of str to DataFrame
        Rows by name of the table (`model_tables.MODEL_TABLES`), with the table's columns in any
        order. A frame without rows empties the table of these models, whatever its columns. NaN
        becomes NULL.
    models : collection of str
        The models whose rows are replaced.

    Raises
    ------
    WarehouseError
        When a table is not one that models write, columns are missing or unknown or hold what the
        table cannot, a row is of another model, a model comes in two versions, a word is not one
        of `model_tables.ALLOWED`, or a key occurs twice; when there is no warehouse yet or another
        version of this program made it. Nothing has been written then.
    """
    declared = {table.name: table for table in MODEL_TABLES}
    if unknown := tables.keys() - declared.keys():
        raise WarehouseError(
            f"Models do not write the table {min(unknown)}; they write {', '.join(declared)}."
        )
    fitting = {
        declared[name]: _fitting(declared[name], frame, models) for name, frame in tables.items()
    }
    with working_connection(warehouse_file, must_exist=True) as con, transaction(con):
        require_schema(con)
        for table, frame in fitting.items():
            _replace(con, table, frame, models)


def read_results(
    con: duckdb.DuckDBPyConnection, table: str, *, model: str, version: str
) -> pl.DataFrame:
    """Return what one version of a model wrote into a table.

    Parameters
    ----------
    con : DuckDBPyConnection
        Open on a published database.
    table : str
        Name of one of `model_tables.MODEL_TABLES`.
    model, version : str
        Rows of another version, as there are while a new one is being explained, are left out.

    Returns
    -------
    polars.DataFrame
        In the order of the table's key, without the columns model and version.
    """
    declared = next(each for each in MODEL_TABLES if each.name == table)
    found: pl.DataFrame = con.sql(
        f"SELECT * EXCLUDE (model, version) FROM {declared.path} "
        f"WHERE model = $model AND version = $version ORDER BY {declared.order}",
        params={"model": model, "version": version},
    ).pl()
    return found


def _replace(
    con: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame, models: Collection[str]
) -> None:
    if table is METRICS_HISTORY:
        con.execute(f"DELETE FROM {table.path}")
    else:
        con.execute(
            f"DELETE FROM {table.path} WHERE model IN (SELECT unnest($1::VARCHAR[]))",
            [list(models)],
        )
    con.register("incoming", frame)
    con.execute(f"INSERT INTO {table.path} BY NAME FROM incoming")
    con.unregister("incoming")


def _fitting(table: Table, frame: pl.DataFrame, models: Collection[str]) -> pl.DataFrame:
    """Return the frame with the table's columns and types, or say why that cannot be."""
    schema = {column.name: _KINDS[column.type] for column in table.columns}
    if frame.is_empty():
        return pl.DataFrame(schema=schema)
    if sorted(frame.columns) != sorted(schema):
        raise WarehouseError(
            f"The table {table.name} needs the columns {', '.join(schema)}; these came: "
            f"{', '.join(frame.columns)}."
        )
    try:
        fitting = frame.select(*schema).cast(schema).fill_nan(None)  # type: ignore[arg-type]
    except pl.exceptions.PolarsError as problem:
        raise WarehouseError(
            f"A column of the table {table.name} holds what it cannot: {problem}"
        ) from problem
    _require_sound(table, fitting, models)
    return fitting


def _require_sound(table: Table, frame: pl.DataFrame, models: Collection[str]) -> None:
    for name, allowed in ALLOWED.get(table.name, {}).items():
        if strange := set(frame[name].to_list()) - set(allowed):
            raise WarehouseError(
                f"The table {table.name} came with the {name} {min(strange, key=str)!r}; it must "
                f"be one of {', '.join(allowed)}."
            )
    if frame.select(table.key).null_count().sum_horizontal().item():
        raise WarehouseError(f"The table {table.name} came with a row whose key is not known.")
    if frame.select(table.key).is_duplicated().any():
        raise WarehouseError(
            f"The table {table.name} came with two rows of the same {', '.join(table.key)}."
        )
    if table is METRICS_HISTORY:
        return
    if others := set(frame["model"].to_list()) - set(models):
        raise WarehouseError(
            f"The table {table.name} came with a row of {min(others)}, but the results of "
            f"{', '.join(models)} are written."
        )
    if frame.select("model", "version").unique().height != frame["model"].n_unique():
        raise WarehouseError(
            f"The table {table.name} came with two versions of one model; write one at a time."
        )
