"""ThingiStat's database becomes records: every column, in both schemas, by hand-made rows."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from thingistat_pipeline.snapshots import thingistat_sqlite
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.snapshots.source import Options, SnapshotError
from thingistat_pipeline.snapshots.thingistat_sqlite import ThingiStatDatabase
from thingistat_pipeline.thingiverse.manifest import Manifest, read_records
from thingistat_pipeline.thingiverse.records import Category, Creator, Record, Tag
from thingistat_pipeline_tests.snapshots.support import (
    ANN,
    COMMON,
    EARLY,
    KEY,
    LATER,
    database,
    thing,
)


class Imported:
    """What an import left behind."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        self.records = list(read_records(folder / manifest.name))
        self.rejects = [
            json.loads(line)
            for line in (folder / manifest.name / "rejects.jsonl").read_text().splitlines()
        ]

    @property
    def only(self) -> Record:
        (record,) = self.records
        return record


@pytest.fixture
def imported(tmp_path: Path):
    """Import a database written with the given schema and rows."""

    def run(schema: Iterator[str], *, options: dict[str, Any] | None = None, **rows: Any):
        path = database(tmp_path / "data_2022-08-11.db", schema, **rows)
        folder = tmp_path / "raw" / "snapshots"
        manifest = import_snapshot(path, folder, liker_key=KEY, **(options or {}))
        return Imported(folder, manifest)

    return run


def hashed(user: int) -> int:
    digest = blake2b(str(user).encode(), digest_size=8, key=KEY).hexdigest()
    return int(digest, 16) % 2**63


def test_a_row_of_the_early_schema_becomes_a_record(imported):
    row = thing(
        9,
        thumbnail="https://example.org/9.jpg",
        public_url="https://example.org/thing:9",
        modified="2020-01-03T04:04:05+01:00",
        is_wip=1,
        is_nsfw=0,
        like_count=3,
        collect_count=1,
        comment_count=2,
        description='A "vase"\r\nü',
        instructions="NULL",
        details="<div/>",
        license="BSD",
        allows_derivatives=1,
        file_count=2,
        print_history_count=0,
        download_count=264,
        view_count=300,
        remix_count=4,
        make_count=5,
        root_comment_count=1,
        is_derivative=0,
        can_comment=1,
        added_images_count=-1,
        likes_count=2,
        likes_ids="[11, 12]",
        average_download_count=329,
        tags='["pot", "vase_mode"]',
        ancestor_ids="[3, 2]",
    )
    tag_rows = [
        {"name": "Pot", "tag": "pot", "absolute_url": "https://example.org/pot", "count": 7},
        {"name": "Vase Mode", "tag": "vase_mode", "absolute_url": "NULL", "count": 8},
        {"name": "Pot", "tag": "pot", "absolute_url": "https://example.org/pot", "count": 9},
    ]

    record = imported(EARLY, things=[row], tags=tag_rows).only

    assert record.thing_id == 9
    assert record.outcome == "ok"
    assert record.observed_at == "2022-08-11T12:00:00Z"  # the day in the file's name
    assert record.likers == [hashed(11), hashed(12)]
    assert record.likers_truncated is True  # 3 likes, 2 likers
    assert (record.categories, record.files, record.images) == (None, None, None)
    found = record.thing
    assert found is not None
    assert found.creator == Creator(
        id=70,
        name="ann",
        public_url="https://example.org/ann",
        count_of_followers=4,
        count_of_following=0,
        count_of_designs=2,
        accepts_tips=True,
    )
    assert found.tags == [
        Tag(name="Pot", tag="pot", absolute_url="https://example.org/pot", count=9),
        Tag(name="Vase Mode", tag="vase_mode", absolute_url=None, count=8),
    ]
    assert found.ancestors == [3, 2]
    expected = {
        **{name: row[name] for name in row if name.endswith("_count")},
        "name": "Thing 9",
        "thumbnail": "https://example.org/9.jpg",
        "public_url": "https://example.org/thing:9",
        "added": "2020-01-02T03:04:05Z",
        "modified": "2020-01-03T03:04:05Z",
        "is_wip": True,
        "is_featured": None,
        "is_nsfw": False,
        "allows_derivatives": True,
        "is_derivative": False,
        "can_comment": True,
        "description": 'A "vase"\r\nü',
        "instructions": None,
        "details": "<div/>",
        "license": "BSD",
        "image_count": 1,  # 2 files and one picture fewer
    }
    del expected["added_images_count"], expected["likes_count"]
    assert {name: getattr(found, name) for name in expected} == expected


