"""Every real answer decodes to the values that one reads in it with one's own eyes."""

import json
from pathlib import Path
from typing import Any

from thingistat_pipeline.thingiverse.answers import parse_json
from thingistat_pipeline.thingiverse.errors import Verdict, judge
from thingistat_pipeline.thingiverse.payloads import (
    decode_categories,
    decode_files,
    decode_hits,
    decode_images,
    decode_tags,
    decode_thing,
)
from thingistat_pipeline.thingiverse.records import Category, File, Image, Tag


def read(real_data: Path, name: str) -> Any:
    return parse_json((real_data / "api" / name).read_bytes())


def test_the_thing_of_2019_has_its_values(real_data: Path) -> None:
    answer = decode_thing(read(real_data, "things/3730558_2019.json"))
    thing = answer.thing
    assert (thing.id, thing.name) == (3730558, "Alfawise U30 - Guida filamento")
    assert thing.creator is not None
    assert (thing.creator.id, thing.creator.name) == (2712150, "scigola")
    assert (thing.creator.accepts_tips, thing.creator.count_of_followers) == (False, None)
    assert (thing.added, thing.modified) == ("2019-10-15T13:12:43Z", "2019-10-15T13:12:43Z")
    flags = (thing.is_published, thing.is_wip, thing.is_featured, thing.is_private, thing.is_nsfw)
    assert flags == (True, False, False, False, None)
    assert (thing.like_count, thing.collect_count, thing.file_count) == (0, 1, 5)
    assert (thing.download_count, thing.view_count, thing.print_history_count) == (27, 104, 0)
    assert (thing.comment_count, thing.make_count, thing.remix_count) == (None, None, None)
    assert (thing.tags, thing.ancestors, thing.is_derivative, thing.app_id) == (None,) * 4
    assert thing.license == "Creative Commons - Public Domain Dedication"
    assert thing.instructions == ""
    assert thing.description is not None
    assert "\r\n\r\nPer i perni dei rulli" in thing.description
    assert thing.default_image_url is not None
    assert thing.default_image_url.endswith("/Guida_con_fermaguaina_removibile_01.jpg")
    assert thing.print_settings == {}
    assert (answer.zip_files, answer.zip_images) == (None, None)


def test_the_thing_of_2023_has_its_values(real_data: Path) -> None:
    answer = decode_thing(read(real_data, "things/5828243.json"))
    thing = answer.thing
    assert thing.creator is not None
    followers = (thing.creator.count_of_followers, thing.creator.count_of_following)
    assert (*followers, thing.creator.count_of_designs) == (294, 0, 5)
    assert thing.creator.accepts_tips is True
    flags = (thing.is_published, thing.is_wip, thing.is_featured, thing.is_nsfw, thing.is_ai)
    assert flags == (True, False, None, False, None)
    assert (thing.allows_derivatives, thing.is_derivative, thing.can_comment) == (True, False, True)
    counts = (thing.like_count, thing.collect_count, thing.comment_count, thing.root_comment_count)
    assert counts == (3028, 4820, 118, 64)
    counts = (thing.download_count, thing.view_count, thing.remix_count, thing.make_count)
    assert counts == (15985, 109852, 1, 17)
    assert (thing.file_count, thing.app_count, thing.moderation) == (23, 0, "")
    assert thing.tags is not None
    assert [tag.tag for tag in thing.tags] == [
        "cosplay",
        "legend_of_zelda",
        "master_sword",
        "prop",
        "sword",
        "zelda",
    ]
    assert thing.tags[1] == Tag(
        name="Legend of Zelda",
        tag="legend_of_zelda",
        absolute_url="https://www.thingiverse.com/tag:Legend_of_Zelda",
        count=1028,
    )
    assert thing.print_settings is not None
    notes = thing.print_settings.pop("notes")
    assert notes.startswith('BEFORE PRINTING: "B1" and "B2" were updated 2/8/2023')
    assert "<" not in notes
    assert thing.print_settings == {
        "printer_brand": "Creality",
        "printer": "Ender 3",
        "rafts": "No",
        "supports": "No",
        "resolution": "0.16",
        "infill": "10",
        "filament_brand": "Hatchbox",
        "filament_color": "Blue, Green, Copper, Silver",
        "filament_material": "PLA",
    }
    assert answer.zip_images is None


def test_the_thing_of_2025_has_its_values_and_its_zip_data(real_data: Path) -> None:
    answer = decode_thing(read(real_data, "things/4049220.json"))
    thing = answer.thing
    assert (thing.is_ai, thing.is_nsfw, thing.is_private, thing.is_wip) == (False,) * 4
    assert (thing.download_count, thing.view_count) == (327, 203)
    assert (thing.like_count, thing.collect_count, thing.app_count) == (2, 10, 4)
    assert thing.can_comment is True  # said as is_comments_disabled: false
    assert thing.tags == [
        Tag(
            name="slatwall",
            tag="slatwall",
            absolute_url="https://www.thingiverse.com/tag:slatwall",
            count=114,
        )
    ]
    assert thing.default_image_url is not None
    assert thing.default_image_url.endswith("/Slatwall_support.stl")
    assert answer.zip_files == [
        File(name="Slatwall_support.stl"),
        File(name="Slatwall_support.f3d"),
    ]
    assert answer.zip_images == [
        Image(
            name="Slatwall_support.png",
            url="https://cdn.thingiverse.com/assets/81/fd/d4/4e/ec/Slatwall_support.png",
        )
    ]


