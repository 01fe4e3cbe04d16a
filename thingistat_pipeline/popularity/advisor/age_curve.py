"""What is usual at an age, by the age alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.evaluation import Floats

_KNOTS = 9


@dataclass(frozen=True, eq=False, slots=True)
class AgeCurve:
    """The mean of the target at each age: piecewise linear in the logarithm of the age.

    Attributes
    ----------
    knots : ndarray of float64, shape (k,)
        ln(1 + days); ascending, at quantiles of the ages it was fitted on.
    values : ndarray of float64, shape (k,)
        The curve there.
    """

    knots: Floats
    values: Floats

    def at(self, log_age: NDArray[np.floating]) -> Floats:
        """Return the curve at ln(1 + days); beyond the ages it knows it stays level, as trees do.

        A continued slope would rest on the few things at the end, and did far worse when tried on
        things younger than all that the curve was fitted on.
        """
        return np.interp(np.asarray(log_age, dtype=np.float64), self.knots, self.values)


def fit_age_curve(age_days: Floats, y: Floats) -> AgeCurve:
    """Fit the curve by least squares."""
    log_age = np.log1p(age_days)
    knots: Floats = np.unique(np.quantile(log_age, np.linspace(0.0, 1.0, _KNOTS)))
    if len(knots) < 2:
        return AgeCurve(knots, np.array([y.mean()]))
    return AgeCurve(knots, np.asarray(np.linalg.lstsq(_hats(knots, log_age), y)[0], np.float64))


def _hats(knots: Floats, x: Floats) -> Floats:
    """Return the weights of the knots at each x: linear between the two on either side."""
    segment = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    share = (x - knots[segment]) / (knots[segment + 1] - knots[segment])
    hats = np.zeros((len(x), len(knots)))
    lines = np.arange(len(x))
    hats[lines, segment] = 1.0 - share
    hats[lines, segment + 1] = share
    return hats
