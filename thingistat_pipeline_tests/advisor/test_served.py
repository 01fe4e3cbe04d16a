from itertools import combinations
from math import factorial

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from threadpoolctl import threadpool_limits

from thingistat_pipeline.advisor.rebuilt import served
from thingistat_pipeline.advisor.served import Additive, Rates, Trees
from thingistat_pipeline.popularity.advisor.age_curve import AgeCurve
from thingistat_pipeline.popularity.advisor.boosted_rates import BoostedRates
from thingistat_pipeline.popularity.advisor.linear import fit_linear
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.explanation.packing import packed

FEATURES = ["title_words", "photo_count", "log_age_days", "published_hour"]


@pytest.fixture(scope="module", autouse=True)
def one_openmp_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def rows() -> AdvisorRows:
    rng = np.random.default_rng(4)
    X = rng.integers(0, 9, (400, 4)).astype(np.float32)
    X[rng.random(X.shape) < 0.1] = np.nan
    known = np.nan_to_num(X)
    y = np.log1p(known[:, 0] * known[:, 1] + 3 * known[:, 2]) + rng.normal(0, 0.1, 400)
    return AdvisorRows(
        ids=np.arange(400),
        creators=np.arange(400) // 2,
        X=X,
        y=y,
        age_days=np.expm1(known[:, 2].astype(float)),
        added=np.full(400, np.datetime64("2020-01-01", "us")),
        features=FEATURES,
        left_out={},
        rows_dropped={},
    )


def shapley_values(predict, row, background):
    """Shapley's values by their definition."""
    p, values = len(row), np.zeros(len(row))
    worth = {}
    for size in range(p + 1):
        for coalition in combinations(range(p), size):
            shown = background.copy()
            shown[list(coalition)] = row[list(coalition)]
            worth[frozenset(coalition)] = predict(shown[None])[0]
    for others, value in worth.items():
        weight = factorial(len(others)) * factorial(p - len(others) - 1) if len(others) < p else 0
        for feature in set(range(p)) - others:
            values[feature] += weight / factorial(p) * (worth[others | {feature}] - value)
    return values


@pytest.mark.parametrize(
    "model",
    [
        RandomForestRegressor(n_estimators=7, max_depth=5, random_state=1),
        HistGradientBoostingRegressor(max_iter=15, random_state=1),
    ],
    ids=["forest", "boosting"],
)
def test_trees_predict_as_the_model_does_and_credit_by_shapley(model, rows):
    model.fit(rows.X, rows.y)
    quick = served(model)

    assert isinstance(quick, Trees)
    np.testing.assert_allclose(quick.predict(rows.X[:20]), model.predict(rows.X[:20]), rtol=1e-6)
    np.testing.assert_allclose(
        quick.contributions(rows.X[0], rows.X[1]),
        shapley_values(model.predict, rows.X[0], rows.X[1]),
        atol=1e-6,
    )


def test_a_linear_model_credits_each_feature_with_what_it_changes_by_itself(rows):
    model = fit_linear(rows, seed=1).model
    quick = served(model)

    assert isinstance(quick, Additive)
    np.testing.assert_allclose(
        quick.contributions(rows.X[0], rows.X[1]),
        shapley_values(model.predict, rows.X[0], rows.X[1]),
        atol=1e-9,
    )


def test_rates_are_predicted_from_packed_trees_as_by_the_boosting_itself(rows):
    model = HistGradientBoostingRegressor(loss="poisson", max_iter=15, random_state=1)
    model.fit(rows.X, np.expm1(rows.y).clip(0))
    curve = AgeCurve(np.array([0.0, 8.0]), np.array([0.5, 3.0]))
    rates = BoostedRates(model, curve, FEATURES.index("log_age_days"), 0.2)
    quick = Rates.of(packed(model), rates.as_dict())
    X = rows.X[~np.isnan(rows.X).any(axis=1)][:20]

    np.testing.assert_allclose(quick.predict(X), rates.predict(X), rtol=1e-6)
    assert isinstance(served(rates), Rates)
    own, other = X[0].copy(), X[1].copy()
    other[2] = own[2]
    difference = np.diff(np.log(model.predict(np.stack([other, own]))))
    np.testing.assert_allclose(quick.contributions(own, other).sum(), difference[0], atol=1e-6)
