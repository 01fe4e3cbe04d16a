"""What a design becomes: every field, every outcome, and what cannot be read."""

from pathlib import Path
from typing import Any

import pytest

from thingistat_pipeline.snapshots.thingipano_designs import NOT_FOUND, REMOVED, TAKEN_DOWN
from thingistat_pipeline.snapshots.thingipano_users import surrogate_id
from thingistat_pipeline.thingiverse.likers import hash_liker, hash_liker_name
from thingistat_pipeline.thingiverse.records import (
    Category,
    Creator,
    File,
    Image,
    Record,
    Tag,
    Thing,
)
from thingistat_pipeline_tests.snapshots.thingipano_support import (
    KEY,
    PICTURES,
    SITE,
    data_folder,
    design,
    file_entry,
    liker,
    read,
    record,
    reject,
    user,
)


def test_a_design_becomes_a_record_field_by_field(tmp_path: Path):
    found = record(design(), tmp_path, user("ann", 70), user("bob", 71))

    assert found == Record(
        thing_id=10,
        observed_at="2018-06-01T12:00:00Z",
        outcome="ok",
        thing=Thing(
            id=10,
            name="Cup with a lid",
            thumbnail=f"{PICTURES}/My_Cup_preview_featured.jpg",
            default_image_url=f"{PICTURES}/My_Cup_display_large.jpg",
            public_url=f"{SITE}/thing:10",
            creator=Creator(
                id=70,
                name="ann",
                public_url=f"{SITE}/ann",
                count_of_followers=5,
                count_of_following=4,
                count_of_designs=2,
            ),
            added="2017-12-12T13:20:19Z",
            is_wip=True,
            is_featured=True,
            is_derivative=True,
            like_count=27,
            collect_count=35,
            comment_count=1,
            download_count=115,
            view_count=548,
            remix_count=4,
            make_count=1,
            file_count=2,
            image_count=2,
            description="A cup & its lid.\nFits well.\n\nSee here",
            instructions="Print\nDrink",
            details=(
                '<h1 class="thing-component-header summary summary">Summary</h1>\n'
                "<div><p >A cup &amp;\nits lid.<br />\nFits <strong >well</strong>.</p>\n"
                '<p >See <a href="https://example.org" >here</a></p></div>\n'
                '<h1 class="thing-component-header settings print-settings">Print Settings</h1>\n'
                "<div><strong >Printer: </strong>\n <div ><p >X</p></div></div>\n"
                '<h1 class="thing-component-header custom instructions">Instructions</h1>\n'
                "<div><ol ><li >Print</li><li >Drink</li></ol></div>\n"
            ),
            print_settings={"resolution": "0.2 mm", "printer_brand": "Invented & Co"},
            license="Creative Commons - Attribution",
            tags=[
                Tag(name="Coffee Cup", tag="coffee_cup", absolute_url=f"{SITE}/tag:Coffee_Cup"),
                Tag(name="lid", tag="lid", absolute_url=f"{SITE}/tag:Lid"),
            ],
            ancestors=[7, 8],
        ),
        categories=[
            Category(name="Toys & Games", slug="toys-and-games"),
            Category(name="3D Puzzles", slug="3d-puzzles"),
        ],
        files=[
            File(
                id=101,
                name="101.stl",
                size=279_552,  # 273 * 1024
                download_count=97,
                added="2017-12-31T00:00:00Z",
            ),
            File(
                id=102,
                name="102.stl",
                size=2_097_152,  # 2 * 1024 * 1024
                download_count=97,
                added="2017-12-31T00:00:00Z",
            ),
        ],
        images=[
            Image(name="My_Cup.jpg", url=f"{PICTURES}/My_Cup_preview_featured.jpg"),
            Image(name="b c.JPG", url=f"{PICTURES}/b%20c_preview_featured.JPG"),
        ],
        likers=[hash_liker(71, KEY), hash_liker_name("eve", KEY)],
        likers_truncated=True,
    )


@pytest.mark.parametrize(
    ("values", "outcome", "status", "reason"),
    [
        ({"404": True}, "gone", 404, NOT_FOUND),
        ({"notice_moderation": True}, "moderated", None, REMOVED),
        ({"notice_violation": True}, "moderated", None, TAKEN_DOWN),
    ],
)
def test_pages_that_are_gone_or_taken_down_are_outcomes_without_a_thing(
    tmp_path: Path, values: dict[str, Any], outcome: str, status: int | None, reason: str
):
    found = record(design(**values), tmp_path)

    assert (found.outcome, found.status, found.reason) == (outcome, status, reason)
    assert (found.thing, found.files, found.likers) == (None, None, None)


def test_a_page_not_found_needs_nothing_but_its_number(tmp_path: Path):
    found = read(data_folder(tmp_path, [[design(1), {"id": "11", "404": True}]]))

    assert [(each.thing_id, each.outcome) for each in found.records] == [(1, "ok"), (11, "gone")]


