"""Cross-validated scores of a whole grid of forests from one forest a fold: grow once.

A tree of depth 10 has the same distribution as a tree of depth 14 of which everything below
depth 10 is cut off, because the best split of a node depends on the node's rows only, never on how
far the tree may still grow; likewise a higher `min_samples_split` only turns more nodes into
leaves. And the first 150 trees of a forest of 250 are a forest of 150. So one forest, grown to the
deepest depth with the lowest `min_samples_split` and the most trees, gives the score of every
combination of the three: walk each validation row once, and read off, for each combination, the
mean at the node where its path would have ended.

It is exact where nothing is cut. Where something is, the cut tree and the tree that scikit-learn
would have grown with that limit are two draws from one distribution: scikit-learn consumes its
random numbers node by node, so that a deeper tree draws other candidate features further on.
It does not carry over to `max_features` (other candidates at every node), for which a forest each
is grown, but once only where two settings amount to the same number: of 23 features, `sqrt` and
`log2` are both 4.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.popularity.evaluation import Floats, r_squared
from thingistat_pipeline.popularity.splits import Progress, Split

MaxFeatures = Literal["sqrt", "log2"]
_TREES_AT_A_TIME = 16


class GrownTree(Protocol):
    """What we read of `sklearn.tree._tree.Tree`; a leaf has -1 for its children."""

    node_count: int
    children_left: NDArray[np.int64]
    children_right: NDArray[np.int64]
    n_node_samples: NDArray[np.int64]
    value: Floats

    def apply(self, X: NDArray[np.float32]) -> NDArray[np.intp]:
        """Return the leaf that each row reaches."""


@dataclass(frozen=True, order=True, slots=True)
class ForestParameters:
    """One point of the grid, under the names of `RandomForestRegressor`."""

    max_depth: int
    max_features: MaxFeatures
    min_samples_split: int
    n_estimators: int

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters as keyword arguments."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ForestGrid:
    """The values to combine; each tuple holds at least one."""

    max_depth: tuple[int, ...]
    max_features: tuple[MaxFeatures, ...]
    min_samples_split: tuple[int, ...]
    n_estimators: tuple[int, ...]

    def combinations(self) -> list[ForestParameters]:
        """Return every combination, in the order of scikit-learn's `ParameterGrid`."""
        return [
            ForestParameters(*values)
            for values in product(
                self.max_depth, self.max_features, self.min_samples_split, self.n_estimators
            )
        ]


@dataclass(frozen=True, eq=False, slots=True)
class Tuning:
    """Scores of every combination in every fold.

    Attributes
    ----------
    combinations : list of ForestParameters, length c
    scores : ndarray of float64, shape (c, folds)
        R² on the fold's held-out rows; NaN where a fold has none (see `r_squared`).
    """

    combinations: list[ForestParameters]
    scores: Floats

    @property
    def means(self) -> list[float | None]:
        """Mean R² of each combination over the folds that have one."""
        return [float(row.mean()) if len(row) else None for row in self._defined()]

    @property
    def deviations(self) -> list[float | None]:
        """Standard deviation over the folds (of the population, as `GridSearchCV` gives it)."""
        return [float(row.std()) if len(row) else None for row in self._defined()]

    @property
    def best(self) -> int:
        """Position of the best combination; of equals, the first in the grid's order."""
        means = [-np.inf if mean is None else mean for mean in self.means]
        return int(np.argmax(means))

    def _defined(self) -> list[Floats]:
        return [row[np.isfinite(row)] for row in self.scores]


def tune_forest(
    X: NDArray[np.float32],
    y: Floats,
    grid: ForestGrid,
    folds: Sequence[Split],
    *,
    seed: int,
    threads: int = 2,
    progress: Progress | None = None,
) -> Tuning:
    """Score every combination of a grid by cross-validation, growing one forest a fold.

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
        Features, all known.
    y : ndarray of float64, shape (n,)
        Outcome.
    grid : ForestGrid
        What to combine.
    folds : sequence of Split
        Rows to fit on and to score on, fold by fold.
    seed : int
        `random_state` of every forest.
    threads : int, default=2
        Does not change the result.
    progress : callable, optional
        Told after every forest.
    """
    combinations = grid.combinations()
    scores = np.full((len(combinations), len(folds)), np.nan)
    widths = {setting: candidates_at_a_node(setting, X.shape[1]) for setting in grid.max_features}
    total = len(folds) * len(set(widths.values()))
    done = 0
    for fold, split in enumerate(folds):
        for width in dict.fromkeys(widths.values()):
            forest = RandomForestRegressor(
                max_depth=max(grid.max_depth),
                max_features=width,
                min_samples_split=min(grid.min_samples_split),
                n_estimators=max(grid.n_estimators),
                random_state=seed,
                n_jobs=threads,
            ).fit(X[split.train], y[split.train])
            found = score_truncated(forest, X[split.test], y[split.test], grid, threads=threads)
            for row, combination in enumerate(combinations):
                if widths[combination.max_features] == width:
                    key = (
                        combination.max_depth,
                        combination.min_samples_split,
                        combination.n_estimators,
                    )
                    scores[row, fold] = found[key]
            done += 1
            if progress is not None:
                progress("tuning", done, total)
    return Tuning(combinations, scores)


