import json

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.advisor.boosted_rates import BoostedRates
from thingistat_pipeline.popularity.advisor.boosting import (
    ITERATIONS,
    boosting_like,
    fit_boosted_rates,
    fit_boosting,
)
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.splits import creator_folds
from thingistat_pipeline_tests.popularity.advisor.simulated_rows import rows_with


def posts(n: int, *, seed: int, factor: float = 3.0) -> AdvisorRows:
    """Return things that a flag makes `factor` times as popular, whatever their age."""
    rng = np.random.default_rng(seed)
    ages, flag = rng.integers(1, 2000, n).astype(float), rng.random(n) < 0.5
    downloads = rng.poisson(5 * np.sqrt(ages) * factor**flag)
    return rows_with(np.log1p(downloads), age_days=ages, creators=np.arange(n) // 3, is_wip=flag)


@pytest.fixture(scope="module")
def fitted() -> BoostedRates:
    return fit_boosted_rates(posts(3000, seed=1), posts(900, seed=2), seed=1, effort="quick")


def test_it_is_scikit_learns_boosting_stopped_by_creators_kept_out():
    rows = posts(1200, seed=1)
    fold = creator_folds(rows.creators, seed=5, wanted=8)[0]
    assert not set(rows.creators[fold.train]) & set(rows.creators[fold.test])
    model = HistGradientBoostingRegressor(
        max_iter=100, early_stopping=True, n_iter_no_change=10, scoring="loss", random_state=5
    )
    with threadpool_limits(1):
        expected = model.fit(
            rows.X[fold.train], rows.y[fold.train], X_val=rows.X[fold.test], y_val=rows.y[fold.test]
        )
    found = fit_boosting(rows, seed=5, effort="quick")
    assert found.n_iter_ == expected.n_iter_ < ITERATIONS["quick"]
    assert found.predict(rows.X).tolist() == expected.predict(rows.X).tolist()


def test_the_poisson_model_finds_the_planted_factor_at_every_age(fitted: BoostedRates):
    ages = np.array([50.0, 400.0, 1500.0])
    without, with_it = (
        fitted.predict(rows_with(np.zeros(3), age_days=ages, is_wip=np.full(3, flag)).X)
        for flag in (0.0, 1.0)
    )
    np.testing.assert_allclose(np.exp(with_it - without), 3.0, rtol=0.15)


def test_the_poisson_models_logs_are_right_in_the_mean_on_the_calibration_things(
    fitted: BoostedRates,
):
    calibration = posts(900, seed=2)
    assert np.mean(fitted.predict(calibration.X) - calibration.y) == pytest.approx(0.0, abs=1e-9)


def test_without_calibration_things_the_training_things_serve():
    rows = posts(600, seed=1)
    found = fit_boosted_rates(rows, rows.taken(np.arange(0)), seed=1, effort="quick")
    assert np.mean(found.predict(rows.X) - rows.y) == pytest.approx(0.0, abs=1e-9)


def test_unknown_values_and_a_missing_age_column_are_borne():
    rows = posts(600, seed=1)
    ageless = AdvisorRows(
        rows.ids,
        rows.creators,
        rows.X[:, 1:],
        rows.y,
        rows.age_days,
        rows.added,
        rows.features[1:],
        {},
        {},
    )
    found = fit_boosted_rates(ageless, ageless, seed=1, effort="quick")
    assert found.age_column is None
    assert np.isfinite(found.predict(np.full((2, 1), np.nan, dtype=np.float32))).all()


def test_what_is_kept_beside_the_stored_model_is_enough_to_predict_again(fitted: BoostedRates):
    kept = json.loads(json.dumps(fitted.as_dict()))
    X = posts(200, seed=3).X
    again = BoostedRates.from_dict(fitted.model, kept)
    assert again.predict(X).tolist() == fitted.predict(X).tolist()


def test_one_creator_cannot_be_kept_out():
    rows = rows_with(np.arange(40.0), creators=np.zeros(40))
    with pytest.raises(ThingistatError):
        fit_boosting(rows, seed=1, effort="quick")


@pytest.mark.parametrize("downloaded", [1, 2])
def test_it_is_fitted_even_if_hardly_a_creator_was_downloaded(downloaded: int):
    # Poisson's likelihood needs some downloads on either side of the fold.
    creators = np.arange(80) // 2
    folds = creator_folds(creators, seed=1, wanted=8)
    whose = [creators[fold.test[0]] for fold in folds[-downloaded:]]
    y = np.where(np.isin(creators, whose), 3.0, 0.0)
    rows = rows_with(y, creators=creators, file_count=np.arange(80) % 9)
    rates = fit_boosted_rates(rows, rows, seed=1, effort="quick")
    assert np.isfinite(rates.predict(rows.X)).all()


def test_boosting_like_another_is_scikit_learns_with_as_many_trees():
    rows, others = posts(600, seed=1), posts(300, seed=2)
    model = fit_boosting(rows, seed=1, effort="quick")
    expected = HistGradientBoostingRegressor(max_iter=model.n_iter_, random_state=4)
    with threadpool_limits(1):
        expected.set_params(early_stopping=False).fit(others.X, others.y)
    found = boosting_like(model, others.X, others.y, seed=4)
    assert found.n_iter_ == model.n_iter_
    assert found.predict(rows.X).tolist() == expected.predict(rows.X).tolist()
    assert model.early_stopping  # the model itself is left alone
