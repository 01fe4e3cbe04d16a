"""What is predicted by those who know next to nothing: the mean, the age, the category, the past.

A model deserves attention as far as it beats these. All are on the scale ln(1 + downloads).
"""

import numpy as np
from sklearn.linear_model import Ridge

from thingistat_pipeline.features.registry import CATEGORY_PREFIX
from thingistat_pipeline.popularity.advisor.age_curve import fit_age_curve
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats

EARLIER_MEDIAN = "creator_earlier_median_downloads"
CATEGORY_PRIOR = 20.0
"""Things of no particular category that a category's mean is mixed with."""


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