def candidates_at_a_node(setting: MaxFeatures, width: int) -> int:
    """Return how many features scikit-learn tries at a node, for `sqrt` or `log2` of `width`."""
    root = np.sqrt(width) if setting == "sqrt" else np.log2(width)
    return max(1, int(root))


def score_truncated(
    forest: RandomForestRegressor,
    X: NDArray[np.float32],
    y: Floats,
    grid: ForestGrid,
    *,
    threads: int = 2,
) -> dict[tuple[int, int, int], float]:
    """Return R² for every (max_depth, min_samples_split, n_estimators), from one grown forest.

    Memory is bounded by `len(X)` times the number of (max_depth, min_samples_split) pairs, times
    the trees that are walked at one time.

    Parameters
    ----------
    forest : RandomForestRegressor
        Grown to at least the grid's deepest depth, lowest min_samples_split and most trees.
    X : ndarray of float32, shape (n, p)
    y : ndarray of float64, shape (n,)
    grid : ForestGrid
        Its `max_features` are not looked at.
    threads : int, default=2
        Trees are summed in their order, so the number of threads does not change the result.
    """
    limits = list(product(grid.max_depth, grid.min_samples_split))
    totals = np.zeros((len(limits), len(X)))
    scores = {}
    trees = forest.estimators_[: max(grid.n_estimators)]
    walk = partial(predictions_under_limits, X=X, limits=limits)
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(trees), _TREES_AT_A_TIME):
            batch = [tree.tree_ for tree in trees[start : start + _TREES_AT_A_TIME]]
            for number, predictions in enumerate(pool.map(walk, batch), start=start + 1):
                totals += predictions
                if number in grid.n_estimators:
                    for (depth, split), total in zip(limits, totals, strict=True):
                        score = r_squared(y, total / number)
                        scores[depth, split, number] = np.nan if score is None else score
    return scores


def predictions_under_limits(
    tree: GrownTree, X: NDArray[np.float32], limits: Sequence[tuple[int, int]]
) -> Floats:
    """Return what a tree would predict if it had been grown under stricter limits.

    Parameters
    ----------
    tree : GrownTree
        Grown by depth first. Its `n_node_samples` counts the distinct bootstrapped rows of a
        node, which is what scikit-learn compares with `min_samples_split`.
    X : ndarray of float32, shape (n, p)
    limits : sequence of (max_depth, min_samples_split), length c

    Returns
    -------
    ndarray of float64, shape (c, n)
    """
    depths, levels, parents = _levels(tree)
    value = tree.value[:, 0, 0]
    stops = np.stack([(depths >= depth) | (tree.n_node_samples < split) for depth, split in limits])
    answer = np.broadcast_to(value, stops.shape).copy()
    for nodes in levels[1:]:
        above = parents[nodes]
        stopped = stops[:, above]
        answer[:, nodes] = np.where(stopped, answer[:, above], value[nodes])
        stops[:, nodes] |= stopped
    predictions: Floats = answer[:, tree.apply(X)]
    return predictions


def _levels(
    tree: GrownTree,
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]], NDArray[np.int64]]:
    """Return each node's depth, the nodes level by level, and each node's parent."""
    left, right = tree.children_left, tree.children_right
    depths = np.zeros(tree.node_count, dtype=np.int64)
    parents = np.zeros(tree.node_count, dtype=np.int64)
    levels = [np.zeros(1, dtype=np.int64)]
    while True:
        inner = levels[-1][left[levels[-1]] >= 0]
        if not len(inner):
            return depths, levels, parents
        for children in (left[inner], right[inner]):
            parents[children] = inner
            depths[children] = len(levels)
        levels.append(np.concatenate([left[inner], right[inner]]))
