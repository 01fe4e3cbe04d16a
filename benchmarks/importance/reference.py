"""The reference's side: scikit-learn's."""

from sklearn.inspection import permutation_importance
from sklearn.utils import Bunch

from benchmarks.stage import Facts, Inputs, Task
from benchmarks.training import grown_forest, training_rows
from thingistat_pipeline.popularity.parity import PERMUTATION_REPEATS


def prepare(inputs: Inputs) -> Task:
    """Grow the forest."""
    X, y = training_rows(inputs.training)
    forest = grown_forest(X, y, seed=inputs.seed)

    def work() -> Bunch:
        return permutation_importance(
            forest,
            X,
            y,
            n_repeats=PERMUTATION_REPEATS,
            random_state=inputs.seed,
            scoring="r2",
        )

    def facts(found: Bunch) -> Facts:
        return {
            "rows": len(y),
            "features": X.shape[1],
            "repeats": PERMUTATION_REPEATS,
            "falls": found.importances.tolist(),
        }

    return Task(work, facts)