def test_a_row_of_the_later_schema_brings_its_own_time_and_categories(imported):
    row = thing(
        9,
        accessed="2022-09-03T04:05:06+00:00",
        categories='["Household", "Unlisted"]',
        like_count=1,
        likes_ids="[11]",
    )
    category = {"id": 73, "name": "Household", "count": 20, "slug": "household"}

    result = imported(LATER, things=[row], categories=[category])

    assert result.only.observed_at == "2022-09-03T04:05:06Z"
    assert result.only.categories == [
        Category(name="Household", slug="household", id=73, count=20),
        Category(name="Unlisted"),
    ]
    assert result.only.likers_truncated is False
    assert result.manifest.origin["schema"] == "later"
    assert result.manifest.origin["observed_at"] == "the column accessed"


@pytest.mark.parametrize("missing", ["NULL", None])
@pytest.mark.parametrize(
    ("like_count", "likers"), [(0, []), (3, None), (None, None)], ids=["no", "some", "unknown"]
)
def test_a_missing_list_of_likers_is_empty_only_where_nobody_likes(
    imported, missing, like_count, likers
):
    row = thing(1, like_count=like_count, likes_ids=missing, tags=missing, ancestor_ids=missing)

    record = imported(EARLY, things=[row]).only

    assert record.likers == likers
    assert record.thing is not None
    assert (record.thing.tags, record.thing.ancestors) == ([], [])


def test_personal_columns_are_dropped_unless_they_are_wanted(imported, tmp_path):
    result = imported(EARLY, things=[thing(1)])

    assert result.manifest.origin["dropped_personal"] == [
        "creators.first_name",
        "creators.last_name",
        "creators.location",
    ]
    folder = tmp_path / "raw" / "snapshots" / result.manifest.name
    for path in folder.iterdir():
        assert b"Invented" not in path.read_bytes()
    assert "Invented" not in str(result.records)


def test_personal_columns_are_kept_on_demand(imported):
    result = imported(EARLY, things=[thing(1)], options={"keep_personal_data": True})

    creator = result.only.thing.creator
    assert (creator.first_name, creator.last_name, creator.location) == (
        "Ann",
        "Invented",
        "Nowhere",
    )
    assert result.manifest.origin["dropped_personal"] == []


def test_a_creator_without_a_row_is_known_by_number_only(imported):
    result = imported(EARLY, things=[thing(1, creator_id=99)], creators=[])

    assert result.only.thing.creator == Creator(id=99, name="")
    assert result.manifest.origin["notes"] == {"things whose creator has no row": 1}


def test_a_thing_without_a_creator_has_none(imported):
    assert imported(EARLY, things=[thing(1, creator_id=None)]).only.thing.creator is None


def test_a_tag_without_a_row_keeps_its_key(imported):
    record = imported(EARLY, things=[thing(1, tags='["pot"]')]).only

    assert record.thing.tags == [Tag(name="pot", tag="pot")]


def test_a_picture_count_that_cannot_be_is_unknown_and_counted(imported):
    result = imported(EARLY, things=[thing(1, file_count=0, added_images_count=-2)])

    assert result.only.thing.image_count is None
    assert list(result.manifest.origin["notes"].values()) == [1]


def test_a_picture_count_too_large_for_the_tables_is_unknown_and_counted(imported):
    values = {"file_count": 2**62, "added_images_count": 2**62}
    result = imported(EARLY, things=[thing(1, **values)])

    assert result.only.thing.image_count is None
    assert list(result.manifest.origin["notes"].values()) == [1]


@pytest.mark.parametrize(
    ("values", "column", "why"),
    [
        ({"id": None}, "things.id", "is not a positive number"),
        ({"id": -4}, "things.id", "is not a positive number"),
        ({"id": "seven"}, "things.id", "is not a whole number"),
        ({"download_count": 2.7}, "things.download_count", "is not a whole number"),
        ({"download_count": "many"}, "things.download_count", "is not a whole number"),
        ({"download_count": -1}, "things.download_count", "is a negative count"),
        ({"is_wip": 7}, "things.is_wip", "is a flag but neither 0 nor 1"),
        ({"added": "yesterday"}, "things.added", "is not an ISO 8601 time"),
        ({"tags": "[pot]"}, "things.tags", "is not the JSON list it should be"),
        ({"tags": '{"a": 1}'}, "things.tags", "is not the JSON list it should be"),
        ({"tags": "[1]"}, "things.tags", "is not the JSON list it should be"),
        ({"likes_ids": '["ann"]'}, "things.likes_ids", "is not the JSON list it should be"),
        ({"name": sqlite3.Binary(b"\xff")}, "things.name", "is not UTF-8 text"),
        ({"added": "0001-01-01T00:00:00+05:00"}, "things.added", "is not an ISO 8601 time"),
        ({"added": "9999-12-31T23:00:00-05:00"}, "things.added", "is not an ISO 8601 time"),
        ({"ancestor_ids": f"[{2**63}]"}, "things.ancestor_ids", "has a number beyond 64 bits"),
        ({"likes_ids": f"[1, {2**64}]"}, "things.likes_ids", "has a number beyond 64 bits"),
    ],
)
def test_a_row_that_cannot_be_read_is_put_into_the_ledger(imported, values, column, why):
    result = imported(EARLY, things=[thing(1), {**thing(2), **values}, thing(3)])

    assert [record.thing_id for record in result.records] == [1, 3]
    (reject,) = result.rejects
    assert reject["reason"].startswith(f"{column} {why}")
    assert reject["row"]["table"] == "things"
    assert reject["row"]["column"] == column
    assert result.manifest.counts.rejected == 1
    assert result.manifest.counts.ok == result.manifest.counts.attempted == 2


