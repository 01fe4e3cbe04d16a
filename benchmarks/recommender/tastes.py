"""Likes with planted tastes and a heavy tail, and tags that follow the tastes: of any size."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from thingistat_pipeline.recommender.likes.interactions import like_matrix

Whole = NDArray[np.int64]

TOPICS = 60
TOPICS_LOVED = 3
LOVED = 0.8
"""Share of a user's likes that go to the topics that they love."""
TAGS_OF_A_TOPIC = 40
_TAIL = -0.6
"""Of u to this power, u uniform: how active users and how popular things are."""
_DRAWN = 1.45
"""Pairs drawn for one like: the same pair is drawn more than once."""
_ROUNDS = 20
"""How often more pairs are drawn at most, where most were drawn already."""


class Extent(NamedTuple):
    """How much to generate; `tagged` pairs of a thing and a tag."""

    users: int
    things: int
    likes: int
    tags: int
    tagged: int

    def at(self, things: int) -> "Extent":
        """Return the same in proportion for fewer things."""
        share = min(1.0, things / self.things)
        return Extent(*(max(TOPICS, round(share * each)) for each in self))


THE_SEEDS = Extent(users=15_274, things=25_655, likes=547_477, tags=20_352, tagged=161_510)
LARGE = Extent(users=500_000, things=154_000, likes=5_000_000, tags=40_000, tagged=970_000)


class Tastes(NamedTuple):
    """What was generated.

    Attributes
    ----------
    likes : csr_array of float32, shape (users, things)
    tags : csr_array of float32, shape (things, tags)
        Divided by the number of a thing's tags.
    """

    likes: csr_array
    tags: csr_array


def tastes(extent: Extent, *, seed: int) -> Tastes:
    """Return likes and tags, at most as many as asked for and usually as many."""
    random = np.random.default_rng(seed)
    topics = random.integers(0, TOPICS, extent.things)
    return Tastes(_likes(extent, topics, random), _tags(extent, topics, random))


def _likes(extent: Extent, topics: Whole, random: np.random.Generator) -> csr_array:
    """Draw a user, one of the topics that they love or any, and a thing of it by popularity."""
    loved = random.integers(0, TOPICS, (extent.users, TOPICS_LOVED))
    active = _shares(random.random(extent.users) ** _TAIL)
    popularity = random.random(extent.things) ** _TAIL
    everything = np.arange(extent.things)
    members = [np.flatnonzero(topics == number) for number in range(TOPICS)]
    members = [of_topic if len(of_topic) else everything for of_topic in members]
    ends = [_shares(popularity[of_topic]) for of_topic in members]

    def drawn(n: int) -> Whole:
        users = active.searchsorted(random.random(n))
        own = loved[users, random.integers(0, TOPICS_LOVED, n)]
        topic = np.where(random.random(n) < LOVED, own, random.integers(0, TOPICS, n))
        place, things = random.random(n), np.empty(n, np.int64)
        for number in range(TOPICS):
            wanted = topic == number
            things[wanted] = members[number][ends[number].searchsorted(place[wanted])]
        return users * extent.things + things

    pairs = _distinct(drawn, extent.likes, random)
    return like_matrix(*np.divmod(pairs, extent.things), (extent.users, extent.things))


def _tags(extent: Extent, topics: Whole, random: np.random.Generator) -> csr_array:
    """Draw half of the tags from those of the thing's topic, half from all, few of them often."""

    def drawn(n: int) -> Whole:
        things, skewed = random.integers(0, extent.things, n), random.random(n) ** 3
        own = topics[things] * TAGS_OF_A_TOPIC + (TAGS_OF_A_TOPIC * skewed).astype(np.int64)
        anyhow = (extent.tags * skewed).astype(np.int64)
        tag = np.where(random.random(n) < 0.5, own % extent.tags, anyhow)
        return things * extent.tags + tag

    pairs = _distinct(drawn, extent.tagged, random)
    used = like_matrix(*np.divmod(pairs, extent.tags), (extent.things, extent.tags))
    counts = np.maximum(used.sum(axis=1), 1).astype(np.float32)
    return csr_array(diags_array(1 / counts) @ used)


def _distinct(drawn: Callable[[int], Whole], n: int, random: np.random.Generator) -> Whole:
    """Return `n` of what is drawn, each once; fewer where nearly all were drawn already."""
    found = np.empty(0, np.int64)
    for _ in range(_ROUNDS):
        found = np.union1d(found, drawn(int(_DRAWN * n)))
        if len(found) >= n:
            break
    return random.permutation(found)[:n]


def _shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where each one's part of 0 to 1 ends."""
    ends = np.cumsum(weights)
    ends /= ends[-1]
    ends[-1] = 1
    return ends
