import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline.popularity.advisor.calibration import calibration_table
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap


def test_bins_hold_a_tenth_each_from_the_lowest_predictions_to_the_highest():
    order = np.random.default_rng(0).permutation(200)
    predicted = np.linspace(0, 199, 200)[order]
    actual = predicted / 2
    table = calibration_table(actual, predicted, CreatorBootstrap(np.arange(200), seed=1))
    assert [row["bin"] for row in table] == list(range(1, 11))
    assert [row["n"] for row in table] == [20] * 10
    # The first bin holds 0 to 19, mean 9.5; the next ones 20 more each.
    assert [row["predicted"] for row in table] == pytest.approx([9.5 + 20 * k for k in range(10)])
    assert [row["actual"] for row in table] == pytest.approx([4.75 + 10 * k for k in range(10)])
    assert all(row["low"] < row["actual"] < row["high"] for row in table)


def test_a_calibrated_models_bins_lie_on_the_diagonal():
    rng = np.random.default_rng(4)
    creator = np.repeat(np.arange(2500), 2)
    predicted = rng.normal(5, 1, 5000)
    actual = predicted + rng.normal(size=2500)[creator] + rng.normal(size=5000)
    table = calibration_table(actual, predicted, CreatorBootstrap(creator, seed=1))
    # Binomial(10, .95) is below 7 with probability 0.1 %.
    assert sum(row["low"] <= row["predicted"] <= row["high"] for row in table) >= 7


def test_equal_predictions_share_a_bin():
    actual = np.linspace(0, 1, 60)
    bootstrap = CreatorBootstrap(np.arange(60), seed=1)
    (only,) = calibration_table(actual, np.full(60, 3.0), bootstrap)
    assert (only["bin"], only["n"], only["predicted"]) == (1, 60, 3.0)
    two = calibration_table(actual, np.repeat([1.0, 2.0], 30), bootstrap)
    assert [(row["bin"], row["n"], row["predicted"]) for row in two] == [(1, 30, 1.0), (2, 30, 2.0)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.0]), max_size=150))
def test_every_thing_is_in_one_bin_and_none_is_empty(predicted: list[float]):
    rows = len(predicted)
    table = calibration_table(
        np.ones(rows), np.array(predicted), CreatorBootstrap(np.arange(rows), seed=1)
    )
    assert sum(row["n"] for row in table) == rows
    assert all(row["n"] for row in table)
    assert len(table) <= max(min(rows // 10, 10), 1)
    means = [row["predicted"] for row in table]
    assert means == sorted(means)
