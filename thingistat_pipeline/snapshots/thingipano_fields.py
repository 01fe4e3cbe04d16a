"""The fields of ThingiPano's JSON: their types, where each goes, and how its texts become values.

Source: ``data/metadata_design_key.txt`` and ``data/metadata_user_key.txt`` of the data set
(Alexander-Berman/ThingiPano), and its files, which differ from the keys: numbers are texts,
files have a ``filename`` too, ``likes`` is there.
"""

import re
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from thingistat_pipeline.snapshots.source import Findings
from thingistat_pipeline.thingiverse.answers import (
    NO_JSON,
    UnreadableAnswer,
    clean_text,
    parse_json,
)

LARGEST_ELEMENT = 8 * 2**20  # of JSON; its record stays well below what the warehouse reads

# Where every known field goes; the manifest repeats it.
MAPPING = {
    "id": "thing_id",
    "404": "outcome gone",
    "notice_moderation": "outcome moderated",
    "notice_violation": "outcome moderated",
    "title": "thing.name, character references resolved",
    "author": "thing.creator.name; the id by the users' files, else made from the name, negative",
    "author_url": "thing.creator.public_url",
    "published_datetime": "thing.added",
    "description.header": "thing.details",
    "description.text": (
        "thing.details; the Summary as text in thing.description, the Instructions in "
        "thing.instructions"
    ),
    "print_settings": "thing.print_settings",
    "license": "thing.license",
    "category": "categories",
    "tags": "thing.tags",
    "images": "images, thing.image_count; the first one thing.thumbnail, thing.default_image_url",
    "images_number": "thing.image_count, in abridged copies without images",
    "files.file_id": "files.id",
    "files.file_name": "files.name",
    "files.filename": "files.name, where file_name is missing",
    "files.size": "files.size; the site rounds it to whole kb (1024 bytes), mb, gb",
    "files.downloads": "files.download_count",
    "files.updated_timestamp": "files.added, the day's midnight",
    "remixed_from.thing_id": "thing.ancestors, thing.is_derivative",
    "liked_by.user": "likers, hashed: by number where the users' files know it, else by name",
    "likes": "thing.like_count, likers_truncated",
    "downloads": "thing.download_count",
    "views": "thing.view_count",
    "collection_number": "thing.collect_count",
    "remixes_number": "thing.remix_count",
    "made_number": "thing.make_count",
    "comments_number": "thing.comment_count",
    "notice_wip": "thing.is_wip",
    "banner_featured": "thing.is_featured",
    "users.username": "finds a creator or a liker",
    "users.id": "thing.creator.id, likers",
    "users.number_followers": "thing.creator.count_of_followers",
    "users.number_following": "thing.creator.count_of_following",
    "users.number_designs": "thing.creator.count_of_designs",
}

_NOTHING = Raw()

Number = str | int | None

_T = TypeVar("_T")


class _Known(Struct, kw_only=True, forbid_unknown_fields=True):
    """An object whose fields are all known; one of type Raw is not carried over."""


class Section(_Known):
    """A section of a design's page, in HTML."""

    header: str | None = None
    text: str | None = None


class FileEntry(_Known):
    """A file of a design."""

    file_id: Number = None
    file_name: str | None = None
    filename: str | None = None
    size: Number = None
    downloads: Number = None
    updated_timestamp: str | None = None
    thing_id: Raw = _NOTHING
    download_link: Raw = _NOTHING
    img: Raw = _NOTHING


class Source(_Known):
    """A design from which another one is remixed."""

    thing_id: Number = None
    title: Raw = _NOTHING
    author: Raw = _NOTHING
    img: Raw = _NOTHING


class Liker(_Known):
    """A user who likes a design."""

    user: str | None = None
    user_url: Raw = _NOTHING
    user_img: Raw = _NOTHING


class Design(_Known):
    """A design as its page showed it."""

    id: Number = None
    not_found: bool | None = field(name="404", default=None)
    notice_moderation: bool | None = None
    notice_violation: bool | None = None
    notice_wip: bool | None = None
    banner_featured: bool | None = None
    title: str | None = None
    author: str | None = None
    author_url: str | None = None
    published_datetime: str | None = None
    license: str | None = None
    category: str | UnsetType | None = UNSET
    description: list[Section] | None = None
    print_settings: dict[str, str | None] | None = None
    tags: list[tuple[str, str | None]] | None = None
    images: list[str] | None = None
    images_number: Number = None
    files: list[FileEntry] | None = None
    remixed_from: list[Source] | None = None
    liked_by: list[Liker] | None = None
    likes: Number = None
    downloads: Number = None
    views: Number = None
    collection_number: Number = None
    remixes_number: Number = None
    made_number: Number = None
    comments_number: Number = None
    author_url_img: Raw = _NOTHING
    banner_challenge_winner: Raw = _NOTHING
    banner_education: Raw = _NOTHING
    banner_verified: Raw = _NOTHING
    comments: Raw = _NOTHING
    customizer: Raw = _NOTHING
    description_headers: Raw = _NOTHING
    education_grades: Raw = _NOTHING
    education_subjects: Raw = _NOTHING
    makes: Raw = _NOTHING
    watches: Raw = _NOTHING
    won_challenge: Raw = _NOTHING


class UserEntry(_Known):
    """A user as the own page showed it."""

    username: str | None = None
    id: Number = None
    number_followers: Number = None
    number_following: Number = None
    number_designs: Number = None
    avatar_background_img: Raw = _NOTHING
    avatar_img: Raw = _NOTHING
    bio: Raw = _NOTHING
    design_level: Raw = _NOTHING
    design_programs: Raw = _NOTHING
    full_name: Raw = _NOTHING
    groups: Raw = _NOTHING
    i_am_a: Raw = field(name="IAmA", default=_NOTHING)
    number_collections: Raw = _NOTHING
    number_likes: Raw = _NOTHING
    number_makes: Raw = _NOTHING
    printers: Raw = _NOTHING
    tip_url: Raw = _NOTHING


