"""The advisor's model in the form that answers a few rows at a time, quickly."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.advisor.population import Row
from thingistat_pipeline.features.registry import require_families
from thingistat_pipeline.popularity.advisor.boosted_rates import BoostedRates
from thingistat_pipeline.popularity.advisor.predictor import Predictor
from thingistat_pipeline.popularity.advisor.rows import ADVISOR, ADVISOR_FAMILIES
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.contributions import contributions
from thingistat_pipeline.popularity.explanation.ensemble import PackedEnsemble
from thingistat_pipeline.popularity.explanation.packed_trees import trees_from_bytes
from thingistat_pipeline.popularity.stored_files import load_trees


class Served(Protocol):
    """A model as drafts ask it."""

    def predict(self, X: NDArray[np.float32]) -> Floats:
        """Return the expected ln(1 + downloads) of each row."""

    def contributions(self, row: Row, background: Row) -> Floats:
        """Return what each feature adds to a row's prediction, against a background row."""


@dataclass(frozen=True, eq=False, slots=True)
class Trees:
    """Trees that add up to the prediction."""

    ensemble: PackedEnsemble

    def predict(self, X: NDArray[np.float32]) -> Floats:
        """Return the expected ln(1 + downloads) of each row."""
        return self.ensemble.predict(X, threads=1)

    def contributions(self, row: Row, background: Row) -> Floats:
        """Return exact Shapley values."""
        found = contributions(self.ensemble, row[None], background[None], threads=1)
        return np.asarray(found.values[0])


@dataclass(frozen=True, eq=False, slots=True)
class Rates:
    """Trees that add up to the logarithm of what comes on top of a curve of age."""

    trees: Trees
    rates: BoostedRates

    @classmethod
    def of(cls, ensemble: PackedEnsemble, stored: Mapping[str, Any]) -> "Rates":
        """Return them from the trees of a Poisson boosting and what is stored beside these."""
        return cls(Trees(ensemble), BoostedRates.from_dict(_Exponential(ensemble), stored))

    def predict(self, X: NDArray[np.float32]) -> Floats:
        """Return the expected ln(1 + downloads) of each row."""
        return self.rates.predict(X)

    def contributions(self, row: Row, background: Row) -> Floats:
        """Return exact Shapley values of the logarithm of the rate.

        Two rows of one age differ by nothing else, but for the one that is added to downloads
        before their logarithm is taken.
        """
        return self.trees.contributions(row, background)


@dataclass(frozen=True, eq=False, slots=True)
class _Exponential:
    """Predicts as a Poisson boosting does, from its packed trees."""

    ensemble: PackedEnsemble

    def predict(self, X: NDArray[np.float32]) -> Floats:
        return np.asarray(np.exp(self.ensemble.predict(X, threads=1)))


@dataclass(frozen=True, eq=False, slots=True)
class Additive:
    """A model in which every feature adds something of its own, as a linear one's does."""

    model: Predictor

    def predict(self, X: NDArray[np.float32]) -> Floats:
        """Return the expected ln(1 + downloads) of each row."""
        return np.asarray(self.model.predict(X), dtype=np.float64)

    def contributions(self, row: Row, background: Row) -> Floats:
        """Return the Shapley values, which here are what each feature changes by itself."""
        X = np.tile(background, (len(row) + 1, 1))
        np.fill_diagonal(X[: len(row)], row)
        predicted = self.predict(X)
        return np.asarray(predicted[:-1] - predicted[-1])


def load_served(models_dir: Path, version: str, metrics: Mapping[str, Any]) -> Served:
    """Return the stored model that serves, from its packed trees where it was stored with them.

    Parameters
    ----------
    models_dir : Path
    version : str
        Of the advisor's model.
    metrics : Mapping
        Stored with it.

    Raises
    ------
    ModelRefusedError
        If it cannot be loaded, or was not fitted.
    FeatureFamilyError
        If it was fitted on a consequence of popularity.
    """
    content = load_trees(models_dir, ADVISOR, version=version)
    if content is None:
        # What rebuilds an estimator takes seconds to import and is seldom needed.
        from thingistat_pipeline.advisor.rebuilt import rebuilt  # noqa: PLC0415 (it is slow)

        return rebuilt(models_dir, version)
    require_families(metrics["features"], ADVISOR_FAMILIES)
    ensemble = trees_from_bytes(content)
    rates = metrics.get("winner_scale")
    return Trees(ensemble) if rates is None else Rates.of(ensemble, rates)
