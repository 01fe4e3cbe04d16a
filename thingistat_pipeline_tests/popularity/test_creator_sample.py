import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.popularity.creator_sample import whole_creators


@given(
    creators=st.lists(st.integers(-50, 50), min_size=1, max_size=200),
    most=st.integers(1, 100),
    seed=st.integers(0, 1000),
)
def test_creators_are_taken_whole_and_within_the_limit(creators, most, seed):
    whose = np.array(creators)
    taken = whole_creators(whose, most=most, seed=seed)
    assert (np.isin(whose, whose[taken]).nonzero()[0] == taken).all()
    smallest = np.unique(whose, return_counts=True)[1].min()
    assert len(taken) > 0
    assert len(taken) <= most or smallest > most


def test_nearly_all_of_the_room_is_used_even_where_one_creator_has_half_of_the_things():
    whose = np.concatenate([np.zeros(1000, np.int64), np.arange(1, 1001)])
    for seed in range(20):
        assert len(whole_creators(whose, most=900, seed=seed)) == 900


def test_who_is_taken_depends_on_the_key_and_not_on_the_order_of_the_rows():
    whose = np.arange(1000) // 2
    taken = set(whose[whole_creators(whose, most=300, seed=1)])
    assert taken == set(whose[::-1][whole_creators(whose[::-1], most=300, seed=1)])
    other = set(whose[whole_creators(whose, most=300, seed=2)])
    assert len(taken) == len(other) == 150
    assert 20 < len(taken & other) < 70  # 45 expected of independent draws, sd 4.7


def test_new_creators_only_take_the_places_of_a_few():
    before = set(whole_creators(np.arange(1000), most=300, seed=1))
    after = set(whole_creators(np.arange(1050), most=300, seed=1))
    assert len(before & after) > 270


def test_whole_creators_are_a_fair_share_of_them():
    creators = np.repeat(np.arange(2000), 3)
    taken = whole_creators(creators, most=3000, seed=1)
    assert len(taken) == 3000
    # Without replacement, half of 2,000: hypergeometric, standard deviation of the mean of the
    # chosen numbers is 2000 / sqrt(12 * 1000) * sqrt(1 / 2).
    assert abs(creators[taken].mean() - 999.5) < 4 * 2000 / math.sqrt(12_000) * math.sqrt(0.5)
