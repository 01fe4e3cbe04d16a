import numpy as np
import pytest

from thingistat_pipeline.popularity.advisor import baselines
from thingistat_pipeline.popularity.advisor.age_curve import fit_age_curve
from thingistat_pipeline_tests.popularity.advisor.simulated_rows import rows_with

AGES = np.arange(1.0, 2001.0)


def test_the_age_curve_is_exact_where_the_truth_is_a_line_of_log_age():
    curve = fit_age_curve(AGES, 1.5 + 0.7 * np.log1p(AGES))
    asked = np.array([1.0, 37.5, 800.0, 2000.0])
    np.testing.assert_allclose(curve.at(np.log1p(asked)), 1.5 + 0.7 * np.log1p(asked), atol=1e-10)


def test_the_age_curve_stays_level_beyond_the_ages_it_knows():
    curve = fit_age_curve(AGES[99:], np.log1p(AGES[99:]))
    assert curve.at(np.log1p([0.0, 100.0])).tolist() == pytest.approx([np.log1p(100.0)] * 2)
    assert curve.at(np.log1p([2000.0, 9999.0])).tolist() == pytest.approx([np.log1p(2000.0)] * 2)


def test_the_age_curve_of_a_single_age_is_the_mean():
    curve = fit_age_curve(np.full(4, 30.0), np.array([1.0, 2.0, 3.0, 6.0]))
    assert curve.at(np.log1p([1.0, 30.0, 900.0])).tolist() == [3.0] * 3


def test_the_age_curve_is_the_least_squares_fit_on_its_knots():
    rng = np.random.default_rng(1)
    y = np.sin(np.log1p(AGES)) + rng.normal(0, 0.3, len(AGES))
    curve = fit_age_curve(AGES, y)
    best = np.sum((y - curve.at(np.log1p(AGES))) ** 2)
    for place in range(len(curve.knots)):
        for step in (-0.01, 0.01):
            moved = curve.values.copy()
            moved[place] += step
            assert np.sum((y - np.interp(np.log1p(AGES), curve.knots, moved)) ** 2) > best


def test_the_dummy_says_the_training_mean():
    said = baselines.dummy(rows_with([1.0, 2.0, 6.0]), rows_with([0.0, 0.0]))
    assert said.tolist() == [3.0, 3.0]


def test_age_alone_looks_at_nothing_else():
    train = rows_with(np.log1p(AGES), age_days=AGES, file_count=AGES)
    asked = rows_with([0.0, 0.0], age_days=[50.0, 500.0], file_count=[9.0, 1.0])
    assert baselines.age_only(train, asked).tolist() == pytest.approx(np.log1p([50.0, 500.0]))


def test_a_category_moves_the_prediction_by_its_shrunken_departure():
    inside = np.repeat([1.0, 0.0], 40)
    train = rows_with(2.0 + 3.0 * inside, category_art=inside)
    asked = rows_with([0.0, 0.0], category_art=[1.0, 0.0])
    # All of one age: the curve is the mean, 3.5, and departures are +1.5 and -1.5. The ridge slope
    # of a 0/1 column with intercept is Sxy / (Sxx + 20), with Sxx = 80 / 4 and Sxy = 3 Sxx.
    slope = 3.0 * 20 / (20 + 20)
    assert baselines.age_and_category(train, asked).tolist() == pytest.approx(
        [3.5 + slope / 2, 3.5 - slope / 2]
    )


def test_without_categories_age_and_category_is_age_only():
    train = rows_with(np.log1p(AGES), age_days=AGES)
    said = baselines.age_and_category(train, train)
    assert said.tolist() == baselines.age_only(train, train).tolist()


def test_a_category_unknown_counts_as_none():
    train = rows_with([1.0, 3.0] * 20, category_art=[0.0, 1.0] * 20)
    asked = rows_with([0.0, 0.0], category_art=[np.nan, 0.0])
    said = baselines.age_and_category(train, asked)
    assert said[0] == said[1]


def test_the_creators_earlier_median_is_said_where_there_is_one():
    earlier = {"creator_earlier_median_downloads": [99.0, np.nan]}
    train, asked = rows_with([2.0, 4.0], **earlier), rows_with([0.0, 0.0], **earlier)
    assert baselines.creator_median(train, asked).tolist() == pytest.approx([np.log(100.0), 3.0])
    assert baselines.creator_median(rows_with([2.0, 4.0]), rows_with([0.0])).tolist() == [3.0]
