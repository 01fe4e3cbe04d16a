"""Our side: the feature frame from the published file."""

import polars as pl

from benchmarks.features.facts import facts_of
from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.features.registry import is_feature
from thingistat_pipeline.warehouse.read import open_published


def prepare(inputs: Inputs) -> Task:
    """Nothing to prepare: opening the file is part of the work."""

    def work() -> pl.DataFrame:
        with open_published(inputs.published) as con:
            return popularity_frame(con)

    def facts(frame: pl.DataFrame) -> Facts:
        return facts_of(frame, features=sum(is_feature(name) for name in frame.columns))

    return Task(work, facts)
