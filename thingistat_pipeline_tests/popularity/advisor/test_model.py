from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.popularity.advisor.intervals import AGE_BANDS, Band, PredictionIntervals
from thingistat_pipeline.popularity.advisor.model import Advisor
from thingistat_pipeline.popularity.evaluation import Floats


class AlwaysFive:
    def predict(self, X: NDArray[np.float32]) -> Floats:
        return np.full(len(X), 5.0)


def advisor_with(intervals: PredictionIntervals) -> Advisor:
    metrics: dict[str, Any] = {"intervals": {"table": intervals.as_dict()}}
    features = ["file_count", "log_age_days"]
    return Advisor("advisor_forest", AlwaysFive(), features, metrics, RandomForestRegressor())


def test_every_age_gets_the_interval_of_its_own_band_though_its_logarithm_is_rounded():
    ends = [*AGE_BANDS[1:], None]
    bands = tuple(
        Band(start, end, -float(number), float(number), 100)
        for number, (start, end) in enumerate(zip(AGE_BANDS, ends, strict=True))
    )
    days = np.arange(7000.0)
    X = np.column_stack([np.ones_like(days), np.log1p(days)]).astype(np.float32)
    low, high = advisor_with(PredictionIntervals(0.8, bands)).interval(X)
    for number, (start, end) in enumerate(zip(AGE_BANDS, ends, strict=True)):
        inside = slice(int(start), None if end is None else int(end))
        assert set(low[inside]) == {5.0 - number}
        assert set(high[inside]) == {5.0 + number}
