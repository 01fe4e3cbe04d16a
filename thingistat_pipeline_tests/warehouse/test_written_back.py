"""What models write into the warehouse: importances and provenance."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest

from thingistat_pipeline.warehouse.importances import write_importances
from thingistat_pipeline.warehouse.provenance import write_provenance
from thingistat_pipeline.warehouse.working import WarehouseError
from thingistat_pipeline_tests.warehouse.support import Places, live, write_load


@pytest.fixture
def places(places: Places) -> Places:
    """A data folder with a warehouse."""
    write_load(places.nights, "2026-09-01", [live(1)])
    places.load()
    return places


NOTE: dict[str, Any] = {
    "artefact": "m",
    "version": "1",
    "run_id": "r",
    "created_at": "2026-09-01T12:00:00Z",
    "record": {},
}


def importances(model: str, version: str, *features: str, **changes: object) -> pl.DataFrame:
    row = {"model": model, "version": version, "method": "permutation", "split": "test"}
    return pl.DataFrame(
        [{**row, "feature": name, "mean": 0.5, "std": 0.1, **changes} for name in features]
    )


def test_importances_of_a_model_replace_its_earlier_version_only(places: Places):
    write_importances(places.warehouse, importances("a", "1", "x", "y"))
    write_importances(places.warehouse, importances("b", "1", "x"))
    write_importances(places.warehouse, importances("a", "2", "x"))

    assert places.rows("FROM feature_importance ORDER BY model") == [
        ("a", "2", "permutation", "test", "x", 0.5, 0.1),
        ("b", "1", "permutation", "test", "x", 0.5, 0.1),
    ]


def test_columns_may_come_in_any_order(places: Places):
    frame = importances("a", "1", "x")
    write_importances(places.warehouse, frame.select(sorted(frame.columns)))

    assert places.rows("SELECT feature, mean FROM feature_importance") == [("x", 0.5)]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (importances("a", "1", "x").drop("std"), "need the columns"),
        (importances("a", "1", "x", method="gain"), "the method 'gain'"),
        (importances("a", "1", "x", split="all"), "the split 'all'"),
        (importances("a", "1", "x", "x"), "name a feature twice"),
        (pl.concat([importances("a", "1", "x"), importances("a", "2", "x")]), "two versions"),
    ],
)
def test_unsound_importances_are_refused_and_the_old_ones_stay(places, frame, complaint):
    write_importances(places.warehouse, importances("a", "0", "old"))

    with pytest.raises(WarehouseError, match=complaint):
        write_importances(places.warehouse, frame)
    assert places.rows("SELECT feature FROM feature_importance") == [("old",)]


def test_what_models_write_into_a_warehouse_of_another_version_does_not_empty_it(places: Places):
    places.of_another_version()

    with pytest.raises(WarehouseError, match=r"another version.*thingistat run --things 0"):
        write_importances(places.warehouse, importances("a", "1", "x"))
    with pytest.raises(WarehouseError, match=r"another version.*thingistat run --things 0"):
        write_provenance(places.warehouse, **NOTE)
    assert places.rows("SELECT id FROM things") == [(1,)]


def test_without_a_warehouse_models_cannot_write_and_none_is_made(places: Places):
    places.warehouse.unlink()

    with pytest.raises(WarehouseError, match="no warehouse yet"):
        write_importances(places.warehouse, importances("a", "1", "x"))
    with pytest.raises(WarehouseError, match="no warehouse yet"):
        write_provenance(places.warehouse, **NOTE)
    assert not places.warehouse.exists()


def test_provenance_keeps_one_row_for_an_artefact_and_version(places: Places):
    note = {"artefact": "parity_forest", "version": "1", "run_id": "r"}
    summer = timezone(timedelta(hours=2))
    write_provenance(
        places.warehouse, **note, created_at="2026-09-01T12:00:00Z", record={"seed": 1}
    )
    write_provenance(
        places.warehouse,
        **note,
        created_at=datetime(2026, 9, 2, 14, tzinfo=summer),
        record={"seed": 2, "a": {"b": [1, None]}},
    )

    ((artefact, version, created_at, run_id, record),) = places.rows("FROM meta.provenance")
    assert (artefact, version, run_id) == ("parity_forest", "1", "r")
    assert created_at == datetime(2026, 9, 2, 12, tzinfo=UTC).replace(tzinfo=None)
    assert json.loads(record) == {"seed": 2, "a": {"b": [1, None]}}