_LISTS: dict[str, type[_Known]] = {
    "description": Section,
    "files": FileEntry,
    "remixed_from": Source,
    "liked_by": Liker,
}
_DESIGN = msgspec.json.Decoder(Design)
_USER = msgspec.json.Decoder(UserEntry)

UNKNOWN_FIELD = "unknown field: "
_LONGEST_FIELD_NAME = 60

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d) ?(?:GMT|UTC|Z)?", re.ASCII)
_SIZE = re.compile(r"(\d{1,15})(\.\d{1,9})? ?([kmgt]?b|bytes)?", re.ASCII | re.IGNORECASE)
_DAY = re.compile(r"(\d\d)-(\d\d)-(\d\d)", re.ASCII)
_UNITS = {"kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40}


class UnreadableField(Exception):  # noqa: N818  caught within this package, turned into a Reject
    """A design or user holds something that the field cannot mean."""

    def __init__(self, why: str, field: str | None = None, value: object = None) -> None:
        super().__init__(why if field is None else f"{field} {why}")
        self.field = field
        self.value = value


def decode_design(element: bytes | Raw, findings: Findings) -> Design:
    """Return a design, noting the fields that it has and this module does not know.

    Raises
    ------
    UnreadableField
        When it is no JSON object, or a field is of another type than it can be.
    """
    try:
        return _DESIGN.decode(element)
    except NO_JSON:
        return _mended(element, _DESIGN, Design, "", findings)


def decode_user(element: bytes | Raw, findings: Findings) -> UserEntry:
    """Return a user; as `decode_design`."""
    try:
        return _USER.decode(element)
    except NO_JSON:
        return _mended(element, _USER, UserEntry, "users.", findings)


def unmapped_fields() -> list[str]:
    """Return the known fields that are not carried over, by their paths."""
    shapes: list[tuple[str, type[_Known]]] = [("", Design), ("users.", UserEntry)]
    shapes += [(f"{name}.", shape) for name, shape in _LISTS.items()]
    paths = (
        f"{prefix}{name}" for prefix, shape in shapes for name in shape.__struct_encode_fields__
    )
    return sorted(path for path in paths if path not in MAPPING and path not in _LISTS)


def whole(name: str, value: Number) -> int | None:
    """Return a count, given as text or number.

    Raises
    ------
    UnreadableField
        When it is no whole number from 0 to 2⁶³-1.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit()):
            raise UnreadableField("is not a whole number", name, value)
        number = int(value) if len(value) < 30 else 2**63
    else:
        number = value
    if number < 0:
        raise UnreadableField("is negative", name, value)
    if number >= 2**63:
        raise UnreadableField("is a number beyond 64 bits", name, value)
    return number


def identity(name: str, value: Number) -> int:
    """Return a positive whole number that must be there."""
    number = whole(name, value)
    if not number:
        raise UnreadableField("is missing" if number is None else "is not positive", name, value)
    return number


def time(name: str, text: str | None) -> str | None:
    """Return a time in the record form's writing; all of the data set's times are in GMT."""
    if not text:
        return None
    found = _TIME.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        datetime.fromisoformat(f"{found[1]}T{found[2]}")
    except ValueError:
        raise UnreadableField("is not a time", name, text) from None
    return f"{found[1]}T{found[2]}Z"


def size_in_bytes(text: Number) -> int | None:
    """Return what a rounded size like ``273kb`` stands for, ``None`` where it is none."""
    found = _SIZE.fullmatch(str(text).strip())
    if found is None:
        return None
    number = int(float(found[1] + (found[2] or "")) * _UNITS.get((found[3] or "").lower(), 1))
    return number if number < 2**63 else None


def day(text: str) -> str | None:
    """Return the start of the day ``MM-DD-YY``, ``None`` where it is none; the site is of 2008."""
    found = _DAY.fullmatch(text.strip())
    try:
        return found and f"{date(2000 + int(found[3]), int(found[1]), int(found[2]))}T00:00:00Z"
    except ValueError:
        return None


def _mended(
    element: bytes | Raw,
    decoder: msgspec.json.Decoder[_T],
    shape: type[_Known],
    prefix: str,
    findings: Findings,
) -> _T:
    """Return an element whose text had to be repaired or that has fields nobody knows."""
    try:
        tree = parse_json(bytes(element))
        if not isinstance(tree, dict):
            raise UnreadableField("is no JSON object")
        unknown = set(_take_unknown(tree, shape, prefix))
        for name, inner in _LISTS.items() if shape is Design else ():
            entries = tree.get(name)
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, dict):
                    unknown.update(_take_unknown(entry, inner, f"{name}."))
        known = decoder.decode(msgspec.json.encode(tree))
    except UnreadableAnswer as error:
        raise UnreadableField(f"is {error}") from None
    except NO_JSON as error:
        raise UnreadableField(str(error)) from None
    except RecursionError:
        raise UnreadableField("is JSON nested too deeply") from None
    except (OverflowError, msgspec.EncodeError):
        raise UnreadableField("has a number beyond 64 bits") from None
    for path in unknown:
        findings.count(UNKNOWN_FIELD + path)
    return known


def _take_unknown(tree: dict[str, Any], shape: type[_Known], prefix: str) -> list[str]:
    unknown = [name for name in tree if name not in shape.__struct_encode_fields__]
    for name in unknown:
        del tree[name]
    return [prefix + clean_text(name)[:_LONGEST_FIELD_NAME] for name in unknown]
