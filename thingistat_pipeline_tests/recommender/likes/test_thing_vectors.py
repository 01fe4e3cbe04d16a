from pathlib import Path

import numpy as np
import polars as pl
from numpy.testing import assert_allclose, assert_array_equal

from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import world

VECTORS = ThingVectors(np.array([2, 5, 9]), np.array([[1, -3], [0, 2], [4, 4]], dtype=np.float32))


def test_vectors_come_in_the_order_asked_for_and_are_zeros_for_a_thing_without_one():
    assert_array_equal(VECTORS.of([9, 7, 2, 11, 0]), [[4, 4], [0, 0], [1, -3], [0, 0], [0, 0]])
    assert VECTORS.of([5]).dtype == np.float32
    assert VECTORS.of([]).shape == (0, 2)


def test_beside_other_features_a_vectors_numbers_add_up_to_the_weight():
    side = world().side
    things = np.arange(side.matrix.shape[0])
    told = VECTORS.beside(side, things, weight=3.0)
    assert (told.matrix[:, : len(side.names)] != side.matrix).nnz == 0
    block = told.matrix[:, told.blocks["picture"]].toarray()
    assert told.names[-2:] == ("picture:0", "picture:1")
    # shares of 1 and -3 in a sum of 4, times 3
    assert_allclose(block[2], [0.75, -2.25])
    assert_allclose(np.abs(block).sum(axis=1), np.isin(things, [2, 5, 9]) * 3.0)


def test_vectors_come_back_from_a_frame_as_they_were(tmp_path: Path):
    VECTORS.frame_of([1, 5, 9, 5]).write_parquet(tmp_path / "vectors.parquet")
    found = ThingVectors.in_frame(pl.read_parquet(tmp_path / "vectors.parquet"))
    assert found.things.tolist() == [5, 9]
    assert found.vectors.dtype == np.float32
    assert_array_equal(found.of([2, 5, 9]), [[0, 0], [0, 2], [4, 4]])
    none = ThingVectors.in_frame(VECTORS.frame_of([1]))
    assert none.of([1, 5]).tolist() == [[0, 0], [0, 0]]
