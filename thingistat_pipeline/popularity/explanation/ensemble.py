"""A fitted forest or boosting as plain arrays: one form for everything that walks trees.

scikit-learn keeps the two in different shapes, and walks them in ways that leave no room for what
an explanation needs (the path of one row, with one value replaced). Packed, both are nodes, roots,
a scale and a base:  prediction = base + scale * sum of the leaves that a row reaches.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.tree_kernels import Trees, add_leaf_values

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
