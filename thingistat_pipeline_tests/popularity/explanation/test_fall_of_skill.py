import numpy as np
import pytest

from thingistat_pipeline.popularity.explanation.fall_of_skill import (
    falls_interval,
    squared_deviation,
)


def test_the_interval_is_that_of_drawing_whole_creators_again_and_again():
    rng = np.random.default_rng(0)
    creators = rng.integers(0, 30, 200)
    y = rng.normal(size=200) + creators / 10
    increases = rng.normal(0.2, 1.0, size=(200, 2)) + creators[:, None] / 30
    falls = []
    for _ in range(2000):
        drawn = rng.choice(np.unique(creators), 30)
        rows = np.concatenate([np.flatnonzero(creators == creator) for creator in drawn])
        falls.append(increases[rows].sum(axis=0) / ((y[rows] - y[rows].mean()) ** 2).sum())
    expected = np.quantile(falls, [0.025, 0.975], axis=0)
    found = falls_interval(increases, y, creators, seed=1, effort="full")
    width = expected[1] - expected[0]
    # The ends of an interval from 2,000 resamples are known to about a fortieth of its width.
    np.testing.assert_allclose(np.array(found) / width, expected / width, rtol=0, atol=0.08)


def test_errors_that_grow_by_the_same_share_everywhere_leave_no_doubt():
    y = np.tile([0.0, 2.0], 50)
    increases = np.full((100, 1), 0.5)
    low, high = falls_interval(increases, y, np.arange(100) // 2, seed=1, effort="quick")
    assert low[0] == pytest.approx(
        0.5
    )  # each creator has one 0 and one 2: the deviation is 1 a row
    assert high[0] == pytest.approx(0.5)


@pytest.mark.parametrize("y", [np.empty(0), np.ones(1), np.ones(9)])
def test_where_the_outcome_does_not_vary_there_is_neither_a_fall_nor_an_interval(y):
    low, high = falls_interval(np.ones((len(y), 2)), y, np.arange(len(y)), seed=1, effort="quick")
    assert np.isnan([low, high]).all()
    assert np.isnan(squared_deviation(y))


def test_an_outcome_far_from_zero_changes_nothing():
    rng = np.random.default_rng(3)
    y, increases, creators = rng.normal(size=60), rng.random((60, 1)), np.arange(60) // 4
    near = falls_interval(increases, y, creators, seed=1, effort="quick")
    far = falls_interval(increases, y + 1e6, creators, seed=1, effort="quick")
    np.testing.assert_allclose(near, far, rtol=1e-6)
