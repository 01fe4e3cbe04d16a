"""What the API's answers mean, over ten years of drift: wire values to the raw record form.

Times become UTC, tags come once and with their key, ancestors are ids, print settings are plain
text; what a year does not say stays ``None``. A value that fits no known year (see `wire`) raises
`UnknownShape` with its path, and the record is quarantined by whoever asked.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

import msgspec
from msgspec import Struct

from thingistat_pipeline.thingiverse.answers import UnknownShape, clean_text, plain_text, utc_time
from thingistat_pipeline.thingiverse.records import Category, Creator, File, Image, Tag, Thing
from thingistat_pipeline.thingiverse.wire import (
    Empty,
    Text,
    WireCategory,
    WireCreator,
    WireFile,
    WireImage,
    WirePart,
    WireReference,
    WireSearch,
    WireTag,
    WireThing,
    WireUser,
    WireZip,
)

SITE = "https://www.thingiverse.com"

T = TypeVar("T")

_IMAGE_RESOURCE = re.compile(r"/things/\d+/images/\d+/?$")
_THING_REFERENCE = re.compile(r"(?:^|/thing:|/things/)(\d{1,18})/?$")
_NO_TAG_CHARACTER = re.compile(r"[^\w-]")
_PICTURE_PREFERENCE = (("display", "large"), ("preview", "large"), ("thumb", "large"))


class ThingAnswer(Struct, frozen=True):
    """A thing, and the names of its files and images where the answer holds them."""

    thing: Thing
    zip_files: list[File] | None
    zip_images: list[Image] | None


def decode_thing(tree: Any) -> ThingAnswer:  # noqa: ANN401 - any JSON value
    """Return what the answer of ``/things/{id}`` says.

    Raises
    ------
    UnknownShape
        When a field holds what no known year's answer holds; the message says which.
    """
    wire = _converted(tree, WireThing)
    package = wire.zip_data if isinstance(wire.zip_data, WireZip) else WireZip()
    try:
        thing = _thing(wire)
    except RecursionError:
        raise UnknownShape("nested too deeply - at `$.details_parts`") from None
    return ThingAnswer(
        thing=thing,
        zip_files=_listed(package.files, _file),
        zip_images=_listed(package.images, _image),
    )


def decode_hits(tree: Any) -> list[Thing]:  # noqa: ANN401
    """Return the short things of a search answer or of a plain list of things."""
    wires = (
        _converted(tree, WireSearch).hits
        if isinstance(tree, dict)
        else _converted(tree, list[WireThing])
    )
    return [_thing(wire) for wire in wires]


def decode_categories(tree: Any) -> list[Category]:  # noqa: ANN401
    """Return the categories of ``/things/{id}/categories`` or ``/categories``."""
    return [_category(wire) for wire in _converted(tree, list[WireCategory])]


def decode_files(tree: Any) -> list[File]:  # noqa: ANN401
    """Return the files of ``/things/{id}/files``; a single file counts as a list of one."""
    return [_file(wire) for wire in _converted(_as_list(tree), list[WireFile])]


def decode_images(tree: Any) -> list[Image]:  # noqa: ANN401
    """Return the images of ``/things/{id}/images``; a single image counts as a list of one."""
    return [_image(wire) for wire in _converted(_as_list(tree), list[WireImage])]


def decode_tags(tree: Any) -> list[Tag]:  # noqa: ANN401
    """Return the tags of ``/things/{id}/tags``, each once."""
    return _tags(_converted(tree, list[WireTag | str]))


def decode_likers(tree: Any) -> list[int]:  # noqa: ANN401
    """Return the user ids on a page of ``/things/{id}/likes``."""
    return [user.id for user in _converted(tree, list[WireUser])]


def tag_key(name: str) -> str:
    """Return a tag's key: as the API's reference says, blanks to ``_``, then only word characters.

    The keys in real answers are in lower case ("Legend of Zelda" has ``legend_of_zelda``).
    """
    return _NO_TAG_CHARACTER.sub("", "_".join(name.split())).lower()


def _converted(tree: Any, shape: type[T]) -> T:  # noqa: ANN401
    try:
        return msgspec.convert(tree, shape, strict=False)
    except msgspec.ValidationError as error:
        place = "" if " - at `$" in str(error) else " - at `$`"
        raise UnknownShape(f"{error}{place}") from None
    except RecursionError:
        raise UnknownShape("nested too deeply") from None


def _thing(wire: WireThing) -> Thing:
    can_comment = wire.can_comment
    if can_comment is None and wire.is_comments_disabled is not None:
        can_comment = not wire.is_comments_disabled
    default_image = wire.default_image if isinstance(wire.default_image, WireImage) else WireImage()
    fields: dict[str, Any] = {name: getattr(wire, name) for name in _SAME_FIELDS}
    fields |= {name: _text(getattr(wire, name)) for name in _TEXT_FIELDS}
    return Thing(
        **fields,
        creator=_creator(wire.creator),
        default_image_url=_text(default_image.url),
        added=_time(wire.added or wire.created_at, "added"),
        modified=_time(wire.modified, "modified"),
        can_comment=can_comment,
        print_settings=_print_settings(wire.details_parts),
        tags=None if wire.tags is None else _tags(wire.tags),
        ancestors=None if wire.ancestors is None else _ancestors(wire.ancestors),
    )


_TEXT_FIELDS = (
    "name",
    "thumbnail",
    "public_url",
    "description",
    "instructions",
    "details",
    "license",
    "moderation",
)
_SAME_FIELDS = tuple(
    name
    for name in WireThing.__struct_fields__
    if name.startswith(("is_", "allows_")) or name.endswith(("_count", "_id")) or name == "id"
    if name in Thing.__struct_fields__
)


def _creator(wire: WireCreator | Empty | None) -> Creator | None:
    if not isinstance(wire, WireCreator):
        if wire:
            raise UnknownShape("Expected an object, got a list - at `$.creator`")
        return None
    return Creator(
        id=wire.id,
        name=_text(wire.name) or "",
        public_url=_text(wire.public_url),
        count_of_followers=wire.count_of_followers,
        count_of_following=wire.count_of_following,
        count_of_designs=wire.count_of_designs,
        accepts_tips=wire.accepts_tips,
        first_name=_text(wire.first_name),
        last_name=_text(wire.last_name),
        location=_text(wire.location),
    )


def _tags(wires: list[WireTag | str]) -> list[Tag]:
    """Return the tags in their order, the first of equal keys only."""
    tags: dict[str, Tag] = {}
    for each in wires:
        wire = WireTag(name=each) if isinstance(each, str) else each
        name = _text(wire.name) or ""
        key = _text(wire.tag) or clean_text(unquote(_last_segment(wire.url))) or tag_key(name)
        if key and key not in tags:
            address = _text(wire.absolute_url)
            tags[key] = Tag(
                name=name or key,
                tag=key,
                absolute_url=_absolute(address) if address else None,
                count=wire.count,
            )
    return list(tags.values())


def _ancestors(wires: list[WireReference | int | str]) -> list[int]:
    """Return the ids of the things that this one is made from; a bare name has none."""
    ids: dict[int, None] = {}
    for wire in wires:
        if isinstance(wire, WireReference):
            ids[wire.id] = None
        elif found := _THING_REFERENCE.search(str(wire).strip()):
            ids[int(found[1])] = None
    ids.pop(0, None)  # how a database says that there is none
    return list(ids)


def _category(wire: WireCategory) -> Category:
    return Category(
        name=clean_text(wire.name),
        slug=_text(wire.slug) or _last_segment(wire.url) or None,
        id=wire.id,
        count=wire.count,
    )


def _file(wire: WireFile) -> File:
    return File(
        id=wire.id,
        name=_text(wire.name),
        size=wire.size,
        download_count=wire.download_count,
        added=_time(_text(wire.date), "date"),
    )


def _image(wire: WireImage) -> Image:
    """Return an image with the address of a picture; ``/images`` gives that of a resource."""
    url = _text(wire.url)
    if url is None or _IMAGE_RESOURCE.search(url):
        sizes = {(_text(s.type), _text(s.size)): _text(s.url) for s in wire.sizes or []}
        found = [sizes[kind] for kind in _PICTURE_PREFERENCE if sizes.get(kind)]
        url = found[0] if found else url
    return Image(id=wire.id, name=_text(wire.name), url=url)


def _print_settings(parts: list[WirePart] | None) -> dict[str, str] | None:
    """Return the print settings as plain text by name, ``{}`` where the section is empty."""
    sections = [part.data for part in parts or [] if part.type == "settings"]
    if not sections:
        return None
    settings: dict[str, str] = {}
    for data in sections:
        for entry in _as_list(data):
            if isinstance(entry, dict):
                named = {str(name): _words(value) for name, value in entry.items()}
            else:
                named = {"notes": _words(entry)}
            for name, words in named.items():
                if words:
                    settings["_".join(clean_text(name).split()).lower()] = words
    return settings


def _words(value: Any) -> str:  # noqa: ANN401
    """Return the text of a setting, which may be text with markup, a number, a list or nothing."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    if isinstance(value, dict):
        return _words(list(value.values()))
    return "" if value is None else plain_text(str(value))


def _text(value: Text) -> str | None:
    return None if value is None else clean_text(str(value))


def _time(text: str | None, field: str) -> str | None:
    try:
        return None if text is None else utc_time(text)
    except UnknownShape as error:
        raise UnknownShape(f"{error} - at `$.{field}`") from None


def _last_segment(url: Text) -> str:
    """Return the last part of an address's path, ``""`` where it is no address."""
    try:
        path = urlsplit(_text(url) or "").path
    except ValueError:
        return ""
    return path.rstrip("/").rpartition("/")[2]


def _absolute(address: str) -> str | None:
    """Return an address on the site as a whole one, ``None`` where it is no address."""
    try:
        return urljoin(SITE, address)
    except ValueError:
        return None


def _as_list(tree: Any) -> Any:  # noqa: ANN401
    """Return a list as it is, nothing as an empty one, and anything else as a list of one."""
    if tree is None:
        return []
    return tree if isinstance(tree, list) else [tree]


def _listed(wires: list[T] | None, convert: "Callable[[T], Any]") -> list[Any] | None:
    return None if wires is None else [convert(wire) for wire in wires]
