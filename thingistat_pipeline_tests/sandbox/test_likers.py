"""Likers: distinct, growing only at the end, and led by their tastes."""

from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np

from thingistat_pipeline.sandbox.catalogue import DEFAULT_TODAY, NEWEST_ID, Thing, describe_thing
from thingistat_pipeline.sandbox.likers import LIKERS, likers_of, tastes
from thingistat_pipeline.sandbox.texts import subcategory_of
from thingistat_pipeline.sandbox.timeline import newest_id
from thingistat_pipeline.sandbox.users import user_name, user_number
from thingistat_pipeline.sandbox.vocabulary import SUBCATEGORIES


def _liked(things: dict[str, Any], at_least: int, at_most: int, count: int) -> list[Thing]:
    fit = (things["like_count"] >= at_least) & (things["like_count"] <= at_most)
    return [describe_thing(int(n), 12, DEFAULT_TODAY) for n in things["id"][fit][:count]]


def test_the_list_only_grows_at_its_end(things: dict[str, Any]) -> None:
    later = DEFAULT_TODAY + timedelta(days=700)
    grown = 0
    for thing in _liked(things, 20, 400, 60):
        now = likers_of(12, thing, NEWEST_ID)
        then = likers_of(12, describe_thing(thing.id, 12, later), newest_id(later))
        assert then[: len(now)] == now
        grown += len(then) > len(now)
    assert grown > 10


def test_even_the_most_liked_has_as_many_distinct_likers_as_likes(things: dict[str, Any]) -> None:
    number = int(things["id"][things["like_count"].argmax()])
    thing = describe_thing(number, 12, DEFAULT_TODAY)
    likers = likers_of(12, thing, NEWEST_ID)
    assert len(set(likers)) == thing.like_count < LIKERS


def test_people_like_what_suits_their_taste(things: dict[str, Any]) -> None:
    everything = tastes(12)
    row = {int(user): k for k, user in enumerate(everything.users)}
    suits, chance = [], []
    for thing in _liked(things, 10, 60, 200):
        part = SUBCATEGORIES.index(subcategory_of(thing))
        loved = (everything.loved == part).any(axis=1)
        members = [row[user] for user in likers_of(12, thing, NEWEST_ID)]
        suits.append(loved[members].mean())
        chance.append(loved.mean())
    assert np.mean(suits) > 5 * np.mean(chance)
    assert np.mean(suits) > 0.5


def test_a_few_like_much_and_users_are_seen_again(things: dict[str, Any]) -> None:
    counts: Counter[int] = Counter()
    for thing in _liked(things, 1, 200, 1_500):
        counts.update(likers_of(12, thing, NEWEST_ID))
    often = sorted(counts.values(), reverse=True)
    assert sum(often[: len(often) // 10]) > 0.25 * sum(often)
    assert sum(count >= 2 for count in often) > 0.2 * len(often)


def test_one_night_meets_enough_regulars_to_learn_tastes_from(things: dict[str, Any]) -> None:
    counts: Counter[int] = Counter()
    for thing in _liked(things, 1, 300, 600):
        counts.update(likers_of(12, thing, NEWEST_ID))
    assert sum(count >= 5 for count in counts.values()) > 300


def test_names_lead_back_to_their_users() -> None:
    for number in (1, 77, 2_712_150, 7_400_000):
        name = user_name(12, number)
        assert user_number(12, name) == number
        assert user_number(12, name + "0") is None
        assert user_number(12, name.lower()) is None
