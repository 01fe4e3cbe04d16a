"""Who liked a thing: users with tastes, drawn without a list of everybody.

Forty thousand active likers stand for the people who like things. Each has an activity (a few like
a great deal; the regulars among them so much that one night's sample meets them again and again), a
taste over categories (three parts they love, in one or two top categories) and favourite tags among
those parts. The j-th liker of a thing is drawn from the fans of one of its tags (45 %), of its
subcategory (30 %), of its top category (15 %) or from everybody (10 %), the active ones more often
within each group; who was drawn before is passed over. The draws depend only on (seed, thing, j),
so that the list only grows at its end while the days go by.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.sandbox.catalogue import Thing
from thingistat_pipeline.sandbox.randomness import Floats, Ids, mixed, picks, uniform_table
from thingistat_pipeline.sandbox.texts import subcategory_of, tags_of
from thingistat_pipeline.sandbox.vocabulary import (
    PARTS_PER_TOP,
    SUBCATEGORIES,
    TOP_CATEGORIES,
)

LIKERS = 40_000
"""Users who like things at all."""

_REGISTERED = 4_900_000
_REGULARS, _TIMES_AS_ACTIVE = 0.04, 30.0
_LOVED_PARTS = 3
_LOVED_TAGS = 2
_TAG_FANS, _PART_FANS, _TOP_FANS = 0.45, 0.75, 0.90


class Crowd(NamedTuple):
    """Some likers and their running share of all likes in the group."""

    members: Ids
    running: Floats


class Tastes(NamedTuple):
    """The likers and who among them is a fan of what.

    `users` are user numbers; `loved` has shape (LIKERS, 3) with indices of subcategories,
    `loved_tags` shape (LIKERS, 3, 2) with positions in their tags.
    """

    users: Ids
    activity: Floats
    loved: Ids
    loved_tags: Ids
    everybody: Crowd
    of_part: tuple[Crowd, ...]
    of_top: tuple[Crowd, ...]
    of_tag: dict[tuple[int, str], Crowd]


@lru_cache(maxsize=4)
def tastes(seed: int) -> Tastes:
    """Return the tastes of all likers."""
    index = np.arange(LIKERS, dtype=np.int64)
    streams = ("taste/activity", "taste/home", "taste/tag a", "taste/tag b")
    loves = tuple(f"taste/part {k}" for k in range(_LOVED_PARTS))
    draw = uniform_table(seed, streams + loves, index)
    eager = draw["taste/activity"]
    activity = eager**-0.7 * np.where(eager < _REGULARS, _TIMES_AS_ACTIVE, 1.0)
    # Numbers scattered over those registered early enough to have liked anything.
    step = _REGISTERED // LIKERS
    users = 1 + index * step + (np.arange(LIKERS) * 7_919) % step
    shares = np.cumsum([top.things for top in TOP_CATEGORIES]).astype(np.float64)
    home = picks(shares / shares[-1], draw["taste/home"])
    columns = [
        np.where(
            draw[stream] < 0.7,
            PARTS_PER_TOP * home + (draw[stream] / 0.7 * PARTS_PER_TOP).astype(np.int64),
            ((draw[stream] - 0.7) / 0.3 * len(SUBCATEGORIES)).astype(np.int64),
        )
        for stream in loves
    ]
    loved = np.clip(np.stack(columns, axis=1), 0, len(SUBCATEGORIES) - 1)
    tag_draws = np.stack([draw["taste/tag a"], draw["taste/tag b"]], axis=1)
    sizes = np.array([len(part.tags) for part in SUBCATEGORIES])[loved]
    loved_tags = ((tag_draws[:, None, :] ** 1.6) * sizes[:, :, None]).astype(np.int64)
    return Tastes(
        users=users,
        activity=activity,
        loved=loved,
        loved_tags=loved_tags,
        everybody=_crowd(index, activity),
        of_part=tuple(
            _crowd(index[(loved == part).any(axis=1)], activity)
            for part in range(len(SUBCATEGORIES))
        ),
        of_top=tuple(
            _crowd(index[(loved // PARTS_PER_TOP == top).any(axis=1)], activity)
            for top in range(len(TOP_CATEGORIES))
        ),
        of_tag=_tag_crowds(index, activity, loved, loved_tags),
    )


def _crowd(members: Ids, activity: Floats) -> Crowd:
    running = np.cumsum(activity[members])
    return Crowd(members, running / running[-1])


def _tag_crowds(
    index: Ids, activity: Floats, loved: Ids, loved_tags: Ids
) -> dict[tuple[int, str], Crowd]:
    crowds: dict[tuple[int, str], Crowd] = {}
    for number, part in enumerate(SUBCATEGORIES):
        here = loved == number
        for position, tag in enumerate(part.tags):
            fans = (here[:, :, None] & (loved_tags == position)).any(axis=(1, 2))
            if fans.any():
                crowds[number, tag] = _crowd(index[fans], activity)
    return crowds


@lru_cache(maxsize=256)
def likers_of(seed: int, thing: Thing, newest: int) -> tuple[int, ...]:
    """Return the user numbers of everybody who liked a thing, first likes first.

    Parameters
    ----------
    seed : int
        The catalogue's seed.
    thing : Thing
        The thing; its `like_count` is the length of the answer.
    newest : int
        Greatest id given out, on which the tags' counts depend.
    """
    if thing.like_count == 0:
        return ()
    everything = tastes(seed)
    crowds = _crowds_for(everything, seed, thing, newest)
    found: dict[int, None] = {}
    drawn, chunk = 0, max(16, 2 * thing.like_count)
    while len(found) < thing.like_count:
        found.update(
            dict.fromkeys(_draws(seed, thing.id, range(drawn, drawn + chunk), crowds, everything))
        )
        drawn += chunk
    return tuple(int(everything.users[m]) for m in list(found)[: thing.like_count])


def _crowds_for(everything: Tastes, seed: int, thing: Thing, newest: int) -> list[Crowd]:
    """Return the crowds of tags, part and top that a thing draws from (tags may be none)."""
    part = SUBCATEGORIES.index(subcategory_of(thing))
    tags = [
        everything.of_tag[part, tag.name.lower()]
        for tag in tags_of(seed, thing, newest)
        if (part, tag.name.lower()) in everything.of_tag
    ]
    return [everything.of_part[part], everything.of_top[part // PARTS_PER_TOP], *tags]


def _draws(
    seed: int, number: int, places: range, crowds: list[Crowd], everything: Tastes
) -> list[int]:
    # One 64-bit stream per thing, so that the draws of two things never coincide.
    positions = np.arange(places.start, places.stop, dtype=np.int64) + (mixed(number) >> 2)
    draw = uniform_table(seed, ("like/group", "like/tag", "like/who", "like/any"), positions)
    group, who = draw["like/group"], draw["like/who"]
    chosen: NDArray[np.int64] = np.empty(len(places), dtype=np.int64)
    tags = crowds[2:]
    tag = (draw["like/tag"] * max(len(tags), 1)).astype(np.int64)
    for k, crowd in enumerate(tags):
        _fill(chosen, (group < _TAG_FANS) & (tag == k), who, crowd)
    _fill(chosen, (group < _PART_FANS) & ((group >= _TAG_FANS) | (not tags)), who, crowds[0])
    _fill(chosen, (group >= _PART_FANS) & (group < _TOP_FANS), who, crowds[1])
    _fill(chosen, group >= _TOP_FANS, who, everything.everybody)
    # A tenth of the last group ignores activity, so that every user can be reached.
    uniformly = (group >= _TOP_FANS) & (draw["like/any"] < 0.3)
    chosen[uniformly] = (who[uniformly] * LIKERS).astype(np.int64)
    return [int(member) for member in chosen]


def _fill(chosen: Ids, where: NDArray[np.bool_], who: Floats, crowd: Crowd) -> None:
    if where.any():
        chosen[where] = crowd.members[picks(crowd.running, who[where])]
