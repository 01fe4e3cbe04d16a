"""The ranker on planted tastes, on MovieLens, on bad input, and against slow answers."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array, eye_array, hstack

from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.ranking.ranking_kernel import rank_weights


class Planted(NamedTuple):
    """Users who love one of eight topics; each thing has one, and most have its tag."""

    known: csr_array
    held_out: csr_array
    topics: NDArray[np.int64]
    features: csr_array


def from_pairs(pairs: NDArray[np.int64], shape: tuple[int, int]) -> csr_array:
    return csr_array((np.ones(len(pairs), np.float32), tuple(pairs.T)), shape=shape)


def split(likes: csr_array, share: float = 0.2) -> tuple[csr_array, csr_array]:
    """Hold out a share of each user's likes."""
    random = np.random.default_rng(99)
    known, held_out = [], []
    for user in range(likes.shape[0]):
        things = random.permutation(likes.indices[likes.indptr[user] : likes.indptr[user + 1]])
        n = int(len(things) * share)
        held_out += [(user, thing) for thing in things[:n]]
        known += [(user, thing) for thing in things[n:]]
    return from_pairs(np.array(known), likes.shape), from_pairs(np.array(held_out), likes.shape)


@pytest.fixture(scope="module")
def planted() -> Planted:
    random = np.random.default_rng(7)
    users, things, topics = 500, 400, 8
    topic = np.arange(things) % topics
    popularity = random.pareto(1.5, things) + 0.2
    likes = []
    for user in range(users):
        loved = random.choice(topics, 2, replace=False)
        weights = popularity * np.where(np.isin(topic, loved), 12.0, 1.0)
        likes += [
            (user, thing)
            for thing in random.choice(things, 20, replace=False, p=weights / weights.sum())
        ]
    known, held_out = split(from_pairs(np.array(likes), (users, things)), 0.25)
    tagged = random.random(things) < 0.9
    tags = from_pairs(np.column_stack([np.arange(things), topic])[tagged], (things, topics))
    identity = eye_array(things, dtype=np.float32, format="csr")
    features = csr_array(hstack([identity, tags], format="csr"))
    return Planted(known, held_out, topic, features)


def precision_at_5(scores: NDArray[np.float32], known: csr_array, held_out: csr_array) -> float:
    """Mean over the users that have something held out; what they like already is not ranked."""
    scores = scores.copy()
    scores[known.nonzero()] = -np.inf
    best = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    found = np.take_along_axis(held_out.toarray() > 0, best, axis=1).mean(axis=1)
    return float(found[np.diff(held_out.indptr) > 0].mean())


def learned_precision(ranker: Ranker, data: Planted, features: csr_array | None = None) -> float:
    ranker.fit(data.known, item_features=features)
    everybody = np.arange(data.known.shape[0])
    return precision_at_5(ranker.scores(everybody), data.known, data.held_out)


def popularity_precision(known: csr_array, held_out: csr_array) -> float:
    counts = np.bincount(known.indices, minlength=known.shape[1]).astype(np.float32)
    return precision_at_5(np.tile(counts, (known.shape[0], 1)), known, held_out)


def small(**options: object) -> Ranker:
    return Ranker(**{"components": 8, "epochs": 3, "seed": 1, **options})  # type: ignore[arg-type]


LIKES: Any = csr_array(np.random.default_rng(0).random((30, 20)) < 0.2, dtype=np.float32)


# Planted and real tastes


def test_warp_beats_bpr_beats_most_popular_on_planted_tastes(planted: Planted) -> None:
    found = {
        loss: np.mean(
            [
                learned_precision(
                    Ranker(components=16, learning_rate=0.05, loss=loss, epochs=15, seed=seed),
                    planted,
                )
                for seed in (0, 1)
            ]
        )
        for loss in ("warp", "bpr", "logistic")
    }
    popular = popularity_precision(planted.known, planted.held_out)
    assert found["warp"] > found["bpr"] > popular
    assert found["logistic"] > popular


