"""Walking packed trees, compiled.

What belongs here: how a node sends a row left or right, and the prediction that follows from it.
Every other kernel walks by the same rule.

The functions release the interpreter's lock, so that blocks of rows run in threads. They are
compiled afresh in each process: numba's on-disk cache is a pickle, and we load none.
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
        ("missing_left", np.int32),
    ]
)
"""A node of a packed tree, 32 bytes; a leaf has `left` == -1.

A row goes left where its float32 value, widened, is at most the threshold, or where it is NaN and
`missing_left` is 1: scikit-learn's rule, in forests and in boosting alike.
"""

Nodes = NDArray[Any]
"""An array of NODE."""


class Trees(NamedTuple):
    """Trees laid end to end.

    Attributes
    ----------
    nodes : ndarray of NODE
        Children are positions in this array.
    roots : ndarray of int64, shape (trees,)
    """

    nodes: Nodes
    roots: NDArray[np.int64]


def _goes_left(nodes: Nodes, node: int, seen: np.float32) -> bool:
    """Say whether a row whose value of the asked feature is `seen` goes left at `node`."""
    if np.isnan(seen):
        return bool(nodes[node].missing_left == 1)
    return bool(seen <= nodes[node].threshold)


goes_left = numba.njit(nogil=True)(_goes_left)


def _add_leaf_values(trees: Trees, X: NDArray[np.float32], totals: NDArray[np.float64]) -> None:
    """Add to `totals`, (n,), the values of the leaves that the rows of X reach, over all trees."""
    nodes = trees.nodes
    # Tree by tree, and not row by row, so that a tree's nodes stay in the processor's cache.
    for root in trees.roots:
        for row in range(X.shape[0]):
            node = root
            while nodes[node].left >= 0:
                if goes_left(nodes, node, X[row, nodes[node].feature]):
                    node = nodes[node].left
                else:
                    node = nodes[node].right
            totals[row] += nodes[node].value


add_leaf_values = numba.njit(nogil=True)(_add_leaf_values)
