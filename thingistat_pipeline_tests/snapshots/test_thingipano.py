"""ThingiPano as a whole: its files, users, dates, batches, and an account of every field."""

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.snapshots.recognise import recognise
from thingistat_pipeline.snapshots.source import Findings, Options, SnapshotError
from thingistat_pipeline.snapshots.thingipano_fields import MAPPING, unmapped_fields
from thingistat_pipeline.thingiverse.categories import category_of
from thingistat_pipeline.thingiverse.likers import hash_liker_name
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.snapshots.thingipano_support import (
    GONE,
    KEY,
    OPTIONS,
    UNDATED,
    data_folder,
    design,
    liker,
    read,
    read_from,
    record,
    user,
    write,
    zipped,
)


def ids(records: list[Record]) -> list[int]:
    return [each.thing_id for each in records]


def test_files_are_read_in_the_natural_order_of_their_names(tmp_path: Path):
    folder = data_folder(tmp_path, [[design(number)] for number in range(1, 13)])

    assert ids(read(folder).records) == [*range(1, 13)]


def test_every_batch_is_a_file_and_the_users_come_first(tmp_path: Path):
    users = [[user("ann", 70), user("bob", 71)], [user("eve", 72)]]
    source = recognise(data_folder(tmp_path, [[design(1)], [design(2), GONE]], users), OPTIONS)

    batches = list(source.batches(0))

    assert [ids(batch.records) for batch in batches] == [[], [], [1], [2, 11]]
    assert [batch.rows for batch in batches] == [1, 1, 1, 1]
    assert source.size() == 4
    assert source.unit == "files"


@pytest.mark.parametrize("start", range(6))
def test_reading_from_a_later_batch_on_gives_the_rest_of_the_same(tmp_path: Path, start: int):
    users = [[user("ann", 70)], [user("bob", 71), {"id": "x"}]]
    designs = [[design(1)], b"[", [design(3, likes="?"), design(4)]]
    folder = data_folder(tmp_path, designs, users)
    whole = list(recognise(folder, OPTIONS).batches(0))

    assert list(recognise(folder, OPTIONS).batches(start)) == whole[start:]


def test_an_archive_holds_the_same_as_its_folder(tmp_path: Path):
    folder = data_folder(tmp_path / "data", [[design(1)], [design(2)]], [[user("ann", 70)]])
    archive = zipped(folder, tmp_path / "metadata.zip")

    packed = recognise(archive, OPTIONS)

    assert read_from(packed) == read(folder)
    assert packed.files == (archive,)
    assert packed.size() == 3


def test_a_folder_of_archives_as_downloaded_is_read(tmp_path: Path):
    designs = data_folder(tmp_path / "d", [[design(1)], [design(2)]])
    users = data_folder(tmp_path / "u", [], [[user("ann", 70)]])
    (tmp_path / "got").mkdir()
    zipped(designs, tmp_path / "got" / "Design Metadata.zip")
    zipped(users, tmp_path / "got" / "User Metadata.zip")

    source = recognise(tmp_path / "got", OPTIONS)

    assert [path.name for path in source.files] == ["User Metadata.zip", "Design Metadata.zip"]
    creators = [each.thing.creator for each in read_from(source).records if each.thing]
    assert [creator and creator.id for creator in creators] == [70, 70]


def test_one_file_alone_is_read_whatever_its_name(tmp_path: Path):
    path = write(tmp_path / "designs", b"\xef\xbb\xbf \n" + json.dumps([design(1)]).encode())

    assert ids(read(path).records) == [1]


def test_two_members_of_one_name_are_both_read(tmp_path: Path):
    folder = data_folder(tmp_path / "data", [[design(1)]])
    archive = zipped(folder, tmp_path / "a.zip")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("Thingiverse_Design_Metadata/1.json", json.dumps([design(2)]))

    assert sorted(ids(read(archive).records)) == [1, 2]


def test_a_creator_is_looked_up_among_the_users(tmp_path: Path):
    found = record(design(), tmp_path, user("ann", 70, number_followers="9", number_designs=None))

    assert found.thing is not None
    assert found.thing.creator is not None
    creator = found.thing.creator
    assert (creator.id, creator.count_of_followers, creator.count_of_following) == (70, 9, 4)
    assert creator.count_of_designs is None
    assert (creator.first_name, creator.last_name, creator.location) == (None, None, None)


