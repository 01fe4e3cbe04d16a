"""How good predictions are on creators the model has never seen, with their uncertainty.

A creator's things resemble each other, so that a thousand things of ten creators tell little more
than ten things do. The bootstrap therefore resamples creators, each with all of their held-out
things, the model held fixed (Field and Welsh, "Bootstrapping clustered data", Journal of the Royal
Statistical Society B 69, 2007). Intervals are 95 % percentile intervals.

Every metric is a function of sums over rows. So the rows are summed up creator by creator once, and
a resample is a vector of how often each creator was drawn, times these sums. All models are judged
on the same resamples: the interval of a difference is that of paired differences.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from thingistat_pipeline.popularity.evaluation import BOOTSTRAP_RESAMPLES, Floats
from thingistat_pipeline.settings import Effort

METRICS = ("r2_log", "r2_raw", "spearman", "mae_log", "pairwise", "uplift")
CANDIDATES = 4
"""From how many things of like age `uplift` lets the model choose the best."""
FEWEST_CREATORS = 10
"""With fewer units to resample, a percentile interval is far too narrow: none is given."""
MOST_GROUPS = 1 << 15
"""Beyond so many creators, several are drawn together: still independent groups, at most 131 MB."""
FURTHEST_PAIR = 1000
"""Each thing is compared with at most so many of its creator's next ones, in the order of rows."""

_BLOCK = 16  # resamples multiplied at once; 4 MiB of weights
_NO_SPREAD = 1e-12  # share of the squares below which a variance is rounding


