"""The inner loop of learning to rank from likes, compiled.

One step takes a like (a user and a thing), draws a thing that the user did not like, and moves
three vectors: the user's closer to the liked thing's and away from the other's, and theirs the same
way with the user's. A vector is the weighted sum over the features that a thing or a user has, and
so it is the features that move (Kula 2015). By which step is Adagrad's matter (Duchi 2011), each
number with its own, from gradients that include the penalty (L2). Because a gradient is added to
its number's squares before it is divided by their root, no number moves by more than the learning
rate in a step.

Draws are a function of the epoch's key, the like and the attempt, so that they do not depend on the
order of steps, and can be told beforehand: most of the time would go by waiting for vectors from
memory, and so those of the next like and of the next draw are asked for while one is worked on.

The function releases the interpreter's lock. Several threads may run it on the same
vectors at once without waiting for each other (HOGWILD, Niu 2011): what they write over each other
is rare, and lost; their results repeat only about. One thread's repeat bit for bit.

All that it calls is compiled into it (`forceinline`). Left to itself, the compiler makes calls of
the larger parts, and a call hands over every array of a side with its shape and strides: more than
fifty numbers, for the sake of a row of 64.

It is compiled afresh in each process: numba's on-disk cache is a pickle, and we load none.

References
----------
J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic
optimization", Journal of Machine Learning Research 12 (2011) 2121-2159.
M. Kula, "Metadata embeddings for user and item cold-start recommendations", CBRecSys 2015.
F. Niu, B. Recht, C. Ré, S. Wright, "HOGWILD!: a lock-free approach to parallelizing stochastic
gradient descent", NIPS 2011.
"""

import math
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.ranking.prefetching import LINE, prefetch

Vectors = NDArray[np.floating[Any]]
"""Of float32 in use; of float64 where a test needs the precision."""
Whole = int | np.int64

WARP, BPR, LOGISTIC = 0, 1, 2


class Side(NamedTuple):
    """Users or things: which features each has, and what has been learned of the features.

    Attributes
    ----------
    pointers : ndarray of int64, shape (rows + 1,)
    features : ndarray of int32, shape (non-zeros,)
    weights : ndarray of float, shape (non-zeros,)
        Row r has the features `features[pointers[r]:pointers[r + 1]]` with these weights.
    vectors, vector_squares : ndarray of float, shape (n_features, components), C order
        Changed by learning. The squares are Adagrad's: sums of squared gradients, from 1.
    biases, bias_squares : ndarray of float, shape (n_features,)
    penalty : float
        L2 on each feature that a step touches.
    """

    pointers: NDArray[np.int64]
    features: NDArray[np.int32]
    weights: Vectors
    vectors: Vectors
    vector_squares: Vectors
    biases: Vectors
    bias_squares: Vectors
    penalty: np.floating[Any]


class Likes(NamedTuple):
    """Who likes what: the rows of a matrix of users by things, each row's things in order.

    Attributes
    ----------
    pointers : ndarray of int64, shape (users + 1,)
    things, users : ndarray of int32, shape (likes,)
    weights : ndarray of float32, shape (likes,)
    """

    pointers: NDArray[np.int64]
    things: NDArray[np.int32]
    users: NDArray[np.int32]
    weights: NDArray[np.float32]


class Rule(NamedTuple):
    """How to learn.

    Attributes
    ----------
    loss : int
        WARP, BPR or LOGISTIC.
    learning_rate : float
    attempt_weights : ndarray of float64, shape (max_sampled,)
        How much a step counts that the draw number 1, 2, ... made.
    popular : bool
        Whether other things are drawn by their number of likes, and not uniformly.
    """

    loss: int
    learning_rate: np.floating[Any]
    attempt_weights: NDArray[np.float64]
    popular: bool


