"""The inner loop of the ranker against finite differences and a slow reference in NumPy."""

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.ranking.ranking_kernel import (
    BPR,
    LOGISTIC,
    WARP,
    Likes,
    Rule,
    Side,
    draw,
    learn,
    loss_and_slopes,
    new_side,
)

LOSSES = pytest.mark.parametrize("loss", [WARP, BPR, LOGISTIC], ids=["warp", "bpr", "logistic"])
Floats = NDArray[np.float64]
Number = Any
"""Of Python or of NumPy."""
KEY = np.uint64(20_260_101)


def a_side(features: csr_array, components: int, penalty: float, seed: int, dtype) -> Side:
    """A side in the middle of learning: vectors of ordinary size, squares above 1."""
    random = np.random.default_rng(seed)
    n = features.shape[1]
    return Side(
        features.indptr.astype(np.int64),
        features.indices.astype(np.int32),
        features.data.astype(dtype),
        random.normal(0, 0.4, (n, components)).astype(dtype),
        random.uniform(1, 2, (n, components)).astype(dtype),
        random.normal(0, 0.4, n).astype(dtype),
        random.uniform(1, 2, n).astype(dtype),
        dtype(penalty),
    )


class Case(NamedTuple):
    likes: Likes
    users: Side
    things: Side


def a_case(seed: int = 0, *, users: int = 9, things: int = 14, dtype=np.float64) -> Case:
    """Likes with weights, users and things with several features each, one of them with none."""
    random = np.random.default_rng(seed)
    liked = csr_array(random.random((users, things)) < 0.3, dtype=np.float32)
    likes = Likes(
        liked.indptr.astype(np.int64),
        liked.indices.astype(np.int32),
        np.repeat(np.arange(users, dtype=np.int32), np.diff(liked.indptr)),
        random.uniform(0.5, 2, liked.nnz).astype(np.float32),
    )
    sides = []
    for rows, features in ((users, 6), (things, 8)):
        weights = random.random((rows, features)) * (random.random((rows, features)) < 0.4)
        weights[rows - 1] = 0
        sides.append(a_side(csr_array(weights), 5, 0.01, seed, dtype))
    return Case(likes, *sides)


def copied(side: Side) -> Side:
    arrays = [np.copy(field) for field in side[:-1]]
    return Side(*arrays, penalty=side.penalty)  # type: ignore[misc, arg-type]


def a_rule(loss: int, *, popular: bool = False, rate: float = 0.1, dtype=np.float64) -> Rule:
    weights = np.array([2.5, 1.5, 1.0, 1.0]) if loss == WARP else np.ones(4)
    return Rule(loss, dtype(rate), weights, popular)


# The reference: the same draws, everything else written as in the papers, one number at a time.


def splitmix64(state: int) -> int:
    """Vigna's public-domain C code, in whole numbers of any length."""
    mixed = state
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
    return mixed ^ (mixed >> 31)


def slow_draw(key: int, number: int, beyond: int) -> int:
    state = (key + (number + 1) * 0x9E3779B97F4A7C15) % 2**64
    return (splitmix64(state) >> 32) * beyond >> 32


def features_of(side: Side, row: Number) -> Floats:
    """The row's weights of all features."""
    weights = np.zeros(len(side.biases))
    entries = slice(side.pointers[row], side.pointers[row + 1])
    weights[side.features[entries]] = side.weights[entries]
    return weights


def slow_loss(loss: int, liked: Number, other: Number) -> float:
    if loss == WARP:
        return float(max(0.0, 1 - liked + other))
    if loss == BPR:
        return -math.log(1 / (1 + math.exp(other - liked)))
    return -math.log(1 / (1 + math.exp(-liked))) - math.log(1 - 1 / (1 + math.exp(-other)))


def slope(loss: int, liked: Number, other: Number) -> Floats:
    """The slopes by central differences."""
    h = 1e-6
    return np.array(
        [
            (slow_loss(loss, liked + h, other) - slow_loss(loss, liked - h, other)) / (2 * h),
            (slow_loss(loss, liked, other + h) - slow_loss(loss, liked, other - h)) / (2 * h),
        ]
    )


def slow_adagrad(
    value: NDArray[Any], squares: NDArray[Any], gradient: NDArray[Any], rate: Number
) -> None:
    squares += gradient**2
    value -= rate * gradient / np.sqrt(squares)


