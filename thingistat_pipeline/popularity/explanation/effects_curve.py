"""How the prediction moves with one feature, others as they are: accumulated local effects (ALE).

A partial dependence curve sets a feature to a value for all things, and so asks the model about
things that do not exist where features go together. An ALE curve moves each thing only within its
own bin and adds up the mean local changes, so that it neither asks the impossible nor books the
effect of a feature's companions to it. It describes the model, not the world.

The bands say how much the curve depends on which creators the model happened to learn from: models
of the same kind (forests where a forest is explained, boosting with the same number of trees where
boosting is) are fitted on random halves of the training creators, and the curve's variance is taken
as the mean squared distance of the halves' curves from the full model's. That is the delete-half
jackknife, in which the factor r / (n - r) of a sample of r out of n is 1. Where the halves are
capped to fewer rows than half, no smaller factor is used: it presumes errors that shrink with the
root of n, which trees do not promise; so those bands are wide rather than narrow.

References
----------
D. W. Apley and J. Zhu, "Visualizing the effects of predictor variables in black box supervised
learning models", JRSS B 82 (2020) 1059-1086.
J. Shao and C. F. J. Wu, "A general theory for jackknife variance estimation", Annals of Statistics
17 (1989) 1176-1197.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.ensemble import HistGradientBoostingRegressor

from thingistat_pipeline.popularity.advisor.boosting import boosting_like
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.ensemble import PackedEnsemble
from thingistat_pipeline.popularity.explanation.packing import packed
from thingistat_pipeline.popularity.explanation.small_forest import ParametersFor, small_forest
from thingistat_pipeline.popularity.splits import Roles
from thingistat_pipeline.settings import Effort

Predict = Callable[[NDArray[np.float32]], Floats]
MOST_EDGES = 20
HALVES: dict[Effort, int] = {"quick": 8, "full": 10}
HALF_ROWS: dict[Effort, int] = {"quick": 2_000, "full": 10_000}
"""Most rows of a half; whole creators."""
HALF_TREES: dict[Effort, int] = {"quick": 25, "full": 40}
EFFECT_ROWS: dict[Effort, int] = {"quick": 1_000, "full": 5_000}
"""Most held-out rows that the curves are averaged over; whole creators."""
EFFECTS_SCHEMA = {
    "feature": pl.String,
    "x": pl.Float64,
    "effect": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "things": pl.Int64,
}


@dataclass(frozen=True, eq=False, slots=True)
class EffectCurve:
    """A first-order ALE curve, on the scale of the predictions.

    Attributes
    ----------
    x : ndarray of float32, shape (k,)
        Edges of the bins, ascending; linear in between.
    effect : ndarray of float64, shape (k,)
        Its mean over the rows is 0; that of a yes/no feature is 0 at "no".
    things : ndarray of int64, shape (k,)
        Rows in the bin that ends at each edge; at the first, those that have just this value.
    """

    x: NDArray[np.float32]
    effect: Floats
    things: NDArray[np.int64]


def ale_curve(predict: Predict, X: NDArray[np.float32], column: int) -> EffectCurve | None:
    """Return the accumulated local effects of one feature.

    Parameters
    ----------
    predict : callable
        Takes rows as X has them; called once.
    X : ndarray of float32, shape (n, p)
        The rows to average over. Those where the feature is unknown are left out.
    column : int
        Position of the feature.

    Returns
    -------
    EffectCurve or None
        None where fewer than two values of the feature are known.
    """
    rows = X[~np.isnan(X[:, column])]
    values = rows[:, column]
    edges = _edges(values)
    if len(edges) < 2:
        return None
    # The lowest value belongs to the first bin, which is closed on both sides.
    ends_at = np.searchsorted(edges, values, side="left")
    bins = np.maximum(ends_at, 1)
    at_both = np.concatenate([rows, rows])
    at_both[: len(rows), column] = edges[bins - 1]
    at_both[len(rows) :, column] = edges[bins]
    predicted = predict(at_both)
    changes = predicted[len(rows) :] - predicted[: len(rows)]
    counts = np.bincount(bins, minlength=len(edges))[1:]
    means = np.bincount(bins, weights=changes, minlength=len(edges))[1:] / counts
    effect = np.concatenate([[0.0], np.cumsum(means)])
    if edges.tolist() != [0.0, 1.0]:
        effect -= np.interp(values, edges, effect).mean()
    return EffectCurve(edges, effect, np.bincount(ends_at, minlength=len(edges)))


def half_sample_models(
    rows: AdvisorRows,
    roles: Roles,
    params: ParametersFor,
    *,
    boosting: HistGradientBoostingRegressor | None = None,
    seed: int,
    effort: Effort = "quick",
    threads: int = 2,
) -> list[PackedEnsemble]:
    """Return models, each fitted on a random half of the training rows, by whole creators.

    Parameters
    ----------
    rows : AdvisorRows
    roles : Roles
        Halves of its training rows are used.
    params : callable
        Gives the forest's parameters for a number of rows; the number of trees is ours.
    boosting : HistGradientBoostingRegressor, optional
        The model that is explained, where it is not the forest: then boosting with its parameters
        and its number of trees is fitted on the halves.
    seed : int
        Of the halves and the models.
    effort : {"quick", "full"}
        8 or 10 halves of at most 2,000 or 10,000 rows, forests with 25 or 40 trees each.
    threads : int, default=2
        Does not change the result.
    """
    creators = rows.creators[roles.train]
    most = min(HALF_ROWS[effort], len(creators) // 2)
    halves = [
        rows.taken(roles.train[whole_creators(creators, most=most, seed=seed + 1 + number)])
        for number in range(HALVES[effort])
    ]
    if boosting is not None:
        return [
            packed(boosting_like(boosting, half.X, half.y, seed=seed + 1 + number))
            for number, half in enumerate(halves)
        ]
    return [
        small_forest(
            half.X,
            half.y,
            params,
            trees=HALF_TREES[effort],
            seed=seed + 1 + number,
            threads=threads,
        )
        for number, half in enumerate(halves)
    ]


def accumulated_effects(
    predict: Predict,
    halves: Sequence[PackedEnsemble],
    held_out: AdvisorRows,
    features: Sequence[str],
    *,
    seed: int,
    effort: Effort = "quick",
    threads: int = 2,
) -> pl.DataFrame:
    """Return the ALE curves of several features with 95 % bands.

    Parameters
    ----------
    predict : callable
        The full model's predictions.
    halves : sequence of PackedEnsemble
        As `half_sample_models` returns them; at least one.
    held_out : AdvisorRows
        Rows that neither was fitted on; whole creators are taken up to the cap of the effort. The
        outcomes are not looked at.
    features : sequence of str
        Those that are not among the rows' features, or known with fewer than two values, are
        passed over.
    seed : int
        Of the sample of creators.
    effort : {"quick", "full"}
    threads : int, default=2
        Does not change the result.

    Returns
    -------
    polars.DataFrame
        feature; x, an edge of its bins; effect on ln(1 + downloads); low, high; things, the rows
        in the bin that ends at x. Feature by feature in their order, x ascending.
    """
    rows = whole_creators(held_out.creators, most=EFFECT_ROWS[effort], seed=seed)
    X = held_out.X[rows]
    models = [partial(half.predict, threads=threads) for half in halves]
    tables = [pl.DataFrame(schema=EFFECTS_SCHEMA)]
    for name in features:
        if name not in held_out.features:
            continue
        column = held_out.features.index(name)
        curve = ale_curve(predict, X, column)
        if curve is None:
            continue
        others = [ale_curve(model, X, column) for model in models]
        distances = np.stack([other.effect - curve.effect for other in others if other])
        margin = norm.ppf(0.975) * np.sqrt((distances**2).mean(axis=0))
        tables.append(
            pl.DataFrame(
                {
                    "feature": [name] * len(curve.x),
                    "x": curve.x.astype(np.float64),
                    "effect": curve.effect,
                    "low": curve.effect - margin,
                    "high": curve.effect + margin,
                    "things": curve.things,
                },
                schema=EFFECTS_SCHEMA,
            )
        )
    return pl.concat(tables)


def _edges(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return at most 20 observed values that cut the rows into bins of about equal size."""
    if not len(values):
        return values
    quantiles = np.linspace(0, 1, MOST_EDGES)
    return np.unique(np.quantile(values, quantiles, method="inverted_cdf")).astype(np.float32)
