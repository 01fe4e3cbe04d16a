"""A model that serves from its estimator, where it was stored without packed trees."""

from pathlib import Path

from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from thingistat_pipeline.advisor.served import Additive, Rates, Served, Trees
from thingistat_pipeline.popularity.advisor.boosted_rates import BoostedRates
from thingistat_pipeline.popularity.advisor.model import load_advisor
from thingistat_pipeline.popularity.advisor.predictor import Predictor
from thingistat_pipeline.popularity.explanation.packing import packed


def rebuilt(models_dir: Path, version: str) -> Served:
    """Return the stored model that serves, rebuilt as it was fitted; see `load_served`."""
    return served(load_advisor(models_dir, version=version).estimator)


def served(estimator: Predictor) -> Served:
    """Return a fitted model in the form that answers quickly."""
    if isinstance(estimator, BoostedRates):
        return Rates(Trees(packed(estimator.model)), estimator)
    if isinstance(estimator, RandomForestRegressor | HistGradientBoostingRegressor):
        return Trees(packed(estimator))
    return Additive(estimator)
