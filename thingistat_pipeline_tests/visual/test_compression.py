"""Compressed vectors: those of scikit-learn's whitened components, wherever they vary at all."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from thingistat_pipeline.visual import compression
from thingistat_pipeline.visual.compression import fit_compression


def vectors(things: int, *, dimensions: int = 40, inner: int = 8) -> NDArray[np.float16]:
    random = np.random.default_rng(2)
    made = random.normal(size=(things, inner)) * np.arange(1, inner + 1)
    made = made @ random.normal(size=(inner, dimensions))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float16)


def test_the_components_are_those_of_scikit_learn() -> None:
    given = vectors(500)
    found = fit_compression(given, seed=0, components=5).compressed(given)
    true = PCA(5, whiten=True, svd_solver="full").fit_transform(given.astype(np.float64))
    # scikit-learn divides by n - 1, and either may turn a direction round
    np.testing.assert_allclose(np.abs(found), np.abs(true) * np.sqrt(500 / 499), atol=1e-6)


def test_many_vectors_are_compressed_as_a_sample_of_them_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compression, "FITTED_ON", 400)
    given = vectors(6_000)
    found = fit_compression(given, seed=0, components=3).compressed(given)
    assert found.shape == (6_000, 3)
    np.testing.assert_allclose(found.std(axis=0), 1.0, atol=0.15)
    again = fit_compression(given, seed=0, components=3).compressed(given)
    np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize("things", [1, 2, 3])
def test_there_are_no_more_components_than_ways_in_which_vectors_differ(things: int) -> None:
    given = vectors(things)
    found = fit_compression(given, seed=0).compressed(given)
    assert found.shape == (things, things - 1)
    assert np.isfinite(found).all()


def test_equal_vectors_differ_in_nothing() -> None:
    given = np.repeat(vectors(1), 30, axis=0)
    assert fit_compression(given, seed=0).compressed(given).shape == (30, 0)
