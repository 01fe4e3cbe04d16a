"""By how much R² falls when errors grow, with its uncertainty over the creators.

Both ways of taking a group of features away, shuffling and fitting again without it, end in an
increase of each held-out row's squared error; divided by the squared deviation of the outcome, its
sum is the fall of R².
"""

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.evaluation import BOOTSTRAP_RESAMPLES, Floats
from thingistat_pipeline.settings import Effort

_RESAMPLES_AT_A_TIME = 200


def squared_deviation(y: Floats) -> float:
    """Return what R² divides the squared errors by: NaN where y does not vary, or is empty."""
    varies = len(y) > 0 and np.ptp(y) > 0
    return float(((y - y.mean()) ** 2).sum()) if varies else float("nan")


def falls_interval(
    increases: Floats, y: Floats, creators: NDArray[np.int64], *, seed: int, effort: Effort
) -> tuple[Floats, Floats]:
    """Return the 95 % percentile intervals of falls of R² over resamples of the creators.

    Whole creators are drawn with replacement, and the squared deviation is that of the rows drawn.
    The models are held fixed. Resamples whose outcome does not vary are left out.

    Parameters
    ----------
    increases : ndarray of float64, shape (n, k)
        Increase of each row's squared error, k ways.
    y : ndarray of float64, shape (n,)
    creators : ndarray of int64, shape (n,)
    seed : int
    effort : {"quick", "full"}
        500 or 4,000 resamples.

    Returns
    -------
    low, high : ndarray of float64, shape (k,)
        NaN where there are no rows, or no resample varies.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13.
    """
    nothing = np.full(increases.shape[1], np.nan)
    if not len(y):
        return nothing, nothing
    distinct, whose = np.unique(creators, return_inverse=True)
    centred = y - y.mean()
    sums = np.zeros((len(distinct), increases.shape[1] + 3))
    np.add.at(sums, whose, np.column_stack([np.ones(len(y)), centred, centred**2, increases]))
    rng = np.random.default_rng(seed)
    falls = [np.empty((0, increases.shape[1]))]
    for start in range(0, BOOTSTRAP_RESAMPLES[effort], _RESAMPLES_AT_A_TIME):
        resamples = min(_RESAMPLES_AT_A_TIME, BOOTSTRAP_RESAMPLES[effort] - start)
        drawn = rng.integers(len(distinct), size=(resamples, len(distinct)))
        times = np.stack([np.bincount(row, minlength=len(distinct)) for row in drawn])
        resampled = times.astype(np.float64) @ sums
        rows, total, squares = resampled[:, 0], resampled[:, 1], resampled[:, 2]
        deviation = squares - total**2 / rows
        varies = deviation > 1e-9 * squares
        falls.append(resampled[varies, 3:] / deviation[varies, None])
    found = np.concatenate(falls)
    if not len(found):
        return nothing, nothing
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    return low, high
