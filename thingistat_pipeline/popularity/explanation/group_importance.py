"""How much of its skill the model loses when a group of features tells it nothing.

The group's columns are shuffled among held-out rows, together, so that what they say to one
another is kept and what they say about the thing is lost; what R² on logs falls by is the group's
importance. It is measured on creators that the model has not seen: on its own training rows a
forest leans on anything.

References
----------
L. Breiman, "Random forests", Machine Learning 45 (2001) 5-32.
G. Hooker, L. Mentch and S. Zhou, "Unrestricted permutation forces extrapolation", Statistics and
Computing 31 (2021) 82: why features that go together are shuffled together, and why `drop_group`
checks the result by fitting again.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.ensemble import PackedEnsemble, kernel_matrix
from thingistat_pipeline.popularity.explanation.fall_of_skill import (
    falls_interval,
    squared_deviation,
)
from thingistat_pipeline.popularity.explanation.group_kernel import (
    Grouping,
    add_leaf_changes,
    no_path,
)
from thingistat_pipeline.settings import Effort

IMPORTANCE_ROWS: dict[Effort, int] = {"quick": 2_000, "full": 10_000}
"""Most held-out rows that groups are shuffled among; whole creators."""
SHUFFLES = 5
GROUP_SCHEMA = {
    "group": pl.String,
    "mean": pl.Float64,
    "std": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "rows": pl.Int64,
}
_BLOCK_ROWS = 64
"""Rows done together: few enough for their sums to fit the processor's second cache."""


@dataclass(frozen=True, eq=False, slots=True)
class ErrorIncreases:
    """What shuffling does to squared errors.

    Attributes
    ----------
    by_row : ndarray of float64, shape (n, groups)
        Increase of each row's squared error, the mean over the repeats.
    by_repeat : ndarray of float64, shape (groups, repeats)
        Increase of the sum of squared errors.
    """

    by_row: Floats
    by_repeat: Floats


def group_importance(
    ensemble: PackedEnsemble,
    held_out: AdvisorRows,
    groups: Mapping[str, Sequence[str]],
    *,
    seed: int,
    effort: Effort = "quick",
    threads: int = 2,
) -> pl.DataFrame:
    """Return how much R² on logs falls when each group is shuffled.

    Single features are groups of one: ``{name: [name] for name in features}``.

    Parameters
    ----------
    ensemble : PackedEnsemble
        Fitted on the rows' features.
    held_out : AdvisorRows
        Rows that it was not fitted on. Whole creators are taken up to the cap of the effort.
    groups : mapping of str to sequence of str
        Features of each group; no feature in two.
    seed : int
        Of the shuffles, the sample of creators and the bootstrap.
    effort : {"quick", "full"}
        Decides rows, shuffles and resamples.
    threads : int, default=2
        Does not change the result.

    Returns
    -------
    polars.DataFrame
        group; mean and std (of the population) over the shuffles; the 95 % percentile interval
        [low, high] of the mean over resamples of the creators, the model held fixed; rows, how
        many were used. The figures are null where y does not vary. The most important group first.
    """
    rows = held_out.taken(
        whole_creators(held_out.creators, most=IMPORTANCE_ROWS[effort], seed=seed)
    )
    rng = np.random.default_rng(seed)
    shuffles = np.stack([rng.permutation(len(rows.y)) for _ in range(SHUFFLES)])
    group_of = group_numbers(rows.features, groups)
    increases = error_increases(ensemble, rows.X, rows.y, group_of, shuffles, threads=threads)
    falls = increases.by_repeat / squared_deviation(rows.y)
    low, high = falls_interval(increases.by_row, rows.y, rows.creators, seed=seed, effort=effort)
    table = pl.DataFrame(
        {
            "group": list(groups),
            "mean": falls.mean(axis=1),
            "std": falls.std(axis=1),
            "low": low,
            "high": high,
            "rows": [len(rows.y)] * len(groups),
        },
        schema=GROUP_SCHEMA,
    )
    return table.fill_nan(None).sort("mean", "group", descending=[True, False], nulls_last=True)


def group_numbers(
    features: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> NDArray[np.int64]:
    """Return the number of each feature's group, in the order of `groups`; -1 for none.

    Raises
    ------
    ValueError
        If a group names an unknown feature, or one that another group has.
    """
    numbers = np.full(len(features), -1, dtype=np.int64)
    place = {name: number for number, name in enumerate(features)}
    for number, (group, members) in enumerate(groups.items()):
        for name in members:
            if name not in place or numbers[place[name]] >= 0:
                raise ValueError(f"{name!r} of the group {group!r} is unknown or in two groups")
            numbers[place[name]] = number
    return numbers


def error_increases(
    ensemble: PackedEnsemble,
    X: NDArray[np.float32],
    y: Floats,
    group_of: NDArray[np.int64],
    shuffles: NDArray[np.int64],
    *,
    threads: int = 2,
) -> ErrorIncreases:
    """Return by how much squared errors grow when groups of columns are shuffled.

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
    y : ndarray of float64, shape (n,)
    group_of : ndarray of int64, shape (p,)
        As `group_numbers` returns it.
    shuffles : ndarray of int64, shape (repeats, n)
        Where each row takes its values of the shuffled group from, repeat by repeat.
    """
    X = kernel_matrix(X, ensemble.n_features)
    grouping = Grouping(group_of, int(group_of.max(initial=-1)) + 1)
    sources = np.column_stack([np.arange(len(X)), *shuffles])
    by_row = np.empty((len(X), grouping.groups))

    def block(start: int) -> Floats:
        beyond = min(start + _BLOCK_ROWS, len(X))
        totals = np.zeros(beyond - start)
        changes = np.zeros((beyond - start, grouping.groups, len(shuffles)))
        sums = (no_path(grouping), totals, changes)
        add_leaf_changes(ensemble.trees, X, grouping, sources[start:beyond], sums)
        errors = ensemble.base + ensemble.scale * totals - y[start:beyond]
        moved = ensemble.scale * changes
        # (e + m)² - e², without the cancellation
        increases: Floats = moved * (2 * errors[:, None, None] + moved)
        by_row[start:beyond] = increases.mean(axis=2)
        summed: Floats = increases.sum(axis=0)
        return summed

    by_repeat = np.zeros((grouping.groups, len(shuffles)))
    with ThreadPoolExecutor(threads) as pool:
        for summed in pool.map(block, range(0, len(X), _BLOCK_ROWS)):
            by_repeat += summed
    return ErrorIncreases(by_row, by_repeat)
