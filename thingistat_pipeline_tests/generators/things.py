"""Live things in bulk as raw records, without HTTP: up to 2.6 million, all of them invented.

Counts, ages, creators, categories, numbers of files, pictures and tags come from the sandbox's
catalogue, which computes them for many ids at once; the texts from `texts`.

The first n things of a seed are the same ones, however many are asked for, so that data sets of
growing size are beginnings of each other: ids come in one random order, and blocks of things have
a generator of random numbers each.

Sizes follow the public data: things with all their likers, as ThingiStat has them (its first
database lists 101 and 110 likers of the most liked of its 33 things, so it did not stop at one
page of 30), up to the 300 that our own nights ask for; descriptions of 250 to 400 characters on
average, 547 in the median with all sections (ThingiPano); and 459 MB of SQLite for 154,393 things,
2,973 bytes each, which `_TEXT_STRETCH` and `_FURTHER` were set by.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.sandbox.catalogue import (
    DEFAULT_TODAY,
    NEWEST_ID,
    describe_things,
    live_ids,
)
from thingistat_pipeline.sandbox.catalogue import Thing as Sketch
from thingistat_pipeline.sandbox.pieces import World, category_answers
from thingistat_pipeline.thingiverse.manifest import (
    Counts,
    Manifest,
    content_hash,
    read_manifest,
    write_manifest,
    write_parts,
)
from thingistat_pipeline.thingiverse.payloads import decode_categories
from thingistat_pipeline.thingiverse.records import (
    FORMAT_VERSION,
    Category,
    Creator,
    File,
    Image,
    Record,
    Tag,
    Thing,
)
from thingistat_pipeline_tests.generators import texts

MOST_THINGS = 2_000_000
"""The catalogue has about 2.6 million live things."""
OBSERVED_AT = f"{DEFAULT_TODAY}T12:00:00Z"
SITE = "https://www.thingiverse.com"
FILES = "https://cdn.thingiverse.com"

_RECIPE = 3
"""Raised when this module makes other things than before, so that kept ones are made anew."""
_BLOCK = 2_000
_CANDIDATES = 8 * _BLOCK
_MOST_LIKERS = 300
_USERS = 2_000_000
_FIRST_USER = 1_000_001
_BITS_63 = 2**63 - 1
_SCATTER = 0x5851F42D4C957F2D
_GATHER = pow(_SCATTER, -1, 2**63)
_TAGS = 200_000
_LICENSES = (
    *("Creative Commons - Attribution",) * 22,
    *("Creative Commons - Attribution - Share Alike",) * 4,
    *("Creative Commons - Attribution - Non-Commercial",) * 3,
    *("Creative Commons - Attribution - Non-Commercial - Share Alike",) * 2,
    *("BSD License", "GNU - GPL"),
)
_TEXT_STRETCH = 1.15
"""By how much descriptions are longer than the catalogue's sandbox, which is made for reading."""
_WITH_SETTINGS = 0.47
_FURTHER = (0.06, 6.0, 1.1)
"""Share of things with further sections, and their lognormal length."""


class _Chances(NamedTuple):
    """Random numbers of one thing, drawn for a block at once."""

    name: int
    description: int
    instructions: int
    further: int
    choice: int
    name_length: int
    further_length: int
    has_settings: bool
    has_further: bool
    hashes: str


def night_of(things: int, *, seed: int, scratch: Path) -> Path:
    """Return a folder of nights that holds one with so many things, made if it is not there yet."""
    nights = scratch / f"{things}-things-seed-{seed}-recipe-{_RECIPE}-format-{FORMAT_VERSION}"
    folder = nights / str(DEFAULT_TODAY)
    if read_manifest(folder) is None:
        parts = write_parts(folder, records(things, seed=seed))
        counts = Counts(attempted=things, ok=things)
        manifest = Manifest(
            kind="night",
            name=folder.name,
            source="sandbox",
            content_hash=content_hash(parts, counts),
            parts=parts,
            counts=counts,
            started_at=OBSERVED_AT,
            finished_at=OBSERVED_AT,
            observed_on=str(DEFAULT_TODAY),
        )
        write_manifest(folder, manifest)
    return nights


def records(things: int, *, seed: int = 12) -> Iterator[Record]:
    """Yield live things in random order, a block at a time in memory.

    Parameters
    ----------
    things : int
        How many, up to `MOST_THINGS`.
    seed : int
        Of the catalogue, of their order and of their texts.

    Yields
    ------
    Record
        With the outcome ``ok``, everything known, observed at `OBSERVED_AT`.
    """
    if not 0 <= things <= MOST_THINGS:
        raise ValueError(f"{things} things: there are up to {MOST_THINGS}")
    every = (record for block in _blocks(seed) for record in _records_of(*block))
    return islice(every, things)