def test_recorded_exchanges_mean_what_they_meant(real_data: Path) -> None:
    for name, verdict in (
        ("things_4049220", Verdict.OK),
        ("things_7075185", Verdict.GONE),
        ("collections_16696069_things", Verdict.OK),
    ):
        response = json.loads((real_data / "api/http" / f"{name}.json").read_bytes())["response"]
        headers = {key.lower(): value[0] for key, value in response["headers"].items()}
        status = response["status"]["code"]
        judgement = judge(status, headers["content-type"], response["body"].encode())
        assert judgement.verdict is verdict
    assert judgement.tree[0]["id"] == 4763554


def test_lists_of_every_year_decode(real_data: Path) -> None:
    search = decode_hits(read(real_data, "lists/search_newest_2025-03-10.json"))
    assert [(hit.id, hit.added) for hit in search] == [(6975184, "2025-03-10T20:12:44Z")]
    assert search[0].tags is not None
    assert [(tag.tag, tag.absolute_url) for tag in search[0].tags][:2] == [
        ("2d-art", "https://www.thingiverse.com/tag:2D-art"),
        ("poetin", "https://www.thingiverse.com/tag:Poetin"),
    ]
    newest = decode_hits(read(real_data, "lists/newest_2019-12.json"))
    assert [(hit.id, hit.name) for hit in newest] == [
        (4002927, "Beer can coster"),
        (4002928, "Cylinder"),
    ]
    popular = decode_hits(read(real_data, "lists/popular_2021-11-24.json"))
    assert (len(popular), popular[0].like_count, popular[0].comment_count) == (30, 3855, 65)
    hits = decode_hits(read(real_data, "lists/search_popular_2021-11.json"))
    assert (len(hits), hits[0].is_published, hits[0].tags, hits[0].is_nsfw) == (50, None, [], False)
    collection = decode_hits(read(real_data, "lists/collection_16696069_things_page1.json"))
    assert (len(collection), collection[0].collect_count) == (30, 426)


def test_files_of_2019_and_2014_decode(real_data: Path) -> None:
    assert decode_files(read(real_data, "files/3730558_2019.json")) == [
        File(
            id=6867550,
            name="Clip_di_tenuta.stl",
            size=11084,
            download_count=87,
            added="2019-08-09T11:41:43Z",
        ),
        File(
            id=6867552,
            name="Cont_rulli.stl",
            size=50084,
            download_count=87,
            added="2019-08-09T11:41:47Z",
        ),
        File(
            id=6867554,
            name="Guidafilo4_rulli_removibile.FCStd",
            size=154826,
            download_count=85,
            added="2019-08-09T11:42:06Z",
        ),
    ]
    (old,) = decode_files(read(real_data, "files/556207_2014_reconstructed.json"))
    assert (old.id, old.size, old.added) == (556207, 57251, "2014-04-29T04:06:30Z")
    assert old.download_count is None


def test_an_image_of_2014_gets_the_address_of_a_picture(real_data: Path) -> None:
    (image,) = decode_images(read(real_data, "images/316754_880611_2014_reconstructed.json"))
    assert image.id == 880611
    assert image.url is not None
    assert image.url.endswith("20140501-27286-2xdd64-0_display_large.jpg")


def test_tags_of_2019_get_their_keys_from_the_address_and_come_once(real_data: Path) -> None:
    tags = decode_tags(read(real_data, "tags/3730558_2019.json"))
    assert [(tag.tag, tag.count) for tag in tags] == [
        ("alfawise_u30", 207),
        ("filament", 5617),
        ("filamento", 76),
        ("guida", 5),
        ("guide", 1198),
        ("rollers", 23),
        ("rulli", 2),
    ]
    assert tags[0].name == "Alfawise_U30"


def test_categories_of_2015_get_their_slugs(real_data: Path) -> None:
    categories = decode_categories(read(real_data, "categories/root_2015_reconstructed.json"))
    assert len(categories) == 10
    assert categories[0] == Category(name="3D Printing", slug="3d-printing")
    assert categories[-1] == Category(name="Toys & Games", slug="toys-and-games")


def test_every_known_error_body_has_its_verdict(real_data: Path) -> None:
    expected = {
        '{"error":"Thing 7075185 does not exist"}': Verdict.GONE,
        '{"error":""}': Verdict.GONE,
        '{"error":"Collection 99999999 does not exist"}': Verdict.GONE,
        '{"error":"Thing has not been published"}': Verdict.PRIVATE,
        '{"error":"Thing is private"}': Verdict.PRIVATE,
        '{"error":"Thing is under moderation"}': Verdict.MODERATED,
        "You can only send 300 requests per 5 minutes. Please check "
        "https://www.thingiverse.com/developers/getting-started": Verdict.RATE_LIMITED,
        "<title>Just a moment...</title>": Verdict.BLOCKED,
        '{"error":"Unauthorized"}': Verdict.TOKEN_REJECTED,
        '{"error":"Forbidden"}': Verdict.REFUSED,
        "[]": Verdict.TRANSIENT,
    }
    known = json.loads((real_data / "api/errors/known_error_bodies.json").read_bytes())
    for each in known:
        body = each.get("body") or each["body_contains"]
        wanted = expected.get(body, Verdict.TRANSIENT)  # the last one is the XML of S3
        # Where the status was not recorded, the body must be enough, whatever came with it.
        for status in [each["status"]] if each["status"] else [401, 403, 404, 200]:
            judgement = judge(status, each["content_type"] or "", body.encode())
            assert judgement.verdict is wanted, (status, body)