@pytest.mark.parametrize("loss", ["warp", "bpr", "logistic"])
def test_the_loss_falls_while_it_learns(planted: Planted, loss) -> None:
    losses = Ranker(components=16, loss=loss, epochs=8).fit(planted.known).losses_
    assert losses[-1] < 0.9 * losses[0]
    assert len(losses) == 8


def test_things_close_to_a_tag_are_of_its_topic(planted: Planted) -> None:
    ranker = Ranker(components=16, epochs=15).fit(planted.known, item_features=planted.features)
    tags = 400 + np.arange(8)
    found = ranker.similar_to_feature(tags, 20)
    agree = planted.topics[found.positions] == np.arange(8)[:, None]
    assert agree.mean() > 0.9  # by chance 1 in 8


def test_features_alone_rank_things_that_nobody_liked_yet(planted: Planted) -> None:
    cold = np.arange(400) % 5 == 0
    warm = planted.known.tolil()
    warm[:, cold] = 0
    ranker = Ranker(components=16, epochs=15).fit(
        csr_array(warm.tocsr()), item_features=planted.features
    )
    tags_only = planted.features[cold].tolil()
    tags_only[:, :400] = 0
    vectors, biases = ranker.represent_items(csr_array(tags_only.tocsr()))
    scores = ranker.user_vectors_ @ vectors.T + biases
    liked = planted.known[:, cold].toarray() > 0
    # The chance that a liked one comes before another: one half without side information.
    areas = [
        (row[likes][:, None] > row[~likes]).mean() + (row[likes][:, None] == row[~likes]).mean() / 2
        for row, likes in zip(scores, liked, strict=True)
        if likes.any()
    ]
    assert np.mean(areas) > 0.7


def test_two_threads_learn_as_well_as_one(planted: Planted) -> None:
    one, two = (
        learned_precision(Ranker(components=16, epochs=15, threads=threads), planted)
        for threads in (1, 2)
    )
    assert two == pytest.approx(one, abs=0.03)
    assert two > popularity_precision(planted.known, planted.held_out)


@pytest.fixture(scope="module")
def movielens(real_data: Path) -> tuple[csr_array, csr_array, csr_array]:
    """Ratings of 4 and 5 as likes of films with five or more; genres and common tags, divided."""
    folder = real_data / "implicit" / "ml-latest-small"
    if not folder.is_dir():
        pytest.skip("MovieLens small is not here")

    def rows(name: str) -> list[list[str]]:
        with (folder / name).open(encoding="utf-8", newline="") as lines:
            return [row for row in csv.reader(lines) if row[0].isdigit()]

    liked = np.array(
        [(int(u), int(f)) for u, f, stars, _ in rows("ratings.csv") if float(stars) >= 4]
    )
    films, counts = np.unique(liked[:, 1], return_counts=True)
    films = films[counts >= 5]
    liked = liked[np.isin(liked[:, 1], films)]
    users, user = np.unique(liked[:, 0], return_inverse=True)
    pairs = np.column_stack([user, np.searchsorted(films, liked[:, 1])])
    known, held_out = split(from_pairs(pairs, (len(users), len(films))))
    said = [
        (int(film), name) for film, _, genres in rows("movies.csv") for name in genres.split("|")
    ]
    said += [(int(film), tag.lower()) for _, film, tag, _ in rows("tags.csv")]
    kept = set(films.tolist())
    said = sorted({(film, name) for film, name in said if film in kept})
    names, columns, uses = np.unique([n for _, n in said], return_inverse=True, return_counts=True)
    place = np.searchsorted(films, [film for film, _ in said])
    side = from_pairs(np.column_stack([place, columns]), (len(films), len(names)))[:, uses >= 3]
    divided = csr_array(diags_array(1 / np.maximum(side.sum(axis=1), 1)) @ side)
    identity = eye_array(len(films), dtype=np.float32)
    return known, held_out, csr_array(hstack([identity, divided], format="csr"))


def test_on_movielens_warp_beats_bpr_beats_most_popular(movielens) -> None:
    known, held_out, features = movielens
    data = Planted(known, held_out, np.zeros(0, np.int64), features)
    warp, bpr = (
        np.mean(
            [
                learned_precision(Ranker(components=32, loss=loss, epochs=15, seed=seed), data)
                for seed in (0, 1)
            ]
        )
        for loss in ("warp", "bpr")
    )
    assert warp > bpr > popularity_precision(known, held_out)


