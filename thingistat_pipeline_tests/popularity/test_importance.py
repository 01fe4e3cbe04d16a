import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance as scikit_learns

from thingistat_pipeline.popularity.importance import (
    importance_rows,
    mean_decrease_in_variance,
    permutation_importance,
)


def agrees_with_scikit_learn(
    forest: RandomForestRegressor, X: np.ndarray, y: np.ndarray, *, seed: int, repeats: int = 3
) -> None:
    expected = scikit_learns(forest, X, y, n_repeats=repeats, random_state=seed, scoring="r2")
    found = permutation_importance(forest, X, y, repeats=repeats, seed=seed)
    np.testing.assert_allclose(found.falls, expected.importances, rtol=0, atol=1e-10)
    assert found.baseline == pytest.approx(forest.score(X, y), abs=1e-10)


@given(
    seed=st.integers(0, 1000),
    rows=st.integers(2, 150),
    width=st.integers(1, 5),
    values=st.sampled_from([2, 5, 1000]),
    depth=st.sampled_from([1, 3, None]),
)
@settings(max_examples=40, deadline=None)
def test_importance_equals_scikit_learns_on_the_same_shuffles(
    seed: int, rows: int, width: int, values: int, depth: int | None
):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, values, size=(rows, width)).astype(np.float32)  # many duplicates
    y = X.sum(axis=1) * rng.lognormal(size=rows) + np.arange(rows)
    forest = RandomForestRegressor(7, max_depth=depth, random_state=seed).fit(X, y)
    agrees_with_scikit_learn(forest, X, y, seed=seed)


def test_it_equals_scikit_learns_over_several_blocks_of_rows_and_on_rows_not_fitted():
    rng = np.random.default_rng(2)
    X = rng.lognormal(size=(700, 6)).astype(np.float32)
    y = X[:, 0] * X[:, 1] + rng.normal(size=700)
    forest = RandomForestRegressor(20, max_features=2, random_state=1).fit(X[:350], y[:350])
    agrees_with_scikit_learn(forest, X[350:], y[350:], seed=12, repeats=8)


def test_features_that_are_constant_or_never_asked_for_have_no_importance():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=80), np.full(80, 3.0)]).astype(np.float32)
    y = X[:, 0].astype(float)
    forest = RandomForestRegressor(10, random_state=0).fit(X, y)
    found = permutation_importance(forest, X, y, seed=1)
    assert (found.falls[1] == 0).all()
    assert (found.falls[0] > 0.5).all()


def test_a_forest_of_single_leaves_has_no_importance_of_either_kind():
    X, y = np.zeros((10, 3), dtype=np.float32), np.arange(10.0)
    forest = RandomForestRegressor(5, random_state=0).fit(X, y)
    agrees_with_scikit_learn(forest, X, y, seed=1)
    by_tree = mean_decrease_in_variance(forest)
    assert by_tree.shape == (0, 3)
    rows = importance_rows("mean_decrease_in_variance", "train", ["a", "b", "c"], by_tree.T)
    assert rows["mean"].to_list() == rows["std"].to_list() == [0.0, 0.0, 0.0]


def test_the_number_of_threads_changes_nothing():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4)).astype(np.float32)
    y = X[:, 0] + rng.normal(size=300)
    forest = RandomForestRegressor(10, random_state=0).fit(X, y)
    one = permutation_importance(forest, X, y, seed=1, threads=1)
    three = permutation_importance(forest, X, y, seed=1, threads=3)
    assert one.falls.tolist() == three.falls.tolist()


def test_mean_decrease_is_scikit_learns_with_its_spread_over_the_trees():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5)).astype(np.float32)
    y = X[:, 0] + 0.5 * X[:, 1] ** 2
    forest = RandomForestRegressor(12, max_features=2, random_state=3).fit(X, y)
    rows = importance_rows(
        "mean_decrease_in_variance", "train", list("abcde"), mean_decrease_in_variance(forest).T
    )
    np.testing.assert_allclose(rows["mean"], forest.feature_importances_, rtol=0, atol=1e-12)
    by_tree = np.array([tree.feature_importances_ for tree in forest.estimators_])
    np.testing.assert_allclose(rows["std"], by_tree.std(axis=0), rtol=0, atol=1e-12)


def test_rows_name_method_split_and_feature():
    rows = importance_rows("permutation", "test", ["a", "b"], np.array([[1.0, 3.0], [0.0, 0.0]]))
    assert rows.rows() == [
        ("permutation", "test", "a", 2.0, 1.0),
        ("permutation", "test", "b", 0.0, 0.0),
    ]
