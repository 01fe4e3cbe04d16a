"""A fitted forest or boosting as plain arrays: one form for everything that walks trees.

scikit-learn keeps the two in different shapes, and walks them in ways that leave no room for what
an explanation needs (the path of one row, with one value replaced). Packed, both are nodes, roots,
a scale and a base:  prediction = base + scale * sum of the leaves that a row reaches.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.tree_kernels import (
    NODE,
    Nodes,
    Trees,
    add_leaf_values,
)

_BLOCK_ROWS = 1024
"""Rows predicted together; a tree is read from memory once for all of them."""


@dataclass(frozen=True, eq=False, slots=True)
class PackedEnsemble:
    """All trees of a fitted model laid end to end.

    Attributes
    ----------
    trees : Trees
        Of all of them.
    scale : float
        What the sum over the trees is multiplied with: 1 / trees for a forest, 1 for boosting.
    base : float
        What is added to it: 0 for a forest, the baseline for boosting.
    n_features : int
        Columns that the model was fitted on.
    depth : int
        Splits on the longest path.
    """

    trees: Trees
    scale: float
    base: float
    n_features: int
    depth: int

    def predict(self, X: NDArray[np.float32], *, threads: int = 2) -> Floats:
        """Return the predictions for the rows of X.

        Equal, up to rounding, to scikit-learn's, except for a Poisson boosting, whose logarithm
        (the scale that its trees add up on) this is.

        Parameters
        ----------
        X : ndarray of float32, shape (n, p)
            NaN where unknown; such a row goes where the model learned to send it.
        threads : int, default=2
            Does not change the result.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        X = kernel_matrix(X, self.n_features)
        totals = np.zeros(len(X))

        def block(start: int) -> None:
            rows = slice(start, start + _BLOCK_ROWS)
            add_leaf_values(self.trees, X[rows], totals[rows])

        starts = range(0, len(X), _BLOCK_ROWS)
        if threads == 1 or len(starts) == 1:
            for start in starts:
                block(start)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(block, starts))
        predicted: Floats = self.base + self.scale * totals
        return predicted


def packed(estimator: BaseEstimator) -> PackedEnsemble:
    """Return a fitted forest or boosting in packed form.

    Parameters
    ----------
    estimator : RandomForestRegressor or HistGradientBoostingRegressor
        Fitted, with one output, and without categorical splits.

    Raises
    ------
    ThingistatError
        If it is another kind of model, or splits on categories.
    """
    if isinstance(estimator, RandomForestRegressor):
        return _packed_forest(estimator)
    if isinstance(estimator, HistGradientBoostingRegressor):
        return _packed_boosting(estimator)
    raise ThingistatError(
        f"A {type(estimator).__name__} has no trees that we can read. Pass a fitted "
        "RandomForestRegressor or HistGradientBoostingRegressor."
    )


def kernel_matrix(X: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return X as the kernels need it: float32 in C order.

    Raises
    ------
    ValueError
        If X has not `width` columns; the kernels do not look where they read.
    """
    if X.ndim != 2 or X.shape[1] != width:
        raise ValueError(f"X has the shape {X.shape}, but the model knows {width} features")
    return np.ascontiguousarray(X, dtype=np.float32)


def _packed_forest(forest: RandomForestRegressor) -> PackedEnsemble:
    if forest.n_outputs_ != 1:
        raise ThingistatError("A forest with several outputs cannot be packed. Fit one for each.")
    trees = [tree.tree_ for tree in forest.estimators_]
    parts = []
    for tree in trees:
        part = np.zeros(tree.node_count, dtype=NODE)
        part["threshold"] = tree.threshold
        part["value"] = tree.value[:, 0, 0]
        part["left"] = tree.children_left
        part["right"] = tree.children_right
        part["feature"] = tree.feature
        part["missing_left"] = tree.missing_go_to_left
        parts.append(part)
    return PackedEnsemble(
        _end_to_end(parts),
        scale=1 / len(trees),
        base=0.0,
        n_features=forest.n_features_in_,
        depth=max(tree.max_depth for tree in trees),
    )


def _packed_boosting(boosting: HistGradientBoostingRegressor) -> PackedEnsemble:
    # scikit-learn has no public way to read the trees of a boosting. Its attributes `_predictors`
    # and `_baseline_prediction` are read here and nowhere else, and a test compares what follows
    # from them with the public `predict`.
    trees = [iteration[0].nodes for iteration in boosting._predictors]
    if any(tree["is_categorical"].any() for tree in trees):
        raise ThingistatError(
            "The boosting splits on categories as such, which packed trees cannot express. Fit it "
            "with categorical_features=None on yes/no columns."
        )
    parts = []
    for tree in trees:
        leaf = tree["is_leaf"] == 1
        part = np.zeros(len(tree), dtype=NODE)
        part["threshold"] = tree["num_threshold"]
        part["value"] = tree["value"]
        part["left"] = np.where(leaf, -1, tree["left"].astype(np.int64))
        part["right"] = np.where(leaf, -1, tree["right"].astype(np.int64))
        part["feature"] = tree["feature_idx"]
        part["missing_left"] = tree["missing_go_to_left"]
        parts.append(part)
    return PackedEnsemble(
        _end_to_end(parts),
        scale=1.0,
        base=float(boosting._baseline_prediction.item()),
        n_features=boosting.n_features_in_,
        depth=max(int(tree["depth"].max()) for tree in trees),
    )


def _end_to_end(parts: list[Nodes]) -> Trees:
    """Join trees whose children are counted from their own root."""
    beyond = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    for part, root in zip(parts, beyond[:-1], strict=True):
        inner = part["left"] >= 0
        part["left"][inner] += root
        part["right"][inner] += root
    return Trees(np.concatenate(parts), beyond[:-1])
