"""The inner loop of Shapley contributions, compiled.

For one row x and one background row b, a coalition S of features shows the tree x's values in S
and b's elsewhere. A leaf is reached by exactly those S that contain all features of a set A (asked
on the way where x and b part, and x's side taken) and none of a disjoint set B (b's side taken).
Such a leaf of value v gives, by Shapley's formula, v (a-1)! b! / (a+b)! to each feature in A and
-v a! (b-1)! / (a+b)! to each in B, with a and b the sizes of the sets. Both weights are the same
for all features of a set, so that the sums over the leaves below a node are enough: they are handed
up, and credited to a feature at the node where x and b first parted on it.

The function releases the interpreter's lock, so that blocks of trees run in threads. It is
compiled afresh in each process: numba's on-disk cache is a pickle, and we load none.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.tree_kernels import Nodes, Trees, goes_left

_UNDECIDED, _AS_ROW, _AS_BACKGROUND = 0, 1, 2
_SHOWN = np.dtype([("x", np.float32), ("b", np.float32), ("side", np.int32), ("pad", np.int32)])
"""A feature of the two rows that are compared, and whose value the tree is shown: still undecided,
the row's (the feature is in A), or the background's (in B)."""
_PARTING = np.dtype(
    [
        ("feature", np.int32),
        ("b_child", np.int32),
        ("x_is_done", np.int64),
        ("for_a", np.float64),
        ("for_b", np.float64),
    ]
)
"""A node where x and b part on a feature; once x's side is done, what its leaves handed up."""


def _child(nodes: Nodes, node: int, seen: np.float32) -> int:
    """Return the child of `node` that a value leads to."""
    return int(nodes[node].left if goes_left(nodes, node, seen) else nodes[node].right)


child = numba.njit(nogil=True)(_child)


def _credit_tree(
    nodes: Nodes,
    root: int,
    shown: NDArray[Any],
    partings: NDArray[Any],
    results: tuple[Floats, Floats],
) -> None:
    """Add what one tree gives to each feature, for one row and one background row.

    Parameters
    ----------
    nodes : ndarray of NODE
    root : int
    shown : ndarray of _SHOWN, shape (p,)
        All undecided, and left so.
    partings : ndarray of _PARTING, shape (d,)
        Scratch; d is at least the number of features on any path.
    results : (ndarray of float64, shape (p,), ndarray of float64, shape (d, d))
        Contributions, added to; and weights[i, j] = i! j! / (i + j + 1)!.
    """
    contributions, weights = results
    node, depth, in_a, in_b = root, 0, 0, 0
    while True:
        while nodes[node].left >= 0:
            feature = shown[nodes[node].feature]
            if feature.side == _AS_ROW:
                node = child(nodes, node, feature.x)
            elif feature.side == _AS_BACKGROUND:
                node = child(nodes, node, feature.b)
            else:
                b_child = child(nodes, node, feature.b)
                x_child = child(nodes, node, feature.x)
                if x_child != b_child:
                    partings[depth].feature = nodes[node].feature
                    partings[depth].b_child = b_child
                    partings[depth].x_is_done = 0
                    shown[nodes[node].feature].side = _AS_ROW
                    depth, in_a = depth + 1, in_a + 1
                node = x_child
        for_a = nodes[node].value * weights[in_a - 1, in_b] if in_a > 0 else 0.0
        for_b = -nodes[node].value * weights[in_a, in_b - 1] if in_b > 0 else 0.0
        while depth > 0 and partings[depth - 1].x_is_done == 1:
            depth, in_b = depth - 1, in_b - 1
            parting = partings[depth]
            shown[parting.feature].side = _UNDECIDED
            contributions[parting.feature] += parting.for_a + for_b
            for_a, for_b = parting.for_a + for_a, parting.for_b + for_b
        if depth == 0:
            return
        last = depth - 1
        partings[last].x_is_done = 1
        partings[last].for_a, partings[last].for_b = for_a, for_b
        shown[partings[last].feature].side = _AS_BACKGROUND
        in_a, in_b = in_a - 1, in_b + 1
        node = partings[last].b_child


credit_tree = numba.njit(nogil=True)(_credit_tree)


def _tree_contributions(
    trees: Trees, x: NDArray[np.float32], background: NDArray[np.float32], weights: Floats
) -> Floats:
    """Return the contributions of x's features over some trees, summed over the background rows.

    Parameters
    ----------
    trees : Trees
    x : ndarray of float32, shape (p,)
    background : ndarray of float32, shape (m, p)
    weights : ndarray of float64, shape (d, d)
        weights[i, j] = i! j! / (i + j + 1)!; d is more than the number of features on any path.

    Returns
    -------
    ndarray of float64, shape (p,)
    """
    contributions = np.zeros(len(x))
    shown = np.zeros(len(x), _SHOWN)
    partings = np.zeros(len(weights), _PARTING)
    for feature in range(len(x)):
        shown[feature].x = x[feature]
    for root in trees.roots:
        for row in range(background.shape[0]):
            for feature in range(len(x)):
                shown[feature].b = background[row, feature]
            credit_tree(trees.nodes, root, shown, partings, (contributions, weights))
    return contributions


tree_contributions = numba.njit(nogil=True)(_tree_contributions)