def test_real_names_are_never_kept(tmp_path: Path):
    options = Options(liker_key=KEY, observed_on=date(2018, 6, 1), keep_personal_data=True)
    found = read(data_folder(tmp_path, [[design()]], [[user("ann", 70)]]), options)

    assert b"Ann Invented" not in msgspec.json.encode(found)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"id": "5"}, "username is missing"),
        (user("bob", 0), "id is not positive"),
        (user("bob", 1, id=None), "id is missing"),
        (user("bob", 1, number_followers="many"), "number_followers is not a whole number"),
        (user("bob", 1, username=["bob"]), "at `$.username`"),
        ("bob", "is no JSON object"),
    ],
)
def test_a_user_that_cannot_be_read_is_rejected_and_the_others_count(
    tmp_path: Path, entry: object, reason: str
):
    found = read(data_folder(tmp_path, [[design()]], [[user("ann", 70), entry]]))

    (only,) = found.rejects
    assert reason in only.reason
    assert only.row["file"] == "Thingiverse_User_Metadata/1.json"
    assert "bob" not in str(only.row)
    assert found.findings.counts["users, of whom creators and likers are looked up"] == 1


def test_of_two_users_with_one_name_the_last_counts_and_it_is_noted(tmp_path: Path):
    folder = data_folder(tmp_path, [[design()]], [[user("ann", 1), user("ann", 2)]])
    found = read(folder)

    assert found.records[0].thing is not None
    assert found.records[0].thing.creator is not None
    assert found.records[0].thing.creator.id == 2
    assert found.findings.counts["users whose name occurs again: the last one counts"] == 1


def test_users_without_designs_are_no_leftovers(tmp_path: Path):
    source = recognise(data_folder(tmp_path, [[design()]], [[user("idle", 70)]]), OPTIONS)

    assert list(source.leftovers(Findings())) == []


@pytest.mark.parametrize(
    ("content", "read_before", "reason"),
    [
        (b"", 0, "is no JSON list (byte 0)"),
        (b"{}", 0, "is no JSON list (byte 0)"),
        (b"nothing", 0, "is no JSON list (byte 0)"),
        (b'[{"id": "3", "404": true}, {"id": "4', 1, "has no end"),
        (b'[{"id": "3", "404": true}, {"id": "4"', 1, "has no end"),
        (b'[{"id": "3", "404": true}] []', 1, "goes on after the list's end (byte 26)"),
    ],
)
def test_a_file_that_is_no_whole_list_is_one_reject_and_its_whole_designs_count(
    tmp_path: Path, content: bytes, read_before: int, reason: str
):
    found = read(data_folder(tmp_path, [[design(1)], content, [design(2)]]))

    (only,) = found.rejects
    assert only.row == {
        "file": "Thingiverse_Design_Metadata/2.json",
        "elements_read": read_before,
    }
    assert reason in only.reason
    assert ids(found.records) == [1, *[3] * read_before, 2]


def test_a_broken_element_spoils_no_other(tmp_path: Path):
    whole = json.dumps(design(1)).encode()
    deep = b'{"id": "4", "makes": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    broken = [b'{"id": "2", "likes": NaN}', b'{"id": "3" "404": 1}', deep, b""]
    content = b"[" + b",".join([whole, *broken, whole.replace(b'"10"', b'"5"')]) + b"]"
    found = read(data_folder(tmp_path, [content]))

    assert [reject.row["element"] for reject in found.rejects] == [1, 2, 3, 4]
    assert "NaN is no JSON number" in found.rejects[0].reason
    assert "nested too deeply" in found.rejects[2].reason
    assert len(found.records) == 2


def test_half_characters_are_replaced_and_the_design_is_kept(tmp_path: Path):
    values = design(title="TITLE", author="AUTHOR", liked_by=[liker("LIKER")])
    content = json.dumps([values, design(2)]).encode()
    content = content.replace(b"TITLE", b"a\\ud800b").replace(b"AUTHOR", b"\\udfffx")
    found = read(data_folder(tmp_path, [content.replace(b'"LIKER"', b'"l\xff"')]))

    first, second = found.records
    assert first.thing is not None
    assert first.thing.creator is not None
    assert (first.thing.name, first.thing.creator.name) == ("a�b", "�x")
    assert first.likers == [hash_liker_name("l�", KEY)]
    assert second.thing_id == 2
    assert found.rejects == []


