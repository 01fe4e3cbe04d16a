"""ThingiStat's forest tuned on all training rows, fitted and judged, and both importances."""

import polars as pl

from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.popularity.parity import fit_parity, parity_importances
from thingistat_pipeline.warehouse.read import open_published


def prepare(inputs: Inputs) -> Task:
    """Read the features."""
    with open_published(inputs.published) as con:
        frame = popularity_frame(con)

    def work() -> pl.DataFrame:
        forest = fit_parity(frame, seed=inputs.seed, effort="full")
        return parity_importances(
            forest.model,
            frame,
            features=forest.metrics["features"],
            split=forest.split_frame(),
            seed=inputs.seed,
        )

    def facts(importances: pl.DataFrame) -> Facts:
        return {"rows": frame.height, "importances": importances.height}

    return Task(work, facts)