def rank_weights(n_items: int, max_sampled: int) -> NDArray[np.float64]:
    """Return how much WARP counts a step by the number of draws, 1 to `max_sampled`.

    With d draws until a violation among n things, the liked one's rank is about ⌊(n - 1) / d⌋,
    and each rank r above it weighs 1 / r (Weston 2011, equations 2 and 7).
    """
    ranks = np.maximum((n_items - 1) // np.arange(1, max_sampled + 1), 1)
    weights: NDArray[np.float64] = np.cumsum(1.0 / np.arange(1, ranks[0] + 1))[ranks - 1]
    return weights


def new_side(
    features: csr_array, components: int, penalty: float, random: np.random.Generator
) -> Side:
    """Return a side with small random vectors and no biases."""
    shape = features.shape[1], components
    vectors, vector_squares = _on_lines((2, *shape))
    vectors[:] = (random.random(shape, dtype=np.float32) - np.float32(0.5)) / np.float32(components)
    vector_squares[:] = 1
    return Side(
        pointers=features.indptr.astype(np.int64),
        features=features.indices,
        weights=features.data,
        vectors=vectors,
        vector_squares=vector_squares,
        biases=np.zeros(shape[0], np.float32),
        bias_squares=np.ones(shape[0], np.float32),
        penalty=np.float32(penalty),
    )


def _on_lines(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return an array that starts where a line of memory does.

    Rows of 64 components then lie in four lines and not in parts of five.
    """
    size = math.prod(shape)
    numbers = np.empty(size + LINE // 4, np.float32)
    start = -numbers.ctypes.data % LINE // 4
    return numbers[start : start + size].reshape(shape)


def side_features(side: Side) -> csr_array:
    """Return the features of the rows of a side."""
    shape = len(side.pointers) - 1, len(side.biases)
    return csr_array((side.weights, side.features, side.pointers), shape=shape)


def represented(features: csr_array, side: Side) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the vectors and biases of rows with these features."""
    return features @ side.vectors, features @ side.biases


def _draw(key: np.uint64, number: Whole, beyond: int) -> np.int64:
    """Return a whole number from 0 to `beyond` - 1, at most 2³² - 1, the same for the same call.

    It is the upper half of the given member of the sequence that splitmix64 (Steele 2014) makes
    from `key`, scaled.
    """
    mixed = key + np.uint64(number + 1) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return np.int64(((mixed >> np.uint64(32)) * np.uint64(beyond)) >> np.uint64(32))


draw = numba.njit(nogil=True, forceinline=True)(_draw)


def _loss_and_slopes(
    loss: int, liked_score: float, other_score: float
) -> tuple[float, float, float]:
    """Return the loss of a liked thing and another, and its slopes by their two scores.

    WARP's is the hinge, to be weighted by rank (Weston 2011); BPR's the logistic loss of the
    difference (Rendle 2009); the logistic loss asks one question of each: liked or not?
    """
    if loss == WARP:
        violation = 1.0 - liked_score + other_score
        return (violation, -1.0, 1.0) if violation > 0.0 else (0.0, 0.0, 0.0)
    if loss == BPR:
        difference = liked_score - other_score
        wrong = 1.0 / (1.0 + math.exp(difference))
        return max(-difference, 0.0) + math.log1p(math.exp(-abs(difference))), -wrong, wrong
    missed = 1.0 / (1.0 + math.exp(liked_score))
    mistaken = 1.0 / (1.0 + math.exp(-other_score))
    liked_loss = max(-liked_score, 0.0) + math.log1p(math.exp(-abs(liked_score)))
    other_loss = max(other_score, 0.0) + math.log1p(math.exp(-abs(other_score)))
    return liked_loss + other_loss, -missed, mistaken


loss_and_slopes = numba.njit(nogil=True, forceinline=True)(_loss_and_slopes)


def _is_among(things: NDArray[np.int32], first: Whole, beyond: Whole, thing: Whole) -> bool:
    """Say whether `thing` is in the ordered things[first:beyond], by halving."""
    low, high = first, beyond
    while low < high:
        middle = (low + high) // 2
        if things[middle] < thing:
            low = middle + 1
        else:
            high = middle
    return bool(low < beyond and things[low] == thing)


is_among = numba.njit(nogil=True, forceinline=True)(_is_among)

_REORDERED = {"reassoc", "contract", "arcp", "nsz"}
"""Sums may be taken in any order, which several at a time need; NaN and infinity keep their
meaning."""


def _represent(side: Side, row: Whole, vector: Vectors) -> np.floating[Any]:
    """Fill `vector` with the sum over the features of `row`, and return its bias."""
    # Out of the tuple once: fetched in the loop, an array's references are counted each time.
    features, weights, vectors, biases = side.features, side.weights, side.vectors, side.biases
    bias = biases.dtype.type(0)
    vector[:] = 0
    for entry in range(side.pointers[row], side.pointers[row + 1]):
        feature, weight = features[entry], weights[entry]
        bias += weight * biases[feature]
        for k in range(vector.shape[0]):
            vector[k] += weight * vectors[feature, k]
    return bias


represent = numba.njit(nogil=True, forceinline=True, fastmath=_REORDERED)(_represent)


def _product(one: Vectors, other: Vectors) -> np.floating[Any]:
    """Return the inner product."""
    total = one.dtype.type(0)
    for k in range(one.shape[0]):
        total += one[k] * other[k]
    return total


product = numba.njit(nogil=True, forceinline=True, fastmath=_REORDERED)(_product)


def _descend(
    side: Side, row: Whole, bias_slope: np.floating[Any], slopes: Vectors, rate: np.floating[Any]
) -> None:
    """Move the features of `row` against the loss's slopes by the row's bias and vector."""
    features, weights, penalty = side.features, side.weights, side.penalty
    vectors, vector_squares = side.vectors, side.vector_squares
    biases, bias_squares = side.biases, side.bias_squares
    for entry in range(side.pointers[row], side.pointers[row + 1]):
        feature, weight = features[entry], weights[entry]
        gradient = weight * bias_slope + penalty * biases[feature]
        bias_squares[feature] += gradient * gradient
        biases[feature] -= rate * gradient / math.sqrt(bias_squares[feature])
        for k in range(slopes.shape[0]):
            gradient = weight * slopes[k] + penalty * vectors[feature, k]
            square = vector_squares[feature, k] + gradient * gradient
            vector_squares[feature, k] = square
            vectors[feature, k] -= rate * gradient / math.sqrt(square)


descend = numba.njit(nogil=True, forceinline=True, fastmath=_REORDERED, error_model="numpy")(
    _descend
)


_NUMBERS_A_LINE = LINE // 4


def _prefetch_vectors(side: Side, row: Whole) -> None:
    """Ask for the vectors of the features of `row`."""
    features, vectors = side.features, side.vectors
    for entry in range(side.pointers[row], side.pointers[row + 1]):
        for k in range(0, vectors.shape[1], _NUMBERS_A_LINE):
            prefetch(vectors, features[entry], k)


prefetch_vectors = numba.njit(nogil=True, forceinline=True)(_prefetch_vectors)


def _prefetch_squares(side: Side, row: Whole) -> None:
    """Ask for Adagrad's squares of the features of `row`."""
    features, squares = side.features, side.vector_squares
    for entry in range(side.pointers[row], side.pointers[row + 1]):
        for k in range(0, squares.shape[1], _NUMBERS_A_LINE):
            prefetch(squares, features[entry], k)


prefetch_squares = numba.njit(nogil=True, forceinline=True)(_prefetch_squares)


def _drawn_thing(
    liked_things: NDArray[np.int32], n_things: int, popular: bool, key: np.uint64, number: Whole
) -> Whole:
    """Return a thing drawn uniformly, or by its number of likes."""
    if popular:
        return np.int64(liked_things[draw(key, number, liked_things.shape[0])])
    return np.int64(draw(key, number, n_things))


drawn_thing = numba.njit(nogil=True, forceinline=True)(_drawn_thing)


def _learn(
    likes: Likes, order: NDArray[np.int32], sides: tuple[Side, Side], rule: Rule, key: np.uint64
) -> float:
    """Learn from some likes, one after the other, and return the sum of their losses.

    A like of a user who likes everything teaches nothing. Nor does one for which no draw found a
    thing that the user does not like (for WARP: that comes within 1 of the liked one's score).

    A feature that both things of a step have is moved twice, once for each.

    Parameters
    ----------
    likes : Likes
    order : ndarray of int32
        Positions of the likes to learn from.
    sides : (Side, Side)
        Users and things, changed.
    rule : Rule
    key : uint64
        The draws depend on it.
    """
    users, things = sides
    pointers, liked_things, likers = likes.pointers, likes.things, likes.users
    attempt_weights, is_warp, popular = rule.attempt_weights, rule.loss == WARP, rule.popular
    n_things, attempts = things.pointers.shape[0] - 1, attempt_weights.shape[0]
    user_vector = np.empty(things.vectors.shape[1], things.vectors.dtype)
    liked_vector, other_vector = np.empty_like(user_vector), np.empty_like(user_vector)
    slopes = np.empty_like(user_vector)
    total = 0.0
    for place in range(order.shape[0]):
        if place + 1 < order.shape[0]:
            ahead = order[place + 1]
            prefetch_vectors(users, likers[ahead])
            prefetch_squares(users, likers[ahead])
            prefetch_vectors(things, liked_things[ahead])
            prefetch_squares(things, liked_things[ahead])
            first_drawn = drawn_thing(liked_things, n_things, popular, key, ahead * attempts)
            prefetch_vectors(things, first_drawn)
        like = order[place]
        user, liked = likers[like], liked_things[like]
        first, beyond = pointers[user], pointers[user + 1]
        if beyond - first == n_things:
            continue
        user_bias = represent(users, user, user_vector)
        liked_bias = represent(things, liked, liked_vector)
        liked_score = product(user_vector, liked_vector) + liked_bias + user_bias
        for attempt in range(attempts):
            number = like * attempts + attempt
            other = drawn_thing(liked_things, n_things, popular, key, number)
            if is_warp and attempt + 1 < attempts:
                next_drawn = drawn_thing(liked_things, n_things, popular, key, number + 1)
                prefetch_vectors(things, next_drawn)
            other_bias = represent(things, other, other_vector)
            other_score = product(user_vector, other_vector) + other_bias + user_bias
            if is_warp and other_score <= liked_score - 1:
                continue
            # Not before: of most draws the score is enough to go on to the next.
            if is_among(liked_things, first, beyond, other):
                continue
            prefetch_squares(things, other)
            loss, liked_slope, other_slope = loss_and_slopes(
                rule.loss, float(liked_score), float(other_score)
            )
            counts = likes.weights[like] * attempt_weights[attempt]
            total += counts * loss
            by_liked = slopes.dtype.type(counts * liked_slope)
            by_other = slopes.dtype.type(counts * other_slope)
            for k in range(slopes.shape[0]):
                slopes[k] = by_liked * user_vector[k]
            descend(things, liked, by_liked, slopes, rule.learning_rate)
            for k in range(slopes.shape[0]):
                slopes[k] = by_other * user_vector[k]
            descend(things, other, by_other, slopes, rule.learning_rate)
            for k in range(slopes.shape[0]):
                slopes[k] = by_liked * liked_vector[k] + by_other * other_vector[k]
            descend(users, user, by_liked + by_other, slopes, rule.learning_rate)
            break
    return total


learn = numba.njit(nogil=True)(_learn)
