"""The inner loop of permutation importance, compiled.

Permuting one feature changes a row's prediction only in those trees where the row's path asks for
that feature and the new value falls on the other side of some threshold. On its way down a path
leaves, for each feature it asks for, an interval (low, high] of values that would have led to the
same leaf. So each tree is walked once a row; and walked again, from the first node that asks for
the feature, only where the permuted value lies outside that interval.

The function releases the interpreter's lock, so that blocks of rows run in threads; each block has
its own sums, and the result does not depend on how many threads there are. It is compiled afresh
in each process (about three seconds): numba's on-disk cache is a pickle, and we load none.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

NODE = np.dtype(
    [
        ("threshold", np.float64),
        ("value", np.float64),
        ("left", np.int32),
        ("right", np.int32),
        ("feature", np.int32),
        ("padding", np.int32),
    ]
)
"""A node of a packed forest, 32 bytes; a leaf has `left` == -1."""


class PackedForest(NamedTuple):
    """All trees of a forest laid end to end.

    Attributes
    ----------
    nodes : ndarray of NODE
        Children are positions in this array.
    roots : ndarray of int64, shape (trees,)
    """

    nodes: NDArray[Any]
    roots: NDArray[np.int64]


def _value_below(
    nodes: NDArray[Any], node: int, x: NDArray[np.float32], feature: int, shown: float
) -> float:
    """Return the value of the leaf below `node` that row `x` reaches with one feature replaced."""
    while nodes[node].left >= 0:
        asked = nodes[node].feature
        seen = shown if asked == feature else x[asked]
        node = nodes[node].left if seen <= nodes[node].threshold else nodes[node].right
    value: float = nodes[node].value
    return value


def _show_shuffled(
    shown: NDArray[np.float32], X: NDArray[np.float32], shuffles: NDArray[np.int64], start: int
) -> None:
    """Fill `shown`, (rows, p, repeats), with what rows from `start` on show of each feature."""
    for row in range(shown.shape[0]):
        for repeat in range(shown.shape[2]):
            other = shuffles[repeat, start + row]
            for feature in range(shown.shape[1]):
                shown[row, feature, repeat] = X[other, feature]


def _add_squares(
    sums: NDArray[np.float64],
    change: NDArray[np.float64],
    total: float,
    trees: int,
    actual: float,
) -> None:
    """Add to `sums`, (p, repeats), a row's squared errors under each `change` of its total."""
    for feature in range(sums.shape[0]):
        for repeat in range(sums.shape[1]):
            error = (total + change[feature, repeat]) / trees - actual
            sums[feature, repeat] += error * error


# Compiled here, and not by decorators, so that the types above stay visible to a type checker.
_value_below_compiled = numba.njit(nogil=True)(_value_below)
_show_shuffled_compiled = numba.njit(nogil=True)(_show_shuffled)
_add_squares_compiled = numba.njit(nogil=True)(_add_squares)


def _squared_errors(
    forest: PackedForest,
    X: NDArray[np.float32],
    y: NDArray[np.float64],
    shuffles: NDArray[np.int64],
    rows: tuple[int, int],
) -> tuple[float, NDArray[np.float64]]:
    """Sum the squared errors of a block of rows, as they are and with each feature permuted.

    Parameters
    ----------
    forest : PackedForest
    X : ndarray of float32, shape (n, p), C order
    y : ndarray of float64, shape (n,)
    shuffles : ndarray of int64, shape (repeats, n)
        Row r takes, in repeat k, its value of the permuted feature from row shuffles[k, r].
    rows : (int, int)
        First row of the block, and the first beyond it.

    Returns
    -------
    float
        Sum of squared errors of the unpermuted rows.
    ndarray of float64, shape (p, repeats)
        The same with each feature permuted.
    """
    nodes, roots = forest
    first, beyond = rows
    features, repeats = X.shape[1], shuffles.shape[0]
    totals = np.zeros(beyond - first)
    changes = np.zeros((beyond - first, features, repeats))
    shown = np.empty((beyond - first, features, repeats), np.float32)
    _show_shuffled_compiled(shown, X, shuffles, first)
    low, high = np.empty(features), np.empty(features)
    first_asked = np.empty(features, np.int64)
    asked = np.empty(features, np.int64)
    last_walk = np.zeros(features, np.int64)
    walk = 0
    # Tree by tree, and not row by row, so that a tree's nodes stay in the processor's cache.
    for root in roots:
        for row in range(beyond - first):
            x = X[first + row]
            walk += 1
            n_asked = 0
            node = root
            while nodes[node].left >= 0:
                feature, threshold = nodes[node].feature, nodes[node].threshold
                if last_walk[feature] != walk:
                    last_walk[feature] = walk
                    asked[n_asked] = feature
                    n_asked += 1
                    first_asked[feature] = node
                    low[feature], high[feature] = -np.inf, np.inf
                if x[feature] <= threshold:
                    node = nodes[node].left
                    high[feature] = min(high[feature], threshold)
                else:
                    node = nodes[node].right
                    low[feature] = max(low[feature], threshold)
            reached = nodes[node].value
            totals[row] += reached
            for position in range(n_asked):
                feature = asked[position]
                for repeat in range(repeats):
                    other = shown[row, feature, repeat]
                    if not low[feature] < other <= high[feature]:
                        value = _value_below_compiled(
                            nodes, first_asked[feature], x, feature, other
                        )
                        changes[row, feature, repeat] += value - reached
    baseline, permuted = 0.0, np.zeros((features, repeats))
    for row in range(beyond - first):
        actual = y[first + row]
        error = totals[row] / len(roots) - actual
        baseline += error * error
        _add_squares_compiled(permuted, changes[row], totals[row], len(roots), actual)
    return baseline, permuted


squared_errors = numba.njit(nogil=True)(_squared_errors)
