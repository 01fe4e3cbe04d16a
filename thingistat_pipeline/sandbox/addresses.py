"""Addresses of pictures: from (id, picture, size) to a path and back, with no list in between.

A path looks like the real ones, ``/assets/e3/bc/80/9f/87/large_display_name.jpg`` for photographs
and ``/renders/…/name_thumb_medium.jpg`` for pictures drawn by the site. The five pairs of digits
hold the id, the picture's number and a check, scrambled by a multiplication that can be undone.
"""

import re
from functools import lru_cache
from typing import NamedTuple

SIZES: dict[str, tuple[int, int]] = {
    "thumb_large": (160, 160),
    "thumb_medium": (100, 100),
    "thumb_small": (55, 55),
    "thumb_tiny": (30, 30),
    "preview_featured": (294, 220),
    "preview_card": (294, 220),
    "preview_large": (628, 472),
    "preview_medium": (222, 166),
    "preview_small": (111, 83),
    "preview_birdwing": (628, 472),
    "preview_tiny": (48, 36),
    "preview_tinycard": (65, 50),
    "display_large": (720, 540),
    "display_medium": (550, 412),
    "display_small": (330, 248),
}
"""Width and height in pixels by type and size, in the order in which the API lists them."""

ORIGINAL = "original"
ORIGINAL_SIZE = (960, 720)

_BITS = 40
_SPACE = 1 << _BITS
_FACTOR = 0x9E3779B97 | 1
_INVERSE = pow(_FACTOR, -1, _SPACE)
_CHECK = 0b1011010
_PATH = re.compile(
    r"/(assets|renders)/((?:[0-9a-f]{2}/){5})(?:(large|medium|small|tiny|featured|card|birdwing|tinycard)"
    r"_(thumb|preview|display)_)?[^/]*?(?:_(thumb|preview|display)_"
    r"(large|medium|small|tiny|featured|card|birdwing|tinycard))?\.(jpg|png|stl)"
)


class Picture(NamedTuple):
    """Which picture of which thing: photographs count from 0, renders from 0."""

    thing_id: int
    number: int
    rendered: bool


class Address(NamedTuple):
    """A picture in one size (a key of `SIZES`, or `ORIGINAL`)."""

    picture: Picture
    size: str


@lru_cache(maxsize=4096)
def token_of(picture: Picture) -> str:
    """Return the five pairs of digits, such as ``e3/bc/80/9f/87``."""
    packed = (picture.thing_id << 15) | (min(picture.number, 255) << 7) | _CHECK
    digits = f"{packed * _FACTOR % _SPACE:010x}"
    return "/".join(digits[k : k + 2] for k in range(0, 10, 2))


def path_of(picture: Picture, name: str, size: str) -> str:
    """Return the path of a picture in a size; `name` is its file name without an ending."""
    token = token_of(picture)
    if picture.rendered:
        suffix = "" if size == ORIGINAL else f"_{size}"
        return f"/renders/{token}/{name}{suffix}.jpg"
    kind, _, measure = size.partition("_")
    prefix = "" if size == ORIGINAL else f"{measure}_{kind}_"
    return f"/assets/{token}/{prefix}{name}.jpg"


def address_at(path: str) -> Address | None:
    """Return what a path shows, or None where it is nobody's."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    folder, digits, measure, kind, late_kind, late_measure, ending = found.groups()
    packed = int(digits.replace("/", ""), 16) * _INVERSE % _SPACE
    if packed & 0x7F != _CHECK:
        return None
    rendered = folder == "renders" or ending == "stl"
    picture = Picture(packed >> 15, (packed >> 7) & 0xFF, rendered)
    size = f"{kind or late_kind}_{measure or late_measure}" if kind or late_kind else ORIGINAL
    return Address(picture, size) if size == ORIGINAL or size in SIZES else None
