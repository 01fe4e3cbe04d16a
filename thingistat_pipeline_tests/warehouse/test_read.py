"""Reading what was published, as an analyst does."""

import re
from pathlib import Path

import duckdb
import polars as pl
import pytest

from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import connect, open_published, query, read_table
from thingistat_pipeline.warehouse.working import WarehouseError
from thingistat_pipeline_tests.warehouse.support import Places, live, write_load


@pytest.fixture
def data_dir(places: Places) -> Path:
    write_load(places.nights, "2026-09-01", [live(2, tags=["pot"]), live(1)])
    places.load()
    publish(places.warehouse, places.published, places.link)
    return places.folder


def test_a_table_is_read_as_a_frame(data_dir: Path):
    frame = read_table("things", data_dir)

    assert frame["id"].to_list() == [1, 2]
    assert frame.schema["like_count"] == pl.Int64
    assert frame.schema["added"] == pl.Datetime("us")


def test_tables_of_other_schemas_are_read_by_their_full_name(data_dir: Path):
    assert read_table("meta.loads", data_dir)["load"].to_list() == ["2026-09-01"]
    assert read_table("thingistat.tags", data_dir).columns == [
        "name",
        "tag",
        "absolute_url",
        "count",
    ]


@pytest.mark.parametrize("name", ["thing", "things; DROP TABLE things", "staging.records", ""])
def test_an_unknown_table_is_answered_with_those_there_are(data_dir: Path, name: str):
    with pytest.raises(
        WarehouseError, match=r"There are: things, text_measures, observations, .*meta\.loads"
    ):
        read_table(name, data_dir)


def test_the_settings_name_the_data_folder_where_nobody_else_does(data_dir: Path, monkeypatch):
    monkeypatch.setenv("THINGISTAT_DATA_DIR", str(data_dir))

    assert read_table("things").height == 2


def test_without_a_published_file_the_way_to_one_is_told(tmp_path: Path):
    with pytest.raises(WarehouseError, match="Run `thingistat run` first"):
        connect(tmp_path)
    with pytest.raises(WarehouseError, match="Run `thingistat run` first"):
        query("SELECT 1", tmp_path)


def test_a_damaged_published_file_is_named(data_dir: Path):
    file = (data_dir / "thingistat.duckdb").resolve()
    file.chmod(0o644)
    file.write_bytes(b"x" * 20000)

    with pytest.raises(WarehouseError, match=f"{re.escape(str(file))} cannot be opened"):
        connect(data_dir)
    with pytest.raises(WarehouseError, match=f"{re.escape(str(file))} cannot be opened"):
        query("SELECT 1", data_dir)


def test_a_connection_cannot_write(data_dir: Path):
    with connect(data_dir) as con, pytest.raises(duckdb.InvalidInputException):
        con.execute("DELETE FROM things")


def test_a_query_returns_a_frame(data_dir: Path):
    frame = query("SELECT tag, count(*) AS n FROM thing_tags GROUP BY tag", data_dir)

    assert frame.to_dicts() == [{"tag": "pot", "n": 1}]


def test_a_query_lists_the_published_tables(data_dir: Path):
    assert "things" in query("SHOW TABLES", data_dir)["name"].to_list()


@pytest.mark.parametrize("sql", ["CREATE TEMP TABLE t (i INTEGER)", ""])
def test_a_statement_without_rows_gives_an_empty_frame(data_dir: Path, sql: str):
    assert query(sql, data_dir).is_empty()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "COPY things TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/out.duckdb'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "DELETE FROM things",
        "DROP TABLE things",
        "SELECT nonsense FROM things",
        "SELEC",
        "SELECT * FROM frame",
    ],
)
def test_a_query_cannot_leave_the_published_tables(data_dir: Path, tmp_path: Path, sql: str):
    file = tmp_path / "secret.csv"
    file.write_text("a\n1\n")
    frame = pl.DataFrame({"a": [1]})  # DuckDB would find it by its name in Python
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(WarehouseError, match="DuckDB refuses the query"):
        query(sql.format(file=file, folder=tmp_path), data_dir)
    assert frame.height == 1
    assert sorted(tmp_path.rglob("*")) == before
    assert read_table("things", data_dir).height == 2


def test_a_locked_down_query_does_not_lock_other_connections(data_dir: Path):
    with open_published(data_dir / "thingistat.duckdb") as con:
        query("SELECT 1", data_dir)

        con.execute("SET threads = 1")
        assert con.execute("SELECT count(*) FROM things").fetchall() == [(2,)]
