"""The real database of 33 things, through the import and the warehouse and back.

Lives with the snapshots' tests although it reads through the warehouse: what it tests is that
nothing of the snapshot is lost on the way.
"""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.thingiverse.manifest import Manifest, read_records
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import read_table

KEY = b"a key for tests"
PERSONAL = ("first_name", "last_name", "location")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def database(real_data: Path) -> Path:
    return real_data / "snapshots" / "thingistat_2022-08-11_33_things.db"


@pytest.fixture(scope="module")
def original(database: Path) -> dict[str, list[Row]]:
    """Every row of the database as sqlite3 gives it, the text 'NULL' as missing."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as con:
        con.row_factory = sqlite3.Row
        return {
            table: [
                {name: None if value == "NULL" else value for name, value in dict(row).items()}
                for row in con.execute(f"SELECT * FROM {table}")
            ]
            for table in ("things", "creators", "tags")
        }


@pytest.fixture(scope="module")
def lineage(database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = tmp_path_factory.mktemp("data")
    manifest = import_snapshot(database, folder / "raw" / "snapshots", liker_key=KEY)
    warehouse = folder / "warehouse" / "warehouse.duckdb"
    load_warehouse(warehouse, folder / "raw" / "things", folder / "raw" / "snapshots", run_id="r")
    publish(warehouse, folder / "published", folder / "thingistat.duckdb")
    return folder, manifest


def by_id(rows: list[Row]) -> dict[int, Row]:
    return {row["id"]: row for row in rows}


def test_everything_comes_through(lineage, original):
    folder, manifest = lineage

    assert manifest.counts.ok == manifest.counts.attempted == 33
    assert manifest.counts.rejected == 0
    assert manifest.origin["schema"] == "2022-08"
    assert manifest.origin["unmapped"] == []
    assert read_table("things", folder).height == 33
    assert read_table("creators", folder).height == 33
    # The early schema has one row in `tags` for every use of a tag: 57 uses of 48 tags.
    assert len(original["tags"]) == read_table("thing_tags", folder).height == 57
    assert read_table("tags", folder).height == len({row["tag"] for row in original["tags"]})


@pytest.mark.parametrize(
    "column",
    [
        *("name", "thumbnail", "public_url", "description", "instructions", "details", "license"),
        *("like_count", "collect_count", "comment_count", "file_count", "print_history_count"),
        *("download_count", "view_count", "remix_count", "make_count", "root_comment_count"),
        *("added_images_count", "average_download_count", "creator_id"),
    ],
)
def test_a_column_of_things_has_the_same_value_in_every_row(lineage, original, column):
    found = {row["id"]: row[column] for row in read_table("things", lineage[0]).to_dicts()}

    assert found == {row["id"]: row[column] for row in original["things"]}


@pytest.mark.parametrize(
    "column", ["is_wip", "is_featured", "is_nsfw", "allows_derivatives", "is_derivative"]
)
def test_a_flag_of_things_has_the_same_value_in_every_row(lineage, original, column):
    found = {row["id"]: row[column] for row in read_table("things", lineage[0]).to_dicts()}

    assert found == {
        row["id"]: {0: False, 1: True, None: None}[row[column]] for row in original["things"]
    }


@pytest.mark.parametrize("column", ["added", "modified"])
def test_a_time_of_things_is_the_same_moment(lineage, original, column):
    found = {row["id"]: row[column] for row in read_table("things", lineage[0]).to_dicts()}

    assert found == {
        row["id"]: datetime.strptime(row[column], "%Y-%m-%dT%H:%M:%S+00:00")
        for row in original["things"]
    }


def test_thingistats_view_gives_back_the_things_column_by_column(lineage, original):
    """All but the likers, who are hashed, and `likes_count`, which the later schema dropped."""
    view = by_id(read_table("thingistat.things", lineage[0]).to_dicts())
    lists = ("tags", "ancestor_ids")

    assert view.keys() == by_id(original["things"]).keys()
    for thing_id, row in by_id(original["things"]).items():
        found = view[thing_id]
        plain = row.keys() - {"likes_count", "likes_ids", *lists}
        assert {name: found[name] for name in plain} == {name: row[name] for name in plain}
        for name in lists:
            assert json.loads(found[name] or "[]") == json.loads(row[name] or "[]")
        assert found["accessed"] == "2022-08-11T12:00:00+00:00"
        assert found["categories"] is None


def test_likers_are_hashed_and_complete(lineage, original):
    view = by_id(read_table("thingistat.things", lineage[0]).to_dicts())

    for row in original["things"]:
        hashes = json.loads(view[row["id"]]["likes_ids"] or "[]")
        users = json.loads(row["likes_ids"] or "[]")
        expected = {
            int(blake2b(str(user).encode(), digest_size=8, key=KEY).hexdigest(), 16) % 2**63
            for user in users
        }
        assert set(hashes) == expected
        assert len(hashes) == row["likes_count"] == row["like_count"]


def test_thingistats_view_gives_back_the_creators_without_personal_data(lineage, original):
    view = by_id(read_table("thingistat.creators", lineage[0]).to_dicts())

    assert view == {row["id"]: {**row, **dict.fromkeys(PERSONAL)} for row in original["creators"]}


def test_thingistats_view_gives_back_the_tags_with_their_last_count(lineage, original):
    view = {row["tag"]: row for row in read_table("thingistat.tags", lineage[0]).to_dicts()}

    assert view == {row["tag"]: row for row in original["tags"]}


def test_no_personal_value_is_in_the_raw_records_or_the_tables(lineage, original):
    """Last names of some length that are not part of somebody's public user name or a text."""
    folder, manifest = lineage
    public = " ".join(
        str(value)
        for rows in original.values()
        for row in rows
        for name, value in row.items()
        if name not in PERSONAL
    ).lower()
    private = {
        row[name]
        for row in original["creators"]
        for name in PERSONAL
        if len(row[name] or "") > 4 and row[name].lower() not in public
    }
    records = str(list(read_records(folder / "raw" / "snapshots" / manifest.name)))
    tables = read_table("creators", folder).write_csv() + read_table("things", folder).write_json()

    assert len(private) > 5
    assert [name for name in private if name in records or name in tables] == []


def test_the_load_says_that_its_things_are_real(lineage):
    loads = read_table("meta.loads", lineage[0]).row(0, named=True)

    assert (loads["kind"], loads["source"], loads["live"]) == ("snapshot", "snapshot", 33)
