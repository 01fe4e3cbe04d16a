"""Which features a forest leans on, by two measures with very different meanings.

*Mean decrease in variance* is how much the splits on a feature reduced the variance of the
training rows. It is cheap, it is what ThingiStat's notebook shows first, and it favours features
with many distinct values, useful or not.

*Permutation importance* is by how much R² falls when a feature's values are shuffled among the
rows. On the training rows it says what the forest uses (ThingiStat measured it there); on
held-out rows it says what helps on things that the forest has not seen.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.permutation_kernel import NODE, PackedForest, squared_errors

IMPORTANCE_SCHEMA = {
    "method": pl.String,
    "split": pl.String,
    "feature": pl.String,
    "mean": pl.Float64,
    "std": pl.Float64,
}
SplitName = Literal["train", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "test")
Method = Literal["mean_decrease_in_variance", "permutation"]
_BLOCK_ROWS = 64
"""Rows done together: few enough for their sums to fit the processor's second cache."""


@dataclass(frozen=True, eq=False, slots=True)
class PermutationImportance:
    """Falls of R², feature by feature.

    Attributes
    ----------
    falls : ndarray of float64, shape (p, repeats)
        R² as it is minus R² with the feature shuffled.
    baseline : float
        R² as it is.
    """

    falls: Floats
    baseline: float


def permutation_importance(
    forest: RandomForestRegressor,
    X: NDArray[np.float32],
    y: Floats,
    *,
    repeats: int = 8,
    seed: int,
    threads: int = 2,
) -> PermutationImportance:
    """Return how much R² falls when each feature is shuffled.

    Equal, up to rounding, to `sklearn.inspection.permutation_importance` with
    ``n_repeats=repeats, random_state=seed, scoring="r2"``: the shuffles are the same.

    Parameters
    ----------
    forest : RandomForestRegressor
        Fitted, with one output.
    X : ndarray of float32, shape (n, p)
        No missing values.
    y : ndarray of float64, shape (n,)
        Not constant.
    repeats : int, default=8
        Shuffles a feature.
    seed : int
        Seed of the shuffles.
    threads : int, default=2
        Does not change the result.

    References
    ----------
    L. Breiman, "Random forests", Machine Learning 45 (2001) 5-32.
    """
    X = np.ascontiguousarray(X, dtype=np.float32)
    y = np.ascontiguousarray(y, dtype=np.float64)
    packed = _packed(forest)
    shuffles = _shuffles(len(X), repeats=repeats, seed=seed)

    def block(start: int) -> tuple[float, Floats]:
        rows = (start, min(start + _BLOCK_ROWS, len(X)))
        sums: tuple[float, Floats] = squared_errors(packed, X, y, shuffles, rows)
        return sums

    as_is, permuted = 0.0, np.zeros((X.shape[1], repeats))
    with ThreadPoolExecutor(threads) as pool:
        for block_as_is, block_permuted in pool.map(block, range(0, len(X), _BLOCK_ROWS)):
            as_is += block_as_is
            permuted += block_permuted
    deviation = ((y - y.mean()) ** 2).sum()
    return PermutationImportance(
        falls=(permuted - as_is) / deviation, baseline=float(1.0 - as_is / deviation)
    )


def mean_decrease_in_variance(forest: RandomForestRegressor) -> Floats:
    """Return each tree's own importances, shape (trees, p); trees without a split are left out.

    Their mean over the trees, scaled to sum to 1, is `forest.feature_importances_`.
    """
    rows = [tree.feature_importances_ for tree in forest.estimators_ if tree.tree_.node_count > 1]
    return np.array(rows, dtype=np.float64).reshape(len(rows), forest.n_features_in_)


def importance_rows(
    method: Method,
    split: SplitName,
    features: list[str],
    samples: Floats,
) -> pl.DataFrame:
    """Summarise samples of importance as rows of the table `feature_importance`.

    Parameters
    ----------
    method, split : str
        What was measured, and on which rows.
    features : list of str, length p
    samples : ndarray of float64, shape (p, k)
        One row a feature; k trees or k repeats. With k = 0 every importance is 0.

    Returns
    -------
    polars.DataFrame
        method, split, feature, mean, std (of the population, over the k samples).
    """
    if not samples.shape[1]:
        samples = np.zeros((len(features), 1))
    return pl.DataFrame(
        {
            "method": [method] * len(features),
            "split": [split] * len(features),
            "feature": features,
            "mean": samples.mean(axis=1),
            "std": samples.std(axis=1),
        },
        schema=IMPORTANCE_SCHEMA,
    )


def _packed(forest: RandomForestRegressor) -> PackedForest:
    """Lay a forest's trees end to end, children as positions in the whole array."""
    trees = [tree.tree_ for tree in forest.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees)], dtype=np.int64)
    nodes = np.zeros(roots[-1], dtype=NODE)
    for tree, root in zip(trees, roots[:-1], strict=True):
        part = nodes[root : root + tree.node_count]
        inner = tree.children_left >= 0
        part["threshold"] = tree.threshold
        part["value"] = tree.value[:, 0, 0]
        part["feature"] = tree.feature
        part["left"] = np.where(inner, tree.children_left + root, -1)
        part["right"] = np.where(inner, tree.children_right + root, -1)
    return PackedForest(nodes, roots[:-1])


def _shuffles(rows: int, *, repeats: int, seed: int) -> NDArray[np.int64]:
    """Return, repeat by repeat, where each row takes its shuffled value from.

    scikit-learn draws one seed, shuffles the same index array again and again, and applies each
    shuffle to the column as the one before has left it; so the shuffles compose.
    """
    column_seed = np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1)
    random = np.random.RandomState(column_seed)
    index = np.arange(rows)
    current = np.arange(rows)
    found = np.empty((repeats, rows), dtype=np.int64)
    for repeat in range(repeats):
        random.shuffle(index)
        current = current[index]
        found[repeat] = current
    return found
