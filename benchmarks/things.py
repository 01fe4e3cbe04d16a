"""Things in bulk, without HTTP: one night of `n` live things, made once and kept.

Counts, ages, creators, categories, numbers of files, pictures and tags and the lengths of the texts
come from the sandbox's catalogue, which computes them for many ids at once. Names and texts are
written here: the sandbox's own are put together from few sentences and compress far better than
what people write. Words are drawn by Zipf's law from 30,000 made-up ones, and the details repeat
the description in HTML, followed by further sections, as in the field.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

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
from thingistat_pipeline.sandbox.timeline import written
from thingistat_pipeline.thingiverse.answers import utc_time
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

MOST_THINGS = 2_000_000
"""The catalogue has about 2.6 million live things."""
_RECIPE = 1
"""Raised when this module makes other things than before, so that kept ones are made anew."""

_SITE = "https://www.thingiverse.com"
_OBSERVED = f"{DEFAULT_TODAY}T12:00:00Z"
_BATCH = 2_000
_WORDS = 30_000
_LIKERS_CAP = 300
_LETTERS = "eeeeettttaaaooiinnsshhrrddllcumwfgypbvkxzüé"

Words = Callable[[int], str]


def night_of(things: int, *, seed: int, scratch: Path) -> Path:
    """Return the folder that holds a night of so many live things, made if it is not there yet."""
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
            started_at=_OBSERVED,
            finished_at=_OBSERVED,
        )
        write_manifest(folder, manifest)
    return nights


def records(things: int, *, seed: int) -> Iterator[Record]:
    """Yield live things in random order, a batch at a time in memory."""
    rng = np.random.default_rng([seed, _RECIPE])
    candidates = rng.permutation(NEWEST_ID)[: 4 * things + 1000].astype(np.int64) + 1
    chosen = live_ids(candidates, seed, DEFAULT_TODAY)[:things]
    if len(chosen) < things:
        raise ValueError(f"The catalogue has fewer than {things} live things.")
    for start in range(0, things, _BATCH):
        columns = describe_things(chosen[start : start + _BATCH], seed, DEFAULT_TODAY)
        listed = zip(*(column.tolist() for column in columns.values()), strict=True)
        words = _prose(rng)
        for row in listed:
            yield _record(Sketch(*row), words, rng)


def _record(sketch: Sketch, words: Words, rng: np.random.Generator) -> Record:
    likers = rng.integers(0, 2**63 - 1, min(sketch.like_count, _LIKERS_CAP)).tolist()
    return Record(
        thing_id=sketch.id,
        observed_at=_OBSERVED,
        outcome="ok",
        status=200,
        thing=_thing(sketch, words, rng),
        categories=list(_categories(sketch.top, sketch.part, sketch)),
        files=[_file(sketch, number, words) for number in range(sketch.file_count)],
        images=[_image(sketch, n, words) for n in range(sketch.photos + sketch.renders)],
        likers=list(dict.fromkeys(likers)),
        likers_truncated=sketch.like_count > _LIKERS_CAP,
    )


def _thing(sketch: Sketch, words: Words, rng: np.random.Generator) -> Thing:
    description = words(sketch.description_length)
    added = utc_time(written(sketch.added))
    return Thing(
        id=sketch.id,
        name=words(int(rng.integers(8, 60))).title(),
        thumbnail=f"{_SITE}/renders/{sketch.id:x}/display_large.jpg",
        default_image_url=f"{_SITE}/assets/{sketch.id:x}/{sketch.id}.stl",
        public_url=f"{_SITE}/thing:{sketch.id}",
        creator=Creator(
            id=sketch.creator,
            name=f"maker_{sketch.creator}",
            public_url=f"{_SITE}/maker_{sketch.creator}",
            count_of_followers=sketch.followers,
            count_of_following=sketch.following,
            count_of_designs=sketch.designs,
            accepts_tips=sketch.creator % 5 == 0,
        ),
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
        **{name: getattr(sketch, name) for name in _SAME_COUNTS},
        print_history_count=0,
        app_count=0,
        description=description,
        instructions=words(sketch.instructions_length),
        details=_details(description, words, rng),
        print_settings={"infill": "20%", "rafts": "No"} if sketch.id % 3 == 0 else {},
        license="Creative Commons - Attribution",
        tags=_tags(sketch, rng),
        ancestors=[sketch.ancestor] if sketch.is_derivative else [],
    )


_SAME_COUNTS = tuple(
    name for name in Sketch._fields if name.endswith("_count") and name in Thing.__struct_fields__
)


def _details(description: str, words: Words, rng: np.random.Generator) -> str:
    """Return the description as HTML and, as often as not, sections of heavy-tailed length."""
    paragraphs = description.replace("\r\n\r\n", "</p>\n<p>")
    sections = [f'<h1 class="thing-component-header summary">Summary</h1>\n<p>{paragraphs}</p>']
    if rng.random() < 0.5:
        further = words(int(min(20_000, rng.lognormal(6.6, 1.2))))
        sections.append(f'<h1 class="thing-component-header">How I designed this</h1>\n{further}')
    return "".join(f"<div>{section}</div>\n" for section in sections)


def _tags(sketch: Sketch, rng: np.random.Generator) -> list[Tag]:
    numbers = (_WORDS * rng.random(sketch.tag_count) ** 4).astype(int).tolist()
    return [
        Tag(
            name=_vocabulary()[number],
            tag=_vocabulary()[number],
            absolute_url=f"{_SITE}/tag:{_vocabulary()[number]}",
            count=_WORDS // (number + 1) + 1,
        )
        for number in dict.fromkeys(numbers)
    ]


def _file(sketch: Sketch, number: int, words: Words) -> File:
    return File(
        id=128 * sketch.id + number,
        name=f"{words(12).strip()}.stl",
        size=40_000 + 977 * (sketch.id % 5_000),
        download_count=sketch.download_count // (number + 1),
        added=_OBSERVED,
    )


def _image(sketch: Sketch, number: int, words: Words) -> Image:
    name = f"{words(12).strip()}.jpg"
    address = f"{_SITE}/assets/{sketch.id:x}/{number:x}/{name}"
    return Image(id=512 * sketch.id + number, name=name, url=address)


_KNOWN_CATEGORIES: dict[tuple[int, int], list[Category]] = {}


def _categories(top: int, part: int, sketch: Sketch) -> list[Category]:
    """Return the categories of a thing, which depend on its top category and part only."""
    if (top, part) not in _KNOWN_CATEGORIES:
        answers = category_answers(World(0, DEFAULT_TODAY, _SITE), sketch)
        _KNOWN_CATEGORIES[top, part] = decode_categories(answers)
    return _KNOWN_CATEGORIES[top, part]


@lru_cache(maxsize=1)
def _vocabulary() -> list[str]:
    """Return made-up words of 2 to 11 letters, each once, the frequent ones first and shorter."""
    rng = np.random.default_rng(0)
    found: dict[str, None] = {}
    while len(found) < _WORDS:
        longest = 4 + min(8, len(found) // 200)
        letters = rng.integers(0, len(_LETTERS), int(rng.integers(2, longest)))
        found["".join(_LETTERS[k] for k in letters)] = None
    return list(found)


@lru_cache(maxsize=1)
def _running_shares() -> NDArray[np.float64]:
    shares = 1.0 / np.arange(1, _WORDS + 1)
    running: NDArray[np.float64] = np.cumsum(shares) / shares.sum()
    return running


def _prose(rng: np.random.Generator) -> Words:
    """Return a function that writes texts of a given number of characters."""
    drawn: list[str] = []

    def words(length: int) -> str:
        text: list[Any] = []
        missing = length
        while missing > 0:
            if not drawn:
                numbers = np.searchsorted(_running_shares(), rng.random(50_000))
                drawn.extend(_vocabulary()[number] for number in numbers.tolist())
            word = drawn.pop()
            text.append(word)
            missing -= len(word) + 1
        return " ".join(text)[:length]

    return words
