"""The right size of the right picture, and no host but the site's own."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from thingistat_pipeline.thingiverse.payloads import decode_thing
from thingistat_pipeline.thingiverse.records import Thing
from thingistat_pipeline.thingiverse.wire import WireImage, WireSize
from thingistat_pipeline.visual.addresses import PICTURE_HOSTS, Cover, PictureHosts, cover_of

HOSTS = PictureHosts()
SANDBOX = PictureHosts(frozenset(), "http://127.0.0.1:8765")
CDN = "https://cdn.thingiverse.com"
RENDER = f"{CDN}/renders/58/26/5b/35/b4/cb34f0b5"
UPLOAD = f"{CDN}/assets/c7/59/b9/95/46"


def upload_in(*kinds: tuple[str, str]) -> WireImage:
    """An uploaded picture, each of whose sizes has digits of its own."""
    return WireImage(
        sizes=[
            WireSize(type=kind, size=size, url=f"{CDN}/assets/0{k}/00/00/00/00/{size}_{kind}_a.jpg")
            for k, (kind, size) in enumerate(kinds)
        ]
    )


ALL = upload_in(
    ("thumb", "large"), ("preview", "card"), ("preview", "medium"), ("preview", "large"),
    ("display", "large"), ("display", "medium"), ("display", "small"), ("thumb", "tiny"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("pixels", "chosen"),
    [
        (200, "medium_preview"),
        (223, "card_preview"),
        (294, "card_preview"),
        (295, "small_display"),
        (330, "small_display"),
        (400, "medium_display"),
    ],
)
def test_the_smallest_size_that_suffices_is_chosen(pixels: int, chosen: str) -> None:
    thing = Thing(id=1, thumbnail=f"{UPLOAD}/large_display_a.jpg")
    address = cover_of(thing, ALL, HOSTS, pixels=pixels).address
    assert address is not None
    assert address.endswith(f"/{chosen}_a.jpg")


def test_where_no_listed_size_suffices_the_largest_is_chosen() -> None:
    few = upload_in(("thumb", "large"), ("preview", "medium"))
    address = cover_of(Thing(id=1), few, HOSTS, pixels=320).address
    assert address is not None
    assert address.endswith("/medium_preview_a.jpg")


def test_without_a_list_a_render_is_asked_for_in_another_size_and_an_upload_as_it_is() -> None:
    render = Thing(id=1, thumbnail=f"{RENDER}_display_large.jpg")
    assert cover_of(render, None, HOSTS, pixels=320) == Cover(1, f"{RENDER}_display_small.jpg")
    upload = Thing(id=2, thumbnail=f"{UPLOAD}/large_display_a.jpg")
    assert cover_of(upload, None, HOSTS, pixels=320) == Cover(2, upload.thumbnail)


def test_the_stand_in_for_no_picture_is_not_asked_for() -> None:
    gears = Thing(id=3, thumbnail=f"{CDN}/site/img/default/Gears_display_large.jpg")
    assert cover_of(gears, None, HOSTS, pixels=320) == Cover(3, None, "no_picture")
    assert cover_of(Thing(id=4), None, HOSTS, pixels=320) == Cover(4, None, "no_picture")


def test_a_picture_elsewhere_is_not_asked_for_and_a_better_known_one_is() -> None:
    elsewhere = Thing(id=5, thumbnail="https://tracker.example/p.jpg")
    assert cover_of(elsewhere, None, HOSTS, pixels=320) == Cover(5, None, "foreign_host")
    both = Thing(
        id=6, thumbnail="https://tracker.example/p.jpg", default_image_url=f"{UPLOAD}/a.jpg"
    )
    assert cover_of(both, None, HOSTS, pixels=320) == Cover(6, f"{UPLOAD}/a.jpg")


@pytest.mark.parametrize(
    "address",
    [
        f"{CDN}/assets/a.jpg",
        "https://thingiverse-production.s3.amazonaws.com/renders/a.jpg",
        "https://thingiverse-production-new.s3.amazonaws.com/assets/a.jpg",
        f"{CDN}/assets/36_%D0%9F%D0%B8.jpeg",
        f"{CDN}:443/assets/a.jpg?v=1",
    ],
)
def test_the_sites_own_hosts_are_permitted(address: str) -> None:
    assert HOSTS.permitted(address) == address.replace(":443", "")


def test_plain_http_becomes_https_and_letters_of_any_script_are_quoted() -> None:
    assert HOSTS.permitted("http://CDN.thingiverse.com/a.jpg") == f"{CDN}/a.jpg"
    assert HOSTS.permitted(f"{CDN}/ä b.jpg#top") == f"{CDN}/%C3%A4%20b.jpg"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "cdn.thingiverse.com/a.jpg",
        "//cdn.thingiverse.com/a.jpg",
        "ftp://cdn.thingiverse.com/a.jpg",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        f"{CDN}",
        f"{CDN}:8443/a.jpg",
        "http://cdn.thingiverse.com:443/a.jpg",
        "https://cdn.thingiverse.com.evil.example/a.jpg",
        "https://evilcdn.thingiverse.com/a.jpg",
        "https://cdn.thingiverse.com@evil.example/a.jpg",
        "https://user:pw@cdn.thingiverse.com/a.jpg",
        "https://evil.example\\@cdn.thingiverse.com/a.jpg",
        "https://evil.example/\\cdn.thingiverse.com/a.jpg",
        "https://cdn.thingiverse.com\n.evil.example/a.jpg",
        "https://cdn.thingiverse.com./a.jpg",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8765/renders/a.jpg",
        "http://localhost/a.jpg",
        "https://[::1]/a.jpg",
        "https://[cdn.thingiverse.com/a.jpg",
        "https://cdn.thingiverse.com:99999999/a.jpg",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert HOSTS.permitted(address) is None


def test_of_a_simulated_site_only_its_own_origin_is_permitted() -> None:
    own = "http://127.0.0.1:8765/renders/a.jpg"
    assert SANDBOX.permitted(own) == own
    for other in (
        f"{CDN}/a.jpg",
        "http://127.0.0.1:8766/a.jpg",
        "http://127.0.0.1/a.jpg",
        "https://127.0.0.1:8765/a.jpg",
        "http://127.0.0.1:8765@evil.example/a.jpg",
        "http://127.0.0.1:87650/a.jpg",
    ):
        assert SANDBOX.permitted(other) is None


PIECES = st.sampled_from(
    ["https", "http", ":", "/", "//", "\\", "@", "#", "?", "cdn.thingiverse.com", "evil.example",
     "127.0.0.1", ":8765", ":443", "a.jpg", "%2f", "%00", "\t", " ", ".", "[", "]", "ſ", "。"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join)))
@example("https://cdn.thingiverse.com/ſ")
def test_whatever_is_permitted_leads_to_the_sites_hosts_for_every_reader(address: str) -> None:
    permitted = HOSTS.permitted(address)
    if permitted is not None:
        read = parse_url(permitted)
        assert (read.scheme, read.auth, read.port) == ("https", None, None)
        assert read.host in PICTURE_HOSTS
        assert permitted.isascii()
        assert HOSTS.permitted(permitted) == permitted


@given(st.lists(st.one_of(st.none(), st.text(), st.lists(PIECES).map("".join)), min_size=4))
def test_any_payload_leads_to_a_permitted_address_or_to_a_reason(texts: list[str | None]) -> None:
    thing = Thing(id=9, thumbnail=texts[0], default_image_url=texts[1])
    image = WireImage(sizes=[WireSize(type="display", size="small", url=u) for u in texts[2:]])
    cover = cover_of(thing, image, HOSTS, pixels=320)
    assert (cover.address is None) == (cover.reason is not None)
    assert cover.address is None or HOSTS.permitted(cover.address) == cover.address


class _Answer(msgspec.Struct):
    default_image: WireImage


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (
            "3730558_2019.json",
            "/renders/10/64/d6/81/dd/41ae1bdb59f5a16ec9329a2a7cf65942_display_small.jpg",
        ),
        ("4049220.json", "/assets/b2/77/e7/8f/17/small_display_Slatwall_support.stl"),
        ("5828243.json", "/assets/09/ce/04/27/bb/small_display_4a786808-"),
    ],
)
def test_real_answers_name_their_covers(real_data: Path, name: str, address: str) -> None:
    content = (real_data / "api" / "things" / name).read_bytes()
    image = msgspec.json.decode(content, type=_Answer, strict=False).default_image
    thing = decode_thing(json.loads(content)).thing
    cover = cover_of(thing, image, HOSTS, pixels=320)
    assert cover.address is not None
    assert address in cover.address
    # An upload's other sizes have other digits, which nobody could guess.
    larger = cover_of(thing, image, HOSTS, pixels=400)
    assert larger.address != cover.address
