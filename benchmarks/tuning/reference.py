"""The reference's side: every combination in every fold."""

from dataclasses import asdict

from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GridSearchCV, KFold

from benchmarks.stage import Facts, Inputs, Task
from benchmarks.training import training_rows
from thingistat_pipeline.popularity.parity import PARITY_GRID


def prepare(inputs: Inputs) -> Task:
    """Read the rows."""
    X, y = training_rows(inputs.training, inputs.tuning_rows)
    search = GridSearchCV(
        RandomForestRegressor(random_state=inputs.seed),
        {name: list(values) for name, values in asdict(PARITY_GRID).items()},
        scoring="r2",
        cv=KFold(5),
        refit=False,
    )

    def work() -> GridSearchCV:
        return search.fit(X, y)

    def facts(done: GridSearchCV) -> Facts:
        found = done.cv_results_
        return {
            "rows": len(y),
            "combinations": found["params"],
            "means": found["mean_test_score"].tolist(),
            "deviations": found["std_test_score"].tolist(),
        }

    return Task(work, facts)
