import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from thingistat_pipeline.recommender.judging.measures import PER_USER, evaluate, shares_of_likes
from thingistat_pipeline.recommender.judging.pigeonholes import (
    held_likes,
    resampled_means,
    with_interval,
)
from thingistat_pipeline.recommender.judging.user_bootstrap import Estimate
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.scores.content import Chance, FixedOrder


# The first example of a process waits for the kernel's compilation: no deadlines.
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=12, max_size=12),
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 11)), min_size=1),
)
def test_the_shares_of_a_users_likes_add_up_to_the_users_figures(worth, pairs):
    rows, columns = zip(*sorted(pairs), strict=True)
    held_out = like_matrix(rows, columns, (6, 12))
    scorer = FixedOrder(np.array(worth, dtype=np.float32))
    found = evaluate(scorer, like_matrix((), (), (6, 12)), held_out, seed=0)
    shares = shares_of_likes(scorer, like_matrix((), (), (6, 12)), held_out)
    likes = held_likes(held_out, found.users)
    for column, measure in enumerate(PER_USER):
        sums = np.bincount(likes.users, shares[:, column])
        assert_allclose(sums, found.per_user[measure], rtol=1e-9, atol=1e-12)


def test_likes_are_those_of_the_users_asked_for_in_their_order():
    held_out = like_matrix([0, 2, 2, 4], [1, 0, 3, 2], (5, 4))
    likes = held_likes(held_out, np.array([2, 4]))
    assert_array_equal(likes.users, [0, 0, 1])
    assert_array_equal(likes.things, [0, 3, 2])
    assert_array_equal(likes.parts, [0.5, 0.5, 1.0])


def test_shares_are_the_same_in_blocks_as_at_once(monkeypatch: pytest.MonkeyPatch):
    rows, columns = np.nonzero(np.random.default_rng(0).random((30, 20)) < 0.2)
    held_out = like_matrix(rows, columns, (30, 20))
    users = np.flatnonzero(np.diff(held_out.indptr))
    nothing = like_matrix((), (), (30, 20))
    at_once = shares_of_likes(Chance(20, 0), nothing, held_out, users=users)
    monkeypatch.setattr("thingistat_pipeline.recommender.judging.measures._BLOCK_SCORES", 60)
    assert_array_equal(shares_of_likes(Chance(20, 0), nothing, held_out, users=users), at_once)


def test_where_nobody_is_left_to_judge_by_there_is_no_figure():
    nothing = like_matrix((), (), (3, 4))
    likes = held_likes(nothing, np.empty(0, dtype=np.intp))
    shares = shares_of_likes(Chance(4, 0), nothing, nothing)
    means = resampled_means(shares, likes, seed=0, effort="quick")
    assert shares.shape == (0, len(PER_USER))
    assert np.isnan(means).all()
    assert with_interval(None, means[:, 0], likes) == Estimate(None)


def test_both_users_and_things_make_a_mean_unsure():
    """Each like gains what its user and its thing bring, drawn at random: the variance is known."""
    rng = np.random.default_rng(0)
    users, things = np.divmod(np.arange(60 * 25), 25)
    likes = held_likes(like_matrix(users, things, (60, 25)), np.arange(60))
    of_user, of_thing = rng.normal(size=60), rng.normal(size=25)
    gains = of_user[likes.users] + of_thing[likes.things]
    means = resampled_means((gains * likes.parts)[:, None], likes, seed=1, effort="full")
    assert means.mean() == pytest.approx(gains.mean(), abs=0.02)
    assert means.var() == pytest.approx(of_user.var() / 60 + of_thing.var() / 25, rel=0.1)


def test_a_figure_that_a_user_lacks_is_passed_over():
    likes = held_likes(like_matrix([0, 1, 1], [0, 0, 1], (2, 2)), np.arange(2))
    shares = np.array([[np.nan], [0.2], [0.2]])
    means = resampled_means(shares, likes, seed=0, effort="quick")
    assert_allclose(np.unique(means[~np.isnan(means)]), [0.4], rtol=1e-12)


def test_an_interval_is_the_middle_of_the_resamples_and_needs_ten_users_and_ten_things():
    resampled = np.array([*np.linspace(0.0, 1.0, 1001), np.nan])
    enough = held_likes(like_matrix(range(10), range(10), (10, 10)), np.arange(10))
    found = with_interval(0.4, resampled, enough)
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.025, 0.975))
    for few in (
        held_likes(like_matrix(range(9), range(9), (9, 10)), np.arange(9)),
        held_likes(like_matrix(range(10), [0] * 10, (10, 10)), np.arange(10)),
    ):
        assert with_interval(0.4, resampled, few).low is None
    assert with_interval(None, resampled, enough).value is None
