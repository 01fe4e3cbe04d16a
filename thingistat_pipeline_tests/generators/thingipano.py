"""ThingiPano's folders of JSON files, filled with generated things, plain or zipped.

Source: the files and their key in Alexander-Berman/ThingiPano (``data/metadata_design_key.txt``):
lists of objects, 347 designs or 4,237 users a file; in designs every number is a string, of the
likers only the first 21 are listed, and of a page that was not found little more than its id.

The real designs were published until 2018. Generated ones of later years are moved back, so that
they are older than the data set: by eight years, those of 2026 by twelve.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from thingistat_pipeline.thingiverse.records import File, Image, Record, Thing
from thingistat_pipeline_tests.generators import texts
from thingistat_pipeline_tests.generators.things import FILES, SITE, user_of

DESIGNS = "Thingiverse_Design_Metadata"
USERS = "Thingiverse_User_Metadata"
LIKERS_LISTED = 21

_USERS_PER_FILE = 4_237
_COMMENTS_LISTED = 30
_MAKES_LISTED = 20
_AVATAR = f"{SITE}/img/default/avatar/avatar_default_thumb_small.jpg"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NO_NOTICES: dict[str, Any] = {
    "banner_featured": False,
    "banner_education": False,
    "banner_challenge_winner": False,
    "banner_verified": False,
    "notice_violation": False,
    "notice_moderation": False,
}

Json = dict[str, Any]
Write = Callable[[str, bytes], object]


@dataclass(frozen=True)
class ThingiPanoFiles:
    """A data set that was written: its folders or archives, and what is in them.

    `designs` is all of them: the live ones, those whose page was `gone`, those `moderated` and
    those that are a `violation` of the terms. `broken` comes on top: objects without a usable id.
    """

    designs_path: Path
    users_path: Path
    designs: int
    gone: int
    moderated: int
    violations: int
    broken: int
    users: int


def write_thingipano(
    folder: Path,
    records: Iterable[Record],
    *,
    designs_per_file: int = 347,
    users: int = 283_873,
    broken: int = 0,
    zipped: bool = False,
) -> ThingiPanoFiles:
    """Write designs and users as ThingiPano has them.

    Parameters
    ----------
    folder : Path
        Gets the folders `DESIGNS` and `USERS`, or archives of these names.
    records : iterable of Record
        Live things. Of every thousand five become pages not found, two are removed by a moderator
        and one is taken down, at the same places always: see `fate_of`.
    designs_per_file : int
        As in the data set.
    users : int
        How many of the people named in designs get a profile at most.
    broken : int
        How many files get an object more whose id is no number.
    zipped : bool
        Write two zip archives instead of two folders.
    """
    names: dict[int, None] = {}
    counts = dict.fromkeys(("live", "gone", "moderated", "violation"), 0)
    remaining, number, spoilt = iter(records), 0, 0
    with _folder_or_archive(folder, DESIGNS, zipped=zipped) as (designs_path, write):
        while batch := list(islice(remaining, designs_per_file)):
            listed = []
            for record in batch:
                fate = fate_of(sum(counts.values()))
                counts[fate] += 1
                listed.append(design_of(record, fate))
                if len(names) < users:
                    names.update(dict.fromkeys(_people(record)))
            if spoilt < broken:
                listed.append({"id": "not a number", "title": "a broken row"})
                spoilt += 1
            number += 1
            write(f"{number}.json", msgspec.json.encode(listed))
    known = list(islice(names, users))
    with _folder_or_archive(folder, USERS, zipped=zipped) as (users_path, write):
        for number, start in enumerate(range(0, len(known), _USERS_PER_FILE), start=1):
            profiles = [_profile(user) for user in known[start : start + _USERS_PER_FILE]]
            write(f"{number}.json", msgspec.json.encode(profiles))
    return ThingiPanoFiles(
        designs_path=designs_path,
        users_path=users_path,
        designs=sum(counts.values()),
        gone=counts["gone"],
        moderated=counts["moderated"],
        violations=counts["violation"],
        broken=spoilt,
        users=len(known),
    )


def fate_of(position: int) -> str:
    """Return what becomes of the design at a position, counted from 0."""
    if position % 200 == 100:
        return "gone"
    if position % 500 == 250:
        return "moderated"
    return "violation" if position % 1000 == 777 else "live"


def design_of(record: Record, fate: str = "live") -> Json:
    """Return a thing as one of ThingiPano's objects."""
    thing = record.thing
    assert thing is not None
    assert thing.creator is not None
    if fate == "gone":
        return {"id": str(record.thing_id), "404": True}
    if fate != "live":
        notice = "notice_moderation" if fate == "moderated" else "notice_violation"
        return {"id": str(record.thing_id), **_NO_NOTICES, notice: True, "title": thing.name}
    files, images = record.files or [], record.images or []
    slugs = [category.slug for category in reversed(record.categories or []) if category.slug]
    moment = published(thing)
    return {
        "print_settings": {f"{k.title()}:": v for k, v in (thing.print_settings or {}).items()},
        **_NO_NOTICES,
        "banner_featured": bool(thing.is_featured),
        "remixed_from": [_source(ancestor) for ancestor in thing.ancestors or []],
        "files": [_file(file, thing, moment) for file in files],
        "customizer": False,
        "watches": str((thing.collect_count or 0) // 9),
        "makes": _makes(thing),
        "title": thing.name,
        "downloads": str(thing.download_count),
        "notice_wip": bool(thing.is_wip),
        "views": str(thing.view_count),
        "license": thing.license,
        "comments_number": str(thing.comment_count),
        "description": _sections(thing),
        "tags": [[tag.name, f"tag:{tag.tag}"] for tag in thing.tags or []],
        "published_datetime": f"{moment[:10]} {moment[11:19]} GMT",
        "images": [_image_url(image) for image in images],
        "remixes_number": str(thing.remix_count),
        "author_url_img": _AVATAR,
        "comments": _comments(thing),
        "liked_by": [_liker(user_of(liker)) for liker in (record.likers or [])[:LIKERS_LISTED]],
        "id": str(thing.id),
        "made_number": str(thing.make_count),
        "category": f"/{'/'.join(slugs)}" if slugs else None,
        "author": thing.creator.name,
        "author_url": thing.creator.public_url,
        "likes": str(thing.like_count),
        "collection_number": str(thing.collect_count),
    }


def published(thing: Thing) -> str:
    """Return when a design is said to have been published, in ISO 8601, 2017 at the latest."""
    assert thing.added is not None
    year = int(thing.added[:4])
    back = 12 if year > 2025 else 8 if year > 2017 else 0
    return f"{year - back}{thing.added[4:]}"


def _people(record: Record) -> Iterator[int]:
    if record.thing is not None and record.thing.creator is not None:
        yield record.thing.creator.id
    yield from (user_of(liker) for liker in (record.likers or [])[:LIKERS_LISTED])


def _name(user: int) -> str:
    return f"maker_{user}"


def _liker(user: int) -> Json:
    return {"user_img": _AVATAR, "user_url": f"{SITE}/{_name(user)}", "user": _name(user)}


def _source(ancestor: int) -> Json:
    return {
        "thing_id": str(ancestor),
        "title": "An earlier thing",
        "author": _name(ancestor % 100_000),
        "img": f"{FILES}/renders/{ancestor:x}_preview_tinycard.jpg",
    }


def _file(file: File, thing: Thing, moment: str) -> Json:
    size = file.size or 0
    return {
        "updated_timestamp": f"{moment[5:7]}-{moment[8:10]}-{moment[2:4]}",
        "file_id": str(file.id),
        "thing_id": str(thing.id),
        "download_link": f"{SITE}/download:{file.id}",
        "img": f"{FILES}/renders/{file.id or 0:x}_preview_tinycard.jpg",
        "filename": file.name,
        "file_name": file.name,
        "size": f"{size // 2**20}mb" if size >= 2**20 else f"{size // 1024}kb",
        "downloads": str(file.download_count),
    }


def _image_url(image: Image) -> str:
    stem, _, _ = (image.url or "").rpartition(".")
    return f"{stem}_preview_featured.jpg"


def _makes(thing: Thing) -> list[Json]:
    return [
        {
            "user": _name(thing.id % 90_000 + number),
            "img": f"{FILES}/renders/{thing.id * 64 + number:x}_preview_medium.jpg",
            "url": f"{SITE}/make:{thing.id * 64 + number}",
        }
        for number in range(min(thing.make_count or 0, _MAKES_LISTED))
    ]


def _comments(thing: Thing) -> list[Json]:
    """Return the first comments; their texts are pieces of the same prose as all others."""
    prose = texts.prose()
    listed = []
    for number in range(min(thing.comment_count or 0, _COMMENTS_LISTED)):
        comment = thing.id * 64 + number
        user = _name(comment * 31 % 900_000)
        listed.append(
            {
                "text": prose.piece(comment * 7919 % prose.offsets, 20 + comment % 180).strip(),
                "author": user,
                "comment_id": str(comment),
                "author_url": f"{SITE}/{user}",
                "depth": "1",
                "parent": None,
                "author_img": _AVATAR,
                "date": f"{_MONTHS[comment % 12]} {1 + comment % 28}, 2017 5:24 pm",
            }
        )
    return listed


def _sections(thing: Thing) -> list[Json]:
    sections = [("Summary", _html(thing.description or ""))]
    if thing.instructions:
        sections.append(("Instructions", _html(thing.instructions)))
    if thing.print_settings:
        shown = "".join(
            f"<strong >{key.title()}: </strong>\n                     "
            f"<div ><p >{value}</p></div>\n\n"
            for key, value in thing.print_settings.items()
        )
        sections.append(("Print Settings", shown))
    return [{"header": header, "text": text} for header, text in sections]


def _html(text: str) -> str:
    paragraphs = text.rstrip().replace("\r\n", "\n").split("\n\n")
    return "".join(f"<p >{part.replace(chr(10), '<br />' + chr(10))}</p>\n" for part in paragraphs)


def _profile(user: int) -> Json:
    return {
        "groups": [],
        "avatar_background_img": f"{FILES}/site/img/default/cover/cover-{1 + user % 4}.jpg",
        "avatar_img": _AVATAR.replace("small", "large"),
        "id": str(user),
        "username": _name(user),
        "number_likes": user % 97,
        "number_followers": user % 53,
        "tip_url": f"{SITE}/login/{user:040x}",
        "full_name": f"Invented Person {user}",
        "number_collections": user % 11,
        "number_makes": user % 5,
        "number_following": user % 17,
        "number_designs": 1 + user % 23,
        "bio": "",
    }


@contextmanager
def _folder_or_archive(folder: Path, name: str, *, zipped: bool) -> Iterator[tuple[Path, Write]]:
    """Yield where files go, and a function that adds one by its name and content."""
    folder.mkdir(parents=True, exist_ok=True)
    if not zipped:
        inner = folder / name
        inner.mkdir()
        yield inner, lambda file, content: (inner / file).write_bytes(content)
        return
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as archive:

        def add(file: str, content: bytes) -> None:
            # a fixed date: equal arguments give equal bytes
            member = zipfile.ZipInfo(f"{name}/{file}", date_time=(2018, 10, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)

        yield path, add
