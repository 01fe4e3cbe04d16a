"""Read what was published: the counterpart of ThingiStat's ``ThingDB.get_table``, and queries."""

from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl

from thingistat_pipeline.settings import Settings
from thingistat_pipeline.warehouse.schema import literal, quoted
from thingistat_pipeline.warehouse.tables import TABLES
from thingistat_pipeline.warehouse.views import VIEWS
from thingistat_pipeline.warehouse.working import MEMORY_LIMIT, WarehouseError


def open_published(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a published database for reading.

    Parameters
    ----------
    path : Path
        A published file, or the link to the newest. A link is followed once, so the connection
        goes on reading the same version when a newer one is published.

    Raises
    ------
    WarehouseError
        When there is no such file or it is not a DuckDB database.
    """
    try:
        con = duckdb.connect(str(_existing(path)), read_only=True)
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    con.execute("SET TimeZone = 'UTC'")
    return con


def connect(data_dir: Path | str | None = None) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection on the published database of a data folder.

    Parameters
    ----------
    data_dir : Path or str, optional
        The data folder; otherwise the one of the settings (``THINGISTAT_DATA_DIR``).
    """
    return open_published(published_file(data_dir))


def read_table(name: str, data_dir: Path | str | None = None) -> pl.DataFrame:
    """Return a whole table or view as a Polars frame.

    Parameters
    ----------
    name : str
        ``things``, ``observations`` … or with a schema, ``meta.loads``, ``thingistat.things``.
    data_dir : Path or str, optional
        The data folder; otherwise the one of the settings.

    Raises
    ------
    WarehouseError
        When there is no such table; the message lists those that there are.
    """
    schema, _, table = name.rpartition(".")
    known = {(relation.schema, relation.name) for relation in (*TABLES, *VIEWS)}
    if (schema or "main", table) not in known:
        names = ", ".join(
            relation.name if relation.schema == "main" else f"{relation.schema}.{relation.name}"
            for relation in (*TABLES, *VIEWS)
        )
        raise WarehouseError(f"There is no table {name!r}. There are: {names}.")
    with connect(data_dir) as con:
        frame: pl.DataFrame = con.sql(f"FROM {quoted(schema or 'main')}.{quoted(table)}").pl()
        return frame


def query(sql: str, data_dir: Path | str | None = None) -> pl.DataFrame:
    """Run a query of the user's on the published database and return its rows.

    The query sees the published tables and nothing else: it can neither change them nor read or
    write any other file.

    Parameters
    ----------
    sql : str
        One statement, or several of which the last one's rows are returned.
    data_dir : Path or str, optional
        The data folder; otherwise the one of the settings.

    Returns
    -------
    pl.DataFrame
        Empty, without columns, for a statement that has no rows.

    Raises
    ------
    WarehouseError
        With DuckDB's own words when it refuses the query.
    """
    path = published_file(data_dir)
    # A connection of its own in memory, because these settings hold for a whole DuckDB instance
    # and would otherwise lock every other connection of this process to the same file as well.
    with duckdb.connect(":memory:", config={"memory_limit": MEMORY_LIMIT}) as con:
        try:
            con.execute(f"ATTACH {literal(str(_existing(path)))} AS thingistat_db (READ_ONLY)")
        except duckdb.Error as error:
            raise _unreadable(path, error) from None
        con.execute("USE thingistat_db")
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        try:
            # The stubs do not know that a statement without rows gives None.
            result = cast("duckdb.DuckDBPyRelation | None", con.sql(sql))
            rows: pl.DataFrame = pl.DataFrame() if result is None else result.pl()
        except duckdb.Error as error:
            raise WarehouseError(f"DuckDB refuses the query: {error}") from None
    return rows


def published_file(data_dir: Path | str | None = None) -> Path:
    """Return the path that users open in a data folder (the settings' one unless given)."""
    given: dict[str, Any] = {} if data_dir is None else {"data_dir": Path(data_dir)}
    return Settings(**given).published_file


def _existing(path: Path) -> Path:
    if not path.exists():
        raise WarehouseError(
            f"There is no published database at {path}. Run `thingistat run` first, or name the "
            "data folder (--data-dir, THINGISTAT_DATA_DIR) of an earlier run."
        )
    return path.resolve()


def _unreadable(path: Path, error: duckdb.Error) -> WarehouseError:
    return WarehouseError(
        f"The published database {path.resolve()} cannot be opened: {str(error).splitlines()[0]}. "
        "If it is damaged, delete it and run `thingistat run` again: it is written anew from the "
        "warehouse."
    )


def published_version(path: Path) -> str:
    """Return the version that a published file, or the link to the newest, bears in its name."""
    return _existing(path).stem.removeprefix("thingistat-")
