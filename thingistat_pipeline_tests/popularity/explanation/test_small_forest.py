import warnings

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.popularity.explanation.small_forest import small_forest

PARAMS = {"max_features": 0.5, "min_samples_leaf": 3, "n_estimators": 500}


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3)).astype(np.float32)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X, np.nan_to_num(X[:, 0]) + rng.normal(size=120)


def test_it_is_scikit_learns_forest_with_the_number_of_trees_asked_for():
    X, y = rows()
    expected = RandomForestRegressor(**{**PARAMS, "n_estimators": 7}, random_state=3).fit(X, y)
    found = small_forest(X, y, lambda _: PARAMS, trees=7, seed=3, threads=2)
    assert len(found.trees.roots) == 7
    np.testing.assert_allclose(found.predict(X), expected.predict(X), atol=1e-12)


def test_the_share_that_a_tree_draws_is_that_for_its_rows():
    X, y = rows()
    drawn = {**PARAMS, "n_estimators": 3, "max_samples": 30 / len(y)}
    expected = RandomForestRegressor(**drawn, random_state=3).fit(X, y)
    found = small_forest(
        X, y, lambda n: {**PARAMS, "max_samples": 30 / n}, trees=3, seed=3, threads=1
    )
    np.testing.assert_allclose(found.predict(X), expected.predict(X), atol=1e-12)


def test_what_growing_trees_does_to_the_warning_filters_is_undone(monkeypatch):
    fit = RandomForestRegressor.fit

    def careless_fit(forest, X, y):
        fitted = fit(forest, X, y)
        warnings.resetwarnings()
        return fitted

    monkeypatch.setattr(RandomForestRegressor, "fit", careless_fit)
    before = list(warnings.filters)
    small_forest(*rows(), lambda _: PARAMS, trees=2, seed=0, threads=1)
    assert before
    assert list(warnings.filters) == before
