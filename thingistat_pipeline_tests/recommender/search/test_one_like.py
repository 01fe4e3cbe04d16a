"""Users known by one like: how well their others are found among what is called like it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from thingistat_pipeline.recommender.judging.measures import evaluate
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.rivals.alternating import Factors
from thingistat_pipeline.recommender.rivals.baselines import ease, item_neighbours, most_popular
from thingistat_pipeline.recommender.search.one_like import by_one_like, drawn_likes, likeness_by
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import world

KNOWN = like_matrix([0, 0, 0, 2, 3, 3], [1, 3, 4, 2, 0, 4], (5, 5))


def test_the_like_drawn_is_one_of_the_users_and_each_is_as_likely():
    drawn = np.array([drawn_likes(KNOWN, seed=seed) for seed in range(900)])
    assert_array_equal(drawn[:, [1, 4]], -1)
    assert_array_equal(drawn[:, 2], 2)
    things, times = np.unique(drawn[:, 0], return_counts=True)
    assert things.tolist() == [1, 3, 4]
    assert_allclose(times, 300, atol=5 * np.sqrt(900 * 2 / 9))
    assert_array_equal(drawn_likes(KNOWN, seed=7), drawn[7])


def test_a_factorisation_calls_things_alike_by_the_cosine_of_their_vectors():
    vectors = np.array([[3, 0], [0, 2], [1, 1], [0, 0]], dtype=np.float32)
    expected = [[0, 1, 0.5**0.5, 0], [1, 0, 0.5**0.5, 0]]
    found = likeness_by(Factors(vectors, vectors))(np.array([1, 0]))
    assert_allclose(found, expected, rtol=1e-6)
    ranker = Ranker(components=3, epochs=1).fit(KNOWN)
    units = ranker.item_vectors_ / np.linalg.norm(ranker.item_vectors_, axis=1, keepdims=True)
    assert_allclose(likeness_by(ranker)(np.arange(5)), units @ units.T, atol=1e-6)


def test_neighbours_and_ease_call_things_alike_as_they_weigh_them():
    near = item_neighbours(KNOWN, shrink=2.0)
    things = np.array([4, 1])
    assert_array_equal(likeness_by(near)(things), near.similarity.toarray()[things])
    model = ease(KNOWN, penalty=3.0)
    assert_array_equal(likeness_by(model)(things), model.weights[things])


def test_popularity_knows_nothing_of_likeness_but_ranks_as_ever():
    model = most_popular(KNOWN)
    with pytest.raises(ValueError, match="MostPopular"):
        likeness_by(model)
    assert by_one_like(model, drawn_likes(KNOWN, seed=0)) is model


def test_a_user_is_known_by_the_one_like_only():
    model = item_neighbours(KNOWN)
    scorer = by_one_like(model, np.array([3, -1, 2, 4, -1]))
    similarity = model.similarity.toarray()
    expected = [similarity[4], np.zeros(5), similarity[3]]
    assert_array_equal(scorer.scores(np.array([3, 1, 0])), expected)


def test_other_known_likes_are_not_ranked_and_fewer_hidden_ones_are_found_than_from_all():
    held = holdout(world(300).likes, seed=0)
    likes = drawn_likes(held.train, seed=1)
    model = item_neighbours(held.train)
    one = evaluate(by_one_like(model, likes), held.train, held.test, seed=0)
    every = evaluate(model, held.train, held.test, seed=0)
    popular = evaluate(most_popular(held.train), held.train, held.test, seed=0)
    values = [found.per_user["ndcg_at_10"].mean() for found in (every, one, popular)]
    assert values == sorted(values, reverse=True)
    # By hand for one user: likes that are known but not drawn take no place in the ranking.
    user = int(one.users[0])
    order = np.argsort(-model.similarity.toarray()[likes[user]], kind="stable")
    order = order[~held.train.toarray()[user, order].astype(bool)]
    hits = held.test.toarray()[user, order[:5]].sum()
    assert one.per_user["precision_at_5"][0] == pytest.approx(hits / 5)
