"""What each feature did for the prediction of one thing.

The contribution of a feature is its Shapley value in the game in which a coalition of features
shows the thing's own values and all others those of a background thing, averaged over a sample of
background things: "interventional" contributions. They are exact (no sampling of coalitions) and
add up to the thing's prediction minus the mean prediction of the background. They describe the
model, not the world: what the model associates with a value, compared with the background.

References
----------
S. M. Lundberg et al., "From local explanations to global understanding with explainable AI for
trees", Nature Machine Intelligence 2 (2020) 56-67, algorithm 3 of the supplement.
G. Laberge and Y. Pequignot, "Understanding interventional TreeSHAP: how and why it works",
arXiv:2209.15123 (2022).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.contribution_kernel import tree_contributions
from thingistat_pipeline.popularity.explanation.ensemble import PackedEnsemble, kernel_matrix
from thingistat_pipeline.popularity.explanation.tree_kernels import Trees

_BLOCK_TREES = 25


@dataclass(frozen=True, eq=False, slots=True)
class Contributions:
    """A prediction taken apart: base + values[i].sum() is the prediction for row i.

    Attributes
    ----------
    values : ndarray of float64, shape (n, p)
    base : float
        Mean prediction of the background.
    """

    values: Floats
    base: float


def contributions(
    ensemble: PackedEnsemble,
    X: NDArray[np.float32],
    background: NDArray[np.float32],
    *,
    threads: int = 2,
) -> Contributions:
    """Return the exact interventional Shapley values of the features of each row.

    The time grows with rows x background rows x trees; one row, 50 background rows and 200 trees
    take well under a tenth of a second.

    Parameters
    ----------
    ensemble : PackedEnsemble
    X : ndarray of float32, shape (n, p)
        Things to explain; NaN where unknown.
    background : ndarray of float32, shape (m, p)
        Things to compare with, at least one.
    threads : int, default=2
        Does not change the result.
    """
    if not len(background):
        raise ValueError("contributions need at least one background row to compare with")
    X = kernel_matrix(X, ensemble.n_features)
    background = kernel_matrix(background, ensemble.n_features)
    weights = _shapley_weights(min(ensemble.n_features, ensemble.depth) + 1)
    nodes, roots = ensemble.trees
    blocks = [
        Trees(nodes, roots[start : start + _BLOCK_TREES])
        for start in range(0, len(roots), _BLOCK_TREES)
    ]

    def of_block(task: tuple[int, Trees]) -> Floats:
        row, trees = task
        found: Floats = tree_contributions(trees, X[row], background, weights)
        return found

    tasks = [(row, trees) for row in range(len(X)) for trees in blocks]
    values = np.zeros(X.shape)
    if threads == 1:
        for task in tasks:
            values[task[0]] += of_block(task)
    else:
        with ThreadPoolExecutor(threads) as pool:
            for (row, _), found in zip(tasks, pool.map(of_block, tasks), strict=True):
                values[row] += found
    values *= ensemble.scale / len(background)
    base = float(ensemble.predict(background, threads=threads).mean())
    return Contributions(values, base)


def linear_contributions(
    coefficients: Floats, X: NDArray[np.float32], background: NDArray[np.float32]
) -> Floats:
    """Return the interventional Shapley values of a linear model: coefficient x (x - mean).

    Parameters
    ----------
    coefficients : ndarray of float64, shape (p,)
        On the scale of X.
    X, background : ndarray, shape (n, p) and (m, p)
        All known.

    Returns
    -------
    ndarray of float64, shape (n, p)
    """
    values: Floats = coefficients * (X - background.mean(axis=0, dtype=np.float64))
    return values


def _shapley_weights(size: int) -> Floats:
    """Return i! j! / (i + j + 1)! for all i, j < size."""
    rows = range(size)
    return np.array(
        [[factorial(i) * factorial(j) / factorial(i + j + 1) for j in rows] for i in rows]
    )
