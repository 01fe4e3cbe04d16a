import numpy as np
import pytest
from numpy.testing import assert_array_equal

from thingistat_pipeline.recommender.judging.comparison import (
    Difference,
    Judged,
    best_first,
    differences,
    users_with_likes,
)
from thingistat_pipeline.recommender.judging.measures import PER_USER, Scorer, difference, evaluate
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.rivals.baselines import item_neighbours, most_popular
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import world

HELD = holdout(world().likes, seed=0)


def judged(name: str, users=None) -> Judged:
    model: Scorer = item_neighbours(HELD.train) if name == "near" else most_popular(HELD.train)
    return Judged(name, {}, evaluate(model, HELD.train, HELD.test, seed=3, users=users))


def test_all_differences_at_once_are_those_of_the_measures_one_by_one():
    both = [judged("popular"), judged("near")]
    found = differences(both, [("near", "popular")], seed=3, effort="quick")
    assert [one.measure for one in found] == list(PER_USER)
    for one in found:
        alone = difference(both[1].evaluation, both[0].evaluation, one.measure, seed=3)
        assert (one.value, one.low, one.high) == pytest.approx(
            (alone.value, alone.low, alone.high), rel=1e-12
        )


def test_a_pair_told_twice_is_compared_once_and_a_method_with_itself_never():
    both = [judged("popular"), judged("near")]
    pairs = [("near", "popular"), ("near", "near"), ("near", "popular")]
    found = differences(both, pairs, measures=["auc"], seed=0, effort="quick")
    assert [(one.method, one.against) for one in found] == [("near", "popular")]
    assert differences(both, [("near", "near")], seed=0, effort="quick") == ()


def test_methods_that_were_judged_by_other_users_are_not_compared():
    some = judged("near", users=np.arange(50))
    with pytest.raises(ValueError, match="same users"):
        differences([judged("popular"), some], [("near", "popular")], seed=0, effort="quick")


@pytest.mark.parametrize(
    ("low", "high", "sure"),
    [
        (0.1, 0.3, True),
        (-0.3, -0.1, True),
        (-0.1, 0.3, False),
        (0.0, 0.3, False),
        (None, None, False),
    ],
)
def test_a_difference_is_sure_where_its_interval_leaves_out_zero(low, high, sure):
    assert Difference("a", "b", "auc", 0.2, low, high).is_sure is sure


def test_the_best_comes_first_and_what_has_no_figure_last():
    by_nobody = judged("popular", users=np.empty(0, dtype=np.intp)).evaluation
    assert by_nobody.estimates["ndcg_at_10"].value is None
    nobody = Judged("nobody", {}, by_nobody)
    ordered = best_first([nobody, judged("popular"), judged("near")])
    assert [one.method for one in ordered] == ["near", "popular", "nobody"]


def test_users_are_those_with_likes_or_a_sample_of_them():
    likes = like_matrix([1, 1, 4, 7, 8], [0, 1, 1, 2, 0], (9, 3))
    assert_array_equal(users_with_likes(likes, 4, seed=0), [1, 4, 7, 8])
    some = users_with_likes(likes, 2, seed=0)
    assert set(some) < {1, 4, 7, 8}
    assert some[0] < some[1]
    assert len(some) == 2
    assert_array_equal(users_with_likes(likes, 2, seed=0), some)
