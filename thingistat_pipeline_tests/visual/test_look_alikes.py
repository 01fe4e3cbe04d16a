"""Look-alikes: the true ones, measured where only nearly all are found; the same picture told."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from thingistat_pipeline.visual.approximate import ApproximateIndex
from thingistat_pipeline.visual.look_alikes import (
    look_alikes,
    look_like_each,
    looks_like,
    reduced_vectors,
)

Vectors = NDArray[np.float16]


def _vectors(things: int, *, dimensions: int = 256, inner: int = 24, seed: int = 5) -> Vectors:
    """Return vectors of length 1 that vary in a few directions, as those of pictures do."""
    random = np.random.default_rng(seed)
    made = random.normal(size=(things, inner)) @ random.normal(size=(inner, dimensions))
    made += 0.3 * random.normal(size=made.shape)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made.astype(np.float16)


def _no_fingerprints(things: int) -> NDArray[np.uint64]:
    return np.random.default_rng(1).integers(0, 2**63, things, dtype=np.uint64)


def test_neighbours_are_those_of_scikit_learn() -> None:
    vectors = _vectors(700)
    found = look_alikes(vectors, _no_fingerprints(700), 5, seed=0)
    true = NearestNeighbors(n_neighbors=6, metric="cosine").fit(vectors.astype(np.float32))
    distances, positions = true.kneighbors(vectors.astype(np.float32))
    np.testing.assert_allclose(found.similarities, 1 - distances[:, 1:], atol=1e-4)
    assert (found.positions == positions[:, 1:]).mean() > 0.99
    assert found.recall is None


def test_with_very_many_things_nearly_all_are_found_and_the_share_is_told() -> None:
    vectors = _vectors(3_000)
    fast = look_alikes(vectors, _no_fingerprints(3_000), 10, seed=0, exact_up_to=1_000)
    exact = look_alikes(vectors, _no_fingerprints(3_000), 10, seed=0)
    shared = np.mean(
        [
            np.isin(right, guessed).mean()
            for right, guessed in zip(exact.positions, fast.positions, strict=True)
        ]
    )
    assert shared > 0.97
    assert fast.recall == pytest.approx(shared, abs=0.02)
    assert fast.judged_on == 500


@pytest.mark.parametrize("n", [3, 150])
def test_few_things_beyond_the_limit_are_all_found(n: int) -> None:
    vectors = _vectors(60)
    fast = look_alikes(vectors, _no_fingerprints(60), n, seed=0, exact_up_to=0)
    exact = look_alikes(vectors, _no_fingerprints(60), n, seed=0)
    np.testing.assert_array_equal(fast.positions, exact.positions)
    np.testing.assert_allclose(fast.similarities, exact.similarities, atol=1e-5)
    assert (fast.recall, fast.judged_on) == (1.0, 60)


def test_the_share_found_falls_where_the_directions_do_not_suffice() -> None:
    noise = np.random.default_rng(2).normal(size=(3_000, 512))
    vectors = (noise / np.linalg.norm(noise, axis=1, keepdims=True)).astype(np.float16)
    hard = look_alikes(vectors, _no_fingerprints(3_000), 10, seed=0, exact_up_to=1_000)
    assert hard.recall is not None
    assert hard.recall < 0.9


def test_only_the_same_picture_is_a_duplicate() -> None:
    vectors, fingerprints = _vectors(50), _no_fingerprints(50)
    vectors[1], fingerprints[1] = vectors[0], fingerprints[0] ^ np.uint64(0b11)
    vectors[3] = vectors[2]  # as alike to the network, but another picture
    found = look_alikes(vectors, fingerprints, 3, seed=0)
    assert found.positions[0, 0] == 1
    assert found.duplicates[0].tolist() == [True, False, False]
    assert found.positions[2, 0] == 3
    assert not found.duplicates[2].any()


def test_a_thing_is_never_its_own_look_alike() -> None:
    found = look_alikes(_vectors(40), _no_fingerprints(40), 50, seed=0)
    assert not (found.positions == np.arange(40)[:, None]).any()
    assert (found.positions[:, 39:] == -1).all()
    assert not found.duplicates[:, 39:].any()


@pytest.mark.parametrize("things", [0, 1])
def test_nobody_looks_like_a_single_thing(things: int) -> None:
    found = look_alikes(_vectors(things), _no_fingerprints(things), 5, seed=0)
    assert (found.positions == -1).all()


def test_one_new_picture_is_compared_with_all() -> None:
    vectors = _vectors(500)
    found = looks_like(vectors[17] * np.float16(3), vectors, 4)
    assert found.positions[0, 0] == 17
    assert found.scores[0, 0] == pytest.approx(1.0, abs=1e-3)


def test_several_new_pictures_are_each_compared_with_all() -> None:
    vectors = _vectors(500)
    asked = vectors[[17, 400, 3]] * np.float16(3)
    found = look_like_each(asked, vectors, 4)
    assert found.positions[:, 0].tolist() == [17, 400, 3]
    for row, one in enumerate(asked):
        np.testing.assert_array_equal(found.positions[row], looks_like(one, vectors, 4)[0][0])


def test_fewer_directions_keep_the_products_of_vectors_that_vary_in_few() -> None:
    vectors = _vectors(400, inner=8)
    reduced = reduced_vectors(vectors, 64, np.random.default_rng(0))
    whole = vectors.astype(np.float32) @ vectors.astype(np.float32).T
    np.testing.assert_allclose(reduced @ reduced.T, whole, atol=0.1)


def test_the_index_finds_nearly_all_and_says_how_many() -> None:
    vectors = _vectors(2_000)
    index = ApproximateIndex(vectors, seed=0, threads=1)
    assert index.recall(vectors, 10, asked=100, seed=0) > 0.95
    nearest = index.looks_like(vectors[3] * np.float16(3), 5)
    exact = looks_like(vectors[3], vectors, 5)
    assert nearest.positions[0, 0] == 3
    np.testing.assert_allclose(nearest.scores, exact.scores, atol=1e-3)
    # more than are looked for as candidates otherwise
    assert index.looks_like(vectors[3], 120).positions.shape == (1, 120)
