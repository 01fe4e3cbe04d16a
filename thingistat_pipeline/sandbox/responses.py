"""How people respond to a thing: downloads, and what follows from them.

Downloads are attention(age) · lift; the lift is exp(planted effects + quality), a constant of the
thing. Likes and the like follow from the downloads beyond mere attention. All rates only grow with
the day, and each is rounded with a fixed draw, so that no count ever falls.
"""

from datetime import date
from typing import NamedTuple

import numpy as np

from thingistat_pipeline.sandbox.effects import PLANTED_EFFECTS
from thingistat_pipeline.sandbox.originals import classics, contains, customizers, descendants
from thingistat_pipeline.sandbox.randomness import Floats, Ids, normal_table, uniform_table, whole
from thingistat_pipeline.sandbox.timeline import DAY, calendar_years, noon_of
from thingistat_pipeline.sandbox.traits import Traits
from thingistat_pipeline.sandbox.users import Profiles
from thingistat_pipeline.sandbox.vocabulary import LIVE_SHARE, TOP_CATEGORIES, words

_UNIFORM = words("downloads,views,likes,collects,comments,roots,makes,remixes")
_NORMAL = words("readiness,like noise,collect noise,rare noise,view noise")

_ATTENTION_YEARS = np.array([2008.0, 2014.2, 2017.5, 2020.2, 2021.5, 2022.0, 2022.6, 2100.0])
# What crawlers and passers-by took of every thing: 330 times until 2014, then ever less, 58 times
# in the second half of 2021, seven times a year since (after the 33 things observed in 2022).
_ATTENTION_SO_FAR = np.cumsum([0.0, 330.0, 85.0, 34.0, 12.0, 58.0, 18.0, 77.4 * 7.0])
_VIEWS_END = 1_591_012_800.0
"""Noon of 1 June 2020, when views stopped being counted."""

_CUSTOMIZED_PER_ID = 0.40 * LIVE_SHARE
_REMIXES_PER_ID = 0.06 * LIVE_SHARE
_CATEGORY_EFFECTS = np.array([PLANTED_EFFECTS[f"category/{top.slug}"] for top in TOP_CATEGORIES])


class Responses(NamedTuple):
    """Counts of things as arrays of shape (n,); the fields are those of `catalogue.Thing`."""

    download_count: Ids
    like_count: Ids
    collect_count: Ids
    comment_count: Ids
    root_comment_count: Ids
    make_count: Ids
    remix_count: Ids
    view_count: Ids


def lift_of(traits: Traits, who: Profiles) -> Floats:
    """Return by which factor things are downloaded more than attention alone would have it."""
    planted = PLANTED_EFFECTS
    effects = (
        planted["photo"] * (traits.photos > 0)
        + planted["more_photos"] * np.log(np.maximum(traits.photos, 1))
        + planted["reputation"] * who.reputation
        + planted["instructions"] * (traits.instructions_length > 0)
        + planted["customized"] * traits.customized
        + planted["remix"] * traits.remix
        + planted["wip"] * traits.wip
        + planted["featured"] * traits.featured
        + planted["ai"] * traits.ai
        + planted["tags"] * np.minimum(traits.tag_count, 10)
        + planted["file_count"] * np.log(traits.file_count)
        + np.where(traits.top >= 0, _CATEGORY_EFFECTS[np.maximum(traits.top, 0)], 0.0)
    )
    return np.asarray(np.exp(effects + traits.quality))


def attention_until(added: Floats, until: float) -> Floats:
    """Return the downloads that things without any lift have had until a moment.

    Parameters
    ----------
    added : array of float64, shape (n,)
        Publication moments in seconds since 1970.
    until : float
        The moment in seconds since 1970; zero downloads for things published later.
    """
    age = np.maximum(until - added, 0.0) / DAY
    then = np.interp(calendar_years(until), _ATTENTION_YEARS, _ATTENTION_SO_FAR)
    since = np.interp(calendar_years(added), _ATTENTION_YEARS, _ATTENTION_SO_FAR)
    first_weeks = 10.0 * (1.0 - np.exp(-age / 20.0))
    return np.asarray(1.05 * (first_weeks + np.maximum(then - since, 0.0)))


def responses_to(seed: int, ids: Ids, added: Floats, lift: Floats, today: date) -> Responses:
    """Return all counts of things at noon of a day.

    Parameters
    ----------
    seed : int
        The catalogue's seed.
    ids, added, lift : arrays of shape (n,)
        The things, their publication moments, and their lifts from `lift_of`.
    today : date
        The day.
    """
    now = noon_of(today).timestamp()
    draw = uniform_table(seed, _UNIFORM, ids)
    bell = normal_table(seed, _NORMAL, ids)
    attention = attention_until(added, now)
    eager = attention * np.maximum(lift - 0.9, 0.0)
    warm = eager * np.exp(0.45 * bell["readiness"]) * (1.0 + eager / 300.0) ** 0.18
    rare = warm * np.exp(0.6 * bell["rare noise"])
    likes = 0.055 * warm * np.exp(0.35 * bell["like noise"])
    # The greatest stay below the number of likers that there are to draw from.
    likes = np.minimum(likes, 4_000.0 * (1.0 + np.log(np.maximum(likes / 4_000.0, 1.0))))
    comments = whole(0.0045 * rare, draw["comments"])
    own_remixes = whole(0.001 * rare, draw["remixes"])
    return Responses(
        download_count=whole(attention * lift, draw["downloads"]),
        like_count=whole(likes, draw["likes"]),
        collect_count=whole(0.085 * warm * np.exp(0.35 * bell["collect noise"]), draw["collects"]),
        comment_count=comments,
        root_comment_count=np.minimum(
            comments, whole(np.multiply(0.6, comments, dtype=np.float64), draw["roots"])
        ),
        make_count=whole(0.003 * rare, draw["makes"]),
        remix_count=own_remixes + _descendants_of(seed, ids, today),
        view_count=_views(added, now, lift * np.exp(0.6 * bell["view noise"]), draw["views"]),
    )


def _views(added: Floats, now: float, lift: Floats, draws: Floats) -> Ids:
    counted = added < _VIEWS_END
    eager = np.maximum(lift - 0.8, 0.02)
    seen = 2.2 * attention_until(added, min(now, _VIEWS_END)) * eager + 3.0
    return np.where(counted, whole(seen, draws), 0)


def _descendants_of(seed: int, ids: Ids, today: date) -> Ids:
    total = np.zeros(len(ids), dtype=np.int64)
    for pool, customized, per_id in (
        (customizers(seed), True, _CUSTOMIZED_PER_ID),
        (classics(seed), False, _REMIXES_PER_ID),
    ):
        index = np.minimum(np.searchsorted(pool.ids, ids), len(pool.ids) - 1)
        expected = descendants(seed, customized, per_id, today)[index]
        total += np.where(contains(pool, ids), expected, 0.0).astype(np.int64)
    return total
