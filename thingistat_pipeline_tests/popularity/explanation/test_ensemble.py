import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from threadpoolctl import threadpool_limits

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.explanation.packing import packed


@pytest.fixture(scope="module", autouse=True)
def one_openmp_thread():
    """Boosting's threads wait for one another by spinning, for minutes where the cores are busy."""
    with threadpool_limits(1):
        yield


def rows_with_unknowns(rows: int, width: int, *, seed: int, unknown: float) -> np.ndarray:
    """Return values with many ties, of which a share is unknown, in all columns but the last."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 12, (rows, width)).astype(np.float32) / 3
    X[:, :-1][rng.random((rows, width - 1)) < unknown] = np.nan
    return X


def outcome(X: np.ndarray) -> np.ndarray:
    known = np.where(np.isnan(X), 7.0, X)
    return np.asarray(known.sum(axis=1) + np.isnan(X[:, 0]) * 3 + np.arange(len(X)) % 5)


@given(
    seed=st.integers(0, 1000),
    rows=st.integers(2, 200),
    width=st.integers(2, 6),
    unknown=st.sampled_from([0.0, 0.1, 0.7]),
    leaf=st.integers(1, 5),
)
@settings(max_examples=30, deadline=None)
def test_a_packed_forest_predicts_what_scikit_learn_predicts(seed, rows, width, unknown, leaf):
    X = rows_with_unknowns(rows, width, seed=seed, unknown=unknown)
    forest = RandomForestRegressor(5, min_samples_leaf=leaf, max_features=0.5, random_state=seed)
    forest.fit(X, outcome(X))
    found = packed(forest).predict(X)
    np.testing.assert_allclose(found, forest.predict(X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_a_packed_boosting_predicts_what_scikit_learn_predicts(unknown):
    X = rows_with_unknowns(300, 4, seed=8, unknown=unknown)
    boosting = HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=5)
    boosting.fit(X, outcome(X))
    found = packed(boosting).predict(X)
    np.testing.assert_allclose(found, boosting.predict(X), rtol=1e-12, atol=1e-12)


def test_a_poisson_boosting_is_packed_on_the_logarithm_of_what_it_predicts():
    X = rows_with_unknowns(300, 4, seed=1, unknown=0.2)
    boosting = HistGradientBoostingRegressor(loss="poisson", max_iter=30, min_samples_leaf=5)
    boosting.fit(X, np.exp(outcome(X) / 10))
    np.testing.assert_allclose(
        packed(boosting).predict(X), np.log(boosting.predict(X)), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(
    "model", [RandomForestRegressor(20, random_state=0), HistGradientBoostingRegressor(max_iter=20)]
)
def test_a_feature_first_unknown_when_asked_goes_where_scikit_learn_sends_it(model):
    X = rows_with_unknowns(400, 4, seed=2, unknown=0.2)
    assert not np.isnan(X[:, -1]).any()
    model.fit(X, outcome(X))
    asked = X.copy()
    asked[::2, -1] = np.nan
    assert (model.predict(asked) != model.predict(X)).any()
    np.testing.assert_allclose(packed(model).predict(asked), model.predict(asked), atol=1e-12)


def test_the_two_float32_values_around_a_threshold_go_where_scikit_learn_sends_them():
    X = np.array([[0.1], [0.7]] * 4, dtype=np.float32)
    forest = RandomForestRegressor(3, bootstrap=False, random_state=0).fit(X, X[:, 0] > 0.5)
    threshold = forest.estimators_[0].tree_.threshold[0]
    nearest = np.float32(threshold)
    assert float(nearest) != threshold  # so that rounding the threshold would show
    asked = np.array([np.nextafter(nearest, np.float32(side)) for side in (0, 1)] + [nearest])
    found = packed(forest).predict(asked[:, None])
    assert found[:2].tolist() == [0.0, 1.0]
    assert found.tolist() == forest.predict(asked[:, None]).tolist()


def test_blocks_and_threads_change_nothing():
    X = rows_with_unknowns(2500, 3, seed=3, unknown=0.1)
    forest = RandomForestRegressor(10, max_depth=6, random_state=0).fit(X[:300], outcome(X[:300]))
    one = packed(forest).predict(X, threads=1)
    assert one.tolist() == packed(forest).predict(X, threads=3).tolist()
    np.testing.assert_allclose(one, forest.predict(X), atol=1e-12)


def test_no_rows_have_no_predictions():
    forest = RandomForestRegressor(2).fit(np.zeros((4, 2), np.float32), np.arange(4.0))
    assert packed(forest).predict(np.empty((0, 2), np.float32)).shape == (0,)


def test_rows_of_another_width_are_refused():
    forest = RandomForestRegressor(2).fit(np.zeros((4, 2), np.float32), np.arange(4.0))
    with pytest.raises(ValueError, match="2 features"):
        packed(forest).predict(np.zeros((4, 3), np.float32))


def test_a_model_without_trees_is_refused():
    with pytest.raises(ThingistatError, match="LinearRegression"):
        packed(LinearRegression())


def test_splits_on_categories_are_refused():
    X = np.random.default_rng(0).integers(0, 4, (200, 1)).astype(np.float32)
    boosting = HistGradientBoostingRegressor(categorical_features=[0], max_iter=3)
    boosting.fit(X, (X[:, 0] % 2).astype(float))
    with pytest.raises(ThingistatError, match="categor"):
        packed(boosting)


def test_several_outcomes_are_refused():
    forest = RandomForestRegressor(2).fit(np.zeros((4, 2)), np.zeros((4, 2)))
    with pytest.raises(ThingistatError, match="several"):
        packed(forest)
