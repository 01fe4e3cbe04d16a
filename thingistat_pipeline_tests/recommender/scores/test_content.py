import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.stats import spearmanr

from thingistat_pipeline.recommender.scores.content import (
    Chance,
    content_neighbours,
    feature_popularity,
)

KNOWN = csr_array(np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=np.float32))
LIKES = csr_array(np.array([[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=np.float32))


def test_neighbours_add_up_the_cosines_to_what_a_user_likes():
    # Two of three things have either feature, so that both weigh the same: log(4 / 2).
    new = csr_array(np.array([[1, 0, 0], [0, 2, 0], [1, 1, 0]], dtype=np.float32))
    scores = content_neighbours(LIKES, KNOWN, new).scores(np.array([0, 1]))
    half = 1 / np.sqrt(2)
    assert_allclose(scores, [[1, 0, half], [1 + half, half, half + 1]], rtol=1e-6)


def test_a_rare_feature_counts_for_more_than_a_common_one():
    known = csr_array(np.array([[1, 1], [1, 0], [1, 0]], dtype=np.float32))
    likes = csr_array(np.array([[1, 0, 0]], dtype=np.float32))
    common, rare = content_neighbours(likes, known, csr_array(np.eye(2, dtype=np.float32))).scores(
        np.array([0])
    )[0]
    # The weights are log(4 / 3) and log(4 / 1).
    assert rare / common == pytest.approx(np.log(4) / np.log(4 / 3), rel=1e-6)


def test_what_no_known_thing_has_and_a_thing_without_features_are_like_nothing():
    new = csr_array(np.array([[0, 0, 1], [0, 0, 0]], dtype=np.float32))
    assert_array_equal(content_neighbours(LIKES, KNOWN, new).scores(np.arange(4)), np.zeros((4, 2)))
    worth = feature_popularity(LIKES, KNOWN, new).worth
    assert_allclose(worth, [4 / 3, 4 / 3], rtol=1e-6)  # the mean of 3, 1 and 0 likes


def test_the_worth_of_a_new_thing_is_the_mean_popularity_of_its_features():
    new = csr_array(np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0]], dtype=np.float32))
    found = feature_popularity(LIKES, KNOWN, new)
    # Likes are 3, 1 and 0, so 4 of two things and 1 of two; and five things of 4 / 3 besides.
    first, second = (4 + 5 * 4 / 3) / 7, (1 + 5 * 4 / 3) / 7
    assert_allclose(found.worth, [first, second, (first + second) / 2], rtol=1e-6)
    assert_array_equal(found.scores(np.array([2, 0])), np.tile(found.worth, (2, 1)))


def test_chance_is_another_order_for_each_user_and_the_same_each_time():
    chance = Chance(things=400, seed=3)
    together = chance.scores(np.arange(5))
    assert_array_equal(chance.scores(np.array([3])), together[[3]])
    assert abs(spearmanr(together[0], together[1]).statistic) < 0.2
    assert not np.array_equal(Chance(things=400, seed=4).scores(np.arange(5)), together)
