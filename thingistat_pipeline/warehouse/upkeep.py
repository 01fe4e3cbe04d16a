"""Keep the working file's schema what this version of the code expects."""

import hashlib

import duckdb

from thingistat_pipeline.warehouse.model_tables import MODEL_TABLES
from thingistat_pipeline.warehouse.raw_columns import read_json_columns, staging_columns
from thingistat_pipeline.warehouse.schema import Table, View, comments_of, create, quoted
from thingistat_pipeline.warehouse.statements import statement
from thingistat_pipeline.warehouse.tables import LOADS, PROVENANCE, TABLES
from thingistat_pipeline.warehouse.text_measures import measure_columns
from thingistat_pipeline.warehouse.views import VIEWS
from thingistat_pipeline.warehouse.working import WarehouseError

STORED = (*MODEL_TABLES, LOADS, PROVENANCE)
"""Tables in the working file as well."""
DERIVED = tuple(
    View(table.schema, table.name, table.comment, table.columns)
    for table in TABLES
    if table not in STORED
)
"""The others: there they are views of the staged records, and become tables when published."""

_WRITTEN_BY_MODELS = (*MODEL_TABLES, PROVENANCE)


def schema_fingerprint() -> str:
    """Return a hash of all that decides what the tables hold, apart from the raw records.

    That is the tables, views and comments, the record form, and the SQL that fills the tables.
    """
    material = [read_json_columns(), str(staging_columns())]
    relations: tuple[Table | View, ...] = (*TABLES, *DERIVED, *VIEWS)
    for relation in relations:
        material += [relation.ddl, *comments_of(relation)]
    material += [statement(name) for name in ("staging", "stage", "latest", "text_measures")]
    return hashlib.sha256("\x00".join(material).encode()).hexdigest()


def ensure_schema(con: duckdb.DuckDBPyConnection) -> None:
    """Make tables and views that are missing or were made by another version of the schema.

    For the loader only, which fills them again in the same transaction. Everything is rebuilt from
    the raw folder, so what another version made is dropped, not altered; what models wrote
    (`model_tables`, `meta.provenance`) stays, table by table, if it still fits.
    """
    expected = schema_fingerprint()
    if _fingerprint_held(con) == expected:
        return
    kept = [table for table in _WRITTEN_BY_MODELS if _fits(con, table)]
    for kind, schema, name in con.execute(statement("relations")).fetchall():
        if (schema, name) not in {(table.schema, table.name) for table in kept}:
            con.execute(f"DROP {kind} {schema}.{quoted(name)}")
    columns = ", ".join(
        f"{quoted(name)} {type_}"
        for name, type_ in {
            **staging_columns(),
            "own_id": "BIGINT",
            **measure_columns(),
        }.items()
    )
    con.execute(
        statement("staging").format(columns=columns).replace("$fingerprint", f"'{expected}'")
    )
    create(con, tuple(table for table in STORED if table not in kept))
    for table in kept:
        con.execute("; ".join(comments_of(table)))
    create(con, DERIVED + VIEWS)


def require_schema(con: duckdb.DuckDBPyConnection) -> None:
    """Refuse a working file whose tables this version of the code did not make.

    Raises
    ------
    WarehouseError
        Telling how to have it rebuilt.
    """
    if _fingerprint_held(con) != schema_fingerprint():
        raise WarehouseError(
            "The warehouse was made by another version of this program. Materialize the warehouse "
            "tables first (`thingistat run --things 0` does it)."
        )


def _fingerprint_held(con: duckdb.DuckDBPyConnection) -> str | None:
    # Asked of the catalog first: a failed query would abort the transaction.
    ((exists,),) = con.execute(
        "SELECT count(*) FROM duckdb_tables() "
        "WHERE schema_name = 'staging' AND table_name = 'fingerprint'"
    ).fetchall()
    if not exists:
        return None
    ((held,),) = con.execute("SELECT fingerprint FROM staging.fingerprint").fetchall()
    return str(held)


def _fits(con: duckdb.DuckDBPyConnection, table: Table) -> bool:
    held = con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
        [table.schema, table.name],
    ).fetchall()
    return held == [(column.name, column.type) for column in table.columns]
