"""Gradient boosting of binned features as the forest's challengers: squared error, and Poisson.

An eighth of the training creators, whole, tells when to stop; scikit-learn's own early stopping
would hold out rows, and so learn a creator by heart and judge itself on them.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from thingistat_pipeline.popularity.advisor.age_curve import fit_age_curve
from thingistat_pipeline.popularity.advisor.boosted_rates import BoostedRates, exposure_of
from thingistat_pipeline.popularity.advisor.rows import LOG_AGE, AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import Split, creator_folds
from thingistat_pipeline.settings import Effort

ITERATIONS: dict[Effort, int] = {"quick": 100, "full": 150}
"""Trees at most."""
_STOP_AFTER = 10
_FOLDS = 8


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
    exposure = exposure_of(curve, age_column, rows.X)
    model = _fitted(
        "poisson", rows, np.expm1(rows.y) / exposure, exposure, seed=seed, effort=effort
    )
    unshifted = BoostedRates(model, curve, age_column, 0.0)
    judged = calibration if len(calibration.y) else rows
    shift = float(np.mean(unshifted.predict(judged.X) - judged.y))
    return BoostedRates(model, curve, age_column, shift)


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
