"""Note in the warehouse where an artefact came from."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from thingistat_pipeline.warehouse.tables import PROVENANCE
from thingistat_pipeline.warehouse.upkeep import require_schema
from thingistat_pipeline.warehouse.working import transaction, working_connection


def write_provenance(
    warehouse_file: Path,
    *,
    artefact: str,
    version: str,
    created_at: datetime | str,
    run_id: str,
    record: dict[str, Any],
) -> None:
    """Put a row into ``meta.provenance``, in place of one for the same artefact and version.

    Parameters
    ----------
    warehouse_file : Path
        The working file.
    artefact, version : str
        What was made; one row each is kept.
    created_at : datetime or str
        When; a datetime or ISO 8601 text, in UTC unless it bears another time zone.
    run_id : str
        The run that made it.
    record : dict
        Inputs, parameters, seeds, library versions: anything that JSON can hold.

    Raises
    ------
    WarehouseError
        When there is no warehouse yet, or another version of this program made it.
    """
    moment = created_at if isinstance(created_at, datetime) else datetime.fromisoformat(created_at)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    text = msgspec.json.encode(record, order="sorted").decode()
    row = [artefact, version, moment.astimezone(UTC).replace(tzinfo=None), run_id, text]
    with working_connection(warehouse_file, must_exist=True) as con, transaction(con):
        require_schema(con)
        con.execute(f"DELETE FROM {PROVENANCE.path} WHERE artefact = ? AND version = ?", row[:2])
        con.execute(f"INSERT INTO {PROVENANCE.path} VALUES (?, ?, ?, ?, ?)", row)
