"""How good predictions are: R², its uncertainty, and what a model has to beat.

R² on raw downloads is what ThingiStat reports, and it is fragile: a single thing can carry much of
the squared deviation. So every figure comes with a bootstrap interval and with the scores of
models that know next to nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.settings import Effort

Floats = NDArray[np.float64]

BOOTSTRAP_RESAMPLES: dict[Effort, int] = {"quick": 500, "full": 4000}


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval; None where the sample is too small to have one."""

    low: float | None
    high: float | None


def r_squared(actual: Floats, predicted: Floats) -> float | None:
    """Return the share of the variance of `actual` that the predictions explain.

    None where it is undefined: less than two rows, or a constant `actual`. (scikit-learn's
    `r2_score` returns 0 or 1 there, which reads as a result.)

    Parameters
    ----------
    actual, predicted : ndarray of float64, shape (n,)
        What was observed and what the model says.
    """
    if len(actual) < 2 or (actual == actual[0]).all():
        return None
    residual = actual - predicted
    deviation = actual - actual.mean()
    return float(1.0 - (residual * residual).sum() / (deviation * deviation).sum())


def bootstrap_r_squared(
    actual: Floats, predicted: Floats, *, seed: int, effort: Effort = "quick"
) -> Interval:
    """Return the 95 % percentile interval of R² over resamples of the rows, the model held fixed.

    Resamples in which R² is undefined (all rows equal) are left out; if more than half are, there
    is no interval.

    Parameters
    ----------
    actual, predicted : ndarray of float64, shape (n,)
        Held-out outcomes and their predictions.
    seed : int
        Seed of the resampling.
    effort : {"quick", "full"}
        500 or 4,000 resamples.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    resamples = BOOTSTRAP_RESAMPLES[effort]
    rng = np.random.default_rng(seed)
    rows = len(actual)
    scores = []
    for _ in range(resamples):
        drawn = rng.integers(rows, size=rows)
        score = r_squared(actual[drawn], predicted[drawn])
        if score is not None:
            scores.append(score)
    if 2 * len(scores) < resamples:
        return Interval(None, None)
    low, high = np.quantile(scores, [0.025, 0.975])
    return Interval(float(low), float(high))


def largest_share_of_deviation(actual: Floats) -> float | None:
    """Return the share of the total squared deviation that one single row carries."""
    deviation = (actual - actual.mean()) ** 2
    total = deviation.sum()
    return float(deviation.max() / total) if total > 0 else None