def test_the_ledger_does_not_say_who_likes_what(imported):
    result = imported(EARLY, things=[thing(2, likes_ids="[4242, ")])

    assert "4242" not in json.dumps(result.rejects)


def test_rows_that_nothing_refers_to_are_put_into_the_ledger(imported):
    result = imported(
        LATER,
        things=[thing(1, tags='["pot"]', accessed="2022-09-01T00:00:00+00:00")],
        creators=[ANN, {**ANN, "id": 71}],
        tags=[
            {"name": "Pot", "tag": "pot", "count": 1},
            {"name": "POT", "tag": "pot", "count": 2},
            {"name": "vase", "tag": "vase"},
            {"name": "x", "tag": None},
            {"name": "bad", "tag": "bad", "count": -1},
        ],
        categories=[{"id": 1, "name": "Art", "slug": "art", "count": 3}],
    )

    assert result.only.thing.tags == [Tag(name="POT", tag="pot", count=2)]
    told = {
        (reject["row"]["table"], str(reject["row"].get("name") or reject["row"].get("id"))): reject[
            "reason"
        ]
        for reject in result.rejects
    }
    assert told == {
        ("tags", "Pot"): "another spelling of a tag; a later row counts",
        ("tags", "vase"): "no thing bears this tag",
        ("tags", "x"): "has no key",
        ("tags", "bad"): "tags.count is a negative count",
        ("categories", "Art"): "no thing is in this category",
        ("creators", "71"): "nobody's thing is in the database",
    }
    assert result.manifest.counts.rejected == 6


def test_a_thing_that_occurs_twice_is_taken_once(imported):
    schema = (EARLY[0].replace("id INT PRIMARY KEY", "id INT"), *EARLY[1:])

    result = imported(schema, things=[thing(1, name="first"), thing(1, name="second")])

    assert result.only.thing.name == "first"
    assert result.rejects == [{"row": {"id": 1}, "reason": "the id occurs twice"}]


def test_every_column_is_mapped_or_listed_as_unmapped(imported):
    schema = (
        EARLY[0].replace("likes_count INT,", "likes_count INT, mood TEXT,"),
        *EARLY[1:],
        "CREATE TABLE diary (day TEXT, entry TEXT)",
    )

    origin = imported(schema, things=[thing(1)]).manifest.origin

    assert origin["unmapped"] == ["things.mood", "diary.day", "diary.entry"]
    mapped = {name.split(".")[1] for name in origin["columns"] if name.startswith("things.")}
    assert mapped == {part.split()[0] for part in COMMON.split(",") if part.strip()} | {
        "likes_count",
        "likes_ids",
        "average_download_count",
        "tags",
        "ancestor_ids",
        "creator_id",
    }


def test_the_origin_says_what_was_found(imported):
    things = [
        thing(1, added="2014-05-06T00:00:00+00:00", instructions="NULL"),
        thing(2, added="2021-05-06T00:00:00+00:00", instructions="NULL"),
    ]

    origin = imported(EARLY, things=things).manifest.origin

    assert origin["kind"] == "thingistat_sqlite"
    assert origin["schema"] == "2022-08"
    assert origin["rows"] == {"things": 2, "creators": 1, "tags": 0}
    assert origin["added"] == {"first": "2014-05-06T00:00:00Z", "last": "2021-05-06T00:00:00Z"}
    assert origin["observed_at"] == "the date in the file's name"
    assert origin["null_texts"] == {"things.instructions": 2}


