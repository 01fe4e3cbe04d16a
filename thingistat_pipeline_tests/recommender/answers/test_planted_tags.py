"""On planted tastes: tags order things as their likers love them, and hidden tags are found."""

from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.space import Space
from thingistat_pipeline.recommender.answers.tag_order import tag_things
from thingistat_pipeline.recommender.answers.tag_trial import TagTrial, tag_trial
from thingistat_pipeline.recommender.answers.words import spellings_in
from thingistat_pipeline.recommender.judging.user_bootstrap import ratios
from thingistat_pipeline.recommender.likes.interactions import (
    Interactions,
    interactions_from,
    with_enough,
)
from thingistat_pipeline.recommender.search.search import RankerParameters
from thingistat_pipeline.sandbox.catalogue import (
    DEFAULT_TODAY,
    NEWEST_ID,
    Thing,
    describe_things,
    live_ids,
)
from thingistat_pipeline.sandbox.likers import LIKERS, Crowd, _crowds_for, likers_of, tastes
from thingistat_pipeline.sandbox.texts import tags_of, title
from thingistat_pipeline.sandbox.vocabulary import TOP_CATEGORIES
from thingistat_pipeline.thingiverse.payloads import tag_key

Floats = NDArray[np.float64]

SEED, THINGS, MOST_LIKERS = 12, 2_500, 300
PARAMETERS = RankerParameters(
    components=32,
    learning_rate=0.03,
    loss="warp",
    max_sampled=10,
    item_alpha=0.0,
    user_alpha=0.0,
    negatives="uniform",
    epochs=40,
    scale=2.0,
)


class World(NamedTuple):
    things: list[Thing]
    likes: Interactions
    features: pl.DataFrame
    popularity: dict[int, int]


@pytest.fixture(scope="module")
def world() -> World:
    ids = np.random.default_rng(0).permutation(NEWEST_ID)[: 4 * THINGS] + 1
    columns = describe_things(live_ids(ids, SEED, DEFAULT_TODAY)[:THINGS], SEED, DEFAULT_TODAY)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    things = [Thing(*row) for row in rows]
    likers = {thing.id: likers_of(SEED, thing, NEWEST_ID)[:MOST_LIKERS] for thing in things}
    pairs = [(user, thing) for thing, users in likers.items() for user in users]
    likes, _ = with_enough(interactions_from(*zip(*pairs, strict=True)))
    told = [(thing.id, *feature) for thing in things for feature in shown(thing)]
    schema = {"thing_id": pl.Int64, "kind": pl.String, "feature": pl.String}
    features = pl.DataFrame(told, schema=schema, orient="row").unique(maintain_order=True)
    return World(things, likes, features, {each: len(users) for each, users in likers.items()})


def shown(thing: Thing) -> list[tuple[str, str]]:
    """Return what the API tells of a thing."""
    told = [("tag", tag_key(tag.name)) for tag in tags_of(SEED, thing, NEWEST_ID)]
    told += [("word", word) for word in spellings_in(title(SEED, thing))]
    if thing.top >= 0:
        told.append(("category", TOP_CATEGORIES[thing.top].name))
    if thing.top >= 0 and thing.part >= 0:
        told.append(("category", TOP_CATEGORIES[thing.top].parts[thing.part].name))
    return told


@pytest.fixture(scope="module")
def space(world: World) -> Space:
    return fit_space(world.likes, world.features, PARAMETERS, seed=1)


@pytest.fixture(scope="module")
def trial(world: World) -> TagTrial:
    return tag_trial(world.likes, world.features, PARAMETERS, seed=1, effort="quick")


