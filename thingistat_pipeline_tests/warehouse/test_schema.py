"""The schema: everything is commented, and ThingiStat's columns are ThingiStat's."""

import duckdb
import pytest

from thingistat_pipeline.thingiverse.records import Creator, File, Record
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.raw_columns import columns_of, staging_columns
from thingistat_pipeline.warehouse.schema import literal, quoted
from thingistat_pipeline.warehouse.tables import TABLES
from thingistat_pipeline.warehouse.views import VIEWS
from thingistat_pipeline_tests.warehouse.support import Places, live, write_load

# From javathejhut/ThingiStat, src/db_structure.py.
THINGISTAT = {
    "things": (
        "id name thumbnail public_url added modified is_wip is_featured is_nsfw like_count "
        "collect_count comment_count description instructions details license allows_derivatives "
        "file_count print_history_count download_count view_count remix_count make_count "
        "root_comment_count is_derivative can_comment added_images_count likes_ids "
        "average_download_count tags ancestor_ids creator_id accessed categories"
    ),
    "creators": (
        "id name first_name last_name public_url count_of_followers count_of_following "
        "count_of_designs accepts_tips location"
    ),
    "tags": "name tag absolute_url count",
    "categories": "id name count slug",
}


@pytest.fixture
def published(places: Places) -> duckdb.DuckDBPyConnection:
    write_load(places.nights, "2026-09-01", [live(1)])
    places.load()
    publish(places.warehouse, places.published, places.link)
    return duckdb.connect(str(places.link.resolve()), read_only=True)


def test_every_table_view_and_column_of_the_published_file_has_a_comment(published):
    relations = published.execute(
        "SELECT schema_name, table_name, comment FROM duckdb_tables() "
        "UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    columns = published.execute(
        "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() "
        "WHERE NOT internal"
    ).fetchall()

    declared = (*TABLES, *VIEWS)
    assert sorted(relations) == sorted((it.schema, it.name, it.comment) for it in declared)
    assert sorted(columns) == sorted(
        (it.schema, it.name, column.name, column.comment)
        for it in declared
        for column in it.columns
    )
    assert all(comment for *_, comment in relations + columns)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_columns_of_a_views_query_bear_the_declared_names(published, view):
    # DuckDB's comments on the columns of a view go by the names in the query; two equal ones there
    # share one comment.
    described = published.execute(f"DESCRIBE {view.query}").fetchall()

    assert [name for name, *_ in described] == [column.name for column in view.columns]


def test_every_view_says_how_old_clients_open_it():
    assert all("DuckDB 1.2 to 1.4: open the file itself" in view.comment for view in VIEWS)


@pytest.mark.parametrize("view", THINGISTAT)
def test_a_thingistat_view_has_exactly_its_later_columns(published, view):
    columns = [name for name, *_ in published.execute(f"DESCRIBE thingistat.{view}").fetchall()]

    assert columns == THINGISTAT[view].split()


def test_every_table_has_a_key_of_its_own_columns():
    for table in TABLES:
        assert set(table.key) <= {column.name for column in table.columns}


def test_duckdb_types_follow_the_record_form():
    assert columns_of(File) == {
        "id": "BIGINT",
        "name": "VARCHAR",
        "size": "BIGINT",
        "download_count": "BIGINT",
        "added": "TIMESTAMP",
    }
    assert columns_of(Creator)["accepts_tips"] == "BOOLEAN"
    assert columns_of(Record)["likers"] == "BIGINT[]"
    assert columns_of(Record)["images"] == ('STRUCT("id" BIGINT, "name" VARCHAR, "url" VARCHAR)[]')
    assert staging_columns()["print_settings"] == "MAP(VARCHAR, VARCHAR)"
    assert staging_columns()["average_download_count"] == "DOUBLE"
    assert "thing" not in staging_columns()


def test_names_and_texts_are_quoted_so_that_they_cannot_end_early():
    name, text = 'a"b', "it's"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE {quoted(name)} (i INTEGER)")
        con.execute(f"COMMENT ON TABLE {quoted(name)} IS {literal(text)}")

        found = con.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall()

    assert found == [(name, text)]
