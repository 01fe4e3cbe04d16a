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
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.intervals import wilson_interval
from thingistat_pipeline.features.pictures import PHOTOGRAPH
from thingistat_pipeline.visual.picture_features import FEATURES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The site cuts covers to one shape; whoever asks about a picture has it in its own.
PREDICTORS = tuple(name for name in FEATURES if name != "picture_aspect")
FEWEST_CREATORS = 20
"""Of photographs and of drawings each; with fewer, nothing is learned."""
FOLDS = 5

_PARTS = ("centre", "spread", "weights")
_CAUTIONS = (
    "Whether a picture is the site's drawing is told by its name: that of one of the thing's "
    "files. Screenshots and drawings that a creator uploaded count as photographs.",
    "Things whose picture's name tells nothing are neither learned from nor judged on; they are "
    "older for the most part, and may look different.",
)


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


@dataclass(frozen=True, eq=False, slots=True)
class PhotographModel:
    """What was learned, and how well it does.

    Attributes
    ----------
    model : PhotographWeights or None
        None where there was too little to learn from.
    figures : mapping
        Ready for JSON: `fitted`, `reason`, counts, `predictors`, `measures` (`accuracy`, what
        `always_the_commoner` kind would have, `photographs_recognised` and `drawings_recognised`,
        each with `value` and a 95 % interval `low`, `high`), `coefficients` (change of the log
        odds by a standard deviation of the feature, the strongest first) and `cautions`.
    """

    model: PhotographWeights | None
    figures: Mapping[str, Any]


def photograph_model(looks: pl.DataFrame, things: pl.DataFrame, *, seed: int) -> PhotographModel:
    """Learn to tell photographs from drawings, and judge it on creators that were held out.

    The figures are those of five models, each judged on the creators that it has not seen; the
    model itself is then fitted on all.

    Parameters
    ----------
    looks : polars.DataFrame
        What `frame_of` returns for cover pictures.
    things : polars.DataFrame
        What `popularity_frame` returns: `id`, `creator_id`, `thumbnail_is_render`.
    seed : int
        Of the folds.
    """
    known = things.select("id", "creator_id", "thumbnail_is_render")
    rows = looks.join(known, left_on="thing_id", right_on="id").sort("thing_id")
    told = rows.drop_nulls("thumbnail_is_render")
    photographs = ~told["thumbnail_is_render"].to_numpy().astype(np.bool_)
    creators = told.select(pl.coalesce("creator_id", -pl.col("thing_id"))).to_series().to_numpy()
    counts = {
        "pictures": told.height,
        "photographs": int(photographs.sum()),
        "drawings": int((~photographs).sum()),
        "creators": len(np.unique(creators)),
        "not_told": rows.height - told.height,
    }
    figures = {"fitted": False, "reason": "", **counts, "cautions": list(_CAUTIONS)}
    fewest = min(len(np.unique(creators[kind])) for kind in (photographs, ~photographs))
    if fewest < FEWEST_CREATORS:
        figures["reason"] = (
            f"To tell photographs from drawings takes both kinds from {FEWEST_CREATORS} creators "
            f"at least; the rarer kind is known of {fewest}."
        )
        return PhotographModel(None, figures)
    X = _predictors(told)
    judged = _held_out_judgement(X, photographs, creators, seed)
    model = _weights(_unfitted().fit(X, photographs))
    figures |= {
        "fitted": True,
        "predictors": list(PREDICTORS),
        "measures": _measures(judged == photographs, photographs, creators),
        "coefficients": _coefficients(model),
    }
    return PhotographModel(model, figures)


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
    return model.probability(_predictors(looks))


def with_photograph(looks: pl.DataFrame, model: PhotographWeights | None) -> pl.DataFrame:
    """Return the features of pictures with `picture_photograph` beside them; null without model."""
    if model is None:
        return looks.with_columns(pl.lit(None, dtype=pl.Float64).alias(PHOTOGRAPH))
    return looks.with_columns(pl.Series(PHOTOGRAPH, photograph_probability(model, looks)))


def _unfitted() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))


def _weights(fitted: Pipeline) -> PhotographWeights:
    scaler, regression = fitted[0], fitted[-1]
    return PhotographWeights(
        centre=np.asarray(scaler.mean_, dtype=np.float64),
        spread=np.asarray(scaler.scale_, dtype=np.float64),
        weights=np.asarray(regression.coef_[0], dtype=np.float64),
        intercept=float(regression.intercept_[0]),
    )


def _predictors(looks: pl.DataFrame) -> Floats:
    return np.asarray(looks.select(PREDICTORS).to_numpy(), dtype=np.float64)


def _held_out_judgement(
    X: Floats, photographs: Flags, creators: NDArray[np.int64], seed: int
) -> Flags:
    """Return which pictures are taken for photographs by a model without their creator's."""
    judged = np.empty_like(photographs)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(X, photographs, creators):
        judged[test] = _unfitted().fit(X[train], photographs[train]).predict(X[test])
    return judged


def _measures(
    right: Flags, photographs: Flags, creators: NDArray[np.int64]
) -> dict[str, dict[str, float]]:
    everything = np.ones_like(photographs)
    commoner = photographs if photographs.mean() >= 0.5 else ~photographs
    return {
        "accuracy": _share(right, everything, creators),
        "photographs_recognised": _share(right, photographs, creators),
        "drawings_recognised": _share(right, ~photographs, creators),
        "always_the_commoner": _share(commoner, everything, creators),
    }


def _share(hits: Flags, among: Flags, creators: NDArray[np.int64]) -> dict[str, float]:
    """Return the share of hits, as sure as if each creator's pictures were all alike.

    Wilson's interval, unlike resampling, is not empty where everything is a hit. Its trials are
    the creators, and fewer where some have many more pictures than others (L. Kish, "Survey
    Sampling", 1965: the effective number of unequal weights).
    """
    share = float(hits[among].mean())
    sizes = np.unique(creators[among], return_counts=True)[1].astype(np.float64)
    trials = sizes.sum() ** 2 / (sizes**2).sum()
    low, high = wilson_interval(share * trials, trials)
    return {"value": share, "low": float(low), "high": float(high)}


def _coefficients(model: PhotographWeights) -> list[dict[str, Any]]:
    strongest_first = np.argsort(-np.abs(model.weights), kind="stable")
    return [
        {"feature": PREDICTORS[place], "value": float(model.weights[place])}
        for place in strongest_first
    ]