def test_a_named_day_counts_where_the_rows_say_none(imported):
    result = imported(EARLY, things=[thing(1)], options={"observed_on": date(2022, 8, 30)})

    assert result.only.observed_at == "2022-08-30T12:00:00Z"
    assert result.manifest.origin["observed_at"] == "the option --observed-on"


def test_rows_without_a_time_of_access_take_the_day(imported):
    things = [thing(1, accessed="2022-09-03T04:05:06+00:00"), thing(2, accessed=None)]

    result = imported(LATER, things=things)

    assert [record.observed_at for record in result.records] == [
        "2022-09-03T04:05:06Z",
        "2022-08-11T12:00:00Z",
    ]
    assert result.manifest.origin["observed_at"] == (
        "the column accessed, and where it is empty the date in the file's name"
    )


def test_an_empty_text_for_the_time_of_access_is_no_time(imported):
    result = imported(LATER, things=[thing(1, accessed=""), thing(2, accessed="")])

    assert [record.observed_at for record in result.records] == ["2022-08-11T12:00:00Z"] * 2
    assert result.rejects == []


def test_a_thing_published_after_its_own_access_is_rejected_and_the_others_come(imported):
    day = "2022-09-03T04:05:06+00:00"
    late = thing(2, accessed=day, added="2022-09-04T00:00:00+00:00")

    result = imported(LATER, things=[thing(1, accessed=day), late])

    assert result.only.thing_id == 1
    (reject,) = result.rejects
    assert reject["row"]["id"] == 2
    assert reject["reason"] == "things.added is after the time of access (2022-09-03T04:05:06Z)"
    assert result.manifest.origin["added"]["last"] == "2020-01-02T03:04:05Z"


def test_a_creator_in_two_rows_does_not_double_things(imported):
    schema = (EARLY[0], EARLY[1].replace("id INT PRIMARY KEY", "id INT"), EARLY[2])

    result = imported(schema, things=[thing(1), thing(2)], creators=[ANN, ANN, ANN])

    assert [record.thing_id for record in result.records] == [1, 2]
    assert {record.thing.creator.name for record in result.records} == {"ann"}
    told = {
        "row": {"table": "creators", "id": 70},
        "reason": "the id occurs twice; one row counts",
    }
    assert result.rejects == [told, told]


@pytest.mark.parametrize("ending", ["", " WITHOUT ROWID"])
def test_batches_are_the_same_wherever_reading_starts(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(thingistat_sqlite, "ROWS_PER_BATCH", 3)
    things = [thing(i, tags='["pot"]') for i in (9, 4, 7, 1, 8, 2, 6)]
    things[4]["download_count"] = -1
    schema = (f"{EARLY[0]}{ending}", *EARLY[1:])
    path = database(tmp_path / "data_2022-08-11.db", schema, things=things)
    options = Options(liker_key=KEY, observed_on=None, keep_personal_data=False)

    whole = list(ThingiStatDatabase(path, options).batches(0))

    order = sorted(row["id"] for row in things) if ending else [row["id"] for row in things]
    assert [r.thing_id for batch in whole for r in batch.records] == [i for i in order if i != 8]
    assert [batch.rows for batch in whole] == [3, 3, 1]
    assert sum(len(batch.rejects) for batch in whole) == 1
    for start in range(4):
        assert list(ThingiStatDatabase(path, options).batches(start)) == whole[start:]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2020-01-02T03:04:05+00:00", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05", "2020-01-02T03:04:05Z"),
        ("2020-01-02 03:04:05.999+00:00", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05-05:30", "2020-01-02T08:34:05Z"),
        ("2020-01-02", "2020-01-02T00:00:00Z"),
        ("", None),
    ],
)
def test_times_are_written_in_utc(imported, written, read):
    assert imported(EARLY, things=[thing(1, modified=written)]).only.thing.modified == read


def test_a_tag_that_many_things_bear_is_used_and_one_that_none_bears_is_left_over(
    imported, monkeypatch
):
    monkeypatch.setattr(thingistat_sqlite, "ROWS_PER_BATCH", 2)
    things = [thing(i, tags='["pot"]' if i % 2 else '["vase"]') for i in range(1, 8)]
    tags = [{"name": name, "tag": name} for name in ("pot", "vase", "lamp")]

    result = imported(EARLY, things=things, tags=tags, options={"records_per_part": 2})

    assert [reject["row"]["tag"] for reject in result.rejects] == ["lamp"]


def test_a_table_of_tags_without_row_numbers_is_read(imported):
    tags = "CREATE TABLE tags (name TEXT, tag TEXT PRIMARY KEY, count INT) WITHOUT ROWID"

    record = imported(
        (*EARLY[:2], tags),
        things=[thing(1, tags='["pot"]')],
        tags=[{"name": "Pot", "tag": "pot", "count": 3}],
    ).only

    assert record.thing.tags == [Tag(name="Pot", tag="pot", count=3)]


