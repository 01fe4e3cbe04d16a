"""How many downloads a post is predicted to have at an age, and where that places it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thingistat_pipeline.advisor.answered import Forecast, Interval, Percentile
from thingistat_pipeline.advisor.population import FEWEST_ALIKE, Population
from thingistat_pipeline.popularity.advisor.intervals import (
    AGE_BANDS,
    PredictionIntervals,
    age_band,
    band_name,
)
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.report.wording import counted, percent

DAYS = (30, 90, 365)
FEW_FITTED = 100
"""Fewer things of about that age were fitted on: what is said of it is mostly guessed from others.
"""
_WIDER = (1.25, 1.5, 2.0, 3.0, 4.0)
"""How far the ages of those that a post is compared with may be off, as a factor."""


@dataclass(frozen=True, eq=False, slots=True)
class Forecaster:
    """What a prediction is compared with.

    Attributes
    ----------
    known : Population
    intervals : PredictionIntervals
    metrics : Mapping
        Of the model.
    """

    known: Population
    intervals: PredictionIntervals
    metrics: Mapping[str, Any]

    def forecasts(self, predicted: Sequence[float], category: str | None) -> list[Forecast]:
        """Return the forecasts for `DAYS`.

        Parameters
        ----------
        predicted : sequence of float
            Predicted ln(1 + downloads) at each of the ages.
        category : str or None
            The draft's.
        """
        logs = np.asarray(predicted, dtype=np.float64)
        low, high = self.intervals.around(logs, np.array(DAYS, dtype=np.float64))
        return [
            self._forecast(days, each, category)
            for days, each in zip(DAYS, np.column_stack([logs, low, high]), strict=True)
        ]

    def _forecast(self, days: int, logs: Floats, category: str | None) -> Forecast:
        # Where there is no interval, the figure stands alone, and the caution says so.
        value, low, high = np.expm1(np.where(np.isnan(logs), logs[0], logs)).clip(min=0).tolist()
        downloads = Interval(value=value, low=min(low, value), high=max(high, value))
        return Forecast(
            days=days,
            downloads=downloads,
            coverage=self._coverage(days),
            percentile=self._percentile(days, downloads, category),
            caution=self._caution(days) or None,
        )

    def _percentile(
        self, days: int, downloads: Interval, category: str | None
    ) -> Percentile | None:
        """Compare with posts of about the age, of the category as far as it has enough such."""
        own = [category] if category is not None and category in self.known.members else []
        for name in (*own, None):
            ages, others = self.known.by_age(name)
            for wider in _WIDER:
                least, most = round(days / wider), round(days * wider)
                first, last = np.searchsorted(ages, (least, most + 1)).tolist()
                if last - first >= FEWEST_ALIKE:
                    alike = others[first:last]
                    return Percentile(
                        value=_place(downloads.value, alike),
                        low=_place(downloads.low, alike),
                        high=_place(downloads.high, alike),
                        things=len(alike),
                        from_days=least,
                        to_days=most,
                        category=name,
                    )
        return None

    def _coverage(self, days: int) -> Interval | None:
        band = self._measured(days)
        if band is None or any(band.get(name) is None for name in ("coverage", "low", "high")):
            return None
        return Interval(value=band["coverage"], low=band["low"], high=band["high"])

    def _measured(self, days: int) -> Mapping[str, Any] | None:
        for band in self.metrics["intervals"]["bands"]:
            if band["from_days"] <= days and (band["to_days"] is None or days < band["to_days"]):
                return dict(band)
        return None

    def _caution(self, days: int) -> str:
        said = []
        own = int(age_band(np.array([float(days)]))[0])
        ages = self.known.age_days[self.known.fitted]
        seen = int((age_band(ages[~np.isnan(ages)]) == own).sum())
        start, end = AGE_BANDS[own], [*AGE_BANDS[1:], None][own]
        if seen < FEW_FITTED:
            said.append(
                f"The model was fitted on {counted(seen, 'thing')} of {band_name(start, end)} "
                "only: much of this is carried over from other ages."
            )
        if not self.intervals.bands:
            said.append(self.intervals.reason or "There is no interval.")
        for band in self.intervals.bands:
            holds = band.from_days <= days and (band.to_days is None or days < band.to_days)
            if holds and (band.from_days, band.to_days) != (start, end):
                name = band_name(band.from_days, band.to_days)
                said.append(f"Its interval is that of things of {name}, for want of others.")
        measured = self._measured(days)
        if measured and measured.get("high") is not None:
            nominal = self.intervals.nominal
            if measured["high"] < nominal:
                held = percent(measured["coverage"], 0)
                said.append(
                    f"On creators never seen, such intervals held {held} of the things of this "
                    f"age, where {percent(nominal, 0)} were meant."
                )
        return " ".join(said)


def _place(value: float, others: Floats) -> float:
    """Return the share of others below a value, in percent; half of those that equal it count."""
    below = (others < value).sum() + 0.5 * (others == value).sum()
    return float(100.0 * below / len(others))
