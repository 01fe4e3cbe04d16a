"""What the references of the other stages leave out: the fit of the best forest."""

from sklearn.ensemble import RandomForestRegressor

from benchmarks.stage import Facts, Inputs, Task
from benchmarks.training import grown_forest, training_rows


def prepare(inputs: Inputs) -> Task:
    """Read the rows."""
    X, y = training_rows(inputs.training)

    def work() -> RandomForestRegressor:
        return grown_forest(X, y, seed=inputs.seed)

    def facts(forest: RandomForestRegressor) -> Facts:
        return {
            "rows": inputs.things,
            "training_rows": len(y),
            "r2_train": float(forest.score(X, y)),
        }

    return Task(work, facts)
