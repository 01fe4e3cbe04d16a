"""What is predicted by those who know next to nothing: the mean, the age, the category, the past.

A model deserves attention as far as it beats these. All are on the scale ln(1 + downloads).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from thingistat_pipeline.features.registry import CATEGORY_PREFIX
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats

EARLIER_MEDIAN = "creator_earlier_median_downloads"
CATEGORY_PRIOR = 20.0
"""Things of no particular category that a category's mean is mixed with."""
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


def dummy(train: AdvisorRows, asked: AdvisorRows) -> Floats:
    """Return the mean of the training rows for everything."""
    return np.full(len(asked.y), train.y.mean())


def age_only(train: AdvisorRows, asked: AdvisorRows) -> Floats:
    """Return what is usual at the age."""
    return fit_age_curve(train.age_days, train.y).at(np.log1p(asked.age_days))


def age_and_category(train: AdvisorRows, asked: AdvisorRows) -> Floats:
    """Return what is usual at the age and in the categories.

    A category's departure from the age curve is shrunk as if twenty more things of it had none
    (ridge regression; the categories of a thing add up).
    """
    curve = fit_age_curve(train.age_days, train.y)
    expected = curve.at(np.log1p(asked.age_days))
    places = [i for i, name in enumerate(train.features) if name.startswith(CATEGORY_PREFIX)]
    if not places:
        return expected
    departure = train.y - curve.at(np.log1p(train.age_days))
    ridge = Ridge(alpha=CATEGORY_PRIOR).fit(_members(train, places), departure)
    return np.asarray(expected + ridge.predict(_members(asked, places)), dtype=np.float64)


def creator_median(train: AdvisorRows, asked: AdvisorRows) -> Floats:
    """Return the median of what the creator had published before, or what is usual at the age."""
    expected = age_only(train, asked)
    if EARLIER_MEDIAN not in asked.features:
        return expected
    earlier = np.log1p(asked.column(EARLIER_MEDIAN).astype(np.float64))
    return np.where(np.isnan(earlier), expected, earlier)


def _members(rows: AdvisorRows, places: list[int]) -> Floats:
    members: Floats = np.nan_to_num(rows.X[:, places].astype(np.float64))
    return members


def _hats(knots: Floats, x: Floats) -> Floats:
    """Return the weights of the knots at each x: linear between the two on either side."""
    segment = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    share = (x - knots[segment]) / (knots[segment + 1] - knots[segment])
    hats = np.zeros((len(x), len(knots)))
    lines = np.arange(len(x))
    hats[lines, segment] = 1.0 - share
    hats[lines, segment + 1] = share
    return hats