def test_on_movielens_with_genres_and_tags_it_beats_most_popular(movielens) -> None:
    known, held_out, features = movielens
    data = Planted(known, held_out, np.zeros(0, np.int64), features)
    ranker = Ranker(components=32, epochs=15)
    assert learned_precision(ranker, data, features) > 1.2 * popularity_precision(known, held_out)


# Repeating and going on


@pytest.mark.parametrize("loss", ["warp", "bpr", "logistic"])
def test_one_thread_repeats_bit_for_bit(planted: Planted, loss) -> None:
    first, again = (
        small(loss=loss).fit(planted.known, item_features=planted.features) for _ in range(2)
    )
    np.testing.assert_array_equal(first.item_vectors_, again.item_vectors_)
    np.testing.assert_array_equal(first.user_vectors_, again.user_vectors_)
    other = small(loss=loss, seed=2).fit(planted.known, item_features=planted.features)
    assert not np.array_equal(first.item_vectors_, other.item_vectors_)


def test_partial_fit_goes_on_where_it_stopped(planted: Planted) -> None:
    at_once = small(epochs=5).fit(planted.known, item_features=planted.features)
    in_parts = small().partial_fit(planted.known, item_features=planted.features, epochs=2)
    in_parts.partial_fit(planted.known, epochs=2).partial_fit(planted.known)
    np.testing.assert_array_equal(at_once.item_vectors_, in_parts.item_vectors_)
    assert at_once.losses_ == in_parts.losses_
    assert in_parts.epochs_ == 5


def test_fit_starts_anew() -> None:
    ranker = small().fit(LIKES)
    vectors = ranker.item_vectors_.copy()
    np.testing.assert_array_equal(ranker.fit(LIKES).item_vectors_, vectors)
    assert ranker.epochs_ == 3


def test_duplicated_likes_count_once() -> None:
    rows, columns = LIKES.nonzero()
    twice = coo_array(
        (np.ones(2 * len(rows)), (np.tile(rows, 2), np.tile(columns, 2))), shape=LIKES.shape
    )
    expected = small().fit(LIKES).item_vectors_
    np.testing.assert_array_equal(small().fit(twice).item_vectors_, expected)
    assert twice.nnz == 2 * len(rows)  # what was given is left as it is


def test_the_formats_of_sparse_matrices_make_no_difference() -> None:
    expected = small().fit(LIKES).user_vectors_
    for format_name in ("coo", "csc", "lil", "dok"):
        np.testing.assert_array_equal(
            small().fit(LIKES.asformat(format_name)).user_vectors_, expected
        )


def test_an_identity_of_features_is_as_none() -> None:
    users, things = LIKES.shape
    expected = small().fit(LIKES).item_vectors_
    given = small().fit(LIKES, item_features=eye_array(things), user_features=eye_array(users))
    np.testing.assert_array_equal(given.item_vectors_, expected)


def test_a_penalty_makes_vectors_shorter(planted: Planted) -> None:
    free, held = (
        np.linalg.norm(small(item_alpha=alpha, user_alpha=alpha).fit(planted.known).item_vectors_)
        for alpha in (0.0, 0.1)
    )
    assert held < 0.97 * free


def test_popular_negatives_draw_popular_things_down(planted: Planted) -> None:
    counts = np.bincount(planted.known.indices, minlength=400)
    popular = np.argsort(-counts)[:40]
    uniform, by_likes = (
        small(loss="bpr", negatives=negatives, epochs=5).fit(planted.known).item_biases_[popular]
        for negatives in ("uniform", "popular")
    )
    assert by_likes.mean() < uniform.mean() - 0.1


def test_users_with_common_features_share_what_is_learned(planted: Planted) -> None:
    users = planted.known.shape[0]
    group = from_pairs(np.column_stack([np.arange(users), np.arange(users) % 3]), (users, 3))
    ranker = small().fit(planted.known, user_features=group)
    np.testing.assert_array_equal(ranker.user_vectors_[0], ranker.user_vectors_[3])
    assert ranker.user_feature_vectors_.shape == (3, 8)


