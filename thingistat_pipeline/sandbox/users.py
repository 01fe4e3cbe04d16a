"""The people: when they registered, what they publish, how well they are known.

A user's number tells when they registered, as a thing's id tells when it was published. Users are
grouped into cohorts of 120 days. One user in fourteen publishes; within a cohort their activity
falls as a power of their rank, so that half of the things come from creators with about eight
designs or fewer and some creators have thousands. Who publishes a thing is drawn from the cohorts
before it, the recent ones more often (people publish for a year or so).

A creator has a reputation (hidden, standard normal over things, higher for the prolific), habits
(a taste for photographs, long or short texts) and a favourite category. Followers follow from
reputation and the number of designs. A user's name ends in their number, which is how
``/users/{name}`` finds them without a list.
"""

import re
from datetime import date
from functools import lru_cache
from math import gcd
from typing import NamedTuple

import numpy as np

from thingistat_pipeline.sandbox.randomness import (
    Dice,
    Floats,
    Ids,
    normal_table,
    uniform_table,
)
from thingistat_pipeline.sandbox.timeline import (
    DAY,
    OPENING,
    YEAR,
    noon_of,
    published_seconds,
)
from thingistat_pipeline.sandbox.vocabulary import LIVE_SHARE, PLACES, USER_NOUNS, USER_WORDS

USERS_PER_THING = 1.0
"""Registered users per id given out; both ran to about 7.5 million by 2026."""

_COHORT = 120 * DAY
_COHORTS = 120
_CREATOR_SHARE = 0.07
_ACTIVITY = 2.8
_TENURE = 1.2 * YEAR
_UNIFORM = ("user/favourite", "user/favourite part", "user/followers", "user/following")
_NORMAL = ("user/reputation", "user/photo", "user/words")
_NAME = re.compile(r"[A-Z][a-z]+[A-Z][a-z]+_(\d{1,9})")


class Cohorts(NamedTuple):
    """Where each cohort's user numbers begin, how many they are, and how ranks are scattered."""

    first: Ids
    size: Ids
    creators: Ids
    stride: Ids
    inverse: Ids


class Profiles(NamedTuple):
    """Users as arrays of shape (n,), as they are on a day.

    `registered` is in seconds since 1970, `reputation` and the habits are hidden scores around
    zero, `favourite` and `favourite_part` are draws from 0 to 1 for a category and a part of it;
    `designs` is zero for those who publish nothing.
    """

    registered: Floats
    reputation: Floats
    photo_habit: Floats
    wordiness: Floats
    favourite: Floats
    favourite_part: Floats
    designs: Ids
    followers: Ids
    following: Ids


@lru_cache(maxsize=1)
def cohorts() -> Cohorts:
    """Return the cohorts since the opening."""
    starts = OPENING + _COHORT * np.arange(_COHORTS + 1)
    thing_ids = np.arange(1, 9_500_000, 500, dtype=np.float64)
    numbers = np.interp(starts, published_seconds(thing_ids), thing_ids * USERS_PER_THING)
    edges = np.maximum.accumulate(np.floor(numbers).astype(np.int64) + 40 * np.arange(_COHORTS + 1))
    size = np.diff(edges)
    stride = np.array([_coprime_stride(int(n)) for n in size], dtype=np.int64)
    inverse = np.array(
        [pow(int(s), -1, int(n)) for s, n in zip(stride, size, strict=True)], dtype=np.int64
    )
    creators = np.maximum(1, np.ceil(_CREATOR_SHARE * size)).astype(np.int64)
    return Cohorts(edges[:-1], size, creators, stride, inverse)


def _coprime_stride(size: int) -> int:
    stride = max(1, int(0.618 * size))
    while gcd(stride, size) != 1:
        stride += 1
    return stride


def creators_of(seed: int, ids: Ids, published: Floats) -> Ids:
    """Return the number of the user who published each thing.

    Parameters
    ----------
    seed : int
        The catalogue's seed.
    ids : array of int64, shape (n,)
        Thing ids.
    published : array of float64, shape (n,)
        Their publication moments in seconds since 1970.

    Returns
    -------
    array of int64, shape (n,)
        User numbers, of users registered before the publication.
    """
    draw = uniform_table(seed, ("creator/tenure", "creator/rank"), ids)
    since_opening = published - OPENING
    tenure = np.minimum(-_TENURE * np.log(draw["creator/tenure"]), since_opening)
    table = cohorts()
    cohort = ((since_opening - tenure) / _COHORT).astype(np.int64)
    rank = (table.creators[cohort] * draw["creator/rank"] ** _ACTIVITY).astype(np.int64)
    return table.first[cohort] + rank * table.stride[cohort] % table.size[cohort]


