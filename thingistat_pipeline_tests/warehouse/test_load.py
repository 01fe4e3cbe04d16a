"""Loading: what arrives in the tables, and that only what changed is read."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.thingiverse.manifest import read_manifest, write_manifest
from thingistat_pipeline.thingiverse.records import (
    Category,
    Creator,
    File,
    Image,
    Record,
    Tag,
    Thing,
)
from thingistat_pipeline.warehouse import load as load_module
from thingistat_pipeline.warehouse.contents import schema_differences
from thingistat_pipeline.warehouse.model_tables import MODEL_TABLES
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.tables import PROVENANCE, TABLES
from thingistat_pipeline.warehouse.working import WarehouseError, working_connection
from thingistat_pipeline_tests.warehouse.support import (
    Places,
    contents,
    gone,
    live,
    strange,
    write_load,
)

MORNING, EVENING = "2026-09-01T06:00:00Z", "2026-09-01T18:00:00Z"


def test_a_full_record_arrives_in_every_table_it_belongs_to(places: Places):
    record = Record(
        thing_id=7,
        observed_at="2026-09-01T12:00:00Z",
        outcome="ok",
        status=200,
        panel=True,
        thing=Thing(
            id=7,
            name="Vase",
            creator=Creator(id=3, name="ann", count_of_followers=5, count_of_designs=2),
            added="2020-01-02T03:04:05Z",
            is_wip=False,
            like_count=2,
            download_count=40,
            print_settings={"Rafts": "No"},
            tags=[
                Tag(name="Vase Mode", tag="vase_mode", count=9),
                Tag(name="vase mode", tag="vase_mode", count=9),
                Tag(name="Pot", tag="pot"),
            ],
            ancestors=[11, 4, 11],
        ),
        categories=[Category(name="Decor", slug="decor", id=79, count=1000)],
        files=[
            File(id=21, name="Vase.STL", size=1234, download_count=30, added=MORNING),
            File(id=22, name="README", download_count=10),
        ],
        images=[Image(id=31, name="a.jpg", url="https://example.org/a.jpg")] * 3,
        likers=[9, 8, 9],
        likers_truncated=False,
    )
    write_load(places.nights, "2026-09-01", [record, gone(8)])

    summary = places.load("run-1")

    assert summary.records == 2
    assert summary.rows["things"] == 1
    assert summary.rows["meta.loads"] == 1
    noon = datetime(2026, 9, 1, 12)
    assert places.rows(
        "SELECT id, name, creator_id, added, observed_at, load, source, is_wip, is_nsfw, "
        "like_count, make_count, file_count, image_count, added_images_count, "
        "average_download_count, print_settings, likers_truncated FROM things"
    ) == [
        (
            7,
            "Vase",
            3,
            datetime(2020, 1, 2, 3, 4, 5),
            noon,
            "2026-09-01",
            "sandbox",
            False,
            None,
            2,
            None,
            2,  # no file_count in the answer: the length of the list
            3,
            1,  # 3 pictures - 2 files
            20.0,  # (30 + 10) / 2
            {"Rafts": "No"},
            False,
        )
    ]
    assert places.rows(
        "SELECT thing_id, observed_at, panel, download_count, file_count, creator_id, "
        "count_of_followers FROM observations"
    ) == [(7, noon, True, 40, 2, 3, 5)]
    assert places.rows("SELECT id, name, count_of_designs, location FROM creators") == [
        (3, "ann", 2, None)
    ]
    assert places.rows("SELECT tag, count FROM tags ORDER BY tag") == [
        ("pot", None),
        ("vase_mode", 9),
    ]
    assert places.rows("SELECT thing_id, tag, position FROM thing_tags ORDER BY position") == [
        (7, "vase_mode", 1),
        (7, "pot", 3),
    ]
    assert places.rows("FROM categories") == [("Decor", "decor", 79, 1000)]
    assert places.rows("FROM thing_categories") == [(7, "Decor", 1)]
    assert places.rows("FROM likes ORDER BY liker") == [(7, 8), (7, 9)]
    assert places.rows(
        "SELECT file_id, name, size_bytes, download_count, added, kind FROM files ORDER BY position"
    ) == [
        (21, "Vase.STL", 1234, 30, datetime(2026, 9, 1, 6), "stl"),
        (22, "README", None, 10, None, None),
    ]
    assert places.rows("SELECT count(*), max(position) FROM images") == [(3, 3)]
    assert places.rows("FROM ancestors ORDER BY position") == [(7, 11, 1), (7, 4, 2)]
    assert places.rows(
        "SELECT thing_id, outcome, status, reason, panel FROM attempts ORDER BY thing_id"
    ) == [(7, "ok", 200, None, True), (8, "gone", 404, "Not Found", False)]
    assert places.rows("SELECT load, kind, run_id, records, live, rejected FROM meta.loads") == [
        ("2026-09-01", "night", "run-1", 2, 1, 0)
    ]


def test_the_latest_observation_of_a_thing_wins_whatever_the_order_of_arrival(places: Places):
    write_load(places.nights, "2026-09-02", [live(1, "2026-09-02T00:00:00Z", download_count=20)])
    places.load()
    write_load(places.nights, "2026-09-01", [live(1, "2026-09-01T00:00:00Z", download_count=10)])
    places.load()

    assert places.rows("SELECT download_count, load FROM things") == [(20, "2026-09-02")]
    assert places.rows("SELECT download_count FROM observations ORDER BY observed_at") == [
        (10,),
        (20,),
    ]


def test_of_two_observations_at_the_same_moment_the_load_with_the_greater_name_wins(places):
    write_load(places.nights, "2026-09-02", [live(1, MORNING, download_count=2)])
    write_load(places.nights, "2026-09-01", [live(1, MORNING, download_count=1)])
    places.load()

    assert places.rows("SELECT download_count FROM things") == [(2,)]


def test_a_list_that_was_not_fetched_this_time_keeps_what_was_known(places: Places):
    write_load(
        places.nights,
        "2026-09-01",
        [live(1, MORNING, tags=["pot"], lists={"likers": [5], "files": [File(name="a.stl")]})],
    )
    write_load(places.nights, "2026-09-02", [live(1, EVENING, tags=["vase"], lists={"files": []})])
    places.load()

    assert places.rows("SELECT liker FROM likes") == [(5,)]
    assert places.rows("SELECT tag FROM thing_tags") == [("vase",)]
    assert places.rows("FROM files") == []


def test_a_thing_that_is_gone_keeps_its_last_live_state(places: Places):
    write_load(places.nights, "2026-09-01", [live(1, MORNING, download_count=10)])
    write_load(places.nights, "2026-09-02", [gone(1, EVENING)])
    places.load()

    assert places.rows("SELECT download_count FROM things") == [(10,)]
    assert places.rows("SELECT outcome FROM attempts ORDER BY observed_at") == [("ok",), ("gone",)]


def test_a_creator_and_a_tag_show_their_latest_state(places: Places):
    early = Creator(id=3, name="ann", count_of_followers=5)
    late = Creator(id=3, name="anna", count_of_followers=None)
    write_load(places.nights, "2026-09-02", [live(1, EVENING, creator=late)])
    write_load(places.nights, "2026-09-01", [live(2, MORNING, creator=early)])
    places.load()

    assert places.rows("SELECT id, name, count_of_followers FROM creators") == [(3, "anna", None)]


def test_a_creator_without_a_name_has_none(places: Places):
    write_load(places.nights, "2026-09-01", [live(1, creator=Creator(id=3, name=""))])
    places.load()

    assert places.rows("SELECT id, name FROM creators") == [(3, None)]


def test_only_loads_whose_content_changed_are_read_again(places: Places, monkeypatch):
    write_load(places.nights, "2026-09-01", [live(1)])
    write_load(places.nights, "2026-09-02", [live(2)])
    places.load("first")
    read: list[str] = []
    intact = load_module._require_intact

    def noted(folder: Path, *rest: Any) -> None:
        read.append(folder.name)
        intact(folder, *rest)

    monkeypatch.setattr(load_module, "_require_intact", noted)
    write_load(places.nights, "2026-09-02", [live(2), live(3)])
    write_load(places.nights, "2026-09-03", [live(4)])

    summary = places.load("second")

    assert read == ["2026-09-03", "2026-09-02"]
    assert summary.added == ("2026-09-03",)
    assert summary.changed == ("2026-09-02",)
    assert summary.unchanged == ("2026-09-01",)
    assert summary.removed == ()
    assert summary.records == 3
    assert places.rows("SELECT load, run_id FROM meta.loads ORDER BY load") == [
        ("2026-09-01", "first"),
        ("2026-09-02", "second"),
        ("2026-09-03", "second"),
    ]


def test_loading_again_without_a_change_leaves_everything_alone(places: Places):
    write_load(places.nights, "2026-09-01", [live(1)])
    places.load("first")

    summary = places.load("second")

    assert summary.unchanged == ("2026-09-01",)
    assert summary.records == 0
    assert summary.rows["things"] == 1
    assert places.rows("SELECT run_id FROM meta.loads") == [("first",)]


def test_a_removed_load_takes_back_what_it_brought(places: Places):
    write_load(places.nights, "2026-09-01", [live(1, MORNING, tags=["pot"], download_count=1)])
    late = write_load(
        places.nights,
        "2026-09-02",
        [live(1, EVENING, tags=["vase"], download_count=2), live(2, EVENING, tags=["hook"])],
    )
    places.load()
    for path in late.iterdir():
        path.unlink()
    late.rmdir()

    summary = places.load()

    assert summary.removed == ("2026-09-02",)
    assert places.rows("SELECT id, download_count FROM things") == [(1, 1)]
    assert places.rows("SELECT thing_id, tag FROM thing_tags") == [(1, "pot")]
    assert places.rows("SELECT tag FROM tags") == [("pot",)]
    assert places.rows("SELECT count(*) FROM attempts") == [(1,)]


def test_a_changed_load_that_no_longer_has_a_thing_lets_the_earlier_state_show(places: Places):
    write_load(places.nights, "2026-09-01", [live(1, MORNING, download_count=1)])
    write_load(places.nights, "2026-09-02", [live(1, EVENING, download_count=2)])
    places.load()
    write_load(places.nights, "2026-09-02", [gone(1, EVENING)])
    places.load()

    assert places.rows("SELECT download_count, load FROM things") == [(1, "2026-09-01")]


def test_two_builds_in_different_order_give_the_same_published_tables(tmp_path: Path):
    nights = {
        f"2026-09-0{night}": [
            live(
                (night * 7 + offset) % 11 + 1,
                f"2026-09-0{(night * 3) % 5 + 1}T00:00:00Z",
                tags=[f"tag{offset}", f"tag{night}"],
                creator=Creator(id=offset + 1, name=f"user{night}"),
                download_count=night * offset,
                lists={"likers": [night, offset], "files": None if night == 3 else []},
            )
            for offset in range(6)
        ]
        for night in range(1, 6)
    }
    at_once, one_by_one = Places(tmp_path / "a"), Places(tmp_path / "b")
    for name, records in nights.items():
        write_load(at_once.nights, name, records)
    at_once.load()
    for name in ("2026-09-04", "2026-09-01", "2026-09-05", "2026-09-02", "2026-09-03"):
        write_load(one_by_one.nights, name, nights[name])
        one_by_one.load()
    versions = [
        publish(built.warehouse, built.published, built.link) for built in (at_once, one_by_one)
    ]

    first, second = (contents(version.path) for version in versions)

    assert versions[0].version == versions[1].version
    assert len(first["main.things"]) == 11
    assert first == second


def test_an_altered_part_is_named_and_nothing_is_loaded(places: Places):
    write_load(places.nights, "2026-09-01", [live(1)])
    places.load()
    folder = write_load(places.nights, "2026-09-02", [live(2)])
    part = folder / "things-0000.jsonl.zst"
    part.write_bytes(part.read_bytes()[:-1] + b"!")

    with pytest.raises(WarehouseError, match=r"2026-09-02/things-0000\.jsonl\.zst is not what"):
        places.load()
    assert places.rows("SELECT id FROM things") == [(1,)]


def test_a_missing_part_is_named(places: Places):
    folder = write_load(places.nights, "2026-09-01", [live(1)])
    (folder / "things-0000.jsonl.zst").unlink()

    with pytest.raises(WarehouseError, match=r"things-0000\.jsonl\.zst is missing"):
        places.load()


def test_a_value_that_duckdb_cannot_read_is_named_with_its_line(places: Places):
    folder = write_load(places.nights, "2026-09-01", [live(1)])
    _replace_part(folder, _line(1, tags={"a": 1}))

    with pytest.raises(ThingistatError, match=r"things-0000\.jsonl\.zst cannot be read .*line 1"):
        places.load()


@pytest.mark.parametrize("number", [2**63, 2**64, 10**30])
def test_a_number_beyond_64_bits_is_refused_with_its_line_named(places: Places, number: int):
    write_load(places.nights, "2026-09-01", [live(1)])
    places.load()
    folder = write_load(places.nights, "2026-09-02", [live(2), live(3)])
    _replace_part(folder, _line(2) + _line(3, like_count=number))

    with pytest.raises(ThingistatError, match=r"2026-09-02/things-0000.* at line 2 .*like_count"):
        places.load()
    assert places.rows("SELECT id FROM things") == [(1,)]


def test_whether_likers_were_cut_is_told_of_the_list_that_is_held(places: Places):
    cut = {"likers": [5, 6], "likers_truncated": True}
    write_load(places.nights, "2026-09-01", [live(1, lists=cut), live(2)])
    write_load(places.nights, "2026-09-02", [live(1, "2026-09-02T12:00:00Z", like_count=9)])
    places.load()

    assert places.rows("SELECT liker FROM likes ORDER BY ALL") == [(5,), (6,)]
    assert places.rows("SELECT id, like_count, likers_truncated FROM things ORDER BY id") == [
        (1, 9, True),
        (2, None, None),
    ]


def test_a_load_with_fewer_records_than_its_manifest_says_is_refused(places: Places):
    folder = write_load(places.nights, "2026-09-01", [live(1), live(2)])
    _replace_part(folder, b'{"thing_id":1,"observed_at":"2026-09-01T00:00:00Z","outcome":"gone"}\n')

    with pytest.raises(WarehouseError, match="holds 1 records, its manifest says 2"):
        places.load()


@pytest.mark.parametrize(
    ("records", "rule"),
    [
        ([live(1), live(1)], "an id was tried twice in one load"),
        ([live(1, like_count=-1)], "a count is negative"),
        ([live(0)], "an id is not a positive number"),
        (
            [Record(thing_id=1, observed_at=MORNING, outcome="ok", thing=Thing(id=2))],
            "bears another id than the one asked for",
        ),
        (
            [Record(thing_id=1, observed_at=MORNING, outcome="gone", thing=Thing(id=1))],
            "a thing came with an outcome that has none",
        ),
        ([live(1, lists={"files": [File(size=-1)]})], "a size or count is negative"),
    ],
)
def test_records_that_break_a_rule_are_rolled_back_with_the_rule_named(places, records, rule):
    write_load(places.nights, "2026-09-01", [live(5)])
    places.load()
    write_load(places.nights, "2026-09-02", records)

    with pytest.raises(WarehouseError, match=rule):
        places.load()
    assert places.rows("SELECT id FROM things") == [(5,)]
    assert places.rows("SELECT load FROM meta.loads") == [("2026-09-01",)]


def test_a_new_load_leaves_the_rows_of_other_things_where_they_are(places: Places):
    write_load(places.nights, "2026-09-01", [live(1, MORNING), live(2, MORNING), live(3, MORNING)])
    places.load()
    held = "SELECT thing_id, load, rowid FROM staging.records WHERE load = '2026-09-01'"
    chosen = "SELECT thing_id, rowid FROM staging.latest WHERE thing_id <> 2"
    before = places.rows(held), places.rows(chosen)
    write_load(places.nights, "2026-09-02", [live(2, EVENING, name="newer"), gone(3, EVENING)])

    summary = places.load()

    assert summary.records == 2
    assert places.rows(held) == before[0]
    assert places.rows(f"{chosen} AND thing_id <> 3") == before[1][:1]
    assert places.rows("SELECT id, name FROM things ORDER BY id") == [
        (1, "Thing 1"),
        (2, "newer"),
        (3, "Thing 3"),
    ]


def test_the_published_tables_hold_what_the_working_files_views_show(places: Places):
    full = {
        "categories": [Category(name="Decor", id=79)],
        "files": [File(id=21, name="a.STL", size=1), File(id=22, name="b")],
        "images": [Image(id=31, name="a.jpg")],
        "likers": [9, 8, 9],
    }
    ann = Creator(id=3, name="ann")
    first = [live(1, MORNING, tags=["pot", "pot", "vase"], creator=ann, lists=full, ancestors=[4])]
    write_load(places.nights, "2026-09-01", [*first, gone(5, MORNING), strange(6, MORNING)])
    write_load(places.nights, "2026-09-02", [live(1, EVENING, tags=None), live(2, EVENING)])
    places.load()
    database = publish(places.warehouse, places.published, places.link)

    for table in TABLES:
        query = f"FROM {table.path} ORDER BY {table.order}"
        with duckdb.connect(str(database.path), read_only=True) as con:
            shown = con.execute(query).fetchall()
        assert shown == places.rows(query), table.name
        assert shown or table in (*MODEL_TABLES, PROVENANCE), table.name


def test_the_working_file_has_the_declared_columns_and_comments(places: Places):
    places.load()

    with working_connection(places.warehouse, read_only=True) as con:
        assert schema_differences(con) == []
        found = con.execute(
            "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() "
            "WHERE NOT internal AND schema_name IN ('main', 'meta')"
        ).fetchall()
    assert sorted(found) == sorted(
        (table.schema, table.name, column.name, column.comment)
        for table in TABLES
        for column in table.columns
    )


def test_a_thing_whose_latest_state_is_lost_stops_the_next_load(places: Places):
    write_load(places.nights, "2026-09-01", [live(1), live(2)])
    places.load()
    with duckdb.connect(str(places.warehouse)) as con:
        con.execute("DELETE FROM staging.latest WHERE thing_id = 2")
    write_load(places.nights, "2026-09-02", [live(3)])

    with pytest.raises(WarehouseError, match=r"not the latest live state .*for example 2\)"):
        places.load()
    assert places.rows("SELECT load FROM meta.loads") == [("2026-09-01",)]


def test_a_snapshot_is_a_load_like_a_night(places: Places):
    write_load(places.nights, "2026-09-01", [live(1, MORNING)], source="thingiverse")
    old = live(1, "2022-08-11T12:00:00Z", download_count=3)
    write_load(places.snapshots, "old", [old], kind="snapshot", source="snapshot", rejected=4)
    places.load()

    assert places.rows("SELECT load, source FROM things") == [("2026-09-01", "thingiverse")]
    assert places.rows("SELECT load, kind, source, rejected FROM meta.loads ORDER BY load") == [
        ("2026-09-01", "night", "thingiverse", 0),
        ("old", "snapshot", "snapshot", 4),
    ]
    assert places.rows("SELECT count(*) FROM observations") == [(2,)]


def test_a_snapshot_and_a_night_of_one_name_are_refused(places: Places):
    write_load(places.nights, "2026-09-01", [live(1)])
    write_load(places.snapshots, "2026-09-01", [live(1)])

    with pytest.raises(WarehouseError, match="Two loads are called 2026-09-01"):
        places.load()


def test_simulated_and_real_loads_are_not_mixed(places: Places):
    write_load(places.nights, "2026-09-01", [live(1)])
    write_load(places.snapshots, "old", [live(2)], kind="snapshot", source="snapshot")

    with pytest.raises(ThingistatError, match="Use another data folder"):
        places.load()


def test_an_unfinished_night_is_left_alone(places: Places):
    write_load(places.nights, "2026-09-01", [live(1)])
    (write_load(places.nights, "2026-09-02", [live(2)]) / "manifest.json").unlink()

    assert places.load().added == ("2026-09-01",)


def test_an_empty_data_folder_gives_empty_tables(places: Places):
    summary = places.load()

    assert set(summary.rows.values()) == {0}
    assert "meta.loads" in summary.rows


def test_a_night_in_which_nothing_was_asked_is_noted(places: Places):
    write_load(places.nights, "2026-09-01", [])

    assert places.load().added == ("2026-09-01",)
    assert places.rows("SELECT records, live FROM meta.loads") == [(0, 0)]


def test_a_load_of_a_newer_format_asks_for_an_update(places: Places):
    folder = write_load(places.nights, "2026-09-01", [live(1)])
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))

    with pytest.raises(WarehouseError, match="Update the program"):
        places.load()


def test_progress_is_told_in_records(places: Places):
    write_load(places.nights, "2026-09-01", [live(1), live(2)])
    write_load(places.nights, "2026-09-02", [live(3)])
    told: list[tuple[int, int]] = []

    places.load(progress=lambda done, total: told.append((done, total)))

    assert told == [(2, 3), (3, 3)]


def test_a_warehouse_of_another_schema_is_rebuilt_and_keeps_what_models_wrote(places: Places):
    write_load(places.nights, "2026-09-01", [live(1)])
    places.load("first")
    with duckdb.connect(str(places.warehouse)) as con:
        con.execute("UPDATE staging.fingerprint SET fingerprint = 'another'")
        con.execute("DROP VIEW things")
        con.execute("CREATE TABLE things (id BIGINT)")  # as earlier versions had it: a table
        con.execute("INSERT INTO feature_importance VALUES ('m', 'v', 'p', 't', 'f', 1, 0, 0, 1)")

    summary = places.load("second")

    assert summary.added == ("2026-09-01",)
    assert places.rows("SELECT is_ai FROM things") == [(None,)]
    assert places.rows("SELECT model FROM feature_importance") == [("m",)]


def _line(thing_id: int, **values: Any) -> bytes:
    thing = {"id": thing_id, **values}
    record = {"thing_id": thing_id, "observed_at": MORNING, "outcome": "ok", "thing": thing}
    return json.dumps(record).encode() + b"\n"


def _replace_part(folder: Path, lines: bytes) -> None:
    part = folder / "things-0000.jsonl.zst"
    part.write_bytes(zstandard.compress(lines))
    manifest = read_manifest(folder)
    assert manifest is not None
    fields = {name: getattr(manifest.parts[0], name) for name in ("name", "bytes", "lines")}
    new = type(manifest.parts[0])(**fields, sha256=sha256_of(part))
    changed = {name: getattr(manifest, name) for name in manifest.__struct_fields__}
    write_manifest(folder, type(manifest)(**{**changed, "parts": [new]}))
