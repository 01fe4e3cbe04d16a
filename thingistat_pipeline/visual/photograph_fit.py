"""Learning to tell photographs from drawings, where the name of a picture tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from thingistat_pipeline.features.intervals import wilson_interval
from thingistat_pipeline.visual.photograph import (
    PREDICTORS,
    Floats,
    PhotographWeights,
    predictors_of,
)

Flags = NDArray[np.bool_]

FEWEST_CREATORS = 20
"""Of photographs and of drawings each; with fewer, nothing is learned."""
FOLDS = 5

_CAUTIONS = (
    "Whether a picture is the site's drawing is told by its name: that of one of the thing's "
    "files. Screenshots and drawings that a creator uploaded count as photographs.",
    "Things whose picture's name tells nothing are neither learned from nor judged on; they are "
    "older for the most part, and may look different.",
)


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
    X = predictors_of(told)
    judged = _held_out_judgement(X, photographs, creators, seed)
    model = _weights(_unfitted().fit(X, photographs))
    figures |= {
        "fitted": True,
        "predictors": list(PREDICTORS),
        "measures": _measures(judged == photographs, photographs, creators),
        "coefficients": _coefficients(model),
    }
    return PhotographModel(model, figures)


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
