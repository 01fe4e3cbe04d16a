"""The rows that the models are fitted on, as both sides of a stage read them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from benchmarks.stage import Inputs
from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.popularity.parity import PARITY_GRID
from thingistat_pipeline.popularity.parity_rows import complete_rows
from thingistat_pipeline.popularity.splits import random_split
from thingistat_pipeline.warehouse.read import open_published

Features = NDArray[np.float32]
Outcome = NDArray[np.float64]


def write_training_rows(inputs: Inputs) -> None:
    """Keep the training rows of ThingiStat's model, in the random order of the split."""
    with open_published(inputs.published) as con:
        rows = complete_rows(popularity_frame(con))
    train = random_split(rows.ids, seed=inputs.seed).train
    np.savez(inputs.training, X=rows.X[train], y=rows.y[train])


def training_rows(path: Path, most: int | None = None) -> tuple[Features, Outcome]:
    """Return the training rows, or the first few: they are in random order."""
    with np.load(path, allow_pickle=False) as arrays:
        return np.ascontiguousarray(arrays["X"][:most]), arrays["y"][:most]


def grown_forest(X: Features, y: Outcome, *, seed: int) -> RandomForestRegressor:
    """Return the largest forest of the grid, the same in every process."""
    return RandomForestRegressor(
        max_depth=max(PARITY_GRID.max_depth),
        max_features="sqrt",
        min_samples_split=min(PARITY_GRID.min_samples_split),
        n_estimators=max(PARITY_GRID.n_estimators),
        random_state=seed,
    ).fit(X, y)