@dataclass(frozen=True, slots=True)
class Score:
    """A figure with its 95 % interval; None where undefined or where the sample is too small."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False, slots=True)
class _Statistic:
    """A function of sums over rows.

    Attributes
    ----------
    columns : sequence of ndarray of float64, shape (n,)
        What is summed over the rows; the first column counts those that the figure rests on.
    formula : callable
        From the sums, one row each, (columns, resamples), to the figures, (resamples,); NaN where
        undefined.
    """

    columns: Sequence[Floats]
    formula: Callable[[Floats], Floats]


class CreatorBootstrap:
    """Scores of predictions for one set of held-out rows, with intervals by resampling creators.

    Parameters
    ----------
    creators : array-like of int, shape (n,)
        Who published each row; a thing of unknown creator has a number of its own.
    seed : int
        Seed of the resampling.
    effort : {"quick", "full"}
        500 or 4,000 resamples.

    Attributes
    ----------
    n_rows, n_creators : int
    """

    def __init__(self, creators: ArrayLike, *, seed: int, effort: Effort = "quick") -> None:
        found, first, self._creator = np.unique(
            np.asarray(creators), return_index=True, return_inverse=True
        )
        self.n_rows, self.n_creators = len(self._creator), len(found)
        self._first_row = first
        self._group = self._creator % MOST_GROUPS
        self._seed, self._resamples = seed, BOOTSTRAP_RESAMPLES[effort]

    def scores(
        self,
        actual: Floats,
        predicted: Floats,
        age_days: Floats,
        *,
        smearing: float = 1.0,
        metrics: Collection[str] = METRICS,
    ) -> dict[str, Score]:
        """Return all metrics of one model.

        Parameters
        ----------
        actual, predicted : ndarray of float64, shape (n,)
            ln(1 + downloads), observed and predicted.
        age_days : ndarray of float64, shape (n,)
            Decides which things are of like age.
        smearing : float, default=1
            Duan's factor from the mean of logs to the mean of downloads ("Smearing estimate",
            Journal of the American Statistical Association 78, 1983).
        metrics : collection of str
            Which of METRICS are wanted.

        Returns
        -------
        dict of str to Score

            - `r2_log`, `r2_raw`: share of variance explained, of the logs and of the downloads
              (predicted as smearing * exp(predicted) - 1, at least 0).
            - `spearman`: correlation of ranks; ties share their average rank. A thing keeps its
              rank in every resample.
            - `mae_log`: mean absolute error of the logs.
            - `pairwise`: how often, of two things of one creator that were downloaded unequally,
              the model puts the right one first; a tie of predictions counts one half. Each
              creator counts the same, because a maker asks about their own things: pairs counted
              equally would be mostly those of the few creators with hundreds of things.
            - `uplift`: choosing among four things of like age the one that the model ranks
              highest, by what factor it is downloaded more than one chosen at random (geometric
              mean). Here the fours are resampled, as if independent of each other.
        """
        wanted: dict[str, Callable[[], _Statistic]] = {
            "r2_log": lambda: _explained(actual, predicted),
            "r2_raw": lambda: _explained(np.expm1(actual), _downloads(predicted, smearing)),
            "spearman": lambda: _rank_correlation(actual, predicted),
            "mae_log": lambda: _mean(np.abs(actual - predicted)),
            "pairwise": lambda: self._pairwise(actual, predicted),
        }
        chosen = {name: make() for name, make in wanted.items() if name in metrics}
        scored = dict(zip(chosen, self._judged(list(chosen.values())), strict=True))
        if "uplift" in metrics:
            scored["uplift"] = self._uplift(actual, predicted, age_days)
        return scored

    def difference(self, actual: Floats, first: Floats, second: Floats) -> Score:
        """Return R² on logs of the first predictions minus that of the second, paired."""
        squares, d = (actual - second) ** 2 - (actual - first) ** 2, _centred(actual)
        return self._judged([_Statistic([np.ones_like(d), d, d * d, squares], _share_of_spread)])[0]

    def rank_difference(self, actual: Floats, first: Floats, second: Floats) -> Score:
        """Return Spearman's correlation of the first predictions minus the second's, paired."""
        one, other = _rank_correlation(actual, first), _rank_correlation(actual, second)
        terms = len(one.columns)
        both = _Statistic(
            [*one.columns, *other.columns],
            lambda sums: one.formula(sums[:terms]) - other.formula(sums[terms:]),
        )
        return self._judged([both])[0]

    def mean(self, values: Floats) -> Score:
        """Return the mean over the rows of any quantity, such as a loss or whether it was right."""
        return self._judged([_mean(values)])[0]

    def means_by(self, values: Floats, part: NDArray[np.intp], parts: int) -> list[Score]:
        """Return the mean in each of `parts` parts of the rows; `part` tells each row's, from 0."""
        inside = [(part == number).astype(np.float64) for number in range(parts)]
        return self._judged([_Statistic([rows, rows * values], _ratio) for rows in inside])

    def _pairwise(self, actual: Floats, predicted: Floats) -> _Statistic:
        right, pairs = _right_pairs(self._creator, actual, predicted)
        has_pairs, accuracy = np.zeros((2, self.n_rows))
        # A creator's accuracy stands in the row of their first thing.
        has_pairs[self._first_row] = pairs > 0
        accuracy[self._first_row] = right / np.maximum(pairs, 1)
        return _Statistic([has_pairs, accuracy], _ratio)

    def _uplift(self, actual: Floats, predicted: Floats, age_days: Floats) -> Score:
        gain = _gain_of_the_best(actual, predicted, age_days, seed=self._seed)
        if not len(gain):
            return Score(None, None, None)
        resampled = self._resampled_fours.sums(gain[:, None])[:, 0] / len(gain)
        return _score(np.exp(gain.mean()), np.exp(resampled), len(gain))

    def _judged(self, statistics: Sequence[_Statistic]) -> list[Score]:
        columns = [column for statistic in statistics for column in statistic.columns]
        if not columns or not self.n_rows:
            return [Score(None, None, None) for _ in statistics]
        by_group: Floats = np.stack(
            [np.bincount(self._group, weights=each) for each in columns], axis=1
        )
        scores, start = [], 0
        with np.errstate(all="ignore"):  # what is undefined becomes NaN, and then None
            observed, resampled = by_group.sum(axis=0), self._resampled_creators.sums(by_group)
            for each in statistics:
                own = slice(start, start + len(each.columns))
                start = own.stop
                value = float(each.formula(observed[own, None])[0])
                counted = int(np.count_nonzero(by_group[:, own.start]))
                scores.append(_score(value, each.formula(resampled[:, own].T), counted))
        return scores

    @cached_property
    def _resampled_creators(self) -> "_Resamples":
        return _Resamples(int(self._group.max()) + 1, self._resamples, seed=self._seed)

    @cached_property
    def _resampled_fours(self) -> "_Resamples":
        return _Resamples(self.n_rows // CANDIDATES, self._resamples, seed=self._seed)


class _Resamples:
    """How often each unit is drawn, in each of many resamples of the units."""

    def __init__(self, units: int, resamples: int, *, seed: int) -> None:
        rng = np.random.default_rng(seed)
        # A byte is enough: nobody will see a unit drawn 256 times out of so many.
        self._drawn = np.empty((resamples, units), dtype=np.uint8)
        for each in self._drawn:
            each[:] = np.bincount(rng.integers(units, size=units), minlength=units)

    def sums(self, by_unit: Floats) -> Floats:
        """Return the resampled sums, (resamples, k), of what each unit holds, (units, k)."""
        blocks = range(0, len(self._drawn), _BLOCK)
        return np.concatenate(
            [self._drawn[at : at + _BLOCK].astype(np.float64) @ by_unit for at in blocks]
        )


def _score(value: float, resampled: Floats, units: int) -> Score:
    if not np.isfinite(value):
        return Score(None, None, None)
    defined = resampled[np.isfinite(resampled)]
    if units < FEWEST_CREATORS or 2 * len(defined) < len(resampled):
        return Score(float(value), None, None)
    low, high = np.quantile(defined, [0.025, 0.975])
    return Score(float(value), float(low), float(high))


def _mean(values: Floats) -> _Statistic:
    return _Statistic([np.ones(len(values)), values], _ratio)


def _ratio(sums: Floats) -> Floats:
    count, total = sums
    ratio: Floats = total / count
    return ratio


def _explained(actual: Floats, predicted: Floats) -> _Statistic:
    with np.errstate(over="ignore"):
        squares = (actual - predicted) ** 2
    d = _centred(actual)
    return _Statistic(
        [np.ones_like(d), d, d * d, squares], lambda sums: 1.0 - _share_of_spread(sums)
    )


def _share_of_spread(sums: Floats) -> Floats:
    count, total, squares, part = sums
    share: Floats = part / _spread(count, total, squares)
    return share


def _rank_correlation(actual: Floats, predicted: Floats) -> _Statistic:
    a, p = _centred(rankdata(actual)), _centred(rankdata(predicted))
    return _Statistic([np.ones_like(a), a, p, a * a, p * p, a * p], _correlation)


def _correlation(sums: Floats) -> Floats:
    count, a, p, aa, pp, ap = sums
    together: Floats = (ap - a * p / count) / np.sqrt(_spread(count, a, aa))
    return together / np.sqrt(_spread(count, p, pp))


def _spread(count: Floats, total: Floats, squares: Floats) -> Floats:
    """Return the sum of squared deviations from the mean; NaN where there is none."""
    spread = squares - total * total / count
    return np.where(spread > _NO_SPREAD * squares, spread, np.nan)


def _centred(values: Floats) -> Floats:
    """Return deviations from the middle value: exactly 0 where all are equal."""
    middle = len(values) // 2
    return values - np.partition(values, middle)[middle] if len(values) else values


def _downloads(predicted: Floats, smearing: float) -> Floats:
    """Return the downloads that predicted logs stand for; infinite where a model ran wild."""
    with np.errstate(over="ignore"):
        downloads: Floats = np.maximum(smearing * np.exp(predicted) - 1.0, 0.0)
    return downloads


def _right_pairs(
    creator: NDArray[np.intp], actual: Floats, predicted: Floats
) -> tuple[Floats, Floats]:
    """Return, for each creator, in how many pairs the model is right, and how many there are.

    Things are compared with the creator's next one, then with the next but one, and so on: memory
    stays linear in the things, however many pairs there are.
    """
    order = np.argsort(creator, kind="stable")
    owner, y, p = creator[order], actual[order], predicted[order]
    creators = int(owner[-1]) + 1 if len(owner) else 0
    right, pairs = np.zeros((2, creators))
    end = np.searchsorted(owner, owner, side="right")
    first = np.arange(len(owner))
    for distance in range(1, FURTHEST_PAIR + 1):
        first = first[first + distance < end[first]]
        if not len(first):
            break
        gap, said = y[first] - y[first + distance], p[first] - p[first + distance]
        unequal = gap != 0
        credit = unequal * (0.5 + 0.5 * np.sign(gap) * np.sign(said))
        right += np.bincount(owner[first], weights=credit, minlength=creators)
        pairs += np.bincount(owner[first], weights=unequal, minlength=creators)
    return right, pairs


def _gain_of_the_best(actual: Floats, predicted: Floats, age_days: Floats, *, seed: int) -> Floats:
    """Return for fours of things of like age: log downloads of the chosen one minus their mean.

    Things of the same age are put together at random, always the same way; the oldest that do not
    make up a four are left out. Where the model ranks several highest, each is as likely.
    """
    shuffled = np.random.default_rng(seed).permutation(len(actual))
    order = np.lexsort((shuffled, age_days))
    fours = order[: len(order) // CANDIDATES * CANDIDATES].reshape(-1, CANDIDATES)
    said, y = predicted[fours], actual[fours]
    best = said == said.max(axis=1, keepdims=True)
    gain: Floats = (y * best).sum(axis=1) / best.sum(axis=1) - y.mean(axis=1)
    return gain
