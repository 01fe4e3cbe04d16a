"""What one of ThingiPano's designs means: from the fields of its page to a record."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from msgspec import UNSET, Raw, UnsetType

from thingistat_pipeline.snapshots.source import Findings
from thingistat_pipeline.snapshots.thingipano_fields import (
    LARGEST_ELEMENT,
    Design,
    FileEntry,
    UnreadableField,
    day,
    decode_design,
    identity,
    size_in_bytes,
    time,
    whole,
)
from thingistat_pipeline.snapshots.thingipano_texts import (
    details_of,
    line_of,
    section_text,
    settings_of,
)
from thingistat_pipeline.snapshots.thingipano_users import Users, surrogate_id
from thingistat_pipeline.thingiverse.answers import clean_text
from thingistat_pipeline.thingiverse.categories import category_of
from thingistat_pipeline.thingiverse.likers import hash_liker, hash_liker_name
from thingistat_pipeline.thingiverse.payloads import SITE, tag_key
from thingistat_pipeline.thingiverse.records import (
    Category,
    Creator,
    File,
    Image,
    Outcome,
    Record,
    Tag,
    Thing,
)

REMOVED = "removed by a moderator"
TAKEN_DOWN = "taken down: violates the terms of use"
NOT_FOUND = "page not found"

_COUNTS = {
    "likes": "like_count",
    "downloads": "download_count",
    "views": "view_count",
    "collection_number": "collect_count",
    "remixes_number": "remix_count",
    "made_number": "make_count",
    "comments_number": "comment_count",
}
# The endings that the site puts behind the name of a picture, as the data set's key tells.
_RENDERING = re.compile(r"_(?:preview_featured|preview_tinycard|display_large)(?=\.\w+$)")


def record_of(
    element: bytes | Raw, users: Users, liker_key: bytes, observed_at: str, findings: Findings
) -> Record:
    """Return the record of a design.

    Parameters
    ----------
    element : bytes or Raw
        The design's JSON.
    users : Users
        Who is behind the names of creators and likers.
    liker_key : bytes
        Key with which likers are hashed.
    observed_at : str
        When the data set was fetched, in the record form's writing.
    findings : Findings
        Takes in the unknown fields, and what is not known of a design that is otherwise whole.

    Raises
    ------
    UnreadableField
        When the design has no number, or a field holds what it cannot mean.
    """
    if memoryview(element).nbytes > LARGEST_ELEMENT:
        raise UnreadableField(f"is larger than {LARGEST_ELEMENT // 2**20} MiB")
    design = decode_design(element, findings)
    thing_id = identity("id", design.id)
    if design.not_found:
        return _without_thing(thing_id, observed_at, "gone", NOT_FOUND, 404)
    if design.notice_moderation:
        return _without_thing(thing_id, observed_at, "moderated", REMOVED, None)
    if design.notice_violation:
        return _without_thing(thing_id, observed_at, "moderated", TAKEN_DOWN, None)
    thing = _thing(thing_id, design, users, findings)
    likers = _likers(design, users, liker_key, findings)
    return Record(
        thing_id=thing_id,
        observed_at=observed_at,
        outcome="ok",
        thing=thing,
        categories=_categories(design.category),
        files=None if design.files is None else [_file(f, findings) for f in design.files],
        images=None if design.images is None else [_image(url) for url in design.images],
        likers=likers,
        likers_truncated=None
        if likers is None or thing.like_count is None
        else len(likers) < thing.like_count,
    )


def _without_thing(
    thing_id: int, observed_at: str, outcome: Outcome, reason: str, status: int | None
) -> Record:
    return Record(
        thing_id=thing_id, observed_at=observed_at, outcome=outcome, reason=reason, status=status
    )


def _thing(thing_id: int, design: Design, users: Users, findings: Findings) -> Thing:
    counts: dict[str, Any] = {
        ours: whole(theirs, getattr(design, theirs)) for theirs, ours in _COUNTS.items()
    }
    first = clean_text(design.images[0]) if design.images else None
    ancestors = _ancestors(design, findings)
    return Thing(
        id=thing_id,
        name=_text(design.title),
        thumbnail=first,
        default_image_url=None if first is None else _RENDERING.sub("_display_large", first),
        public_url=f"{SITE}/thing:{thing_id}",
        creator=_creator(design, users, findings),
        added=time("published_datetime", design.published_datetime),
        is_wip=design.notice_wip,
        is_featured=design.banner_featured,
        is_derivative=None if ancestors is None else bool(ancestors),
        **counts,
        file_count=None if design.files is None else len(design.files),
        image_count=whole("images_number", design.images_number)
        if design.images is None
        else len(design.images),
        description=section_text(design.description, "Summary"),
        instructions=section_text(design.description, "Instructions"),
        details=details_of(design.description),
        print_settings=settings_of(design.print_settings),
        license=_text(design.license),
        tags=_tags(design, findings),
        ancestors=ancestors,
    )


def _creator(design: Design, users: Users, findings: Findings) -> Creator | None:
    if not design.author:
        return None
    name, url = clean_text(design.author), clean_text(design.author_url or "") or None
    user = users.find(design.author)
    if user is None:
        findings.count("things whose creator is not among the users: the id is made from the name")
        return Creator(id=surrogate_id(design.author), name=name, public_url=url)
    return Creator(
        id=user.id,
        name=name,
        public_url=url,
        count_of_followers=user.followers,
        count_of_following=user.following,
        count_of_designs=user.designs,
    )


def _likers(design: Design, users: Users, key: bytes, findings: Findings) -> list[int] | None:
    if design.liked_by is None:
        return None
    names = dict.fromkeys(liker.user for liker in design.liked_by if liker.user)
    if len(names) < len(design.liked_by):
        findings.count("likers without a name or named twice", len(design.liked_by) - len(names))
    hashes: list[int] = []
    for name in names:
        number = users.id_of(name)
        if number is None:
            findings.count("likers who are not among the users: hashed by name")
            hashes.append(hash_liker_name(name, key))
        else:
            hashes.append(hash_liker(number, key))
    return hashes


def _ancestors(design: Design, findings: Findings) -> list[int] | None:
    if design.remixed_from is None:
        return None
    ids: dict[int, None] = {}
    for source in design.remixed_from:
        number = whole("remixed_from.thing_id", source.thing_id)
        if number:
            ids[number] = None
        else:
            findings.count("remixed designs without a number")
    return list(ids)


def _categories(path: str | UnsetType | None) -> list[Category] | None:
    """Return the top category and the subcategory; a design without any says so with null."""
    if path is UNSET:
        return None
    slugs = [slug for slug in clean_text(path or "").strip().split("/") if slug]
    return [category_of(slug) for slug in dict.fromkeys(slugs)]


def _tags(design: Design, findings: Findings) -> list[Tag] | None:
    """Return the tags in their order, the first of equal keys only, as nights have them."""
    if design.tags is None:
        return None
    tags: dict[str, Tag] = {}
    for name, address in design.tags:
        tag = _tag(name, address)
        if tag.tag:
            tags.setdefault(tag.tag, tag)
    if len(tags) < len(design.tags):
        findings.count("tags without a key or with another's", len(design.tags) - len(tags))
    return list(tags.values())


@lru_cache(maxsize=2**16)
def _tag(name: str, address: str | None) -> Tag:
    """Return a tag; its address ends with its key, but in the letters in which it was written."""
    name, address = line_of(name).strip(), clean_text(address or "").strip()
    key = tag_key(unquote(address.rpartition("tag:")[2])) or tag_key(name)
    url = f"{SITE}/{address.lstrip('/')}" if address.lstrip("/").startswith("tag:") else address
    return Tag(name=name or key, tag=key, absolute_url=url or None)


def _file(entry: FileEntry, findings: Findings) -> File:
    size = None if entry.size is None else size_in_bytes(entry.size)
    if size is None and entry.size is not None:
        findings.count("file sizes that cannot be read")
    added = day(entry.updated_timestamp) if entry.updated_timestamp else None
    if added is None and entry.updated_timestamp:
        findings.count("days of files that cannot be read")
    return File(
        id=whole("files.file_id", entry.file_id),
        name=_text(entry.file_name or entry.filename),
        size=size,
        download_count=whole("files.downloads", entry.downloads),
        added=added,
    )


def _image(address: str) -> Image:
    url = clean_text(address)
    return Image(name=_RENDERING.sub("", unquote(url.rpartition("/")[2])) or None, url=url)


def _text(text: str | None) -> str | None:
    return None if text is None else line_of(text)
