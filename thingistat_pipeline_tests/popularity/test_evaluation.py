import numpy as np
import pytest
from sklearn.metrics import r2_score

from thingistat_pipeline.popularity.evaluation import (
    bootstrap_r_squared,
    largest_share_of_deviation,
    r_squared,
)
from thingistat_pipeline.popularity.parity_baselines import baseline_predictions


def test_r_squared_is_one_minus_residual_over_total_squares():
    # mean 2, total 2; residuals 0, 1, 0: 1 - 1/2
    assert r_squared(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 3.0])) == 0.5


def test_r_squared_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    actual, predicted = rng.normal(size=(2, 100))
    assert r_squared(actual, predicted) == pytest.approx(r2_score(actual, predicted), abs=1e-12)


@pytest.mark.parametrize("actual", [[], [3.0], [3.0, 3.0, 3.0], [0.1] * 7])
def test_r_squared_of_a_constant_outcome_is_undefined(actual: list[float]):
    assert r_squared(np.array(actual), np.zeros(len(actual))) is None


def test_perfect_predictions_have_an_interval_of_no_width():
    actual = np.arange(30.0)
    interval = bootstrap_r_squared(actual, actual.copy(), seed=1)
    assert (interval.low, interval.high) == (1.0, 1.0)


def test_the_interval_covers_the_true_value_about_as_often_as_it_says():
    # Outcome = signal + noise of equal variance: R² of predicting by the signal is 1/2.
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(60):
        signal, noise = rng.normal(size=(2, 150))
        interval = bootstrap_r_squared(signal + noise, signal, seed=seed)
        assert interval.low is not None
        assert interval.high is not None
        covered += interval.low <= 0.5 <= interval.high
    # Binomial(60, .95) is below 51 with probability 0.1 %.
    assert covered >= 51


def test_more_effort_resamples_more_and_each_seed_always_gives_the_same():
    rng = np.random.default_rng(0)
    actual, predicted = rng.normal(size=(2, 40))
    quick = bootstrap_r_squared(actual, predicted, seed=3)
    assert quick == bootstrap_r_squared(actual, predicted, seed=3)
    assert quick != bootstrap_r_squared(actual, predicted, seed=4)
    assert quick != bootstrap_r_squared(actual, predicted, seed=3, effort="full")


@pytest.mark.parametrize("actual", [[5.0], [5.0, 5.0, 5.0]])
def test_there_is_no_interval_where_r_squared_is_undefined(actual: list[float]):
    interval = bootstrap_r_squared(np.array(actual), np.zeros(len(actual)), seed=1)
    assert (interval.low, interval.high) == (None, None)


def test_the_largest_share_of_deviation_is_that_of_the_outlier():
    # mean 25: deviations squared 625, 625, 625, 5625 of 7500
    assert largest_share_of_deviation(np.array([0.0, 0.0, 0.0, 100.0])) == 0.75
    assert largest_share_of_deviation(np.array([2.0, 2.0])) is None


def test_baselines_predict_the_training_rows_mean_and_median():
    said = baseline_predictions(
        np.array([0.0, 0.0, 9.0]), np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0])
    )
    assert said["mean"].tolist() == [3.0, 3.0]
    assert said["median"].tolist() == [0.0, 0.0]


def test_the_age_baseline_is_the_mean_at_that_age_and_the_overall_mean_where_it_is_unknown():
    age = np.array([1.0] * 20 + [100.0] * 20 + [np.nan] * 4)
    outcome = np.array([2.0] * 20 + [8.0] * 20 + [16.0] * 4)
    said = baseline_predictions(outcome, age, np.array([5.0, 90.0, np.nan]))
    assert said["age_only"].tolist() == [2.0, 8.0, 6.0]


def test_without_any_age_the_age_baseline_is_the_mean():
    nothing = np.array([np.nan, np.nan])
    said = baseline_predictions(np.array([1.0, 3.0]), nothing, nothing)
    assert said["age_only"].tolist() == [2.0, 2.0]
