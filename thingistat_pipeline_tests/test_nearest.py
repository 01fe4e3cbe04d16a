"""The best of many, against sorting everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from thingistat_pipeline.nearest import Floats32, best, closest

SCORES = st.sampled_from([-np.inf, -2.0, -1.0, 0.0, 0.5, 1.0, 3.0])


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2), elements=SCORES), st.integers(1, 6))
def test_the_best_are_the_first_of_a_stable_sort(scores: Floats32, n: int) -> None:
    rows, columns = scores.shape
    found = best(rows, columns, n, lambda block: scores[block])
    for row in range(rows):
        order = np.argsort(-scores[row], kind="stable")[:n]
        expected = [int(column) for column in order if scores[row, column] > -np.inf]
        there = found.positions[row] >= 0
        assert found.positions[row][there].tolist() == expected
        assert found.scores[row][there].tolist() == scores[row, expected].tolist()
        assert np.isnan(found.scores[row][~there]).all()


def test_a_score_that_is_no_number_is_never_among_the_best() -> None:
    scores = np.array([[np.nan, 1.0, np.nan, 2.0]], dtype=np.float32)
    assert best(1, 4, 3, lambda _: scores).positions.tolist() == [[3, 1, -1]]


def test_closest_leaves_out_itself_and_compares_directions_not_lengths() -> None:
    vectors = np.array([[1, 0], [9, 1], [0, 1], [0, 0]], dtype=np.float32)
    found = closest(vectors, vectors, 2, but=np.arange(4))
    assert found.positions[0].tolist() == [1, 2]
    assert found.scores[0, 0] == pytest.approx(9 / 82**0.5, rel=1e-6)
    assert found.scores[3].tolist() == [0.0, 0.0]
