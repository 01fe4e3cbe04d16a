import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold, train_test_split

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.splits import (
    Roles,
    Split,
    creator_folds,
    creator_roles,
    folds,
    random_split,
    roles_in,
    time_split,
)

CREATORS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(1, 30), max_size=60)
SEEDS = st.integers(-5, 2**64)


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


def roles_of(roles: Roles, rows: int) -> list[str]:
    """Return the role of each row; fails unless each has exactly one."""
    named = {"train": roles.train, "calibration": roles.calibration, "test": roles.test}
    taken = {int(row): role for role, positions in named.items() for row in positions}
    assert sorted(np.concatenate(list(named.values())).tolist()) == list(range(rows))
    return [taken[row] for row in range(rows)]


def roles_if_possible(creators: list[int], seed: int) -> Roles | None:
    try:
        return creator_roles(creators, seed=seed)
    except ThingistatError:
        return None


@given(CREATORS, SEEDS)
def test_every_row_has_one_role_and_every_creator_too(creators: list[int], seed: int):
    roles = roles_if_possible(creators, seed)
    if roles is not None:
        pairs = set(zip(creators, roles_of(roles, len(creators)), strict=True))
        assert len(pairs) == len(set(creators))
        assert len(roles.train)
        assert len(roles.test)


@given(CREATORS, CREATORS, SEEDS, st.randoms())
def test_a_creator_keeps_the_role_when_others_come_and_rows_are_shuffled(
    creators: list[int], others: list[int], seed: int, random
):
    more = random.sample(creators + others, len(creators) + len(others))
    before, now = roles_if_possible(creators, seed), roles_if_possible(more, seed)
    if before is not None:
        assert now is not None
        role = dict(zip(more, roles_of(now, len(more)), strict=True))
        assert [role[creator] for creator in creators] == roles_of(before, len(creators))


def test_roles_have_about_their_shares_of_the_creators_and_seeds_draw_them_anew():
    creators = np.arange(20_000)
    roles, other = creator_roles(creators, seed=12), creator_roles(creators, seed=13)
    # The standard deviation of a share is at most .0035; four of them.
    assert len(roles.train) / 20_000 == pytest.approx(0.60, abs=0.014)
    assert len(roles.calibration) / 20_000 == pytest.approx(0.15, abs=0.014)
    assert len(roles.test) / 20_000 == pytest.approx(0.25, abs=0.014)
    assert len(np.intersect1d(roles.test, other.test)) / 20_000 == pytest.approx(0.0625, abs=0.007)


@pytest.mark.parametrize("creators", [[], [7], [7, 7, 7]])
def test_a_single_creator_cannot_be_divided(creators: list[int]):
    for divide in (creator_roles, creator_folds):
        with pytest.raises(ThingistatError, match=r"Sample more things"):
            divide(creators, seed=12)


@given(CREATORS, SEEDS, st.integers(2, 5))
def test_no_creator_is_on_both_sides_of_a_fold(creators: list[int], seed: int, wanted: int):
    try:
        found = creator_folds(creators, seed=seed, wanted=wanted)
    except ThingistatError:
        return
    assert 2 <= len(found) <= wanted
    held_out = [row for fold in found for row in fold.test]
    assert sorted(held_out) == list(range(len(creators)))
    for fold in found:
        assert sorted([*fold.train, *fold.test]) == list(range(len(creators)))
        assert not {creators[row] for row in fold.train} & {creators[row] for row in fold.test}


@given(CREATORS, SEEDS, st.randoms())
def test_folds_put_creators_together_whatever_the_order_of_the_rows(
    creators: list[int], seed: int, random
):
    shuffled = random.sample(creators, len(creators))

    def tested(rows: list[int]) -> list[set[int]]:
        return [{rows[row] for row in fold.test} for fold in creator_folds(rows, seed=seed)]

    try:
        expected = tested(creators)
    except ThingistatError:
        return
    assert tested(shuffled) == expected


def test_three_folds_of_many_creators_are_of_like_size_and_cut_across_the_roles():
    creators = np.arange(9_000)
    found = creator_folds(creators, seed=12)
    roles = creator_roles(creators, seed=12)
    assert [len(fold.test) for fold in found] == pytest.approx([3000] * 3, abs=180)
    # A quarter of each fold is in the test role: about 750, standard deviation 24.
    shared = [len(np.intersect1d(fold.test, roles.test)) for fold in found]
    assert shared == pytest.approx([750] * 3, abs=100)


def moments(days: list[int]) -> np.ndarray:
    return np.datetime64("2020-01-01", "us") + np.array(days, dtype="timedelta64[D]")


@given(st.lists(st.integers(0, 12), max_size=60), st.floats(0.01, 0.99), st.randoms())
def test_everything_to_fit_on_is_older_than_all_of_the_test(days: list[int], share: float, random):
    ids = random.sample(range(1000), len(days))
    if len(set(days)) < 2:
        with pytest.raises(ThingistatError, match="at two moments"):
            time_split(moments(days), ids, test_share=share)
        return
    split = time_split(moments(days), ids, test_share=share)
    assert sorted([*split.train, *split.test]) == list(range(len(days)))
    assert max(days[row] for row in split.train) < min(days[row] for row in split.test)


@given(st.permutations(range(40)))
def test_a_split_by_time_does_not_depend_on_the_order_of_rows(order: list[int]):
    days, ids = np.arange(40) // 3, np.arange(40) * 11

    def chosen(rows: np.ndarray, split: Split) -> list[list[int]]:
        return [ids[rows][side].tolist() for side in (split.train, split.test)]

    rows = np.array(order)
    split = time_split(moments(days.tolist()), ids)
    shuffled = time_split(moments(days[rows].tolist()), ids[rows])
    assert chosen(rows, shuffled) == chosen(np.arange(40), split)


@pytest.mark.parametrize(
    ("days", "test"),
    [
        ([5, 1, 4, 2, 3, 0, 6, 7], [6, 7]),  # a quarter of eight
        ([0, 1, 2, 3, 4], [3, 4]),  # a quarter of five, rounded up
        ([0, 1, 5, 5, 5, 5, 5, 6], [2, 3, 4, 5, 6, 7]),  # ties go to the test
        ([0, 0, 0, 0, 0, 0, 0, 6], [7]),  # but not if nothing else is left
    ],
)
def test_the_newest_quarter_is_held_out(days: list[int], test: list[int]):
    assert time_split(moments(days), range(len(days))).test.tolist() == test


def test_things_keep_the_roles_that_they_had_and_new_ones_have_none():
    split = pl.DataFrame({"id": [4, 1, 3, 2], "split": ["test", "train", "calibration", "train"]})
    roles = roles_in(split, [2, 9, 4, 1, 3])
    assert roles.train.tolist() == [0, 3]
    assert roles.calibration.tolist() == [4]
    assert roles.test.tolist() == [2]