def slow_descend(side: Side, row: Number, by_bias: Number, by_vector: Floats, rate: Number) -> None:
    has = features_of(side, row)
    for feature in np.flatnonzero(has):
        slow_adagrad(
            side.vectors[feature],
            side.vector_squares[feature],
            has[feature] * by_vector + side.penalty * side.vectors[feature],
            rate,
        )
        one = slice(feature, feature + 1)
        slow_adagrad(
            side.biases[one],
            side.bias_squares[one],
            has[feature] * by_bias + side.penalty * side.biases[one],
            rate,
        )


def slow_learn(case: Case, order: NDArray[np.int32], rule: Rule, key: int) -> float:
    likes, users, things = case
    n_things, attempts, total = len(things.pointers) - 1, len(rule.attempt_weights), 0.0
    for like in order:
        user, liked = likes.users[like], likes.things[like]
        known = set(likes.things[likes.users == user])
        if len(known) == n_things:
            continue
        of_user, of_liked = features_of(users, user), features_of(things, liked)
        u, p = of_user @ users.vectors, of_liked @ things.vectors
        liked_score = u @ p + of_user @ users.biases + of_liked @ things.biases
        for attempt in range(attempts):
            number = int(like) * attempts + attempt
            if rule.popular:
                other = likes.things[slow_draw(key, number, len(likes.things))]
            else:
                other = slow_draw(key, number, n_things)
            if other in known:
                continue
            of_other = features_of(things, other)
            q = of_other @ things.vectors
            other_score = u @ q + of_user @ users.biases + of_other @ things.biases
            if rule.loss == WARP and 1 - liked_score + other_score <= 0:
                continue
            counts = likes.weights[like] * rule.attempt_weights[attempt]
            total += counts * slow_loss(rule.loss, liked_score, other_score)
            a, b = counts * slope(rule.loss, liked_score, other_score)
            slow_descend(things, liked, a, a * u, rule.learning_rate)
            slow_descend(things, other, b, b * u, rule.learning_rate)
            slow_descend(users, user, a + b, a * p + b * q, rule.learning_rate)
            break
    return total


def test_draws_are_those_of_splitmix64() -> None:
    # The published first outputs for the seed 1234567.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [draw(np.uint64(1234567), n, 2**32 - 1) for n in range(3)] == [
        (output >> 32) * (2**32 - 1) >> 32 for output in published
    ]


def test_draws_are_spread_evenly() -> None:
    drawn = np.array([draw(KEY, number, 10) for number in range(20_000)])
    # 2,000 of each expected, with a standard deviation of 42.
    assert np.abs(np.bincount(drawn, minlength=10) - 2000).max() < 5 * 42
    assert drawn.max() == 9


@LOSSES
@settings(deadline=None, max_examples=60)
@given(liked=st.floats(-4, 4), other=st.floats(-4, 4))
def test_slopes_are_those_of_finite_differences(loss: int, liked: float, other: float) -> None:
    if loss == WARP and abs(1 - liked + other) < 1e-5:
        return  # the hinge has no slope at its edge
    found, *slopes = loss_and_slopes(loss, liked, other)
    assert found == pytest.approx(slow_loss(loss, liked, other), rel=1e-9, abs=1e-12)
    assert slopes == pytest.approx(slope(loss, liked, other), abs=1e-6)


@LOSSES
def test_far_scores_overflow_nothing(loss: int) -> None:
    for scores in ((1e4, -1e4), (-1e4, 1e4)):
        assert all(map(math.isfinite, loss_and_slopes(loss, *scores)))
    # A step over a score d on the wrong side costs d, and the slope is full.
    assert loss_and_slopes(BPR, -1e4, 0.0) == (1e4, -1.0, 1.0)