def test_a_text_of_many_megabytes_is_read(tmp_path: Path):
    found = record(design(description=[{"header": "Summary", "text": "x" * 7_000_000}]), tmp_path)

    assert found.thing is not None
    assert len(found.thing.description or "") == 7_000_000


# The day of the data.


def test_the_day_given_counts_first(tmp_path: Path):
    source = recognise(data_folder(tmp_path / "of 2018-02-03", [[design()]]), OPTIONS)
    found = read_from(source)

    assert found.records[0].observed_at == "2018-06-01T12:00:00Z"
    assert source.origin(found.findings)["observed_at"] == "the option --observed-on"


@pytest.mark.parametrize("name", ["of 2018-02-03", "2018-13-01 2018-02-03"])
def test_a_day_in_the_folders_name_counts_next(tmp_path: Path, name: str):
    source = recognise(data_folder(tmp_path / name, [[design()]]), UNDATED)
    found = read_from(source)

    assert found.records[0].observed_at == "2018-02-03T12:00:00Z"
    assert "the date in the name" in source.origin(found.findings)["observed_at"]


def test_otherwise_the_newest_publication_up_to_today_is_the_day(tmp_path: Path):
    dates = ["2017-12-12 13:20:19 GMT", "2018-01-31 23:59:59 GMT", "2999-01-01 00:00:00 GMT"]
    designs = [[design(number, published_datetime=day)] for number, day in enumerate(dates, 1)]
    source = recognise(data_folder(tmp_path, designs), UNDATED)
    found = read_from(source)

    assert [each.observed_at for each in found.records] == ["2018-01-31T12:00:00Z"] * 2
    (future,) = found.rejects
    assert future.row["id"] == "3"
    origin = source.origin(found.findings)
    assert origin["observed_at"] == (
        "the newest publication in the data, as no date of the crawl is given"
    )
    assert origin["observed"] == {"first": "2018-01-31T12:00:00Z", "last": "2018-01-31T12:00:00Z"}
    assert origin["added"] == {"first": "2017-12-12T13:20:19Z", "last": "2018-01-31T23:59:59Z"}


def test_without_any_day_it_is_asked_for(tmp_path: Path):
    source = recognise(data_folder(tmp_path, [[GONE]]), UNDATED)

    with pytest.raises(SnapshotError, match="--observed-on"):
        list(source.batches(0))


def test_a_thing_published_after_the_day_given_shows_that_the_day_is_wrong(tmp_path: Path):
    options = Options(liker_key=KEY, observed_on=date(2017, 12, 11), keep_personal_data=False)
    source = recognise(data_folder(tmp_path, [[design(10)]]), options)

    with pytest.raises(SnapshotError, match=r"thing 10 in .* was published on 2017-12-12") as error:
        list(source.batches(0))
    assert "--observed-on" in str(error.value)


# An account of every field.


def test_every_field_is_mapped_or_listed_as_unmapped(tmp_path: Path):
    source = recognise(data_folder(tmp_path, [[design(), GONE]], [[user("ann", 70)]]), OPTIONS)
    origin = source.origin(read_from(source).findings)

    lists = ("files", "description", "remixed_from", "liked_by")
    values = design() | GONE
    met = {name for name in values if name not in lists}
    met |= {f"{name}.{key}" for name in lists for entry in values[name] for key in entry}
    met |= {f"users.{name}" for name in user("ann", 70)}
    assert met <= {*origin["columns"], *origin["unmapped"]}
    assert not {*origin["columns"]} & {*origin["unmapped"]}
    assert origin["unknown_fields"] == {}


def test_a_field_that_nobody_knows_is_counted_and_listed(tmp_path: Path):
    values = design(1, colour="red", likes="4")
    values["files"][0]["sha"] = "0"
    values["liked_by"][0]["age"] = 30
    entry = user("ann", 70, shoe_size=3)
    source = recognise(
        data_folder(tmp_path, [[values, design(2, colour="blue"), design(3)]], [[entry]]), OPTIONS
    )
    found = read_from(source)
    origin = source.origin(found.findings)

    unknown = {"colour": 2, "files.sha": 1, "liked_by.age": 1, "users.shoe_size": 1}
    assert origin["unknown_fields"] == unknown
    assert {*unknown} <= {*origin["unmapped"]}
    assert not any("unknown field" in note for note in origin["notes"])
    assert ids(found.records) == [1, 2, 3]
    assert found.rejects == []


