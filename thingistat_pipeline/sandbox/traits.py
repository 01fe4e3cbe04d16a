"""What a thing is when it is published: category, kind, pictures, files, texts, quality.

All of it is decided once, from the creator and the moment; nothing here depends on how many people
came later. What does not belong here: downloads and what follows from them (`responses`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.sandbox.originals import ancestors_of, classics, contains, customizers
from thingistat_pipeline.sandbox.randomness import Floats, Ids, normal_table, picks, uniform_table
from thingistat_pipeline.sandbox.timeline import calendar_years
from thingistat_pipeline.sandbox.users import Profiles
from thingistat_pipeline.sandbox.vocabulary import (
    PARTS_PER_TOP,
    TOP_CATEGORIES,
    UNCATEGORISED_SHARE,
    words,
)

Flags = NDArray[np.bool_]

_UNIFORM = words(
    "faithful,own top,own part,top only,kind,ancestor,photo,photos,customized photo,instructions,"
    "tags,tagged,plain files,unrendered,wip,featured,ai,nsfw,empty text,customizer"
)
_NORMAL = words("files,quality,plain quality,text,manual")

_TOP_SHARES = np.cumsum([top.things for top in TOP_CATEGORIES]) / sum(
    top.things for top in TOP_CATEGORIES
)
_PART_SHARES = np.cumsum([1 / (k + 1.5) for k in range(PARTS_PER_TOP)]) / sum(
    1 / (k + 1.5) for k in range(PARTS_PER_TOP)
)


class Traits(NamedTuple):
    """Traits of things as arrays of shape (n,); the fields are those of `catalogue.Thing`."""

    top: Ids
    part: Ids
    customized: Flags
    remix: Flags
    customizer: Flags
    ancestor: Ids
    photos: Ids
    renders: Ids
    file_count: Ids
    plain_files: Ids
    tag_count: Ids
    description_length: Ids
    instructions_length: Ids
    wip: Flags
    featured: Flags
    ai: Flags
    nsfw: Flags
    quality: Floats


def traits_of(seed: int, ids: Ids, added: Floats, who: Profiles) -> Traits:
    """Return the traits of things.

    Parameters
    ----------
    seed : int
        The catalogue's seed.
    ids : array of int64, shape (n,)
        Their ids.
    added : array of float64, shape (n,)
        Their publication moments in seconds since 1970.
    who : Profiles
        Their creators, one row a thing.
    """
    draw = uniform_table(seed, _UNIFORM, ids)
    bell = normal_table(seed, _NORMAL, ids)
    years = calendar_years(added)
    is_parent = contains(customizers(seed), ids)
    original = is_parent | contains(classics(seed), ids)
    top, part = _categories(draw, who)
    customized, remix, ancestor = _kinds(seed, draw, ids, years, original)
    file_count, plain_files, renders = _files(draw, bell, customized)
    description_length, instructions_length = _lengths(draw, bell, who, years, customized)
    quality = _quality(bell, customized, original)
    return Traits(
        top=top,
        part=part,
        customized=customized,
        remix=remix,
        customizer=is_parent | ((draw["customizer"] < 0.01) & ~customized),
        ancestor=ancestor,
        photos=_photos(draw, who, years, customized),
        renders=renders,
        file_count=file_count,
        plain_files=plain_files,
        tag_count=_tag_count(draw, customized),
        description_length=description_length,
        instructions_length=instructions_length,
        wip=(draw["wip"] < 0.03) & ~customized,
        featured=(draw["featured"] < 0.002 * np.exp(np.minimum(quality, 3.0))) & ~customized,
        ai=(draw["ai"] < 0.04) & (years >= 2023.0) & ~customized,
        nsfw=draw["nsfw"] < 0.004,
        quality=quality,
    )


def _categories(draw: dict[str, Floats], who: Profiles) -> tuple[Ids, Ids]:
    favourite = draw["faithful"] < 0.6
    top = picks(_TOP_SHARES, np.where(favourite, who.favourite, draw["own top"]))
    part = picks(_PART_SHARES, np.where(favourite, who.favourite_part, draw["own part"]))
    part = np.where(draw["top only"] < 0.08, -1, part)
    unknown = draw["top only"] > 1.0 - UNCATEGORISED_SHARE
    return np.where(unknown, -1, top), np.where(unknown, -1, part)


def _kinds(
    seed: int, draw: dict[str, Floats], ids: Ids, years: Floats, original: Flags
) -> tuple[Flags, Flags, Ids]:
    share = _customized_share(years)
    ordinary = ~original
    from_parent = ancestors_of(customizers(seed), ids, draw["ancestor"])
    from_elder = ancestors_of(classics(seed), ids, draw["ancestor"])
    customized = ordinary & (draw["kind"] < share) & (from_parent > 0)
    remix = ordinary & ~customized & (draw["kind"] > 0.94) & (from_elder > 0)
    return customized, remix, np.where(customized, from_parent, np.where(remix, from_elder, 0))


def _customized_share(years: Floats) -> Floats:
    return np.interp(years, [2013.0, 2013.6, 2020.5, 2022.0], [0.0, 0.46, 0.46, 0.28])


def _photos(draw: dict[str, Floats], who: Profiles, years: Floats, customized: Flags) -> Ids:
    leaning = -0.3 + 0.9 * who.photo_habit + 0.35 * who.reputation + 0.08 * (years - 2018.0)
    has = draw["photo"] < 1.0 / (1.0 + np.exp(-leaning))
    has = np.where(customized, draw["customized photo"] < 0.03, has)
    more = np.floor(np.log(draw["photos"]) / np.log(0.62)).astype(np.int64)
    return np.where(has, 1 + np.minimum(more, 24), 0)


def _files(
    draw: dict[str, Floats], bell: dict[str, Floats], customized: Flags
) -> tuple[Ids, Ids, Ids]:
    """Return the number of files, those without a shape (drawings, texts), and the renders."""
    spread = np.abs(bell["files"])
    files = np.where(customized, 1, np.minimum(1 + np.floor(np.exp(1.15 * spread) - 1.0), 120))
    files = files.astype(np.int64)
    plain = np.where(files > 1, np.floor(0.25 * files * draw["plain files"]), 0).astype(np.int64)
    missing = np.where(draw["unrendered"] < 0.06, 1, 0)
    return files, plain, np.maximum(files - plain - missing, 0)


def _tag_count(draw: dict[str, Floats], customized: Flags) -> Ids:
    some = 1 + np.floor(np.log(draw["tags"]) / np.log(0.8)).astype(np.int64)
    ordinary = np.where(draw["tagged"] < 0.18, 0, np.minimum(some, 20))
    return np.where(customized, 1, ordinary)


def _lengths(
    draw: dict[str, Floats],
    bell: dict[str, Floats],
    who: Profiles,
    years: Floats,
    customized: Flags,
) -> tuple[Ids, Ids]:
    centre = 5.1 + 0.55 * who.wordiness + 0.25 * who.reputation + 0.04 * (years - 2018.0)
    text = np.exp(centre + 0.9 * bell["text"])
    text = np.where(draw["empty text"] < 0.05, 0.0, np.clip(text, 5.0, 20_000.0))
    text = np.where(customized, 150.0 + np.floor(9 * draw["empty text"]), text)
    manual = np.exp(5.2 + 0.4 * who.wordiness + bell["manual"])
    given = customized | (draw["instructions"] < 0.15)
    manual = np.where(given, np.clip(manual, 20.0, 8_000.0), 0.0)
    return text.astype(np.int64), manual.astype(np.int64)


def _quality(bell: dict[str, Floats], customized: Flags, original: Flags) -> Floats:
    skewed = np.abs(bell["quality"]) ** 1.35
    plain = 0.12 * bell["plain quality"]
    quality = np.where(customized, 0.06 * skewed, 0.62 * skewed - 0.35) + plain
    return np.asarray(quality + np.where(original, 1.5, 0.0))
