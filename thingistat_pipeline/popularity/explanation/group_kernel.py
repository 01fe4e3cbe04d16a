"""The inner loop of permutation importance by groups of features, compiled.

Shuffling a group changes a row's prediction only in those trees where its path asks for one of the
group's features and the value it is shown instead leaves the path. On its way down a path leaves,
for each feature it asks for, an interval (low, high] of values, and whether an unknown one, would
have led to the same leaf. So each tree is walked once a row; and walked again, from the first node
that asks for the group, only where a shown value lies outside.

The function releases the interpreter's lock, so that blocks of rows run in threads; each block has
its own sums, and the result does not depend on how many threads there are. It is compiled afresh
in each process: numba's on-disk cache is a pickle, and we load none.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.tree_kernels import Nodes, Trees, goes_left


class Grouping(NamedTuple):
    """Which features are shuffled together.

    Attributes
    ----------
    group_of : ndarray of int64, shape (p,)
        Group of each feature, less than `groups`; -1 for a feature of none.
    groups : int
        How many there are.
    """

    group_of: NDArray[np.int64]
    groups: int


ASKED = np.dtype(
    [
        ("low", np.float64),
        ("high", np.float64),
        ("unknown_stays", np.int64),
        ("path", np.int64),
    ]
)
"""A feature on a path: the values in (low, high], and an unknown one where `unknown_stays` is 1,
lead to the same leaf. `path` is the number of the path that this is about."""
MET = np.dtype([("first_node", np.int64), ("path", np.int64), ("leaves", np.int64)])
"""A group on a path: the first node that asks for it; whether (1) what is shown of it instead
leads elsewhere."""


class Path(NamedTuple):
    """What the path that was followed last asked for; the arrays are used again for each path.

    Attributes
    ----------
    asked : ndarray of ASKED, shape (p,)
    met : ndarray of MET, shape (groups,)
    features, groups : ndarray of int64, shapes (p,) and (groups,)
        Which ones are on the path, in the order in which it came to them.
    counts : ndarray of int64, shape (3,)
        Number of this path, of features on it, and of groups.
    """

    asked: NDArray[Any]
    met: NDArray[Any]
    features: NDArray[np.int64]
    groups: NDArray[np.int64]
    counts: NDArray[np.int64]


def no_path(grouping: Grouping) -> Path:
    """Return the arrays for paths, before the first."""
    features = len(grouping.group_of)
    return Path(
        np.zeros(features, ASKED),
        np.zeros(grouping.groups, MET),
        np.empty(features, np.int64),
        np.empty(grouping.groups, np.int64),
        np.zeros(3, np.int64),
    )


def _follow(
    nodes: Nodes, node: int, x: NDArray[np.float32], grouping: Grouping, path: Path
) -> float:
    """Return the leaf below `node` that row `x` reaches, and note the path to it."""
    asked, met, features, groups, counts = path
    number, n_features, n_groups = counts[0] + 1, 0, 0
    while nodes[node].left >= 0:
        feature, threshold = nodes[node].feature, nodes[node].threshold
        group = grouping.group_of[feature]
        if group >= 0 and asked[feature].path != number:
            asked[feature].path = number
            asked[feature].low, asked[feature].high = -np.inf, np.inf
            asked[feature].unknown_stays = 1
            features[n_features] = feature
            n_features += 1
            if met[group].path != number:
                met[group].path = number
                met[group].first_node = node
                groups[n_groups] = group
                n_groups += 1
        if goes_left(nodes, node, x[feature]):
            asked[feature].high = min(asked[feature].high, threshold)
            asked[feature].unknown_stays &= nodes[node].missing_left
            node = nodes[node].left
        else:
            asked[feature].low = max(asked[feature].low, threshold)
            asked[feature].unknown_stays &= 1 - nodes[node].missing_left
            node = nodes[node].right
    counts[0], counts[1], counts[2] = number, n_features, n_groups
    value: float = nodes[node].value
    return value


follow = numba.njit(nogil=True)(_follow)


def _mark_leaving(path: Path, shown: NDArray[np.float32], grouping: Grouping) -> None:
    """Set `leaves` of the groups on the path: whether a feature as `shown` leads elsewhere."""
    for position in range(path.counts[2]):
        path.met[path.groups[position]].leaves = 0
    for position in range(path.counts[1]):
        feature = path.features[position]
        asked, value = path.asked[feature], shown[feature]
        unknown_leaves = np.isnan(value) and asked.unknown_stays == 0
        if unknown_leaves or value <= asked.low or value > asked.high:
            path.met[grouping.group_of[feature]].leaves = 1


mark_leaving = numba.njit(nogil=True)(_mark_leaving)


def _value_below(
    nodes: Nodes,
    node: int,
    values: tuple[NDArray[np.float32], NDArray[np.float32]],
    group_of: NDArray[np.int64],
    group: int,
) -> float:
    """Return the leaf below `node` for a row's own values, but those of one group as shown."""
    own, shown = values
    while nodes[node].left >= 0:
        asked = nodes[node].feature
        seen = shown[asked] if group_of[asked] == group else own[asked]
        node = nodes[node].left if goes_left(nodes, node, seen) else nodes[node].right
    value: float = nodes[node].value
    return value


value_below = numba.njit(nogil=True)(_value_below)


def _add_leaf_changes(
    trees: Trees,
    X: NDArray[np.float32],
    grouping: Grouping,
    shuffles: NDArray[np.int64],
    sums: tuple[Path, Floats, Floats],
) -> None:
    """Add up the leaves of a block of rows, and by how much each shuffled group moves them.

    Parameters
    ----------
    trees : Trees
    X : ndarray of float32, shape (n, p), C order
    grouping : Grouping
    shuffles : ndarray of int64, shape (rows, 1 + repeats)
        The rows of the block and, repeat by repeat, from which row each takes its values of the
        shuffled group.
    sums : (Path, ndarray of float64, ndarray of float64)
        What `no_path` returns; totals, (rows,), and changes, (rows, groups, repeats), added to.
    """
    path, totals, changes = sums
    nodes = trees.nodes
    # Tree by tree, and not row by row, so that a tree's nodes stay in the processor's cache.
    for root in trees.roots:
        for row in range(shuffles.shape[0]):
            own = X[shuffles[row, 0]]
            reached = follow(nodes, root, own, grouping, path)
            totals[row] += reached
            for repeat in range(shuffles.shape[1] - 1):
                shown = X[shuffles[row, repeat + 1]]
                mark_leaving(path, shown, grouping)
                for position in range(path.counts[2]):
                    group = path.groups[position]
                    if path.met[group].leaves == 1:
                        start = path.met[group].first_node
                        value = value_below(nodes, start, (own, shown), grouping.group_of, group)
                        changes[row, group, repeat] += value - reached


add_leaf_changes = numba.njit(nogil=True)(_add_leaf_changes)
