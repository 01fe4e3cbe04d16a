"""Gradient boosting of binned features as the forest's challengers: squared error, and Poisson.

An eighth of the training creators, whole, tells when to stop; scikit-learn's own early stopping
would hold out rows, and so learn a creator by heart and judge itself on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from thingistat_pipeline.popularity.advisor.baselines import AgeCurve, fit_age_curve
from thingistat_pipeline.popularity.advisor.rows import LOG_AGE, AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import Split, creator_folds
from thingistat_pipeline.settings import Effort

ITERATIONS: dict[Effort, int] = {"quick": 100, "full": 150}
"""Trees at most."""
_STOP_AFTER = 10
_FOLDS = 8
_LEAST_EXPOSURE = 0.5


def fit_boosting(rows: AdvisorRows, *, seed: int, effort: Effort) -> HistGradientBoostingRegressor:
    """Fit ln(1 + downloads) by squared error.

    Raises
    ------
    ThingistatError
        If the creators are too few to hold some out.
    """
    return _fitted("squared_error", rows, rows.y, None, seed=seed, effort=effort)


def boosting_like(
    model: HistGradientBoostingRegressor, X: NDArray[np.float32], y: Floats, *, seed: int
) -> HistGradientBoostingRegressor:
    """Fit ln(1 + downloads) again on other rows, with as many trees as the model came to have."""
    again = clone(model).set_params(max_iter=model.n_iter_, early_stopping=False, random_state=seed)
    with threadpool_limits(1):
        return again.fit(X, y)


@dataclass(frozen=True, eq=False, slots=True)
class BoostedRates:
    """A Poisson model of downloads relative to what the age alone would bring.

    The exposure is the curve of the age and not the age itself: downloads come fast at first and
    slowly later, so that a count per day would make the youngest look best, whatever they are.

    Attributes
    ----------
    model : HistGradientBoostingRegressor
        Of downloads / exposure, with the exposure as weight: the Poisson likelihood with its
        logarithm as offset.
    curve : AgeCurve
        Its exp, minus 1, is the exposure.
    age_column : int or None
        Where X holds ln(1 + days); None if it does not, and then every exposure is 1.
    shift : float
        What the logarithm of the expected downloads exceeds the expected ln(1 + downloads) by.
    """

    model: HistGradientBoostingRegressor
    curve: AgeCurve
    age_column: int | None
    shift: float

    def predict(self, X: NDArray[np.float32]) -> Floats:
        """Return the expected ln(1 + downloads)."""
        expected: Floats = np.log1p(
            _exposure(self.curve, self.age_column, X) * self.model.predict(X)
        )
        return expected - self.shift

    def as_dict(self) -> dict[str, Any]:
        """Return what is needed beside the stored model to predict again."""
        return {
            "knots": self.curve.knots.tolist(),
            "values": self.curve.values.tolist(),
            "age_column": self.age_column,
            "shift": self.shift,
        }

    @classmethod
    def from_dict(
        cls, model: HistGradientBoostingRegressor, stored: Mapping[str, Any]
    ) -> "BoostedRates":
        """Return the model again from its stored parts."""
        curve = AgeCurve(np.array(stored["knots"], float), np.array(stored["values"], float))
        return cls(model, curve, stored["age_column"], stored["shift"])


def fit_boosted_rates(
    rows: AdvisorRows, calibration: AdvisorRows, *, seed: int, effort: Effort
) -> BoostedRates:
    """Fit downloads by the Poisson likelihood with exposure.

    Parameters
    ----------
    rows : AdvisorRows
        To fit on.
    calibration : AdvisorRows
        Of other creators: what brings the logarithm of a mean down to the mean of logarithms. The
        training rows serve where there are none.
    """
    age_column = rows.features.index(LOG_AGE) if LOG_AGE in rows.features else None
    curve = fit_age_curve(rows.age_days, rows.y)
    exposure = _exposure(curve, age_column, rows.X)
    model = _fitted(
        "poisson", rows, np.expm1(rows.y) / exposure, exposure, seed=seed, effort=effort
    )
    unshifted = BoostedRates(model, curve, age_column, 0.0)
    judged = calibration if len(calibration.y) else rows
    shift = float(np.mean(unshifted.predict(judged.X) - judged.y))
    return BoostedRates(model, curve, age_column, shift)


def _exposure(curve: AgeCurve, age_column: int | None, X: NDArray[np.float32]) -> Floats:
    """Return the downloads that the age alone would bring."""
    if age_column is None:
        return np.ones(len(X))
    usual: Floats = np.expm1(curve.at(X[:, age_column]))
    return np.maximum(usual, _LEAST_EXPOSURE)


def _fitted(
    loss: str,
    rows: AdvisorRows,
    target: Floats,
    weight: Floats | None,
    *,
    seed: int,
    effort: Effort,
) -> HistGradientBoostingRegressor:
    # The Poisson likelihood is undefined where nothing was downloaded at all. Where all that was is
    # on one side of every fold, there is nobody else's to tell when to stop.
    everything = np.arange(len(target))
    fold = next(
        (
            one
            for one in creator_folds(rows.creators, seed=seed, wanted=_FOLDS)
            if target[one.train].any() and target[one.test].any()
        ),
        Split(train=everything, test=everything),
    )
    model = HistGradientBoostingRegressor(
        loss=loss,
        max_iter=ITERATIONS[effort],
        early_stopping=True,
        n_iter_no_change=_STOP_AFTER,
        scoring="loss",
        random_state=seed,
    )
    # Several threads wait for each other busily, and CPU is scarcer than time.
    with threadpool_limits(1):
        return model.fit(
            rows.X[fold.train],
            target[fold.train],
            sample_weight=None if weight is None else weight[fold.train],
            X_val=rows.X[fold.test],
            y_val=target[fold.test],
            sample_weight_val=None if weight is None else weight[fold.test],
        )
