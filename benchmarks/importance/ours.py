"""Our side: the kernel."""

import time

from benchmarks.stage import Facts, Inputs, Task
from benchmarks.training import grown_forest, training_rows
from thingistat_pipeline.popularity.importance import PermutationImportance, permutation_importance
from thingistat_pipeline.popularity.parity import PERMUTATION_REPEATS


def prepare(inputs: Inputs) -> Task:
    """Grow the forest, and have the kernel compiled."""
    X, y = training_rows(inputs.training)
    forest = grown_forest(X, y, seed=inputs.seed)
    start = time.process_time()
    permutation_importance(forest, X[:8], y[:8], repeats=1, seed=0, threads=1)
    compile_seconds = time.process_time() - start

    def work() -> PermutationImportance:
        return permutation_importance(
            forest, X, y, repeats=PERMUTATION_REPEATS, seed=inputs.seed, threads=1
        )

    def facts(importance: PermutationImportance) -> Facts:
        return {
            "rows": len(y),
            "features": X.shape[1],
            "repeats": PERMUTATION_REPEATS,
            "falls": importance.falls.tolist(),
            "compile_seconds": compile_seconds,
        }

    return Task(work, facts)
