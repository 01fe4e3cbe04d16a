"""How sure a mean over users is: 95 % intervals by resampling users.

A user's recommendations rise and fall together, users are independent of each other, so whole
users are resampled, the model held fixed. All figures of one evaluation, and all models that are
judged on the same users, see the same resamples: the interval of a difference is that of paired
differences. Beyond 32,768 users, groups of users are drawn instead of single ones; the groups have
nothing to do with what the users like, so that this changes the intervals by nothing but chance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.settings import Effort

Floats = NDArray[np.float64]

RESAMPLES: dict[Effort, int] = {"quick": 500, "full": 4000}
FEWEST_USERS = 10
"""With fewer users to resample, a percentile interval is far too narrow: none is given."""
MOST_GROUPS = 1 << 15

_BLOCK = 16  # resamples multiplied at once; 4 MiB of weights


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; None where undefined or not known."""

    value: float | None
    low: float | None = None
    high: float | None = None


def ratios(above: Floats, below: Floats, *, seed: int, effort: Effort = "quick") -> list[Estimate]:
    """Return sums over users divided by each other, with intervals over users.

    Parameters
    ----------
    above, below : ndarray of float64, shape (users, figures)
        What is summed; a mean has ones below, and zeros on both sides for a user without a value.
    seed : int
        Seed of the resampling.
    effort : {"quick", "full"}
        500 or 4,000 resamples.

    Returns
    -------
    list of Estimate
        One a figure. A figure without anything below is None; one that rests on fewer than ten
        users, or is undefined in most resamples, has no interval.
    """
    users, figures = above.shape
    if not users:
        return [Estimate(None)] * figures
    groups = np.arange(users) % MOST_GROUPS
    columns = np.concatenate([above, below], axis=1)
    sums: Floats = np.stack([np.bincount(groups, column) for column in columns.T], axis=1)
    values = _divided(sums.sum(axis=0)[None], figures)[0]
    resampled = _divided(_resampled(sums, RESAMPLES[effort], seed), figures)
    rest_on = (below != 0).sum(axis=0)
    return [
        _estimate(values[figure], resampled[:, figure], int(rest_on[figure]))
        for figure in range(figures)
    ]


def _resampled(sums: Floats, resamples: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    units = len(sums)
    found = np.empty((resamples, sums.shape[1]))
    for start in range(0, resamples, _BLOCK):
        block = found[start : start + _BLOCK]
        drawn = [np.bincount(rng.integers(0, units, units), minlength=units) for _ in block]
        block[:] = np.stack(drawn).astype(np.float64) @ sums
    return found


def _divided(sums: Floats, figures: int) -> Floats:
    above, below = sums[:, :figures], sums[:, figures:]
    divided: Floats = np.full_like(above, np.nan)
    np.divide(above, below, out=divided, where=below != 0)
    return divided


def _estimate(value: float, resampled: Floats, rest_on: int) -> Estimate:
    if np.isnan(value):
        return Estimate(None)
    defined = resampled[~np.isnan(resampled)]
    if rest_on < FEWEST_USERS or 2 * len(defined) < len(resampled):
        return Estimate(float(value))
    low, high = np.quantile(defined, (0.025, 0.975))
    return Estimate(float(value), float(low), float(high))
