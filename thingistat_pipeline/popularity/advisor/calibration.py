"""Whether things come to what the model says: predicted against observed, in ten steps."""

from typing import Any

import numpy as np
from scipy.stats import rankdata

from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap
from thingistat_pipeline.popularity.evaluation import Floats

MOST_BINS = 10
FEWEST_IN_BIN = 10
"""Fewer bins are made rather than smaller ones."""


def calibration_table(
    actual: Floats, predicted: Floats, bootstrap: CreatorBootstrap
) -> list[dict[str, Any]]:
    """Sort held-out things by prediction into bins of like size; compare the means of each.

    Parameters
    ----------
    actual, predicted : ndarray of float64, shape (n,)
        ln(1 + downloads) of held-out things.
    bootstrap : CreatorBootstrap
        Made for the creators of these rows.

    Returns
    -------
    list of dict
        From the lowest predictions to the highest: bin (from 1), n, predicted and actual (means of
        the logs), low and high (95 % interval of the actual mean). Equal predictions share a bin,
        so that there are fewer bins of a model that says few different things.
    """
    if not len(actual):
        return []
    bins = min(max(len(actual) // FEWEST_IN_BIN, 1), MOST_BINS)
    share = (rankdata(predicted) - 0.5) / len(predicted)
    _, part = np.unique((share * bins).astype(np.intp), return_inverse=True)
    scores = bootstrap.means_by(actual, part, int(part.max()) + 1)
    return [
        {
            "bin": number + 1,
            "n": int((part == number).sum()),
            "predicted": float(predicted[part == number].mean()),
            "actual": score.value,
            "low": score.low,
            "high": score.high,
        }
        for number, score in enumerate(scores)
    ]
