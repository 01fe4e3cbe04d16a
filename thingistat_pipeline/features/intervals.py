"""Confidence intervals of a share."""

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Z_95 = 1.959963984540054
"""The standard normal's 97.5 % point."""


def wilson_interval(
    successes: ArrayLike, trials: ArrayLike, *, z: float = Z_95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Wilson score interval of binomial shares.

    Parameters
    ----------
    successes, trials : array-like of int
        Same shape; `successes` <= `trials`.
    z : float, default=1.96 (95 %)
        Quantile of the standard normal.

    Returns
    -------
    low, high : ndarray of float64
        NaN where there were no trials.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927) 209-212. Recommended for small
    samples by Brown, Cai and DasGupta, Statistical Science 16 (2001) 101-133.

    Examples
    --------
    >>> low, high = wilson_interval(15, 50)
    >>> round(float(low), 4), round(float(high), 4)
    (0.191, 0.4375)
    """
    k = np.asarray(successes, dtype=np.float64)
    n = np.asarray(trials, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    share = k / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half_width = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.maximum(centre - half_width, 0.0), np.minimum(centre + half_width, 1.0)


def with_wilson_interval(frame: pl.DataFrame, successes: str, trials: str) -> pl.DataFrame:
    """Append the share `successes` / `trials` as `hit_rate` and its 95 % interval `low`, `high`."""
    low, high = wilson_interval(frame[successes].to_numpy(), frame[trials].to_numpy())
    known = pl.col(trials) > 0
    return frame.with_columns(
        hit_rate=pl.when(known).then(pl.col(successes) / pl.col(trials)),
        low=pl.when(known).then(pl.Series(low, dtype=pl.Float64)),
        high=pl.when(known).then(pl.Series(high, dtype=pl.Float64)),
    )
