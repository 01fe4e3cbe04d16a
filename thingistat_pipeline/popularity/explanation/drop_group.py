"""What the model loses for good when it never sees a group of features: a check on shuffling.

Shuffling shows a fitted model combinations that do not occur, and what it then says is not always
to be trusted. So for the groups that came out on top a forest is fitted again without them. Other
features may take a group's place in it: what is lost here is what nothing else can tell.

References
----------
J. Lei, M. G'Sell, A. Rinaldo, R. J. Tibshirani and L. Wasserman, "Distribution-free predictive
inference for regression", JASA 113 (2018) 1094-1111, section 6 (leave one covariate out).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.fall_of_skill import (
    falls_interval,
    squared_deviation,
)
from thingistat_pipeline.popularity.explanation.small_forest import ParametersFor, small_forest
from thingistat_pipeline.popularity.splits import Roles
from thingistat_pipeline.settings import Effort

DROPPED_GROUPS: dict[Effort, int] = {"quick": 4, "full": 6}
REFIT_ROWS: dict[Effort, int] = {"quick": 2_000, "full": 10_000}
"""Most training rows of each refit; whole creators."""
REFIT_TREES: dict[Effort, int] = {"quick": 30, "full": 60}
DROP_SCHEMA = {
    "group": pl.String,
    "fall": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "train_rows": pl.Int64,
    "test_rows": pl.Int64,
}


def drop_group(
    rows: AdvisorRows,
    roles: Roles,
    groups: Mapping[str, Sequence[str]],
    ranking: Sequence[str],
    params: ParametersFor,
    *,
    seed: int,
    effort: Effort = "quick",
    threads: int = 2,
) -> pl.DataFrame:
    """Return how much lower R² on logs is when a forest is fitted without a group.

    The forest that it is compared with is fitted anew too, on all features but otherwise alike, on
    the same capped rows and with the same number of trees: the two differ in the features only.

    Parameters
    ----------
    rows : AdvisorRows
    roles : Roles
        Forests are fitted on its training rows and compared on all its test rows.
    groups : mapping of str to sequence of str
        Features of each group.
    ranking : sequence of str
        Names of groups, the most important first; the first 4 (quick) or 6 (full) are tried.
    params : callable
        Gives the forest's parameters for a number of rows; the number of trees is ours.
    seed : int
        `random_state` of all forests, and of the bootstrap.
    effort : {"quick", "full"}
    threads : int, default=2
        Does not change the result.

    Returns
    -------
    polars.DataFrame
        group, in the order of `ranking`; fall; its 95 % percentile interval [low, high] over
        resamples of the held-out creators, both forests held fixed and compared on the same
        creators; train_rows and test_rows that were used. The figures are null where the held-out
        outcomes do not vary.
    """
    capped = whole_creators(rows.creators[roles.train], most=REFIT_ROWS[effort], seed=seed)
    train, test = rows.taken(roles.train[capped]), rows.taken(roles.test)

    def errors_without(dropped: Sequence[str]) -> Floats:
        columns = [place for place, name in enumerate(rows.features) if name not in dropped]
        predicted = np.full(len(test.y), train.y.mean())
        if columns:
            forest = small_forest(
                train.X[:, columns],
                train.y,
                params,
                trees=REFIT_TREES[effort],
                seed=seed,
                threads=threads,
            )
            predicted = forest.predict(test.X[:, columns], threads=threads)
        errors: Floats = np.square(test.y - predicted)
        return errors

    chosen = list(ranking[: DROPPED_GROUPS[effort]])
    if not chosen:
        return pl.DataFrame(schema=DROP_SCHEMA)
    as_is = errors_without(())
    increases = np.column_stack([errors_without(groups[group]) - as_is for group in chosen])
    low, high = falls_interval(increases, test.y, test.creators, seed=seed, effort=effort)
    table = pl.DataFrame(
        {
            "group": chosen,
            "fall": increases.sum(axis=0) / squared_deviation(test.y),
            "low": low,
            "high": high,
            "train_rows": [len(train.ids)] * len(chosen),
            "test_rows": [len(test.ids)] * len(chosen),
        },
        schema=DROP_SCHEMA,
    )
    return table.fill_nan(None)
