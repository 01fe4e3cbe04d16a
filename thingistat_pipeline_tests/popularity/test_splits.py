import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold, train_test_split

from thingistat_pipeline.popularity.splits import folds, random_split


def test_the_split_is_scikit_learns_on_the_sorted_ids():
    ids = np.random.default_rng(0).permutation(1000)[:101]
    train, test = train_test_split(np.sort(ids), test_size=0.25, random_state=12)
    split = random_split(ids, seed=12)
    assert ids[split.train].tolist() == train.tolist()
    assert ids[split.test].tolist() == test.tolist()


@given(st.sets(st.integers(1, 10**7), min_size=2, max_size=80), st.integers(0, 99), st.randoms())
def test_a_split_takes_every_row_once_and_does_not_depend_on_their_order(chosen, seed, random):
    ids = sorted(chosen)
    shuffled = random.sample(ids, len(ids))
    split, other = random_split(ids, seed=seed), random_split(shuffled, seed=seed)
    assert sorted([*split.train, *split.test]) == list(range(len(ids)))
    assert [ids[i] for i in split.test] == [shuffled[i] for i in other.test]


def test_folds_are_those_of_grid_search():
    expected = [(a.tolist(), b.tolist()) for a, b in KFold(5).split(np.empty(33))]
    assert [(f.train.tolist(), f.test.tolist()) for f in folds(33)] == expected


@pytest.mark.parametrize(("rows", "count"), [(2, 2), (3, 2), (7, 3), (9, 4), (10, 5), (500, 5)])
def test_few_rows_are_cut_into_fewer_folds(rows: int, count: int):
    assert len(folds(rows)) == count