def test_what_a_design_does_not_say_is_not_known(tmp_path: Path):
    found = record({"id": "5", "404": False}, tmp_path)

    assert found == Record(
        thing_id=5,
        observed_at="2018-06-01T12:00:00Z",
        outcome="ok",
        thing=Thing(id=5, public_url=f"{SITE}/thing:5"),
    )


def test_empty_lists_are_known_to_be_empty(tmp_path: Path):
    lists = ("files", "images", "tags", "remixed_from", "liked_by", "description")
    empty: dict[str, Any] = {name: [] for name in lists}
    found = record(design(**empty, category=None, likes="0", print_settings={}), tmp_path)

    thing = found.thing
    assert thing is not None
    assert (found.files, found.images, found.likers, found.categories) == ([], [], [], [])
    assert found.likers_truncated is False
    assert (thing.tags, thing.ancestors, thing.print_settings) == ([], [], {})
    assert (thing.is_derivative, thing.file_count, thing.image_count) == (False, 0, 0)
    assert (thing.description, thing.instructions, thing.details) == ("", "", "")
    assert (thing.thumbnail, thing.default_image_url) == (None, None)


def test_the_list_of_likers_is_whole_where_it_has_as_many_as_there_are_likes(tmp_path: Path):
    assert record(design(likes="2"), tmp_path).likers_truncated is False


def test_likers_that_cannot_be_told_apart_are_counted_in_the_notes(tmp_path: Path):
    likers = [liker("bob"), liker("bob"), {"user": None}]
    found = read(data_folder(tmp_path, [[design(liked_by=likers)]]))

    assert found.records[0].likers == [hash_liker_name("bob", KEY)]
    assert found.findings.counts["likers without a name or named twice"] == 2


def test_a_creator_nobody_knows_gets_a_negative_number_that_is_always_the_same(tmp_path: Path):
    found = read(data_folder(tmp_path, [[design(1), design(2), design(3, author="bob")]]))

    numbers = [each.thing.creator.id for each in found.records if each.thing and each.thing.creator]
    assert numbers[0] == numbers[1] == surrogate_id("ann")
    assert numbers[2] == surrogate_id("bob") != numbers[0]
    assert all(-(2**63) <= number < 0 for number in numbers)
    note = "things whose creator is not among the users: the id is made from the name"
    assert found.findings.counts[note] == 3


def test_character_references_in_titles_and_names_are_resolved(tmp_path: Path):
    files = [file_entry(1, "1kb", file_name="a&amp;b.stl")]
    found = record(
        design(
            title="1/4&quot; bit &#8211; caf&eacute;", tags=[["R&amp;D", "tag:RD"]], files=files
        ),
        tmp_path,
    )

    assert found.thing is not None
    assert found.thing.name == '1/4" bit – café'
    assert [(tag.name, tag.tag) for tag in found.thing.tags or []] == [("R&D", "rd")]
    assert [file.name for file in found.files or []] == ["a&b.stl"]


def test_a_design_without_an_author_has_no_creator(tmp_path: Path):
    thing = record(design(author=None), tmp_path).thing

    assert thing is not None
    assert thing.creator is None


def test_an_abridged_copy_still_says_how_many_images_there_are(tmp_path: Path):
    values = design(images_number=3)
    del values["images"]
    found = record(values, tmp_path)

    assert found.thing is not None
    assert (found.thing.image_count, found.images) == (3, None)


def test_what_is_unreadable_about_files_is_unknown_and_noted(tmp_path: Path):
    files = [
        file_entry(1, "huge", updated_timestamp="99-99-99"),
        file_entry(2, "1.5MB", updated_timestamp="02-29-16", file_name=None, filename="b.stl"),
        file_entry(3, "12"),
        file_entry(4, "999999999999999tb"),
    ]
    found = read(data_folder(tmp_path, [[design(files=files)]]))

    (only,) = found.records
    assert only.files is not None
    assert [file.size for file in only.files] == [None, 1_572_864, 12, None]
    assert [file.added for file in only.files[:2]] == [None, "2016-02-29T00:00:00Z"]
    assert only.files[1].name == "b.stl"
    assert found.findings.counts["file sizes that cannot be read"] == 2
    assert found.findings.counts["days of files that cannot be read"] == 1


