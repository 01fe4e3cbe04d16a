"""The advisor's model as a value: freshly fitted, not fitted, or read back to serve."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from thingistat_pipeline.features.registry import require_families
from thingistat_pipeline.popularity.advisor.boosted_rates import BoostedRates
from thingistat_pipeline.popularity.advisor.intervals import PredictionIntervals
from thingistat_pipeline.popularity.advisor.predictor import Predictor
from thingistat_pipeline.popularity.advisor.rows import (
    ADVISOR,
    ADVISOR_FAMILIES,
    LOG_AGE,
    AdvisorRows,
)
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import Roles
from thingistat_pipeline.popularity.store import load_model, load_winner
from thingistat_pipeline.stored_versions import LATEST


@dataclass(frozen=True, eq=False, slots=True)
class AdvisorForest:
    """The fitted model and everything that is said about it.

    Attributes
    ----------
    forest : RandomForestRegressor
    winner : Predictor
        The forest, or the challenger that beat it on creators that neither had seen.
    metrics : dict
        What JSON can hold; equal for equal data and seed, whatever the number of threads.
    rows : AdvisorRows
        All things used.
    roles : Roles
        Which of them were fitted on, calibrated on and judged by.
    predicted : ndarray of float64, shape (n,)
        What the winner says of each, those it was fitted on included.
    """

    forest: RandomForestRegressor
    winner: Predictor
    metrics: dict[str, Any]
    rows: AdvisorRows
    roles: Roles
    predicted: Floats

    @property
    def stored_winner(self) -> BaseEstimator | None:
        """The estimator to store beside the forest, or None if the forest serves."""
        if self.winner is self.forest:
            return None
        return self.winner.model if isinstance(self.winner, BoostedRates) else self.winner

    def split_frame(self) -> pl.DataFrame:
        """Return the role of every thing: id, split (train, calibration or test)."""
        sides = {
            "train": self.roles.train,
            "calibration": self.roles.calibration,
            "test": self.roles.test,
        }
        return pl.concat(
            pl.DataFrame({"id": self.rows.ids[places], "split": [name] * len(places)})
            for name, places in sides.items()
        ).sort("id")


@dataclass(frozen=True, slots=True)
class NotFitted:
    """There was too little to fit a model on: no model, and no figures that mean nothing."""

    metrics: dict[str, Any]

    @property
    def reason(self) -> str:
        """Why, as a sentence."""
        return str(self.metrics["reason"])


@dataclass(frozen=True, eq=False, slots=True)
class Advisor:
    """A stored model ready to serve.

    Attributes
    ----------
    name : str
        Which model it is: "advisor_forest", or the challenger that beat it.
    estimator : Predictor
    features : list of str
        The columns of X, in order.
    metrics : dict
        Of its `metrics.json`.
    forest : RandomForestRegressor
        The forest, whichever serves; explanations that need trees can always have these.
    """

    name: str
    estimator: Predictor
    features: list[str]
    metrics: dict[str, Any]
    forest: RandomForestRegressor

    def predict(self, X: NDArray[np.float32]) -> Floats:
        """Return the expected ln(1 + downloads) of each row of X, (n, p), NaN where unknown."""
        return np.asarray(self.estimator.predict(X), dtype=np.float64)

    def interval(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return where ln(1 + downloads) lies with 80 % probability: lower and upper ends."""
        intervals = PredictionIntervals.from_dict(self.metrics["intervals"]["table"])
        log_age = X[:, self.features.index(LOG_AGE)].astype(np.float64)
        # In 32 bits the logarithm is a little off, which matters where a band of ages begins.
        age_days = np.rint(np.expm1(log_age))
        return intervals.around(self.predict(X), age_days)


def load_advisor(models_dir: Path, *, version: str = LATEST) -> Advisor:
    """Return the stored advisor, the forest or the challenger that beat it.

    Raises
    ------
    ModelRefusedError
        If nothing is stored, if it is damaged or of a kind that is not loaded, or if there was too
        little to fit a model on.
    FeatureFamilyError
        If it was fitted on a consequence of popularity.
    """
    forest, metrics, _ = load_model(models_dir, ADVISOR, version=version)
    require_families(metrics["features"], ADVISOR_FAMILIES)
    name = metrics["winner"]
    estimator: Predictor = forest
    if name != ADVISOR:
        stored = load_winner(models_dir, ADVISOR, version=version)
        rates = metrics["winner_scale"]
        if rates is not None and isinstance(stored, HistGradientBoostingRegressor):
            estimator = BoostedRates.from_dict(stored, rates)
        else:
            estimator = stored
    return Advisor(name, estimator, metrics["features"], metrics, forest)
