"""How far off a prediction may be: intervals that hold for four things of five.

Split conformal prediction: the model is fitted without the calibration things, and their residuals
tell how far it is off. It is done within bands of age (Mondrian), because a young thing's downloads
are known more closely than an old one's, and for each end by itself, because the residuals are
skewed. References: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005); Lei,
G'Sell, Rinaldo, Tibshirani and Wasserman, "Distribution-free predictive inference for regression",
Journal of the American Statistical Association 113 (2018).

The guarantee supposes things that are exchangeable. The things of one creator resemble each other,
so that it holds only about; what the intervals cover on held-out creators is therefore measured.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.evaluation import Floats

AGE_BANDS = (0.0, 91.0, 366.0, 1096.0, 2192.0)
"""Where bands of age begin, in days: up to 90 days, 365 days, 3 years, 6 years, and older."""
FEWEST_IN_BAND = 100
"""A band with fewer calibration things is put together with a neighbour: coverage within a band
scatters by 4 points with a hundred, by 13 with ten."""


@dataclass(frozen=True, slots=True)
class Band:
    """The interval around predictions for things of an age.

    Attributes
    ----------
    from_days : float
        Youngest age, inclusive.
    to_days : float or None
        Age at which the next band begins; None for the oldest.
    low, high : float
        What is added to the prediction on the log scale to get either end.
    n : int
        Calibration things that it rests on.
    """

    from_days: float
    to_days: float | None
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class PredictionIntervals:
    """Intervals around predictions, by age.

    Attributes
    ----------
    nominal : float
        Share of things that shall lie within.
    bands : tuple of Band
        From young to old, without gaps; empty where there were too few calibration things.
    reason : str or None
        Why there are no bands.
    """

    nominal: float
    bands: tuple[Band, ...]
    reason: str | None = None

    def around(self, predicted: Floats, age_days: Floats) -> tuple[Floats, Floats]:
        """Return the lower and the upper end of each interval.

        Parameters
        ----------
        predicted : ndarray of float64, shape (n,)
            Predicted ln(1 + downloads).
        age_days : ndarray of float64, shape (n,)
            Age at which the thing is, or will be, looked at.

        Returns
        -------
        low, high : ndarray of float64, shape (n,)
            On the scale of `predicted`, at least 0; NaN where there are no intervals.
        """
        if not self.bands:
            return np.full(len(predicted), np.nan), np.full(len(predicted), np.nan)
        band = _band_of(age_days, [each.from_days for each in self.bands])
        low = predicted + np.array([each.low for each in self.bands])[band]
        high = predicted + np.array([each.high for each in self.bands])[band]
        return np.maximum(low, 0.0), np.maximum(high, 0.0)

    def as_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {**asdict(self), "bands": [asdict(band) for band in self.bands]}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "PredictionIntervals":
        """Return what `as_dict` was made from.

        Raises
        ------
        ThingistatError
            If it is not what `as_dict` makes.
        """
        try:
            return cls(
                nominal=float(stored["nominal"]),
                bands=tuple(_stored_band(band) for band in stored["bands"]),
                reason=None if stored["reason"] is None else str(stored["reason"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ThingistatError(
                "The prediction intervals stored with the model cannot be read "
                f"({type(error).__name__}: {error}). The model is from another version or its "
                "metrics were edited; fit it again."
            ) from error


def fit_intervals(
    residuals: Floats, age_days: Floats, *, nominal: float = 0.8
) -> PredictionIntervals:
    """Find how far predictions are off, from things that the model was not fitted on.

    Parameters
    ----------
    residuals : ndarray of float64, shape (n,)
        Observed minus predicted, on the log scale, of the calibration things.
    age_days : ndarray of float64, shape (n,)
        Their age.
    nominal : float, default=0.8
        Share that shall lie within; half of the others on either side.

    Returns
    -------
    PredictionIntervals
        Without bands, and with the reason, where there are too few things for the finite-sample
        correction: nine for 80 %.
    """
    tail = (1.0 - nominal) / 2.0
    needed = math.ceil(_rank(1.0 / tail)) - 1
    if len(residuals) < needed:
        return PredictionIntervals(
            nominal,
            (),
            f"No intervals of {nominal:.0%}: they need at least {needed} things to calibrate on, "
            f"and there are {len(residuals)}.",
        )
    starts = _merged_starts(age_days, fewest=max(needed, FEWEST_IN_BAND))
    band = _band_of(age_days, starts)
    ends = [*starts[1:], None]
    return PredictionIntervals(
        nominal,
        tuple(
            Band(
                start, end, *_offsets(residuals[band == number], tail), int((band == number).sum())
            )
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        ),
    )


def age_band(age_days: Floats) -> NDArray[np.intp]:
    """Return which of AGE_BANDS each age falls into."""
    return _band_of(age_days, AGE_BANDS)


def band_name(start: float, end: float | None) -> str:
    """Return what readers call the ages from `start` days up to, but without, `end` days."""
    if end is None:
        return f"over {_span(start - 1)}" if start > 0 else "all ages"
    since, until = _span(start), _span(end - 1)
    if since.split()[1:] == until.split()[1:] or start == 0:
        since = since.split()[0]
    return f"{since} to {until}"


def _span(days: float) -> str:
    """Return a number of days in words, in years where they are whole ones."""
    years = round(days / 365.25)
    if days > 365 and abs(days - years * 365.25) < 2:
        return f"{years} years"
    return f"{days:,.0f} days"


def _band_of(age_days: Floats, starts: tuple[float, ...] | list[float]) -> NDArray[np.intp]:
    return np.searchsorted(starts[1:], age_days, side="right")


def _merged_starts(age_days: Floats, *, fewest: int) -> list[float]:
    """Return where bands begin once the small ones are put together with a neighbour.

    The smallest is joined to the smaller of its neighbours until all are large enough.
    """
    starts = list(AGE_BANDS)
    counts = np.bincount(age_band(age_days), minlength=len(starts)).tolist()
    while len(starts) > 1 and min(counts) < fewest:
        small = counts.index(min(counts))
        neighbours = [at for at in (small - 1, small + 1) if 0 <= at < len(starts)]
        other = min(neighbours, key=lambda at: counts[at])
        younger, older = sorted((small, other))
        counts[younger] += counts.pop(older)
        starts.pop(older)
    return starts


def _offsets(residuals: Floats, tail: float) -> tuple[float, float]:
    """Return the order statistics between which a further residual lies with the nominal share."""
    ordered = np.sort(residuals)
    rank = math.floor(_rank(tail * (len(ordered) + 1)))
    return float(ordered[rank - 1]), float(ordered[len(ordered) - rank])


def _rank(number: float) -> float:
    """Undo the rounding of decimal shares: 0.1 * 10 things are one, and not a little less."""
    return round(number, 9)


def _stored_band(stored: Mapping[str, Any]) -> Band:
    end = stored["to_days"]
    return Band(
        from_days=float(stored["from_days"]),
        to_days=None if end is None else float(end),
        low=float(stored["low"]),
        high=float(stored["high"]),
        n=int(stored["n"]),
    )
