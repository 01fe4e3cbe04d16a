"""What the intervals around predictions cover, measured on things that were held out."""

from typing import Any

import numpy as np

from thingistat_pipeline.popularity.advisor.intervals import (
    AGE_BANDS,
    PredictionIntervals,
    age_band,
    band_name,
)
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap, Score
from thingistat_pipeline.popularity.evaluation import Floats


def coverage(
    intervals: PredictionIntervals,
    actual: Floats,
    predicted: Floats,
    age_days: Floats,
    bootstrap: CreatorBootstrap,
) -> dict[str, Any]:
    """Measure on held-out things how many lie within their interval, overall and by age.

    Parameters
    ----------
    intervals : PredictionIntervals
    actual, predicted, age_days : ndarray of float64, shape (n,)
        Held-out things; logs and days.
    bootstrap : CreatorBootstrap
        Made for the creators of these rows.

    Returns
    -------
    dict
        `nominal`; `overall` and, for each of AGE_BANDS that has held-out things, an entry of
        `bands`: n, coverage with its 95 % interval (low, high), and width_factor, by which the
        upper end of the interval in the middle exceeds its lower end; all None without intervals;
        `table`, the intervals themselves.
    """
    low, high = intervals.around(predicted, age_days)
    within = ((low <= actual) & (actual <= high)).astype(np.float64)
    band = age_band(age_days)
    by_band = bootstrap.means_by(within, band, len(AGE_BANDS))
    ends = [*AGE_BANDS[1:], None]
    return {
        "nominal": intervals.nominal,
        "overall": _covered(bootstrap.mean(within), high - low),
        "bands": [
            {
                "band": band_name(start, end),
                "from_days": start,
                "to_days": end,
                **_covered(by_band[number], (high - low)[band == number]),
            }
            for number, (start, end) in enumerate(zip(AGE_BANDS, ends, strict=True))
            if (band == number).any()
        ],
        "table": intervals.as_dict(),
    }


def _covered(share: Score, widths: Floats) -> dict[str, Any]:
    if not len(widths) or np.isnan(widths).any():
        figures = dict.fromkeys(("coverage", "low", "high", "width_factor"))
    else:
        figures = {
            "coverage": share.value,
            "low": share.low,
            "high": share.high,
            "width_factor": float(np.exp(np.median(widths))),
        }
    return {"n": len(widths), **figures}
