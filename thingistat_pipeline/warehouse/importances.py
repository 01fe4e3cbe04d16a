"""Write what the models found important into the warehouse."""

from pathlib import Path

import polars as pl

from thingistat_pipeline.warehouse.tables import FEATURE_IMPORTANCE
from thingistat_pipeline.warehouse.upkeep import require_schema
from thingistat_pipeline.warehouse.working import (
    WarehouseError,
    transaction,
    working_connection,
)

METHODS = ("mean_decrease_in_variance", "permutation")
SPLITS = ("train", "test")


def write_importances(warehouse_file: Path, frame: pl.DataFrame) -> None:
    """Put importances into ``feature_importance``, in place of any of the same models.

    Parameters
    ----------
    warehouse_file : Path
        The working file.
    frame : pl.DataFrame
        Columns model, version, method, split, feature (text), mean, std (numbers): one row for
        every combination of the first five. The table keeps one version a model, this one.

    Raises
    ------
    WarehouseError
        When columns are missing or unknown, a model comes in two versions, a method or split is
        not one of METHODS and SPLITS, or a row occurs twice; when there is no warehouse yet or
        another version of this program made it.
    """
    columns = [column.name for column in FEATURE_IMPORTANCE.columns]
    _require_sound(frame, columns)
    rows = frame.select(columns).rows()
    with working_connection(warehouse_file, must_exist=True) as con, transaction(con):
        require_schema(con)
        con.execute(
            f"DELETE FROM {FEATURE_IMPORTANCE.path} WHERE model IN (SELECT unnest($1::VARCHAR[]))",
            [frame["model"].unique().to_list()],
        )
        if rows:
            con.executemany(
                f"INSERT INTO {FEATURE_IMPORTANCE.path} VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )


def _require_sound(frame: pl.DataFrame, columns: list[str]) -> None:
    if sorted(frame.columns) != sorted(columns):
        raise WarehouseError(
            f"Importances need the columns {', '.join(columns)}; these came: "
            f"{', '.join(frame.columns)}."
        )
    for name, allowed in (("method", METHODS), ("split", SPLITS)):
        strange = sorted(set(frame[name].to_list()) - set(allowed), key=str)
        if strange:
            raise WarehouseError(
                f"Importances have the {name} {strange[0]!r}; it must be one of "
                f"{', '.join(allowed)}."
            )
    if frame.select("model", "version").unique().height != frame["model"].n_unique():
        raise WarehouseError("Importances of one model come in two versions; write one at a time.")
    if frame.select(FEATURE_IMPORTANCE.key).is_duplicated().any():
        raise WarehouseError("Importances name a feature twice for one model, method and split.")
