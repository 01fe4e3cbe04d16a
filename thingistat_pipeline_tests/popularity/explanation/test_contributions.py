from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from threadpoolctl import threadpool_limits

from thingistat_pipeline.popularity.explanation.contributions import (
    contributions,
    linear_contributions,
)
from thingistat_pipeline.popularity.explanation.packing import packed


@pytest.fixture(scope="module", autouse=True)
def one_openmp_thread():
    """Boosting's threads wait for one another by spinning, for minutes where the cores are busy."""
    with threadpool_limits(1):
        yield


def shapley_values(predict, x: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return Shapley's values by their definition: over all coalitions of features."""
    p = len(x)
    coalitions = [c for size in range(p + 1) for c in combinations(range(p), size)]
    shown = np.repeat(background[None], len(coalitions), axis=0)
    for place, coalition in enumerate(coalitions):
        shown[place][:, coalition] = x[list(coalition)]
    means = predict(shown.reshape(-1, p)).reshape(len(coalitions), -1).mean(axis=1)
    worth = dict(zip(map(frozenset, coalitions), means, strict=True))
    values = np.zeros(p)
    for others, value in worth.items():
        for feature in set(range(p)) - others:
            weight = factorial(len(others)) * factorial(p - len(others) - 1) / factorial(p)
            values[feature] += weight * (worth[others | {feature}] - value)
    return values


def some_rows(rows: int, width: int, *, seed: int, unknown: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 8, (rows, width)).astype(np.float32)
    X[rng.random(X.shape) < unknown] = np.nan
    return X


def outcome(X: np.ndarray) -> np.ndarray:
    known = np.nan_to_num(X, nan=10.0)
    return np.asarray(np.sqrt(known.prod(axis=1)) + np.square(known[:, 0]))


@given(
    seed=st.integers(0, 1000),
    width=st.integers(1, 6),
    background=st.integers(1, 5),
    unknown=st.sampled_from([0.0, 0.3]),
)
@settings(max_examples=25, deadline=None)
def test_they_are_shapleys_values_by_definition(seed, width, background, unknown):
    # Deep trees on few features of eight values: every path asks for features again and again.
    X = some_rows(150, width, seed=seed, unknown=unknown)
    forest = RandomForestRegressor(3, max_features=0.5, random_state=seed).fit(X, outcome(X))
    asked = some_rows(background + 2, width, seed=seed + 1, unknown=unknown)
    found = contributions(packed(forest), asked[:2], asked[2:])
    expected = [shapley_values(forest.predict, x, asked[2:]) for x in asked[:2]]
    np.testing.assert_allclose(found.values, expected, rtol=1e-9, atol=1e-9)


def test_those_of_a_boosting_are_shapleys_values_too():
    X = some_rows(300, 4, seed=1, unknown=0.2)
    boosting = HistGradientBoostingRegressor(max_iter=15, min_samples_leaf=5).fit(X, outcome(X))
    found = contributions(packed(boosting), X[:2], X[10:15])
    expected = [shapley_values(boosting.predict, x, X[10:15]) for x in X[:2]]
    np.testing.assert_allclose(found.values, expected, rtol=1e-9, atol=1e-9)
    assert found.base == pytest.approx(boosting.predict(X[10:15]).mean(), abs=1e-9)


def test_they_add_up_to_the_prediction_with_many_trees_and_features():
    X = some_rows(400, 30, seed=2, unknown=0.1)
    y = X[:, :6].sum(axis=1, where=~np.isnan(X[:, :6])) ** 2
    forest = RandomForestRegressor(60, max_features=0.3, random_state=0).fit(X[:300], y[:300])
    found = contributions(packed(forest), X[300:310], X[350:])
    total = found.base + found.values.sum(axis=1)
    np.testing.assert_allclose(total, forest.predict(X[300:310]), rtol=0, atol=1e-9)


def test_a_feature_of_the_same_value_in_the_background_contributes_nothing():
    X = some_rows(200, 4, seed=3, unknown=0.0)
    forest = RandomForestRegressor(10, random_state=0).fit(X, outcome(X))
    background = X[:20].copy()
    background[:, 2] = X[50, 2]
    found = contributions(packed(forest), X[50:51], background)
    assert found.values[0, 2] == 0.0
    assert (found.values[0, [0, 1, 3]] != 0.0).all()


def test_threads_change_nothing():
    X = some_rows(200, 5, seed=4, unknown=0.1)
    ensemble = packed(RandomForestRegressor(60, random_state=0).fit(X, outcome(X)))
    one = contributions(ensemble, X[:5], X[20:40], threads=1)
    three = contributions(ensemble, X[:5], X[20:40], threads=3)
    assert one.values.tolist() == three.values.tolist()
    assert one.base == three.base


def test_a_forest_of_single_leaves_gives_all_to_the_base():
    X = np.zeros((10, 3), dtype=np.float32)
    forest = RandomForestRegressor(5, bootstrap=False).fit(X, np.arange(10.0))
    found = contributions(packed(forest), X[:2], X)
    assert found.values.tolist() == [[0.0] * 3] * 2
    assert found.base == 4.5


def test_there_must_be_something_to_compare_with():
    X = np.zeros((10, 3), dtype=np.float32)
    forest = RandomForestRegressor(5).fit(X, np.arange(10.0))
    with pytest.raises(ValueError, match="at least one background row"):
        contributions(packed(forest), X, X[:0])


def test_those_of_a_linear_model_are_shapleys_values():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 4)).astype(np.float32)
    model = LinearRegression().fit(X, X @ [1.0, -2.0, 0.0, 3.0] + rng.normal(size=40))
    expected = [shapley_values(model.predict, x, X[10:]) for x in X[:3]]
    found = linear_contributions(model.coef_, X[:3], X[10:])
    np.testing.assert_allclose(found, expected, atol=1e-5)
