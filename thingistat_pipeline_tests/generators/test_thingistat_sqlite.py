import sqlite3
from contextlib import closing
from typing import Any

import pytest

from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.thingiverse.manifest import read_records
from thingistat_pipeline_tests.generators.thingistat_sqlite import as_imported, write_thingistat
from thingistat_pipeline_tests.generators.things import OBSERVED_AT, records, user_of

KEY = b"a key for tests"
THINGS = 150


def made(things: int) -> list[Any]:
    return list(records(things))


def test_rows_are_counted_as_distinct_things_creators_tags_and_categories(tmp_path):
    written = write_thingistat(tmp_path / "it.db", records(THINGS))
    things = made(THINGS)
    assert written.rows == {
        "things": THINGS,
        "creators": len({record.thing.creator.id for record in things}),
        "tags": len({tag.name for record in things for tag in record.thing.tags}),
        "categories": len({c.id for record in things for c in record.categories}),
    }


def test_equal_arguments_give_equal_bytes(tmp_path):
    first = write_thingistat(tmp_path / "a.db", records(50)).path.read_bytes()
    assert first == write_thingistat(tmp_path / "b.db", records(50)).path.read_bytes()


def test_the_early_schema_writes_the_text_null_and_stores_a_tag_every_time(tmp_path):
    written = write_thingistat(tmp_path / "it.db", records(THINGS), schema="early")
    things = made(THINGS)
    assert written.rows["tags"] == sum(len(record.thing.tags) for record in things)
    with closing(sqlite3.connect(written.path)) as con:
        empty = {id_ for (id_,) in con.execute("SELECT id FROM things WHERE tags = 'NULL'")}
        assert con.execute("SELECT count(*) FROM things WHERE tags IS NULL").fetchone() == (0,)
    assert empty == {record.thing_id for record in things if not record.thing.tags}


def test_the_later_schema_has_real_nulls_and_the_time_of_access(tmp_path):
    written = write_thingistat(tmp_path / "it.db", records(THINGS))
    with closing(sqlite3.connect(written.path)) as con:
        times = con.execute("SELECT DISTINCT accessed FROM things").fetchall()
        assert times == [(OBSERVED_AT.replace("Z", "+00:00"),)]
        query = "SELECT count(*) FROM things WHERE 'NULL' IN (tags, instructions, likes_ids)"
        assert con.execute(query).fetchone() == (0,)


def test_likers_are_user_numbers_of_seven_digits(tmp_path):
    for record in made(THINGS):
        assert all(1_000_000 < user_of(liker) < 10_000_000 for liker in record.likers)


@pytest.mark.parametrize("schema", ["later", "early"])
def test_the_importer_makes_of_it_what_a_faithful_one_must(tmp_path, schema):
    path = tmp_path / "2026-09-01.db"
    write_thingistat(path, records(THINGS), schema=schema)
    import_snapshot(path, tmp_path / "snapshots", liker_key=KEY, name="it")
    imported = {record.thing_id: record for record in read_records(tmp_path / "snapshots" / "it")}
    for record in made(THINGS):
        assert imported[record.thing_id] == as_imported(record, schema=schema, liker_key=KEY)
