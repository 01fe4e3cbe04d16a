"""What the parity model has to beat: the mean, the median, and what is usual at the age."""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from thingistat_pipeline.popularity.evaluation import Floats

_AGE_BANDS = 20


def baseline_predictions(
    train_outcome: Floats, train_age: Floats, test_age: Floats
) -> dict[str, Floats]:
    """Return what models that know next to nothing predict for the held-out rows.

    Parameters
    ----------
    train_outcome : ndarray of float64, shape (n_train,)
        What the training rows came to.
    train_age, test_age : ndarray of float64
        Age in days; NaN where unknown.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_test,)
        `mean` and `median` of the training rows, and `age_only`: the mean of the training rows of
        a similar age, by a regression tree whose leaves hold at least a twentieth of them (the
        overall mean where the age is unknown).
    """
    mean = np.full(len(test_age), train_outcome.mean())
    return {
        "mean": mean,
        "median": np.full(len(test_age), np.median(train_outcome)),
        "age_only": _mean_by_age(train_outcome, train_age, test_age, unknown=mean),
    }


def _mean_by_age(
    train_outcome: Floats, train_age: Floats, test_age: Floats, *, unknown: Floats
) -> Floats:
    dated, asked = np.isfinite(train_age), np.isfinite(test_age)
    if not dated.any() or not asked.any():
        return unknown
    leaf = max(1, int(dated.sum()) // _AGE_BANDS)
    tree = DecisionTreeRegressor(min_samples_leaf=leaf, random_state=0)
    tree.fit(train_age[dated, None], train_outcome[dated])
    predicted = unknown.copy()
    predicted[asked] = tree.predict(test_age[asked, None])
    return predicted