def test_a_source_without_a_number_is_noted(tmp_path: Path):
    sources = [{"thing_id": None, "title": "Lost"}, {"thing_id": "7"}, {"thing_id": "7"}]
    found = read(data_folder(tmp_path, [[design(remixed_from=sources)]]))

    assert found.records[0].thing is not None
    assert found.records[0].thing.ancestors == [7]
    assert found.findings.counts["remixed designs without a number"] == 1


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (["C++", "tag:C%2B%2B"], Tag(name="C++", tag="c", absolute_url=f"{SITE}/tag:C%2B%2B")),
        (["F28", f"{SITE}/tag:F28"], Tag(name="F28", tag="f28", absolute_url=f"{SITE}/tag:F28")),
        (["dip switch", None], Tag(name="dip switch", tag="dip_switch")),
        (["", "/tag:gear"], Tag(name="gear", tag="gear", absolute_url=f"{SITE}/tag:gear")),
    ],
)
def test_a_tags_key_is_its_address_in_lower_case(
    tmp_path: Path, entry: list[str | None], expected: Tag
):
    thing = record(design(tags=[entry]), tmp_path).thing

    assert thing is not None
    assert thing.tags == [expected]


def test_tags_with_one_key_count_once_and_the_others_are_noted(tmp_path: Path):
    tags = [["Cup", "tag:Cup"], ["cup", "tag:cup"], ["!", "tag:!"]]
    found = read(data_folder(tmp_path, [[design(tags=tags)]]))

    assert found.records[0].thing is not None
    assert [tag.name for tag in found.records[0].thing.tags or []] == ["Cup"]
    assert found.findings.counts["tags without a key or with another's"] == 2


@pytest.mark.parametrize(
    ("values", "field", "value", "reason"),
    [
        ({"likes": "1k"}, "likes", "1k", "likes is not a whole number"),
        ({"views": ""}, "views", "", "views is not a whole number"),
        ({"downloads": "-3"}, "downloads", "-3", "downloads is not a whole number"),
        ({"downloads": -3}, "downloads", "-3", "downloads is negative"),
        ({"downloads": "5.0"}, "downloads", "5.0", "downloads is not a whole number"),
        ({"made_number": "9" * 19}, "made_number", "9" * 19, "made_number is a number beyond 64 b"),
        ({"made_number": "9" * 5000}, "made_number", "9" * 60, "made_number is a number beyond 6"),
        ({"made_number": 10**30}, "made_number", "1" + "0" * 30, "made_number is a number beyond"),
        ({"id": "0"}, "id", "0", "id is not positive"),
        ({"published_datetime": "soon"}, "published_datetime", "soon", "published_datetime is not"),
        (
            {"published_datetime": "2017-02-30 00:00:00 GMT"},
            "published_datetime",
            None,
            "not a tim",
        ),
        ({"published_datetime": "2999-01-01 00:00:00 GMT"}, "published_datetime", None, "future"),
        ({"files": [file_entry(1, "1kb", downloads="x")]}, "files.downloads", "x", "not a whole"),
        ({"remixed_from": [{"thing_id": "a"}]}, "remixed_from.thing_id", "a", "not a whole number"),
    ],
)
def test_a_value_that_cannot_be_read_rejects_the_design_and_is_named(
    tmp_path: Path, values: dict[str, Any], field: str, value: str | None, reason: str
):
    found = reject(design(**values), tmp_path)

    assert found.row["file"] == "Thingiverse_Design_Metadata/1.json"
    assert found.row["element"] == 1
    assert found.row["field"] == field
    assert value is None or found.row["value"] == value
    assert reason in found.reason


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (5, "is no JSON object"),
        ([], "is no JSON object"),
        ({}, "id is missing"),
        ({"id": None, "404": True}, "id is missing"),
        (design(title=5), "Expected `str | null`, got `int` - at `$.title`"),
        (design(liked_by="all"), "at `$.liked_by`"),
        (design(tags=[["a"]]), "at `$.tags[0]`"),
        (design() | {"404": "yes"}, "at `$.404`"),
        (design(title="x" * (9 * 2**20)), "is larger than 8 MiB"),
    ],
)
def test_an_element_that_is_no_design_is_rejected_with_what_is_wrong(
    tmp_path: Path, element: object, reason: str
):
    assert reason in reject(element, tmp_path).reason


def test_the_ledger_never_names_who_likes_or_made_something(tmp_path: Path):
    values = design(author="Jane-Private", author_url=5, liked_by=[{"user": ["Jane-Private"]}])
    found = reject(values, tmp_path)

    assert "Jane" not in str(found.row) + found.reason
    assert found.row["id"] == "10"


def test_nul_characters_are_removed_from_texts(tmp_path: Path):
    text = "a\0b"
    found = record(
        design(
            title=text,
            author=text,
            license=text,
            description=[{"header": "Summary", "text": text}],
            print_settings={text: text},
            tags=[[text, "tag:a\0b"]],
            images=[f"{PICTURES}/a\0b.jpg"],
            files=[file_entry(1, "1kb", file_name=text)],
            category="/a\0rt",
            author_url=f"{SITE}/a\0b",
        ),
        tmp_path,
    )

    assert "\0" not in str(found)
    assert "\\x00" not in repr(found)
    assert found.thing is not None
    assert found.thing.print_settings == {"ab": "ab"}
