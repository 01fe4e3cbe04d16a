"""Our side: the feature frame from the published file."""

import polars as pl

from benchmarks.features.facts import facts_of
from benchmarks.stage import Inputs, Task
from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.warehouse.read import open_published


def prepare(inputs: Inputs) -> Task:
    """Nothing to prepare: opening the file is part of the work."""

    def work() -> pl.DataFrame:
        with open_published(inputs.published) as con:
            return popularity_frame(con)

    return Task(work, facts_of)