def test_of_very_many_unknown_fields_the_most_frequent_are_listed(tmp_path: Path):
    designs = [design(number, common=1, **{f"rare{number}": 1}) for number in range(1, 301)]
    source = recognise(data_folder(tmp_path, [designs]), OPTIONS)
    origin = source.origin(read_from(source).findings)

    assert len(origin["unknown_fields"]) == 200
    assert origin["unknown_fields"]["common"] == 300
    assert origin["notes"]["further unknown fields"] == 101


def test_mapped_and_unmapped_fields_exclude_each_other():
    assert not {*MAPPING} & {*unmapped_fields()}


def test_the_origin_tells_what_else_lies_there(tmp_path: Path):
    folder = data_folder(tmp_path / "data", [[design()]], [[user("ann", 70)]])
    for name in ("key.txt", "READ.TXT", "notebook.ipynb", "LICENSE", "._1.json"):
        write(folder / name, b"x")
    (folder / "link.json").symlink_to(write(tmp_path / "outside.json", [design(99)]))
    (folder / "linked").symlink_to(tmp_path)
    found = recognise(folder, OPTIONS)

    assert found.origin(Findings())["not_read"] == {
        ".txt": 2,
        ".ipynb": 1,
        "no ending": 1,
        ".json": 1,
        "symbolic link": 2,
    }
    assert ids(read_from(found).records) == [10]


# Whatever comes, is a record or a reject.

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["1", "27", "-1", "2017-12-12 13:20:19 GMT", "12-31-17", "5mb", "/art/x"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FIELDS = sorted(design() | GONE)


@st.composite
def spoilt_designs(draw: st.DrawFn) -> Any:
    """Draw a design of which some fields hold anything, or no design at all."""
    if draw(st.integers(0, 4)) == 0:
        return draw(JSON)
    values = design(draw(st.integers(1, 10**6)))
    values |= draw(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), JSON, max_size=3))
    for name in ("files", "liked_by", "remixed_from", "description"):
        entries = values[name]
        first = entries[0] if isinstance(entries, list) and entries else None
        if isinstance(first, dict) and first:
            first |= draw(st.dictionaries(st.sampled_from(sorted(first)), JSON, max_size=1))
    return values


@settings(max_examples=300, deadline=None)
@given(elements=st.lists(spoilt_designs(), max_size=5))
def test_whatever_a_list_holds_becomes_a_record_or_a_reject(
    tmp_path_factory: pytest.TempPathFactory, elements: list[Any]
):
    folder = tmp_path_factory.mktemp("fuzz")
    found = read(write(folder / "1.json", [design(1), *elements]))

    assert len(found.records) + len(found.rejects) == 1 + len(elements)
    for each in found.records:  # as strict as the raw record form
        line = msgspec.json.encode(each)
        assert msgspec.json.decode(line, type=Record) == each


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200), position=st.integers(0, 60))
def test_whatever_bytes_a_file_holds_the_others_are_read(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, position: int
):
    folder = tmp_path_factory.mktemp("fuzz")
    small = json.dumps([{"id": "3", "404": True}, {"id": "4", "404": True}]).encode()
    spoilt = small[:position] + content + small[position:]
    found = read(data_folder(folder, [[design(1)], spoilt]))

    assert found.records[0].thing_id == 1
    assert len(found.records) + len(found.rejects) >= 2 or spoilt.strip(b" \t\r\n") == b"[]"


# Through the importer.


def test_an_import_brings_in_every_design(tmp_path: Path):
    designs = [
        [design(1), GONE, design(12, notice_moderation=True)],
        [design(2, likes="?"), design(1, title="again")],
        b"[",
    ]
    folder = data_folder(tmp_path / "data", designs, [[user("ann", 70)]])

    manifest = import_snapshot(
        folder, tmp_path / "snapshots", liker_key=KEY, observed_on=date(2018, 6, 1)
    )

    counts = manifest.counts
    assert (counts.attempted, counts.ok, counts.gone, counts.moderated) == (3, 1, 1, 1)
    assert counts.rejected == 3  # the unreadable number, the second design 1, the broken file
    assert manifest.name == "data"
    assert manifest.origin["kind"] == "thingipano"
    assert sorted(file["name"] for file in manifest.origin["files"]) == [
        "Thingiverse_Design_Metadata/1.json",
        "Thingiverse_Design_Metadata/2.json",
        "Thingiverse_Design_Metadata/3.json",
        "Thingiverse_User_Metadata/1.json",
    ]