def profiles(seed: int, users: Ids, today: date) -> Profiles:
    """Return the profiles of users as they are on a day; counts never fall as days go by."""
    table = cohorts()
    cohort, offset, rank = _places(table, users)
    creators = table.creators[cohort]
    is_creator = rank < creators
    registered = OPENING + _COHORT * (cohort + offset / table.size[cohort])
    draw = uniform_table(seed, _UNIFORM, users)
    bell = normal_table(seed, _NORMAL, users)
    share = (np.minimum(rank, creators - 1) + 0.5) / creators
    prolific = (-np.log(share) - _ACTIVITY) / _ACTIVITY
    reputation = 0.87 * bell["user/reputation"] + 0.5 * prolific
    years = np.maximum(noon_of(today).timestamp() - registered, 0.0) / YEAR
    designs = np.where(is_creator, _designs(table, cohort, rank, years), 0)
    reach = np.exp(0.5 + 1.15 * reputation + 0.35 * np.log1p(designs))
    grown = 1.0 - np.exp(-years / 3.0)
    following = np.exp(1.2 + 1.3 * np.log(draw["user/following"])) * 6.0
    return Profiles(
        registered=registered,
        reputation=reputation,
        photo_habit=bell["user/photo"],
        wordiness=bell["user/words"],
        favourite=draw["user/favourite"],
        favourite_part=draw["user/favourite part"],
        designs=designs,
        followers=np.floor(
            reach * grown * np.where(is_creator, 1.0, 0.1) + draw["user/followers"]
        ).astype(np.int64),
        following=np.floor(following * grown).astype(np.int64),
    )


def is_registered(user: int, today: date) -> bool:
    """Return whether somebody has that number on a day.

    Creators have it from the first day of their cohort on, because their things may have been
    published on any of its days; all others from the day on which they register.
    """
    table = cohorts()
    if not table.first[0] <= user < table.first[-1] + table.size[-1]:
        return False
    (cohort,), (offset,), (rank,) = _places(table, np.array([user], dtype=np.int64))
    share = 0.0 if rank < table.creators[cohort] else offset / table.size[cohort]
    return bool(OPENING + _COHORT * (cohort + share) <= noon_of(today).timestamp())


def _places(table: Cohorts, users: Ids) -> tuple[Ids, Ids, Ids]:
    """Return users' cohorts, their places in them, and their ranks by activity."""
    cohort = np.clip(np.searchsorted(table.first, users, side="right") - 1, 0, _COHORTS - 1)
    offset = users - table.first[cohort]
    return cohort, offset, offset * table.inverse[cohort] % table.size[cohort]


def _designs(table: Cohorts, cohort: Ids, rank: Ids, years: Floats) -> Ids:
    """Return the expected number of live designs, at least one, for creators by rank."""
    creators = table.creators[cohort]
    share = ((rank + 1) / creators) ** (1 / _ACTIVITY) - (rank / creators) ** (1 / _ACTIVITY)
    things = table.size[cohort] / USERS_PER_THING * LIVE_SHARE
    published = 1.0 - np.exp(-years * YEAR / _TENURE)
    return np.maximum(1, np.floor(share * things * published)).astype(np.int64)


def user_name(seed: int, user: int) -> str:
    """Return a user's name, such as ``OpalHeron_2712150``."""
    dice = Dice(seed, "user/name", user)
    return f"{dice.choice(USER_WORDS).title()}{dice.choice(USER_NOUNS).title()}_{user}"


def user_number(seed: int, name: str) -> int | None:
    """Return the number of the user of that name, or None when nobody has it."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    number = int(found.group(1))
    return number if user_name(seed, number) == name else None


def personal(seed: int, user: int) -> tuple[str, str, str, bool]:
    """Return first name, last name, location and whether the user accepts tips (all made up)."""
    dice = Dice(seed, "user/personal", user)
    if dice.chance(0.45):
        first, last = "", ""
    else:
        first, last = dice.choice(USER_WORDS).title(), f"{dice.choice(USER_NOUNS).title()}sson"
    return first, last, dice.choice(PLACES), dice.chance(0.4)