@LOSSES
def test_a_step_goes_along_the_gradient_of_its_loss_and_penalty(loss: int) -> None:
    """Every number of the model moved a little, the loss of one like measured each time."""
    case = a_case()
    # Each thing its own feature, so that the step's two things share none.
    own = csr_array(np.diag(np.linspace(0.5, 1.5, 14)))
    case = case._replace(things=a_side(own, 5, 0.01, 3, np.float64))
    like = 4
    before = Case(case.likes, copied(case.users), copied(case.things))
    after = Case(case.likes, copied(case.users), copied(case.things))
    rule = a_rule(loss, rate=1e-3)
    learn(after.likes, np.array([like], np.int32), (after.users, after.things), rule, KEY)
    user, liked = case.likes.users[like], case.likes.things[like]
    (other,) = set(np.flatnonzero(after.things.biases != before.things.biases)) - {liked}
    attempt = next(
        n
        for n in range(4)
        if slow_draw(int(KEY), like * 4 + n, 14) == other  # the draw that it stopped at
    )
    counts = case.likes.weights[like] * rule.attempt_weights[attempt]

    def objective() -> Any:
        of_user = features_of(before.users, user)
        scores, penalty = [], 0.0
        for thing in (liked, other):
            has = features_of(before.things, thing)
            scores.append(
                of_user @ before.users.vectors @ (has @ before.things.vectors)
                + of_user @ before.users.biases
                + has @ before.things.biases
            )
        for side, has in (
            (before.users, of_user),
            (before.things, features_of(before.things, liked)),
            (before.things, features_of(before.things, other)),
        ):
            touched = has != 0
            squares = (side.vectors[touched] ** 2).sum() + (side.biases[touched] ** 2).sum()
            penalty += side.penalty / 2 * squares
        return counts * slow_loss(loss, *scores) + penalty

    for learned, then in ((before.users, after.users), (before.things, after.things)):
        for values, squares, values_then, squares_then in (
            (learned.vectors, learned.vector_squares, then.vectors, then.vector_squares),
            (learned.biases, learned.bias_squares, then.biases, then.bias_squares),
        ):
            for place in np.ndindex(values.shape):
                as_is = values[place]
                values[place] = as_is + 1e-6
                above = objective()
                values[place] = as_is - 1e-6
                gradient = (above - objective()) / 2e-6
                values[place] = as_is
                assert squares_then[place] - squares[place] == pytest.approx(
                    gradient**2, rel=1e-4, abs=1e-8
                )
                assert values_then[place] - as_is == pytest.approx(
                    -1e-3 * gradient / math.sqrt(squares_then[place]), rel=1e-4, abs=1e-9
                )


@LOSSES
@pytest.mark.parametrize("popular", [False, True], ids=["uniform", "popular"])
def test_many_steps_are_those_of_the_slow_reference(loss: int, popular: bool) -> None:
    fast, slow = a_case(1), a_case(1)
    order = np.random.default_rng(5).permutation(len(fast.likes.things)).astype(np.int32)
    rule = a_rule(loss, popular=popular)
    total = learn(fast.likes, order, (fast.users, fast.things), rule, KEY)
    assert total == pytest.approx(slow_learn(slow, order, rule, int(KEY)), rel=1e-6)
    assert total > 0
    for quick, reference in ((fast.users, slow.users), (fast.things, slow.things)):
        for field in Side._fields:
            ours, theirs = getattr(quick, field), getattr(reference, field)
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)


@LOSSES
def test_32_bits_are_enough_for_a_pass_over_the_likes(loss: int) -> None:
    fast, slow = a_case(2, dtype=np.float32), a_case(2)
    order = np.arange(len(fast.likes.things), dtype=np.int32)
    learn(fast.likes, order, (fast.users, fast.things), a_rule(loss, dtype=np.float32), KEY)
    slow_learn(slow, order, a_rule(loss), int(KEY))
    assert fast.things.vectors.dtype == np.float32
    np.testing.assert_allclose(fast.things.vectors, slow.things.vectors, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(fast.users.vectors, slow.users.vectors, rtol=1e-3, atol=1e-4)


def test_a_user_who_likes_everything_teaches_nothing() -> None:
    case = a_case()
    likes = Likes(
        np.array([0, 14], np.int64),
        np.arange(14, dtype=np.int32),
        np.zeros(14, np.int32),
        np.ones(14, np.float32),
    )
    before = copied(case.things)
    order = np.arange(14, dtype=np.int32)
    assert learn(likes, order, (case.users, case.things), a_rule(BPR), KEY) == 0
    np.testing.assert_array_equal(case.things.vectors, before.vectors)


def test_no_number_moves_by_more_than_the_learning_rate_in_a_step() -> None:
    case = a_case()
    own = csr_array(np.eye(14))
    things = a_side(own, 5, 0.0, 3, np.float64)
    before = copied(things)
    huge = Likes(*case.likes[:3], np.full_like(case.likes.weights, 1e12))
    learn(huge, np.array([0], np.int32), (case.users, things), a_rule(BPR, rate=0.1), KEY)
    moved = np.abs(things.vectors - before.vectors).max()
    assert 0.099 < moved < 0.1 + 1e-12


def test_rows_of_64_components_lie_in_whole_lines_of_memory() -> None:
    for features in (3, 50, 1001):
        side = new_side(csr_array(np.eye(features)), 64, 0.0, np.random.default_rng(0))
        for array in (side.vectors, side.vector_squares):
            assert array.ctypes.data % 64 == 0
            assert array.flags.c_contiguous
            assert array.shape == (features, 64)
        assert (side.vector_squares == 1).all()