def _blocks(seed: int) -> Iterator[tuple[NDArray[np.int64], int, np.random.Generator]]:
    """Yield the ids of each block, the seed, and the block's own randomness."""
    order = np.random.default_rng([seed, _RECIPE]).permutation(NEWEST_ID)
    left = np.empty(0, dtype=np.int64)
    number = 0
    for start in range(0, NEWEST_ID, _CANDIDATES):
        candidates = order[start : start + _CANDIDATES].astype(np.int64) + 1
        left = np.concatenate([left, live_ids(candidates, seed, DEFAULT_TODAY)])
        while len(left) >= _BLOCK:
            yield left[:_BLOCK], seed, np.random.default_rng([seed, _RECIPE, number])
            left = left[_BLOCK:]
            number += 1


def _records_of(ids: NDArray[np.int64], seed: int, rng: np.random.Generator) -> Iterator[Record]:
    columns = describe_things(ids, seed, DEFAULT_TODAY)
    added = columns["added"].astype("datetime64[s]")
    times = np.datetime_as_string(added, unit="s", timezone="UTC").tolist()
    listed = zip(*(column.tolist() for column in columns.values()), strict=True)
    sketches = [Sketch(*row) for row in listed]
    chances = _chances(len(ids), rng)
    likers = _likers(columns["like_count"], rng)
    tags = _tag_numbers(columns["tag_count"], rng)
    for each in zip(sketches, times, chances, likers, tags, strict=True):
        yield _record(*each)


def _chances(things: int, rng: np.random.Generator) -> list[_Chances]:
    share, location, spread = _FURTHER
    offsets = rng.integers(0, texts.prose().offsets, (4, things))
    hashes = rng.bytes(32 * things).hex()
    columns = (
        *offsets,
        rng.integers(0, 2**40, things),
        np.clip(rng.lognormal(3.2, 0.45, things), 4, 80).astype(np.int64),
        np.minimum(rng.lognormal(location, spread, things), 20_000).astype(np.int64),
        rng.random(things) < _WITH_SETTINGS,
        rng.random(things) < share,
    )
    listed = (column.tolist() for column in columns)
    cut = [hashes[start : start + 64] for start in range(0, 64 * things, 64)]
    return [_Chances(*row) for row in zip(*listed, cut, strict=True)]