# The real ones.


def test_the_seven_real_designs_are_read_exactly(real_data: Path):
    path = real_data / "snapshots" / "thingipano" / "sample_7_designs_pseudonymised.json"
    expected = json.loads(path.read_bytes())
    source = recognise(path, UNDATED)

    found = read_from(source)

    assert found.rejects == []
    assert len(found.records) == len(expected) == 7
    for each, values in zip(found.records, expected, strict=True):
        assert_equal_to_json(each, values)
    assert source.origin(found.findings)["unknown_fields"] == {}
    days = [values["published_datetime"][:10] for values in expected]
    assert {each.observed_at for each in found.records} == {f"{max(days)}T12:00:00Z"}


def assert_equal_to_json(found: Record, values: dict[str, Any]) -> None:
    """Compare a record with its JSON, by hand: everything here is a plain translation."""
    thing = found.thing
    assert thing is not None
    assert (found.outcome, found.thing_id, thing.id) == ("ok", int(values["id"]), int(values["id"]))
    assert thing.name == values["title"]
    assert thing.added == values["published_datetime"].replace(" GMT", "Z").replace(" ", "T")
    assert thing.license == values["license"]
    counts = (thing.like_count, thing.download_count, thing.view_count, thing.collect_count)
    names = ("likes", "downloads", "views", "collection_number")
    assert counts == tuple(int(values[name]) for name in names)
    counts = (thing.remix_count, thing.make_count, thing.comment_count, thing.image_count)
    names = ("remixes_number", "made_number", "comments_number", "images_number")
    assert counts == tuple(int(values[name]) for name in names)
    assert (thing.is_wip, thing.is_featured) == (values["notice_wip"], values["banner_featured"])
    sources = [int(source["thing_id"]) for source in values["remixed_from"]]
    assert (thing.ancestors, thing.is_derivative) == (sources, bool(sources))
    assert thing.creator is not None
    assert (thing.creator.name, thing.creator.id < 0) == (values["author"], True)
    settings_read = values["print_settings"]
    assert thing.print_settings == {
        name.rstrip(":").lower().replace(" ", "_"): text for name, text in settings_read.items()
    }
    assert [[t.name, t.absolute_url] for t in thing.tags or []] == [
        [name, f"https://www.thingiverse.com/{address}"] for name, address in values["tags"]
    ]
    assert [t.tag for t in thing.tags or []] == [name.lower() for name, _ in values["tags"]]
    slugs = (values["category"] or "").split("/")[1:]
    assert found.categories == [category_of(slug) for slug in slugs]
    units = {"kb": 1024, "mb": 1024 * 1024}
    assert [[f.id, f.name, f.size, f.download_count] for f in found.files or []] == [
        [
            int(f["file_id"]),
            f["file_name"],
            int(f["size"][:-2]) * units[f["size"][-2:]],
            int(f["downloads"]),
        ]
        for f in values["files"]
    ]
    assert thing.file_count == len(values["files"])
    assert found.likers == [hash_liker_name(u["user"], KEY) for u in values["liked_by"]]
    assert found.likers_truncated == (len(values["liked_by"]) < int(values["likes"]))


def test_some_values_of_the_real_designs_read_by_hand(real_data: Path):
    path = real_data / "snapshots" / "thingipano" / "sample_7_designs_pseudonymised.json"
    first, *_ = found = read(path, UNDATED).records

    assert ids(found)[:5] == [2708200, 270821, 100, 1000, 10000]
    assert first.thing is not None
    assert (first.thing.download_count, first.thing.like_count) == (115, 27)
    assert first.thing.added == "2017-12-12T13:20:19Z"
    assert [category.name for category in first.categories or []] == ["Art", "Interactive Art"]
    assert [file.size for file in first.files or []] == [279_552, 1_048_576, 2_097_152]
    assert (len(first.likers or []), first.likers_truncated) == (21, True)
