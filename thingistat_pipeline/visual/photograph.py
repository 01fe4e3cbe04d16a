"""Photograph or drawing: told by what a picture looks like, learned where its name tells.

The site draws a picture of each file and names it after the file; all other pictures were uploaded,
photographs of the print for the most part. Older addresses hold digits for a name and tell nothing,
and a picture that somebody asks about before posting has no address at all. For these a logistic
regression on the features of the picture says how likely it is an upload.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.pictures import PHOTOGRAPH
from thingistat_pipeline.visual.picture_features import FEATURES

Floats = NDArray[np.float64]

# The site cuts covers to one shape; whoever asks about a picture has it in its own.
PREDICTORS = tuple(name for name in FEATURES if name != "picture_aspect")

_PARTS = ("centre", "spread", "weights")


@dataclass(frozen=True, eq=False, slots=True)
class PhotographWeights:
    """A fitted logistic regression on standardised features, as plain numbers.

    Attributes
    ----------
    centre, spread, weights : ndarray of float64, shape (len(PREDICTORS),)
        The log odds change by `weights` for one `spread` above the `centre`.
    intercept : float
        Log odds of a picture at the centre.
    """

    centre: Floats
    spread: Floats
    weights: Floats
    intercept: float

    def probability(self, predictors: Floats) -> Floats:
        """Return how likely pictures are photographs.

        Parameters
        ----------
        predictors : ndarray of float64, shape (n, len(PREDICTORS))

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        scaled = (predictors - self.centre) / self.spread
        return np.asarray(expit(scaled @ self.weights + self.intercept), dtype=np.float64)

    def as_arrays(self) -> dict[str, Floats]:
        """Return the numbers as they are stored; `from_arrays` takes them back."""
        return {
            "centre": self.centre,
            "spread": self.spread,
            "weights": self.weights,
            "intercept": np.array([self.intercept]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], predictors: Sequence[str]) -> Self:
        """Return the model that `as_arrays` returned.

        Parameters
        ----------
        arrays : Mapping of str to ndarray
        predictors : sequence of str
            Features that it was fitted on, as its figures name them.

        Raises
        ------
        ThingistatError
            If it was fitted on others than those that are measured now, or numbers are missing.
        """
        if tuple(predictors) != PREDICTORS or any(
            name not in arrays or arrays[name].shape != (length,)
            for name, length in (*((part, len(PREDICTORS)) for part in _PARTS), ("intercept", 1))
        ):
            raise ThingistatError(
                "The stored model that tells photographs from drawings was made by another version "
                "of this program. Materialize picture_features again."
            )
        centre, spread, weights = (np.array(arrays[part], dtype=np.float64) for part in _PARTS)
        return cls(centre, spread, weights, float(arrays["intercept"][0]))


def photograph_probability(model: PhotographWeights, looks: pl.DataFrame) -> Floats:
    """Return how likely each picture is a photograph.

    Parameters
    ----------
    model : PhotographWeights
    looks : polars.DataFrame
        What `frame_of` returns.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    return model.probability(predictors_of(looks))


def with_photograph(looks: pl.DataFrame, model: PhotographWeights | None) -> pl.DataFrame:
    """Return the features of pictures with `picture_photograph` beside them; null without model."""
    if model is None:
        return looks.with_columns(pl.lit(None, dtype=pl.Float64).alias(PHOTOGRAPH))
    return looks.with_columns(pl.Series(PHOTOGRAPH, photograph_probability(model, looks)))


def predictors_of(looks: pl.DataFrame) -> Floats:
    """Return what pictures are told apart by, float64 (n, len(PREDICTORS))."""
    return np.asarray(looks.select(PREDICTORS).to_numpy(), dtype=np.float64)