def _likers(like_counts: NDArray[np.int64], rng: np.random.Generator) -> list[list[int]]:
    """Return the hashes of each thing's likers, each once; some users like more than others."""
    counts = np.minimum(like_counts, _MOST_LIKERS)
    users = (_USERS * rng.random(int(counts.sum())) ** 3).astype(np.int64)
    thing = np.repeat(np.arange(len(counts)), counts)
    _, first = np.unique(thing * _USERS + users, return_index=True)
    again = np.ones(len(users), dtype=bool)
    again[first] = False
    # where a thing draws a user for the second time, one beyond the others comes in
    users[again] = _USERS + np.arange(len(users))[again]
    hashes = liker_of(users + _FIRST_USER).tolist()
    ends = np.cumsum(counts)
    starts = (ends - counts).tolist()
    return [hashes[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]


def liker_of(users: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what stands for the keyed hashes of users: numbers of 63 bits, each user another."""
    scattered = users.astype(np.uint64) * np.uint64(_SCATTER)
    return np.asarray((scattered & np.uint64(_BITS_63)).astype(np.int64))


def user_of(liker: int) -> int:
    """Return the user that a liker of these records stands for, the inverse of `liker_of`."""
    return liker * _GATHER & _BITS_63


def _tag_numbers(tag_counts: NDArray[np.int64], rng: np.random.Generator) -> list[list[int]]:
    drawn = (_TAGS * rng.random(int(tag_counts.sum())) ** 5).astype(np.int64).tolist()
    ends = np.cumsum(tag_counts)
    starts = (ends - tag_counts).tolist()
    return [
        list(dict.fromkeys(drawn[start:end]))
        for start, end in zip(starts, ends.tolist(), strict=True)
    ]


def _record(
    sketch: Sketch, added: str, chances: _Chances, likers: list[int], tags: list[int]
) -> Record:
    return Record(
        thing_id=sketch.id,
        observed_at=OBSERVED_AT,
        outcome="ok",
        status=200,
        thing=_thing(sketch, added, chances, tags),
        categories=list(_categories(sketch.top, sketch.part, sketch)),
        files=_files(sketch, chances, added),
        images=_images(sketch, chances),
        likers=likers,
        likers_truncated=sketch.like_count > _MOST_LIKERS,
    )


def _thing(sketch: Sketch, added: str, chances: _Chances, tags: list[int]) -> Thing:
    cut = texts.prose().piece
    if sketch.customized:
        description = texts.customized(sketch.ancestor)
        instructions = texts.options(sketch.ancestor, chances.choice, sketch.instructions_length)
    else:
        length = int(_TEXT_STRETCH * sketch.description_length)
        description = cut(chances.description, length)
        instructions = cut(chances.instructions, sketch.instructions_length)
    settings: dict[str, str] = {}
    if chances.has_settings and not sketch.customized:
        settings = texts.settings_of(chances.choice)
    further = cut(chances.further, chances.further_length) if chances.has_further else ""
    return Thing(
        id=sketch.id,
        name=cut(chances.name, chances.name_length).split("\r", 1)[0].strip(" ,.").title()
        or f"Thing {sketch.id}",
        thumbnail=f"{FILES}/renders/{_path(chances.hashes, 0)}_display_large.jpg",
        default_image_url=f"{FILES}/assets/{_path(chances.hashes, 32)}_display_large.jpg",
        public_url=f"{SITE}/thing:{sketch.id}",
        creator=_creator(sketch),
        added=added,
        modified=added,
        is_published=True,
        is_wip=sketch.wip,
        is_featured=sketch.featured,
        is_nsfw=sketch.nsfw,
        is_ai=sketch.ai,
        is_private=False,
        is_derivative=sketch.is_derivative,
        allows_derivatives=True,
        can_comment=True,
        like_count=sketch.like_count,
        collect_count=sketch.collect_count,
        comment_count=sketch.comment_count,
        root_comment_count=sketch.root_comment_count,
        download_count=sketch.download_count,
        view_count=sketch.view_count,
        remix_count=sketch.remix_count,
        make_count=sketch.make_count,
        file_count=sketch.file_count,
        print_history_count=0,
        app_count=0,
        description=description,
        instructions=instructions,
        details=_details(description, instructions, settings, further),
        print_settings=settings,
        license=_LICENSES[chances.choice % len(_LICENSES)],
        tags=[_tag(number) for number in tags] if not sketch.customized else [_CUSTOMIZED],
        ancestors=[sketch.ancestor] if sketch.is_derivative else [],
    )


def _creator(sketch: Sketch) -> Creator:
    name = f"maker_{sketch.creator}"
    return Creator(
        id=sketch.creator,
        name=name,
        public_url=f"{SITE}/{name}",
        count_of_followers=sketch.followers,
        count_of_following=sketch.following,
        count_of_designs=sketch.designs,
        accepts_tips=sketch.creator % 5 == 0,
    )


def _details(description: str, instructions: str, settings: dict[str, str], further: str) -> str:
    """Return all sections as the site's HTML: the description once more, and what follows it."""
    sections = [_section("summary summary", "Summary", texts.html(description))]
    if settings:
        shown = texts.settings_html(settings)
        sections.append(_section("settings print-settings", "Print Settings", shown))
    if instructions:
        sections.append(_section("custom instructions", "Instructions", texts.html(instructions)))
    if further:
        sections.append(_section("tips post-printing", "Post-Printing", texts.html(further)))
    return f"<div>{''.join(sections)}</div>\n"


def _section(kind: str, title: str, content: str) -> str:
    return f'<h1 class="thing-component-header {kind}">{title}</h1>\n{content}\n'


def _path(hashes: str, start: int) -> str:
    """Return where the site keeps a picture: five folders and a file named by a hash."""
    folders = "/".join(hashes[k : k + 2] for k in range(start, start + 10, 2))
    return f"{folders}/{hashes[start : start + 32]}"


_KNOWN_TAGS: dict[int, Tag] = {}


def _tag(number: int) -> Tag:
    """Return a tag, of which there are `_TAGS`; those with small numbers are used most."""
    if number not in _KNOWN_TAGS:
        words = texts.prose().words
        again, first = divmod(number, len(words))
        name = words[first] if not again else f"{words[first]}_{words[100 * again + first % 100]}"
        _KNOWN_TAGS[number] = _tag_named(name, _TAGS // (number + 1) + 1)
    return _KNOWN_TAGS[number]


def _tag_named(name: str, count: int) -> Tag:
    return Tag(name=name, tag=name, absolute_url=f"{SITE}/tag:{name}", count=count)


_CUSTOMIZED = _tag_named("customized", 439_690)


def _files(sketch: Sketch, chances: _Chances, added: str) -> list[File]:
    words = texts.prose().words
    word = words[chances.choice % 20_000]
    return [
        File(
            id=128 * sketch.id + number,
            name=f"{word}_{words[(chances.choice >> 3 + number) % 900]}_{number}.stl",
            size=4_000 + (chances.choice >> number % 16) % 3_000_000,
            download_count=sketch.download_count // (number + 1),
            added=added,
        )
        for number in range(sketch.file_count)
    ]


def _images(sketch: Sketch, chances: _Chances) -> list[Image]:
    word = texts.prose().words[chances.choice % 20_000]
    return [
        Image(
            id=512 * sketch.id + number,
            name=f"{word}_{number}.jpg",
            url=f"{FILES}/assets/{_path(chances.hashes, number % 20)}/{word}_{number}.jpg",
        )
        for number in range(sketch.photos + sketch.renders)
    ]


_KNOWN_CATEGORIES: dict[tuple[int, int], list[Category]] = {}


def _categories(top: int, part: int, sketch: Sketch) -> list[Category]:
    """Return the categories of a thing, which depend on its top category and part only."""
    if (top, part) not in _KNOWN_CATEGORIES:
        answers: list[dict[str, Any]] = category_answers(World(0, DEFAULT_TODAY, SITE), sketch)
        _KNOWN_CATEGORIES[top, part] = decode_categories(answers)
    return _KNOWN_CATEGORIES[top, part]
