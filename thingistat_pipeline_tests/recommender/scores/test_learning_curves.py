import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.recommender.judging.measures import evaluate
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.scores import learning_curves
from thingistat_pipeline.recommender.scores.learning_curves import checkpoints, learning_curve
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import parameters, world

LIKES, SIDE = world(150)
HELD = holdout(LIKES, seed=0)


@given(st.integers(1, 500))
def test_the_curve_has_ten_points_or_fewer_from_the_first_epoch_to_beyond_those_chosen(epochs: int):
    found = checkpoints(epochs)
    assert {1, epochs} <= set(found)
    assert len(found) <= 10
    assert list(found) == sorted(set(found))
    assert epochs < found[-1] <= max(epochs + 1, 1.5 * epochs + 0.5)


@pytest.mark.parametrize("scale", [None, 1.0])
def test_the_point_at_the_epochs_chosen_is_the_ranker_that_is_fitted_at_once(scale: float | None):
    chosen = parameters(scale=scale, epochs=5)
    curve = learning_curve("r", HELD, SIDE, chosen, seed=2, effort="quick")
    ranker = chosen.ranker(seed=2).fit(HELD.train, item_features=chosen.item_features(SIDE))
    nothing = like_matrix((), (), HELD.train.shape)
    users = np.flatnonzero(np.diff(HELD.test.indptr))
    for split, known, held_out in (
        ("test", HELD.train, HELD.test),
        ("train", nothing, HELD.train),
    ):
        at_once = evaluate(ranker, known, held_out, seed=2, users=users).estimates
        for measure in ("precision_at_5", "ndcg_at_10"):
            point = next(
                one for one in curve if (one.epoch, one.split, one.measure) == (5, split, measure)
            )
            estimate = at_once[measure]
            assert (point.value, point.low, point.high) == pytest.approx(
                (estimate.value, estimate.low, estimate.high), rel=1e-9
            )


def test_each_epoch_has_both_measures_on_both_splits():
    curve = learning_curve("r", HELD, SIDE, parameters(epochs=5), seed=0, effort="quick")
    rows = [(one.epoch, one.split, one.measure) for one in curve]
    assert len(rows) == len(set(rows)) == 4 * len(checkpoints(5))
    assert {one.method for one in curve} == {"r"}


def test_a_ranker_gets_better_at_what_it_learns_from():
    curve = learning_curve("r", HELD, SIDE, parameters(epochs=20), seed=0, effort="quick")
    on_train = [
        one.value or 0.0 for one in curve if one.split == "train" and one.measure == "ndcg_at_10"
    ]
    assert on_train[-1] > on_train[0] + 0.1


def test_a_curve_is_drawn_by_a_sample_of_users(monkeypatch: pytest.MonkeyPatch):
    judged: list[int] = []

    def spied(*arguments, **options):
        found = evaluate(*arguments, **options)
        judged.append(len(found.users))
        return found

    monkeypatch.setattr(learning_curves, "evaluate", spied)
    monkeypatch.setattr(learning_curves, "MOST_USERS", {"quick": 40})
    learning_curve("r", HELD, SIDE, parameters(epochs=1), seed=0, effort="quick")
    assert set(judged) == {40}
