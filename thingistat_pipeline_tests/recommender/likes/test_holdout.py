import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from thingistat_pipeline.recommender.likes.holdout import cold_start_split, holdout, liked_split
from thingistat_pipeline.recommender.likes.interactions import like_matrix, likes_of

SHAPE = (9, 15)
MATRICES = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 14)), max_size=110).map(
    lambda pairs: like_matrix([u for u, _ in pairs], [t for _, t in pairs], SHAPE)
)
SEEDS = st.integers(0, 2**40)


def pairs_in(matrix) -> set[tuple[int, int]]:
    users, things = likes_of(matrix)
    pairs = list(zip(users.tolist(), things.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert matrix.has_canonical_format
    assert matrix.shape == SHAPE
    return set(pairs)


@given(MATRICES, st.floats(0.01, 0.99), st.integers(2, 8), SEEDS)
def test_every_like_is_on_one_side_and_users_with_enough_give_their_share(
    matrix, share, least, seed
):
    train, test = liked_split(matrix, share=share, least=least, seed=seed)
    assert pairs_in(train) | pairs_in(test) == pairs_in(matrix)
    assert not pairs_in(train) & pairs_in(test)
    for user, (n, given_away) in enumerate(
        zip(np.diff(matrix.indptr), np.diff(test.indptr), strict=True)
    ):
        assert (given_away > 0) == (n >= least), user
        if n >= least:
            assert given_away < n
            assert abs(given_away - share * n) <= 1


@pytest.mark.parametrize(("likes", "held_out"), [(4, 0), (5, 1), (9, 1), (10, 2), (14, 2), (15, 3)])
def test_a_fifth_is_held_out_as_in_the_seed(likes: int, held_out: int):
    matrix = like_matrix([0] * likes, range(likes), SHAPE)
    assert liked_split(matrix, seed=1)[1].nnz == held_out


def test_seven_tenths_of_ten_likes_are_seven():
    assert liked_split(like_matrix([0] * 10, range(10), SHAPE), share=0.7, seed=0)[1].nnz == 7


@given(MATRICES, SEEDS)
def test_the_same_seed_gives_the_same_split(matrix, seed):
    first, again = holdout(matrix, seed=seed), holdout(matrix, seed=seed)
    assert pairs_in(first.test) == pairs_in(again.test)
    assert pairs_in(first.validation) == pairs_in(again.validation)


def test_every_like_of_a_user_is_equally_likely_to_be_held_out():
    matrix = like_matrix([3] * 10, range(10), SHAPE)
    drawn = np.zeros(10)
    for seed in range(600):
        drawn[liked_split(matrix, seed=seed)[1].indices] += 1
    assert drawn.sum() == 1200
    # Two of ten without replacement: the counts vary by 8/9 of what chisquare supposes.
    assert chisquare(drawn).pvalue > 0.001


@given(MATRICES, SEEDS)
def test_validation_comes_out_of_what_the_test_left(matrix, seed):
    parts = holdout(matrix, seed=seed)
    assert pairs_in(parts.fit) | pairs_in(parts.validation) == pairs_in(parts.train)
    assert pairs_in(parts.train) | pairs_in(parts.test) == pairs_in(matrix)
    assert not pairs_in(parts.fit) & pairs_in(parts.validation)
    assert not pairs_in(parts.train) & pairs_in(parts.test)


@pytest.mark.parametrize(("share", "least"), [(0.0, 5), (1.0, 5), (float("nan"), 5), (0.2, 1)])
def test_a_senseless_share_is_refused(share: float, least: int):
    with pytest.raises(ValueError, match="cannot be held out"):
        liked_split(like_matrix([0], [0], SHAPE), share=share, least=least, seed=0)


@given(MATRICES, st.floats(0.01, 0.99), SEEDS)
def test_things_of_a_cold_start_are_held_out_with_all_their_likes(matrix, share, seed):
    liked = set(matrix.indices.tolist())
    if len(liked) < 2:
        with pytest.raises(ValueError, match="liked things cannot be held out"):
            cold_start_split(matrix, share=share, seed=seed)
        return
    parts = cold_start_split(matrix, share=share, seed=seed)
    cold = set(parts.things.tolist())
    assert len(cold) == max(1, int(share * len(liked)))
    assert cold <= liked
    assert parts.things.tolist() == sorted(cold)
    likes = pairs_in(matrix)
    train = {(user, thing) for user, thing in likes if thing not in cold}
    known = {user for user, _ in train}
    assert pairs_in(parts.train) == train
    assert pairs_in(parts.test) == {(u, t) for u, t in likes if t in cold and u in known}
