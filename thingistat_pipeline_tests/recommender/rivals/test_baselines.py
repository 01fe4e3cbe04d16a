from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.metrics.pairwise import cosine_similarity

from thingistat_pipeline.recommender.judging.measures import difference, evaluate
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.likes.interactions import (
    interactions_from,
    like_matrix,
    with_enough,
)
from thingistat_pipeline.recommender.rivals import baselines
from thingistat_pipeline.recommender.rivals.alternating import alternating_least_squares, improve
from thingistat_pipeline.recommender.rivals.baselines import ease, item_neighbours, most_popular


def random_likes(users: int, things: int, share: float = 0.2, seed: int = 0) -> csr_array:
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(rng.random((users, things)) < share)
    return like_matrix(rows, columns, (users, things))


LIKES = st.builds(
    random_likes, st.integers(1, 25), st.integers(1, 12), st.floats(0, 1), st.integers(0, 999)
)
EVERYBODY = np.arange


def test_the_most_popular_is_the_same_to_everybody():
    model = most_popular(like_matrix([0, 1, 2, 0], [2, 2, 2, 0], (3, 4)))
    assert model.scores(np.array([2, 0])).tolist() == [[1, 0, 3, 0]] * 2
    assert model.scores(np.array([2])).dtype == np.float32


@settings(deadline=None)
@given(LIKES)
def test_neighbours_are_by_scikit_learns_cosine(likes):
    users = likes.shape[0]
    cosines = cosine_similarity(likes.toarray().T)
    np.fill_diagonal(cosines, 0)
    model = item_neighbours(likes)
    assert_allclose(model.similarity.toarray(), cosines, rtol=1e-5)
    assert_allclose(model.scores(EVERYBODY(users)), likes.toarray() @ cosines, rtol=1e-5)


def test_only_the_nearest_are_kept_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch):
    likes = random_likes(60, 30)
    cosines = cosine_similarity(likes.toarray().T)
    np.fill_diagonal(cosines, 0)
    whole = item_neighbours(likes, neighbours=4).similarity.toarray()
    for row, expected in zip(whole, cosines, strict=True):
        assert (row > 0).sum() == 4
        assert_allclose(np.sort(row)[-4:], np.sort(expected)[-4:], rtol=1e-5)
    monkeypatch.setattr(baselines, "_BLOCK", 7)
    assert_array_equal(item_neighbours(likes, neighbours=4).similarity.toarray(), whole)


def test_shrinking_makes_the_rarely_liked_less_alike():
    # Things 0 and 1 share one liker, 2 and 3 share four.
    likes = like_matrix([0, 0, *range(1, 5), *range(1, 5)], [0, 1, *[2] * 4, *[3] * 4], (5, 4))
    assert item_neighbours(likes).similarity[0, 1] == item_neighbours(likes).similarity[2, 3] == 1
    shrunk = item_neighbours(likes, shrink=4.0).similarity
    assert shrunk[0, 1] == pytest.approx(1 / 5)
    assert shrunk[2, 3] == pytest.approx(4 / 8)


@settings(deadline=None)
@given(LIKES, st.sampled_from([0.5, 20.0, 500.0]))
def test_ease_is_the_ridge_regression_of_each_thing_on_all_others(likes, penalty):
    X = likes.toarray().astype(np.float64)
    users, things = X.shape
    weights = np.zeros((things, things))
    for target in range(things):
        others = np.delete(np.arange(things), target)
        Z = X[:, others]
        normal = Z.T @ Z + penalty * np.eye(things - 1)
        weights[others, target] = np.linalg.solve(normal, Z.T @ X[:, target])
    model = ease(likes, penalty=penalty)
    assert_allclose(model.weights, weights, rtol=1e-3, atol=1e-4)
    assert_allclose(model.scores(EVERYBODY(users)), X @ weights, rtol=1e-3, atol=1e-3)
    assert model.share_of_likes == 1.0


def test_ease_of_many_blocks_is_ease_of_one(monkeypatch: pytest.MonkeyPatch):
    likes = random_likes(200, 50)
    whole = ease(likes, penalty=10.0).weights
    monkeypatch.setattr(baselines, "_BLOCK", 7)
    assert_allclose(ease(likes, penalty=10.0).weights, whole, rtol=1e-5, atol=1e-6)


def test_ease_of_the_most_liked_is_ease_without_the_others_and_says_so():
    likes = random_likes(80, 20)
    counts = likes.toarray().sum(axis=0)
    model = ease(likes, penalty=10.0, most_things=6)
    kept = np.sort(np.argsort(-counts, kind="stable")[:6])
    assert model.things.tolist() == kept.tolist()
    assert model.share_of_likes == pytest.approx(counts[kept].sum() / counts.sum())
    scores = model.scores(np.array([5, 3]))
    alone = ease(likes[:, kept].tocsr(), penalty=10.0)
    assert_array_equal(scores[:, kept], alone.scores(np.array([5, 3])))


def test_what_ease_left_out_comes_last_and_there_by_its_likes():
    likes = random_likes(80, 20)
    counts = likes.toarray().sum(axis=0)
    model = ease(likes, penalty=10.0, most_things=6)
    left_out = np.setdiff1d(np.arange(20), model.things)
    for scores in (model.scores(EVERYBODY(80)), model.likeness(np.arange(20))):
        assert (scores[:, left_out].max(axis=1) < scores[:, model.things].min(axis=1)).all()
        for row in scores[:, left_out]:
            assert (np.diff(row[np.argsort(counts[left_out])]) >= 0).all()
            assert len(np.unique(row)) == len(np.unique(counts[left_out]))
        assert np.isfinite(scores).all()