@pytest.mark.parametrize(
    ("schema", "missing"),
    [
        ((EARLY[0], "CREATE TABLE creators (name TEXT)", EARLY[2]), "creators.id"),
        ((*EARLY[:2], "CREATE TABLE tags (name TEXT)"), "tags.tag"),
    ],
)
def test_a_table_without_its_key_is_named(tmp_path: Path, schema, missing):
    path = database(tmp_path / "of_2022-08-11.db", schema, creators=())

    with pytest.raises(SnapshotError, match=f"not ThingiStat's: it has no {missing} "):
        import_snapshot(path, tmp_path / "snapshots", liker_key=KEY)


def test_without_any_date_the_option_is_asked_for(tmp_path: Path):
    path = database(tmp_path / "snapshot.db", EARLY, things=[thing(1)])

    with pytest.raises(SnapshotError, match="--observed-on YYYY-MM-DD"):
        import_snapshot(path, tmp_path / "snapshots", liker_key=KEY)


def test_a_day_before_a_thing_was_published_is_refused(tmp_path: Path):
    path = database(
        tmp_path / "of_2022-08-11.db", EARLY, things=[thing(1, added="2022-08-12T00:00:00+00:00")]
    )

    with pytest.raises(SnapshotError, match="its thing 1 was published on 2022-08-12"):
        import_snapshot(path, tmp_path / "raw" / "snapshots", liker_key=KEY)
    assert list(tmp_path.rglob("things-*")) == []


def test_a_database_without_things_gives_an_empty_snapshot(imported):
    result = imported(EARLY)

    assert result.records == []
    assert result.manifest.counts.attempted == 0


def test_a_wal_database_that_was_closed_is_read(tmp_path: Path):
    path = database(tmp_path / "wal_2022-08-11.db", EARLY, things=[thing(1)])
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA journal_mode = WAL")
    before = sorted(tmp_path.iterdir())

    manifest = import_snapshot(path, tmp_path / "raw" / "snapshots", liker_key=KEY)

    assert manifest.counts.ok == 1
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "raw"])


def test_a_wal_database_with_unsaved_changes_is_refused(tmp_path: Path):
    path = database(tmp_path / "wal_2022-08-11.db", EARLY)
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA journal_mode = WAL")
        con.execute("INSERT INTO creators (id) VALUES (1)")
        con.commit()

        with pytest.raises(SnapshotError, match=r"wal_2022-08-11\.db-wal.*wal_checkpoint"):
            import_snapshot(path, tmp_path / "raw" / "snapshots", liker_key=KEY)


def test_unsaved_changes_are_seen_through_a_symbolic_link(tmp_path: Path):
    path = database(tmp_path / "wal_2022-08-11.db", EARLY)
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link_2022-08-11.db"
    link.symlink_to(path)
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA journal_mode = WAL")
        con.execute("INSERT INTO creators (id) VALUES (1)")
        con.commit()

        with pytest.raises(SnapshotError, match=r"wal_2022-08-11\.db-wal"):
            import_snapshot(link, tmp_path / "raw" / "snapshots", liker_key=KEY)


def test_a_damaged_database_is_refused_and_leaves_nothing(tmp_path: Path):
    things = [thing(i, description="long " * 500) for i in range(1, 50)]
    path = database(tmp_path / "of_2022-08-11.db", EARLY, things=things)
    content = bytearray(path.read_bytes())
    content[20_000:60_000] = b"\xaa" * 40_000
    path.write_bytes(content)

    with pytest.raises(SnapshotError, match="damaged or encrypted"):
        import_snapshot(path, tmp_path / "raw" / "snapshots", liker_key=KEY)
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_cut_short_is_refused(tmp_path: Path):
    things = [thing(i, description="long " * 500) for i in range(1, 50)]
    path = database(tmp_path / "of_2022-08-11.db", EARLY, things=things)
    path.write_bytes(path.read_bytes()[:50_000])

    with pytest.raises(SnapshotError, match="damaged or encrypted"):
        import_snapshot(path, tmp_path / "raw" / "snapshots", liker_key=KEY)


def test_another_sqlite_database_is_named_as_such(tmp_path: Path):
    path = database(tmp_path / "x.db", ["CREATE TABLE recipes (id INT)"], creators=())

    with pytest.raises(SnapshotError, match=r"not ThingiStat's.*its tables: recipes"):
        import_snapshot(path, tmp_path / "snapshots", liker_key=KEY)
