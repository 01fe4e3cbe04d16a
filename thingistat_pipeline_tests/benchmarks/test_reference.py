import sqlite3
from contextlib import closing
from typing import Any

from benchmarks.load.reference import add_thing
from thingistat_pipeline_tests.generators.thingistat_sqlite import create_tables, write_thingistat
from thingistat_pipeline_tests.generators.things import records

THINGS = 60


def test_thing_by_thing_comes_to_the_same_database_as_in_bulk(tmp_path):
    bulk = write_thingistat(tmp_path / "bulk.db", records(THINGS))
    path = tmp_path / "single.db"
    with closing(sqlite3.connect(path)) as con:
        create_tables(con, "later")
    for record in records(THINGS):
        add_thing(path, record)
    with closing(sqlite3.connect(bulk.path)) as one, closing(sqlite3.connect(path)) as other:
        for table in bulk.rows:
            query = f"SELECT * FROM {table} ORDER BY rowid"
            assert one.execute(query).fetchall() == other.execute(query).fetchall()


def test_every_thing_has_a_connection_of_its_own_and_every_insert_asks_for_the_columns(
    tmp_path, monkeypatch
):
    path = tmp_path / "it.db"
    with closing(sqlite3.connect(path)) as con:
        create_tables(con, "later")
    statements: list[str] = []
    opened = []
    connect = sqlite3.connect

    def watched(*arguments):
        con = connect(*arguments)
        con.set_trace_callback(statements.append)
        opened.append(con)
        return con

    monkeypatch.setattr(sqlite3, "connect", watched)
    made: list[Any] = list(records(5))
    for record in made:
        add_thing(path, record)
    inserts = sum(2 + len(record.thing.tags) + len(record.categories) for record in made)
    assert len(opened) == 5
    for kind, times in (
        ("PRAGMA table_info", inserts),
        ("INSERT OR IGNORE", inserts),
        ("COMMIT", 5),
        ("PRAGMA foreign_keys", 5),
    ):
        assert sum(statement.startswith(kind) for statement in statements) == times, kind