def test_the_likeness_by_ease_is_its_weights():
    likes = random_likes(80, 20)
    whole, part = (ease(likes, penalty=10.0, most_things=most) for most in (20, 6))
    assert_array_equal(whole.likeness(np.array([3, 0])), whole.weights[[3, 0]])
    left_out = np.setdiff1d(np.arange(20), part.things)[0]
    found = part.likeness(np.array([left_out, part.things[2]]))
    assert not found[0, part.things].any()
    assert_array_equal(found[1, part.things], part.weights[2])


@pytest.mark.parametrize("penalty", [0.0, -1.0, float("nan")])
def test_ease_and_least_squares_need_a_penalty(penalty: float):
    likes = random_likes(5, 5)
    with pytest.raises(ValueError, match="without a solution"):
        ease(likes, penalty=penalty)
    with pytest.raises(ValueError, match="outside their range"):
        alternating_least_squares(likes, penalty=penalty, seed=0)


@settings(deadline=None)
@given(LIKES, st.sampled_from([0.0, 1.0, 40.0]), st.sampled_from([0.5, 10.0]))
def test_half_a_sweep_is_the_weighted_least_squares_solution(likes, confidence, penalty):
    users, things = likes.shape
    others = np.random.default_rng(1).normal(size=(things, 3)).astype(np.float32)
    vectors = np.ones((users, 3), dtype=np.float32)
    improve(vectors, others, likes, confidence=confidence, penalty=penalty, steps=30)
    for vector, liked in zip(vectors, likes.toarray(), strict=True):
        root = np.sqrt(1 + confidence * liked)
        design = np.vstack([root[:, None] * others, np.sqrt(penalty) * np.eye(3)])
        expected = np.linalg.lstsq(design, np.concatenate([root * liked, np.zeros(3)]))[0]
        assert_allclose(vector, expected, rtol=1e-3, atol=1e-4)


def objective(model, likes: csr_array, confidence: float, penalty: float) -> float:
    X = likes.toarray()
    errors = (1 + confidence * X) * (X - model.users @ model.things.T) ** 2
    return float(errors.sum() + penalty * ((model.users**2).sum() + (model.things**2).sum()))


def test_few_steps_a_sweep_come_to_the_optimum_that_many_come_to():
    likes = random_likes(80, 40)
    options: dict[str, Any] = {"components": 4, "confidence": 10.0, "penalty": 5.0, "seed": 0}
    losses = [
        objective(alternating_least_squares(likes, sweeps=sweeps, **options), likes, 10.0, 5.0)
        for sweeps in (1, 3, 10, 60)
    ]
    exact = alternating_least_squares(likes, sweeps=60, steps=30, **options)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == pytest.approx(objective(exact, likes, 10.0, 5.0), rel=5e-3)


def test_least_squares_repeat_and_differ_by_seed():
    likes = random_likes(40, 30)
    first = alternating_least_squares(likes, components=5, seed=3)
    again = alternating_least_squares(likes, components=5, seed=3)
    other = alternating_least_squares(likes, components=5, seed=4)
    assert_array_equal(first.scores(EVERYBODY(40)), again.scores(EVERYBODY(40)))
    assert (first.things != other.things).any()


def test_users_and_things_without_likes_score_nothing():
    likes = like_matrix([0, 0, 1], [0, 1, 1], (3, 4))
    everybody = EVERYBODY(3)
    for model in (
        alternating_least_squares(likes, components=2, penalty=0.1, seed=0),
        ease(likes),
        item_neighbours(likes),
    ):
        scores = model.scores(everybody)
        assert scores.shape == (3, 4)
        assert scores.dtype == np.float32
        assert not scores[2].any()
        assert not scores[:, 2:].any()
        assert scores[0, 1] > 0


def test_nothing_can_be_learned_from_nothing_without_a_crash():
    likes = like_matrix([], [], (0, 0))
    nobody = EVERYBODY(0)
    assert most_popular(likes).scores(nobody).shape == (0, 0)
    assert item_neighbours(likes).scores(nobody).shape == (0, 0)
    assert ease(likes).scores(nobody).shape == (0, 0)
    assert alternating_least_squares(likes, seed=0).scores(nobody).shape == (0, 0)


def test_on_films_every_model_of_taste_beats_the_most_popular(real_data: Path):
    path = real_data / "implicit" / "ml-latest-small" / "ratings.csv"
    if not path.is_file():
        pytest.skip("MovieLens small is not here")
    names = ["user", "film", "rating", "at"]
    liked = pl.read_csv(path, has_header=False, new_columns=names).filter(pl.col("rating") >= 4)
    films, _ = with_enough(interactions_from(liked["user"].to_numpy(), liked["film"].to_numpy()))
    parts = holdout(films.matrix, seed=0)
    popular = evaluate(most_popular(parts.train), parts.train, parts.test, seed=0)
    popular_lift = popular.estimates["popularity_lift_at_10"].value
    assert popular_lift is not None
    for model in (
        item_neighbours(parts.train),
        ease(parts.train, penalty=200.0),
        alternating_least_squares(parts.train, components=32, seed=0),
    ):
        found = evaluate(model, parts.train, parts.test, seed=0)
        gain = difference(found, popular, "precision_at_5", seed=0)
        assert gain.low is not None
        assert gain.low > 0.03
        lift = found.estimates["popularity_lift_at_10"].value
        assert lift is not None
        assert lift < popular_lift
