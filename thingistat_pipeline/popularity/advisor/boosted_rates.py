"""A Poisson model with the curve of the age as its exposure, as a value that predicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.advisor.age_curve import AgeCurve
from thingistat_pipeline.popularity.advisor.predictor import Predictor
from thingistat_pipeline.popularity.evaluation import Floats

_LEAST_EXPOSURE = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class BoostedRates:
    """A Poisson model of downloads relative to what the age alone would bring.

    The exposure is the curve of the age and not the age itself: downloads come fast at first and
    slowly later, so that a count per day would make the youngest look best, whatever they are.

    Attributes
    ----------
    model : Predictor
        A boosting, or its trees, of downloads / exposure, with the exposure as weight: the Poisson
        likelihood with its logarithm as offset.
    curve : AgeCurve
        Its exp, minus 1, is the exposure.
    age_column : int or None
        Where X holds ln(1 + days); None if it does not, and then every exposure is 1.
    shift : float
        What the logarithm of the expected downloads exceeds the expected ln(1 + downloads) by.
    """

    model: Predictor
    curve: AgeCurve
    age_column: int | None
    shift: float

    def predict(self, X: NDArray[np.float32]) -> Floats:
        """Return the expected ln(1 + downloads)."""
        expected: Floats = np.log1p(
            exposure_of(self.curve, self.age_column, X) * self.model.predict(X)
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
    def from_dict(cls, model: Predictor, stored: Mapping[str, Any]) -> "BoostedRates":
        """Return the model again from its stored parts."""
        curve = AgeCurve(np.array(stored["knots"], float), np.array(stored["values"], float))
        return cls(model, curve, stored["age_column"], stored["shift"])


def exposure_of(curve: AgeCurve, age_column: int | None, X: NDArray[np.float32]) -> Floats:
    """Return the downloads that the age alone would bring."""
    if age_column is None:
        return np.ones(len(X))
    usual: Floats = np.expm1(curve.at(X[:, age_column]))
    return np.maximum(usual, _LEAST_EXPOSURE)
