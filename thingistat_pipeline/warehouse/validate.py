"""What must be true of the warehouse before a load may be committed."""

import duckdb

from thingistat_pipeline.warehouse.statements import statement
from thingistat_pipeline.warehouse.working import WarehouseError


def validate(con: duckdb.DuckDBPyConnection) -> None:
    """Check ids, references and counts; called inside the load's transaction.

    Raises
    ------
    WarehouseError
        Naming every rule that is broken, how often, and one example. The caller rolls back.
    """
    broken = con.execute(statement("validate")).fetchall()
    if broken:
        findings = "; ".join(
            f"{problem} ({times} times, for example {example})"
            for problem, times, example in broken
        )
        raise WarehouseError(
            f"The raw data break the warehouse's rules, so nothing was loaded: {findings}. The "
            "tables are as they were before. Find the load that brought these ids, delete its "
            "folder and sample or import it again; if that does not help, please report it."
        )
