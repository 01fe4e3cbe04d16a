import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, hstack

from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.likes.side_information import only, with_identity
from thingistat_pipeline.recommender.scores.cold_start import METHODS, ColdStartScores, cold_start
from thingistat_pipeline.recommender.scores.feature_ranker import feature_ranker
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import parameters, world


@pytest.fixture(scope="module")
def told() -> ColdStartScores:
    return cold_start(*world(), parameters(), seed=1, effort="quick")


def against(scores: ColdStartScores, method: str, other: str, measure: str = "ndcg_at_10"):
    return next(
        one
        for one in scores.differences
        if (one.method, one.against, one.measure) == (method, other, measure)
    )


def test_features_that_tell_the_taste_beat_chance_and_popularity(told: ColdStartScores):
    for method, other in (
        ("ranker_features", "chance"),
        ("ranker_features", "feature_popularity"),
        ("content_neighbours", "chance"),
    ):
        assert against(told, method, other).is_sure, (method, other)
        assert against(told, method, other).value > 0


def test_features_that_tell_nothing_do_not_beat_chance_as_they_would_if_a_like_leaked():
    scores = cold_start(*world(300, told=False), parameters(), seed=1, effort="quick")
    for method in ("ranker_features", "content_neighbours", "feature_popularity"):
        assert abs(against(scores, method, "chance", "auc").value) < 0.1


def test_without_features_new_things_are_all_the_same_to_the_ranker():
    likes, side = world()
    scores = cold_start(likes, only(side, []), parameters(), seed=1, effort="quick")
    for judged in scores.methods:
        if judged.method != "chance":
            assert_array_equal(judged.evaluation.per_user["auc"], 0.5)


def test_where_nobody_with_other_likes_likes_a_new_thing_there_are_no_figures():
    # Every user likes one thing, so that nobody who likes a new one is known by another.
    likes, side = world()
    alone = like_matrix(range(40), range(40), likes.shape)
    scores = cold_start(alone, side, parameters(), seed=1, effort="quick")
    assert scores.users == 0
    found = scores.as_dict()
    for row in (*(one["ndcg_at_10"] for one in found["methods"]), *found["differences"]):
        assert (row["value"], row["low"], row["high"]) == (None, None, None)


def test_only_new_things_are_ranked_and_a_fifth_of_the_things_is_new(told: ColdStartScores):
    assert told.things == 12
    assert {judged.method for judged in told.methods} == set(METHODS)
    assert {judged.evaluation.candidates for judged in told.methods} == {12}
    assert {len(judged.evaluation.users) for judged in told.methods} == {told.users}


def test_every_method_is_compared_with_chance_and_the_ranker_with_every_method(
    told: ColdStartScores,
):
    assert {(one.method, one.against) for one in told.differences} == {
        ("ranker_features", "chance"),
        ("content_neighbours", "chance"),
        ("feature_popularity", "chance"),
        ("ranker_features", "content_neighbours"),
        ("ranker_features", "feature_popularity"),
    }


def test_the_best_comes_first(told: ColdStartScores):
    values = [judged.evaluation.estimates["ndcg_at_10"].value for judged in told.methods]
    assert values == sorted(values, key=lambda value: -(value or 0.0))


def test_the_same_likes_and_seed_give_the_same_figures(told: ColdStartScores):
    again = cold_start(*world(), parameters(), seed=1, effort="quick")
    assert json.dumps(again.as_dict(), allow_nan=False) == json.dumps(told.as_dict())
    other = cold_start(*world(), parameters(), seed=2, effort="quick")
    assert other.as_dict() != told.as_dict()


def test_a_new_thing_is_the_sum_of_what_was_learned_of_its_features():
    likes, side = world()
    new = csr_array(np.array([[1, 0, 0, 0], [0, 0.5, 0, 0.5]], dtype=np.float32))
    found = feature_ranker(likes, side, new, parameters(scale=2.0), seed=0)
    ranker = parameters().ranker(seed=0).fit(likes, item_features=with_identity(side, 2.0))
    tags = slice(likes.shape[1], None)
    assert_allclose(found.things, 2 * new @ ranker.item_feature_vectors_[tags], rtol=1e-5)
    assert_allclose(found.biases, 2 * new @ ranker.item_feature_biases_[tags], rtol=1e-5)
    assert_allclose(
        found.scores(np.array([4]))[0],
        found.things @ ranker.user_vectors_[4] + found.biases,
        rtol=1e-5,
    )


def test_a_feature_that_no_known_thing_has_counts_for_nothing():
    likes, side = world()
    unseen = csr_array((side.matrix.shape[0], 1), dtype=np.float32)
    wider = side.__class__(
        hstack([side.matrix, unseen], format="csr"), (*side.names, "tag:new"), side.blocks, "raw"
    )
    new = csr_array(np.array([[1, 0, 0, 0, 0], [1, 0, 0, 0, 1]], dtype=np.float32))
    found = feature_ranker(likes, wider, new, parameters(), seed=0)
    assert_array_equal(found.things[0], found.things[1])
    assert found.biases[0] == found.biases[1]


def test_a_ranker_without_side_information_is_refused():
    likes, side = world()
    with pytest.raises(ValueError, match="without side information"):
        feature_ranker(likes, side, side.matrix[:2], parameters(scale=None), seed=0)