def test_rank_weights_are_partial_sums_of_the_harmonic_series() -> None:
    # Among 7 things: draws 1, 2, 3, 4 tell of ranks 6, 3, 2, 1; 1 + 1/2 + ... + 1/6 = 2.45.
    expected = [2.45, 1 + 1 / 2 + 1 / 3, 1.5, 1.0]
    np.testing.assert_allclose(rank_weights(7, 4), expected)
    # With more draws than things it is at least the first rank.
    np.testing.assert_allclose(rank_weights(2, 3), [1, 1, 1])


# Answers


def test_scores_and_predictions_are_products_plus_biases() -> None:
    ranker = small(loss="logistic").fit(LIKES)
    slow = np.array(
        [
            [
                float(u @ v) + float(a) + float(b)
                for v, b in zip(ranker.item_vectors_, ranker.item_biases_, strict=True)
            ]
            for u, a in zip(ranker.user_vectors_, ranker.user_biases_, strict=True)
        ]
    )
    np.testing.assert_allclose(ranker.scores(np.arange(30)), slow, rtol=1e-4, atol=1e-6)
    users, items = np.array([3, 3, 29]), np.array([0, 19, 7])
    np.testing.assert_allclose(ranker.predict(users, items), slow[users, items], rtol=1e-4)
    np.testing.assert_allclose(ranker.predict(3, items), slow[3, items], rtol=1e-4)


def test_recommendations_are_the_highest_scores_of_what_is_not_excluded() -> None:
    ranker = small().fit(LIKES)
    users = np.array([5, 0, 29])
    found = ranker.recommend(users, 6, exclude=LIKES)
    for row, user in enumerate(users):
        scores = ranker.scores(user)[0]
        allowed = [item for item in range(20) if LIKES[user, item] == 0]
        expected = sorted(allowed, key=lambda item: -scores[item])[:6]
        assert found.positions[row].tolist() == expected
        np.testing.assert_allclose(found.scores[row], scores[expected], rtol=1e-5)
    unasked = ranker.recommend(5, 20)
    assert sorted(unasked.positions[0]) == list(range(20))


def test_where_fewer_are_left_the_rest_is_marked() -> None:
    ranker = small().fit(LIKES)
    all_but_two = np.ones(LIKES.shape)
    all_but_two[4, [6, 11]] = 0
    found = ranker.recommend(4, 5, exclude=csr_array(all_but_two))
    assert set(found.positions[0, :2]) == {6, 11}
    assert found.positions[0, 2:].tolist() == [-1, -1, -1]
    assert np.isnan(found.scores[0, 2:]).all()


def test_similar_items_are_the_closest_by_cosine_and_not_itself() -> None:
    ranker = small().fit(LIKES)
    found = ranker.similar_items([3, 8], 19)
    units = ranker.item_vectors_ / np.linalg.norm(ranker.item_vectors_, axis=1, keepdims=True)
    for row, item in enumerate((3, 8)):
        others = [other for other in range(20) if other != item]
        cosines = units @ units[item]
        assert found.positions[row].tolist() == sorted(others, key=lambda other: -cosines[other])
        np.testing.assert_allclose(found.scores[row], -np.sort(-cosines[others]), atol=1e-6)


def test_a_draft_with_the_features_of_a_thing_has_its_vector(planted: Planted) -> None:
    ranker = small().fit(planted.known, item_features=planted.features)
    vectors, biases = ranker.represent_items(planted.features[[17]])
    np.testing.assert_allclose(vectors[0], ranker.item_vectors_[17], rtol=1e-6)
    np.testing.assert_allclose(biases[0], ranker.item_biases_[17], rtol=1e-6)


def test_a_thing_without_features_is_ranked_all_the_same(planted: Planted) -> None:
    bare = planted.features.tolil()
    bare[0] = 0
    ranker = small().fit(planted.known, item_features=csr_array(bare.tocsr()))
    assert not ranker.item_vectors_[0].any()
    assert len(ranker.similar_items(0, 3).positions[0]) == 3
