"""A forest like the advisor's, but smaller: for checks that fit many of them."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.ensemble import PackedEnsemble
from thingistat_pipeline.popularity.explanation.packing import packed

ParametersFor = Callable[[int], Mapping[str, Any]]
"""Gives keyword arguments of `RandomForestRegressor` for a number of rows to fit on."""


def small_forest(
    X: NDArray[Any],
    y: Floats,
    params: ParametersFor,
    *,
    trees: int,
    seed: int,
    threads: int,
) -> PackedEnsemble:
    """Fit a forest with the advisor's parameters but another number of trees.

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
        NaN where unknown.
    y : ndarray of float64, shape (n,)
    params : callable
        Gives them for n rows: what share of the rows a tree draws depends on how many there are.
    trees : int
    seed : int
        `random_state`.
    threads : int
        Does not change the result.
    """
    forest = RandomForestRegressor(
        **{**params(len(y)), "n_estimators": trees}, random_state=seed, n_jobs=threads
    )
    # The threads in which scikit-learn grows trees set and reset the process's warning filters, and
    # may leave them empty when they get in one another's way; from then on it warns with every
    # tree. Given a copy to play with, they leave the process's own alone.
    with warnings.catch_warnings():
        return packed(forest.fit(X, y))
