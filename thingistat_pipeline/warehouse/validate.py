"""What must be true of the warehouse before a load is committed and before it is published."""

import duckdb

from thingistat_pipeline.warehouse.statements import statement
from thingistat_pipeline.warehouse.working import WarehouseError


def validate(con: duckdb.DuckDBPyConnection) -> None:
    """Check ids, references and counts; called inside the load's transaction and by `publish`.

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
            f"The warehouse's rules are broken, so nothing was loaded or published: {findings}. "
            "The tables are as they were before. Find the load that brought these ids, delete its "
            "folder and sample or import it again; if that does not help, please report it."
        )