def planted_relevance(things: list[Thing], fans: Floats) -> Floats:
    """Return how probable it is that a liker of each thing is a fan of each tag.

    `fans` has shape (likers, tags); the groups' shares are those that the likers are drawn by.
    """
    everything = tastes(SEED)
    shares: dict[int, Floats] = {}

    def share_of(crowd: Crowd) -> Floats:
        if id(crowd) not in shares:
            shares[id(crowd)] = np.diff(crowd.running, prepend=0.0) @ fans[crowd.members]
        return shares[id(crowd)]

    anybody = 0.7 * share_of(everything.everybody) + 0.3 * fans.mean(axis=0)
    found = np.empty((len(things), fans.shape[1]))
    for row, thing in enumerate(things):
        part, top, *tags = _crowds_for(everything, SEED, thing, NEWEST_ID)
        of_tags = np.mean([share_of(each) for each in tags], axis=0) if tags else share_of(part)
        found[row] = 0.45 * of_tags + 0.30 * share_of(part) + 0.15 * share_of(top) + 0.10 * anybody
    return found


def fans_by_tag(names: list[str]) -> Floats:
    """Return who of all likers loves each tag, in whichever part: shape (likers, tags)."""
    found = np.zeros((LIKERS, len(names)))
    for (_, tag), crowd in tastes(SEED).of_tag.items():
        if tag_key(tag) in names:
            found[crowd.members, names.index(tag_key(tag))] = 1.0
    return found


def test_the_planted_relevance_is_the_share_of_fans_among_the_likers_drawn(world: World):
    number = {user: place for place, user in enumerate(tastes(SEED).users.tolist())}
    fans = np.zeros((LIKERS, 1))
    fans[tastes(SEED).of_part[0].members] = 1.0
    many = [thing for thing in world.things if 20 <= thing.like_count <= 60][:150]
    drawn = [
        np.mean([fans[number[user]] for user in likers_of(SEED, thing, NEWEST_ID)])
        for thing in many
    ]
    planted = planted_relevance(many, fans)[:, 0]
    assert spearmanr(drawn, planted).statistic > 0.5


def test_the_order_by_closeness_to_a_tag_agrees_with_the_planted_relevance(
    world: World, space: Space
):
    liked = set(world.likes.things.tolist())
    warm = [thing for thing in world.things if thing.id in liked]
    popularity = [world.popularity[thing.id] for thing in warm]
    loved = {tag_key(tag) for _, tag in tastes(SEED).of_tag}
    order = tag_things(space, n=len(space.things)).filter(pl.col("tag").is_in(list(loved)))
    names = order["tag"].unique().sort().to_list()
    planted = planted_relevance(warm, fans_by_tag(names))
    found = np.empty((len(names), 2))
    for place, tag in enumerate(names):
        closeness = dict(order.filter(tag=tag).select("thing_id", "score").rows())
        ours = [closeness.get(thing.id, 0.0) for thing in warm]
        for column, scores in enumerate((ours, popularity)):
            found[place, column] = spearmanr(scores, planted[:, place]).statistic
    assert len(names) > 30
    figures = np.column_stack([found[:, 0], found[:, 0] - found[:, 1]])
    above_0, above_popularity = ratios(figures, np.ones_like(figures), seed=0)
    assert above_0.low is not None
    assert above_0.low > 0.3
    assert above_popularity.low is not None
    assert above_popularity.low > 0.3


@pytest.mark.parametrize("against", ["frequency", "cosine"])
def test_offered_tags_find_more_of_those_hidden_than_popularity_and_the_seeds_way(
    trial: TagTrial, against: str
):
    told = trial.as_dict()
    for hunt in (told, told["drafts"]):
        recall = {score["method"]: score["recall_at_10"] for score in hunt["methods"]}
        gain = {each["against"]: each for each in hunt["differences"]}[against]
        assert gain["low"] > 0.1
        assert recall[trial.offered] > 1.7 * recall[against]


def test_a_vote_is_offered_and_a_third_of_the_hidden_tags_are_one_things_own(trial: TagTrial):
    assert trial.offered in {"both_votes", "neighbours_vote", "content_vote"}
    assert 0.5 < trial.hunt.findable / trial.hunt.hidden < 0.8
