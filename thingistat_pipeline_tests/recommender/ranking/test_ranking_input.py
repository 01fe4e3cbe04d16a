"""Likes, features, options and positions that the ranker cannot use: each a clear error."""

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array, eye_array, hstack
from sklearn.exceptions import NotFittedError

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.recommender.ranking.ranker import Ranker

LIKES: Any = csr_array(np.random.default_rng(0).random((30, 20)) < 0.2, dtype=np.float32)


def small(**options: object) -> Ranker:
    return Ranker(**{"components": 8, "epochs": 3, "seed": 1, **options})  # type: ignore[arg-type]


def broken(value: float) -> Any:
    weights = LIKES.copy()
    weights.data[3] = value
    return weights


@pytest.mark.parametrize(
    ("likes", "says"),
    [
        (csr_array((30, 20)), "not a single like"),
        (csr_array((0, 0)), "0 users and 0 things"),
        (LIKES[:1], "1 users"),
        (LIKES[:, :1], "1 things"),
        (csr_array(np.ones((4, 3))), "all 3 things"),
        (broken(np.nan), "not finite"),
        (broken(np.inf), "not finite"),
        (broken(-1), "negative weight"),
        (LIKES.toarray(), "sparse matrix"),
        (LIKES.astype(complex), "numbers"),
    ],
)
def test_likes_that_teach_nothing_are_refused(likes, says: str) -> None:
    with pytest.raises(ThingistatError, match=says):
        small().fit(likes)


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (eye_array(19), "19 items, but the likes have 20"),
        (csr_array((20, 0)), "no columns"),
        (csr_array(np.full((20, 2), np.nan)), "not finite"),
    ],
)
def test_features_that_do_not_fit_are_refused(features, says: str) -> None:
    with pytest.raises(ThingistatError, match=says):
        small().fit(LIKES, item_features=features)


def test_learning_does_not_go_on_with_other_shapes() -> None:
    ranker = small().fit(LIKES)
    for likes, features in ((LIKES[:20], None), (LIKES, csr_array(np.ones((20, 3))))):
        with pytest.raises(ThingistatError, match="Use fit to start anew"):
            ranker.partial_fit(likes, item_features=features)


def test_users_who_like_everything_are_skipped_and_counted() -> None:
    likes = LIKES.tolil()
    likes[7] = 1
    ranker = small().fit(csr_array(likes.tocsr()))
    assert ranker.skipped_users_ == 1
    assert np.isfinite(ranker.scores(7)).all()


@pytest.mark.parametrize("loss", ["warp", "bpr", "logistic"])
def test_a_very_high_learning_rate_leaves_finite_vectors(loss) -> None:
    ranker = small(loss=loss, learning_rate=100.0, epochs=10).fit(LIKES)
    assert np.isfinite(ranker.item_vectors_).all()


def test_vectors_that_outgrow_32_bits_are_an_error() -> None:
    with pytest.raises(ThingistatError, match="learning rate"):
        small(learning_rate=1e38, epochs=10).fit(LIKES)


@pytest.mark.parametrize(
    "options",
    [
        {"components": 0},
        {"epochs": 0},
        {"threads": 0},
        {"max_sampled": 0},
        {"seed": -1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"item_alpha": -1.0},
        {"user_alpha": float("inf")},
        {"loss": "hinge"},
        {"negatives": "hard"},
    ],
)
def test_options_without_a_meaning_are_refused(options) -> None:
    with pytest.raises(ThingistatError):
        small(**options)


def test_positions_beyond_the_end_are_refused() -> None:
    ranker = small().fit(LIKES)
    for ask in (
        lambda: ranker.scores(30),
        lambda: ranker.predict(-1, 0),
        lambda: ranker.similar_items(20),
        lambda: ranker.similar_items([0.5]),
        lambda: ranker.predict([0, 1], [0, 1, 2]),
        lambda: ranker.recommend(0, exclude=LIKES[:5]),
        lambda: ranker.represent_items(csr_array((1, 3))),
    ):
        with pytest.raises(ThingistatError):
            ask()


def test_a_tag_that_nothing_has_is_close_to_nothing() -> None:
    features = csr_array(hstack([eye_array(20), csr_array((20, 1))], format="csr"))
    ranker = small().fit(LIKES, item_features=features)
    with pytest.raises(ThingistatError, match="No item has the feature at position 20"):
        ranker.similar_to_feature(20)


def test_a_ranker_that_has_not_learned_says_so() -> None:
    with pytest.raises(NotFittedError):
        small().recommend(0)
