"""The reference's side: every combination in every fold, or in the first few."""

from dataclasses import asdict

from joblib import parallel_config  # type: ignore[import-untyped]
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GridSearchCV, KFold

from benchmarks.stage import Facts, Inputs, Task
from benchmarks.training import training_rows
from benchmarks.tuning import FOLDS
from thingistat_pipeline.popularity.parity import PARITY_GRID


def prepare(inputs: Inputs) -> Task:
    """Read the rows."""
    X, y = training_rows(inputs.training, inputs.tuning_rows or None)
    search = GridSearchCV(
        RandomForestRegressor(random_state=inputs.seed),
        {name: list(values) for name, values in asdict(PARITY_GRID).items()},
        scoring="r2",
        cv=list(KFold(FOLDS).split(X))[: inputs.reference_folds],
        refit=False,
        n_jobs=inputs.jobs,
    )

    def work() -> GridSearchCV:
        # threads and not processes: trees grow without Python's lock, and memory is all in one
        with parallel_config(backend="threading"):
            return search.fit(X, y)

    def facts(done: GridSearchCV) -> Facts:
        found = done.cv_results_
        return {
            "rows": len(y),
            "jobs": inputs.jobs,
            "combinations": found["params"],
            "scores": [
                [float(found[f"split{fold}_test_score"][row]) for fold in range(done.n_splits_)]
                for row in range(len(found["params"]))
            ],
            "times_multiplied_by": FOLDS / inputs.reference_folds,
        }

    return Task(work, facts)
