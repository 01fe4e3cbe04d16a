"""Our side: grow once."""

from benchmarks.stage import Facts, Inputs, Task
from benchmarks.training import training_rows
from thingistat_pipeline.popularity.parity import PARITY_GRID
from thingistat_pipeline.popularity.splits import folds
from thingistat_pipeline.popularity.tuning import Tuning, tune_forest


def prepare(inputs: Inputs) -> Task:
    """Read the rows."""
    X, y = training_rows(inputs.training, inputs.tuning_rows or None)

    def work() -> Tuning:
        return tune_forest(X, y, PARITY_GRID, folds(len(y)), seed=inputs.seed, threads=1)

    def facts(tuning: Tuning) -> Facts:
        return {
            "rows": len(y),
            "combinations": [combination.as_dict() for combination in tuning.combinations],
            "scores": tuning.scores.tolist(),
        }

    return Task(work, facts)
