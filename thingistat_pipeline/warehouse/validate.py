"""What must be true of the warehouse before a load is committed and of a file to be published."""

import duckdb

from thingistat_pipeline.warehouse.statements import statement
from thingistat_pipeline.warehouse.working import WarehouseError


def validate_records(con: duckdb.DuckDBPyConnection) -> None:
    """Check the working file's records and which of them are the latest, in the load's transaction.

    Raises
    ------
    WarehouseError
        Naming every rule that is broken, how often, and one example. The caller rolls back.
    """
    _require_unbroken(con, "validate_records", so="nothing was loaded")


def validate_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Check ids, references and counts of the tables that were written to be published.

    Raises
    ------
    WarehouseError
        As `validate_records` does. The caller leaves the file unpublished.
    """
    _require_unbroken(con, "validate_tables", so="nothing was published")


def _require_unbroken(con: duckdb.DuckDBPyConnection, rules: str, *, so: str) -> None:
    broken = con.execute(statement(rules)).fetchall()
    if broken:
        findings = "; ".join(
            f"{problem} ({times} times, for example {example})"
            for problem, times, example in broken
        )
        raise WarehouseError(
            f"The warehouse's rules are broken, so {so}: {findings}. What was there before stays "
            "as it was. Find the load that brought these ids, delete its folder and sample or "
            "import it again; if that does not help, please report it."
        )
