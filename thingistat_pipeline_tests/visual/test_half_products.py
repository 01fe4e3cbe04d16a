"""Products of float16 vectors are those that NumPy computes after converting them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from thingistat_pipeline.visual.half_products import best_candidates, products, products_with

HALVES = arrays(
    np.float16, (3, 16), elements=st.floats(-8, 8, width=16, allow_subnormal=True)
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(HALVES, arrays(np.float32, 16, elements=st.floats(-4, 4, width=32)))
def test_products_are_those_of_numpy(vectors: np.ndarray, one: np.ndarray) -> None:
    expected = vectors.astype(np.float64) @ one.astype(np.float64)
    np.testing.assert_allclose(products(vectors, one), expected, rtol=1e-4, atol=2e-4)


def test_products_with_several_are_those_with_each_beyond_one_block(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    vectors = random.normal(size=(9_000, 8)).astype(np.float16)
    others = random.normal(size=(3, 8)).astype(np.float32)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    expected = others.astype(np.float64) @ vectors.astype(np.float64).T
    np.testing.assert_allclose(products_with(mapped, others), expected, rtol=1e-4, atol=2e-5)


def test_every_finite_half_is_widened_exactly() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)]
    found = products(every[:, None], np.ones(1, dtype=np.float32))
    assert (found == every.astype(np.float32)).all()
    assert (np.signbit(found) == np.signbit(every))[every != 0].all()


def test_candidates_are_ordered_by_their_products_and_missing_ones_stay_missing() -> None:
    vectors = np.array([[1, 0], [0.5, 0], [0.75, 0], [0, 1], [0.5, 1]], dtype=np.float16)
    candidates = np.array([[1, 2, 3, -1], [4, 1, -1, -1]])
    found = best_candidates(vectors, np.array([0, 0]), candidates, 3)
    assert found.positions.tolist() == [[2, 1, 3], [4, 1, -1]]
    np.testing.assert_array_equal(found.scores, [[0.75, 0.5, 0], [0.5, 0.5, np.nan]])


def test_with_fewer_candidates_than_asked_for_the_rest_is_missing() -> None:
    vectors = np.eye(3, dtype=np.float16)
    found = best_candidates(vectors, np.array([2]), np.array([[0]]), 2)
    assert found.positions.tolist() == [[0, -1]]
    assert found.scores[0] == pytest.approx([0, np.nan], nan_ok=True)
