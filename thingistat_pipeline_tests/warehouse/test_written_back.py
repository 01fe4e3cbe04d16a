"""What models write into the warehouse: importances and provenance."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import duckdb
import polars as pl
import pytest

from thingistat_pipeline.warehouse.model_tables import ALLOWED, MODEL_TABLES
from thingistat_pipeline.warehouse.provenance import write_provenance
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import read_results, write_results
from thingistat_pipeline.warehouse.schema import Table
from thingistat_pipeline.warehouse.working import WarehouseError
from thingistat_pipeline_tests.warehouse.support import Places, importances, live, write_load


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


def write_importances(places: Places, frame: pl.DataFrame, *models: str) -> None:
    write_results(places.warehouse, {"feature_importance": frame}, models=models or ("a",))


def metrics(version: str, model: str = "dummy", **changes: object) -> dict[str, object]:
    row = {"model": model, "version": version, "observed_through": date(2026, 9, 1), "n_rows": 9}
    said = {"effort": "quick", "source": "sandbox", "split": "creator", "metric": "r2_log"}
    return {**row, **said, "value": 0.5, "low": 0.4, "high": 0.6, **changes}


def test_importances_of_a_model_replace_its_earlier_version_only(places: Places):
    write_importances(places, importances("a", "1", "x", "y"))
    write_importances(places, importances("b", "1", "x"), "b")
    write_importances(places, importances("a", "2", "x", low=0.4, high=0.7))

    assert places.rows("FROM feature_importance ORDER BY model") == [
        ("a", "2", "permutation", "test", "x", 0.5, 0.1, 0.4, 0.7),
        ("b", "1", "permutation", "test", "x", 0.5, 0.1, None, None),
    ]


def test_columns_may_come_in_any_order_and_nan_becomes_null(places: Places):
    frame = importances("a", "1", "x", std=float("nan"))
    write_importances(places, frame.select(sorted(frame.columns)))

    assert places.rows("SELECT feature, mean, std FROM feature_importance") == [("x", 0.5, None)]


def test_a_model_without_results_leaves_none_behind_and_those_of_others_stay(places: Places):
    write_importances(places, importances("a", "1", "x"))
    write_importances(places, importances("b", "1", "x"), "b")
    write_importances(places, pl.DataFrame(), "a")

    assert places.rows("SELECT model FROM feature_importance") == [("b",)]


def test_the_history_is_replaced_whole(places: Places):
    older = [metrics("1"), metrics("1", "linear")]
    write_results(places.warehouse, {"metrics_history": pl.DataFrame(older)}, models=["a"])
    newer = [metrics("1"), metrics("2", value=0.25)]
    write_results(places.warehouse, {"metrics_history": pl.DataFrame(newer)}, models=["a"])

    held = places.rows("SELECT version, model, value FROM metrics_history ORDER BY version")
    assert held == [("1", "dummy", 0.5), ("2", "dummy", 0.25)]


def test_many_rows_are_written_at_once(places: Places):
    frame = pl.DataFrame([metrics(str(number)) for number in range(20_000)])
    write_results(places.warehouse, {"metrics_history": frame}, models=["a"])

    assert places.rows("SELECT count(*) FROM metrics_history") == [(20_000,)]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (importances("a", "1", "x").drop("std"), "needs the columns"),
        (importances("a", "1", "x").with_columns(more=1), "needs the columns"),
        (importances("a", "1", "x", mean="much"), "holds what it cannot"),
        (importances("a", "1", "x", method="gain"), "the method 'gain'"),
        (importances("a", "1", "x", split="all"), "the split 'all'"),
        (importances("a", "1", "x", feature=None), "key is not known"),
        (importances("a", "1", "x", "x"), "two rows of the same"),
        (importances("b", "1", "x"), "a row of b"),
        (pl.concat([importances("a", "1", "x"), importances("a", "2", "x")]), "two versions"),
    ],
)
def test_unsound_importances_are_refused_and_the_old_ones_stay(places, frame, complaint):
    write_importances(places, importances("a", "0", "old"))

    with pytest.raises(WarehouseError, match=complaint):
        write_importances(places, frame)
    assert places.rows("SELECT feature FROM feature_importance") == [("old",)]


def test_where_one_table_is_refused_none_is_written(places: Places):
    group = {"model": "a", "version": "1", "group_name": "age", "feature": "age_days"}
    tables = {
        "feature_importance": importances("a", "1", "x"),
        "feature_groups": pl.DataFrame([group, group]),
    }
    with pytest.raises(WarehouseError, match="feature_groups came with two rows of the same"):
        write_results(places.warehouse, tables, models=["a"])
    assert places.rows("FROM feature_importance") == []


def test_a_transaction_that_breaks_off_leaves_the_old_rows(places: Places, monkeypatch):
    write_importances(places, importances("a", "0", "old"))
    monkeypatch.setattr(
        "thingistat_pipeline.warehouse.results._replace", failing_after_the_deletion
    )
    with pytest.raises(duckdb.ConversionException):
        write_importances(places, importances("a", "1", "x"))
    assert places.rows("SELECT feature FROM feature_importance") == [("old",)]


def failing_after_the_deletion(con: duckdb.DuckDBPyConnection, *_: object) -> None:
    con.execute("DELETE FROM feature_importance")
    con.execute("SELECT 'much'::DOUBLE")


def test_an_interval_that_ends_before_it_begins_is_not_published(places: Places):
    write_importances(places, importances("a", "1", "x", low=0.6, high=0.4))

    with pytest.raises(WarehouseError, match=r"ends before it begins .*x in feature_importance"):
        publish(places.warehouse, places.published, places.link)


def test_only_the_version_that_is_asked_for_is_read_in_the_order_of_the_key(places: Places):
    write_importances(places, importances("a", "1", "y", "x"))
    write_importances(places, importances("b", "1", "z"), "b")
    publish(places.warehouse, places.published, places.link)

    with open_published(places.link) as con:
        found = read_results(con, "feature_importance", model="a", version="1")
        other = read_results(con, "feature_importance", model="a", version="2")
    assert found.columns == ["method", "split", "feature", "mean", "std", "low", "high"]
    assert found["feature"].to_list() == ["x", "y"]
    assert other.is_empty()


def test_a_table_that_models_do_not_write_is_refused(places: Places):
    with pytest.raises(WarehouseError, match="do not write the table things"):
        write_results(places.warehouse, {"things": pl.DataFrame()}, models=["a"])


@pytest.mark.parametrize("table", MODEL_TABLES, ids=lambda table: table.name)
def test_every_table_takes_rows_of_its_own_columns_and_is_published_with_them(
    places: Places, table: Table
):
    values = {"VARCHAR": "text", "DOUBLE": 0.5, "DATE": date(2026, 9, 1), "BOOLEAN": True}
    words = {name: allowed[0] for name, allowed in ALLOWED.get(table.name, {}).items()}
    row = {
        column.name: values.get(column.type, number)  # numbers differ, as those of things do
        for number, column in enumerate(table.columns)
    } | words
    write_results(places.warehouse, {table.name: pl.DataFrame([row])}, models=["text"])
    publish(places.warehouse, places.published, places.link)

    with duckdb.connect(str(places.link.resolve()), read_only=True) as con:
        assert con.execute(f"FROM {table.path}").fetchall() == [tuple(row.values())]


def test_what_models_write_into_a_warehouse_of_another_version_does_not_empty_it(places: Places):
    places.of_another_version()

    with pytest.raises(WarehouseError, match=r"another version.*thingistat run --things 0"):
        write_importances(places, importances("a", "1", "x"))
    with pytest.raises(WarehouseError, match=r"another version.*thingistat run --things 0"):
        write_provenance(places.warehouse, **NOTE)
    assert places.rows("SELECT id FROM things") == [(1,)]


def test_without_a_warehouse_models_cannot_write_and_none_is_made(places: Places):
    places.warehouse.unlink()

    with pytest.raises(WarehouseError, match="no warehouse yet"):
        write_importances(places, importances("a", "1", "x"))
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
