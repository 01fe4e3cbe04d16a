"""ThingiStat's own model, faithfully: a random forest of raw downloads.

Its notebook (javathejhut/ThingiStat, `EDA_feature_engineering_importance`) predicts raw
`download_count` from likes, collects, comments, makes and remixes, lengths of the texts, files,
added images, the creator's followers and designs, and the ten most frequent categories; splits
75/25 at random with seed 12; searches a grid of 72 forests by five unshuffled folds and R²; fits
the best again and shows both importances, the permutation one on the training rows.

This is a *diagnostic* model: most of what it learns from are consequences of downloads, and it
does not know a thing's age. It tells how ThingiStat's figures come out on other data, not what to
change. Beyond the notebook it reports what its figures need to be read: held-out importances,
intervals, dummy baselines, and which rows were left out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity import evaluation, importance
from thingistat_pipeline.popularity.parity_baselines import baseline_predictions
from thingistat_pipeline.popularity.parity_rows import (
    PARITY_OUTCOME,
    ParityRows,
    complete_rows,
    features_and_outcome,
    training_hash,
)
from thingistat_pipeline.popularity.splits import (
    Progress,
    Split,
    folds,
    random_split,
    split_frame,
)
from thingistat_pipeline.popularity.tuning import ForestGrid, Tuning, tune_forest
from thingistat_pipeline.settings import Effort

PARITY = "parity_forest"
PARITY_GRID = ForestGrid(
    max_depth=(10, 12, 14),
    max_features=("sqrt", "log2"),
    min_samples_split=(6, 8, 10, 12),
    n_estimators=(150, 200, 250),
)
PERMUTATION_REPEATS = 8
_FEW_ROWS = 500
_FEW_HELD_OUT = 30


@dataclass(frozen=True, eq=False, slots=True)
class ParityForest:
    """The fitted model and everything that is said about it.

    Attributes
    ----------
    model : RandomForestRegressor
    metrics : dict
        What JSON can hold; equal for equal data and seed, whatever the number of threads.
    ids : ndarray of int64
        The things used, sorted.
    split : Split
        Positions in `ids` of those fitted on and of those held out.
    training_hash : str
        SHA-256 over the feature names and the rows used: the version of the training data.
    """

    model: RandomForestRegressor
    metrics: dict[str, Any]
    ids: NDArray[np.int64]
    split: Split
    training_hash: str

    def split_frame(self) -> pl.DataFrame:
        """Return which things were fitted on and which were held out: id, split."""
        return split_frame(self.ids, self.split)


def fit_parity(
    frame: pl.DataFrame,
    *,
    seed: int = 12,
    effort: Effort = "quick",
    threads: int = 2,
    progress: Progress | None = None,
) -> ParityForest:
    """Tune, fit and judge ThingiStat's forest.

    Parameters
    ----------
    frame : polars.DataFrame
        What `features.frame.popularity_frame` returns.
    seed : int, default=12
        Seed of the split, the forests, the shuffles and the bootstrap.
    effort : {"quick", "full"}
        Size of the bootstrap; the grid is always searched whole.
    threads : int, default=2
        Does not change the result.
    progress : callable, optional
        Told what is being done, how many parts are done and how many there are.

    Returns
    -------
    ParityForest

    Raises
    ------
    TooFewRowsError
        If fewer than four things have every needed column.
    """
    tell = progress or _tell_nobody
    rows = complete_rows(frame)
    split = random_split(rows.ids, seed=seed)
    X, y = rows.X[split.train], rows.y[split.train]
    tuning = tune_forest(
        X, y, PARITY_GRID, folds(len(y)), seed=seed, threads=threads, progress=tell
    )
    best = tuning.combinations[tuning.best]
    model = RandomForestRegressor(**best.as_dict(), random_state=seed, n_jobs=threads).fit(X, y)
    # With several threads scikit-learn adds up the trees in whatever order they finish.
    model.set_params(n_jobs=None)
    tell("fitting", 1, 1)
    metrics = {
        "model": PARITY,
        "best_params": best.as_dict(),
        "n_rows": len(rows.y),
        "n_train": len(split.train),
        "n_test": len(split.test),
        "n_features": len(rows.features),
        "features": rows.features,
        "features_left_out": rows.left_out,
        "rows_dropped": rows.rows_dropped,
        "seed": seed,
        "effort": effort,
        "folds": tuning.scores.shape[1],
        "cv": _cv_metrics(tuning),
        **_scores(model, rows, split, seed=seed, effort=effort),
    }
    metrics["warnings"] = _warnings(metrics)
    tell("scoring", 1, 1)
    return ParityForest(
        model=model,
        metrics=metrics,
        ids=rows.ids,
        split=split,
        training_hash=training_hash(rows),
    )


def parity_importances(
    model: RandomForestRegressor,
    frame: pl.DataFrame,
    *,
    features: list[str],
    split: pl.DataFrame,
    seed: int = 12,
    threads: int = 2,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Measure what the forest leans on, on the things it was fitted on and on those held out.

    The split is the one stored with the model, and not made anew: in a frame that has grown since,
    a new split would pass things off as held out that the forest has learnt by heart.

    Parameters
    ----------
    model : RandomForestRegressor
        From `fit_parity` or from the store.
    frame : polars.DataFrame
        Holds the things of the split; others are passed over, as are things whose needed columns
        have become unknown since.
    features : list of str
        The model's columns, in its order: ``metrics["features"]``.
    split : polars.DataFrame
        id, split.
    seed : int, default=12
        Seed of the shuffles.
    threads : int, default=2
        Does not change the result.
    progress : callable, optional
        Told after each of the two measurements.

    Returns
    -------
    polars.DataFrame
        method, split, feature, mean, std. Mean decrease in variance for the training rows, its
        std over the trees; permutation importance for both, its std over 8 repeats. Where R² is
        undefined (one thing held out, or all with the same downloads), its rows are missing.

    Raises
    ------
    ThingistatError
        If the frame lacks a column of the model.
    """
    if absent := [name for name in features if name not in frame.columns]:
        raise ThingistatError(
            f"The stored {PARITY} uses columns that the features no longer have: "
            f"{', '.join(absent)}. The most frequent categories have probably changed; fit the "
            "model again."
        )
    tell = progress or _tell_nobody
    needed = [PARITY_OUTCOME, *features]
    known = frame.join(split, on="id", validate="1:1").drop_nulls(needed).sort("id")
    by_tree = importance.mean_decrease_in_variance(model)
    parts = [importance.importance_rows("mean_decrease_in_variance", "train", features, by_tree.T)]
    for done, name in enumerate(importance.SPLITS, start=1):
        X, y = features_and_outcome(known.filter(split=name), features)
        if evaluation.r_squared(y, y) is not None:
            found = importance.permutation_importance(
                model, X, y, repeats=PERMUTATION_REPEATS, seed=seed, threads=threads
            )
            parts.append(importance.importance_rows("permutation", name, features, found.falls))
        tell("permutation importance", done, len(importance.SPLITS))
    return pl.concat(parts)


def _cv_metrics(tuning: Tuning) -> dict[str, Any]:
    means, deviations = tuning.means, tuning.deviations
    return {
        "best_score": means[tuning.best],
        "best_std": deviations[tuning.best],
        "table": [
            {**parameters.as_dict(), "mean": mean, "std": deviation}
            for parameters, mean, deviation in zip(
                tuning.combinations, means, deviations, strict=True
            )
        ],
    }


def _scores(
    model: RandomForestRegressor, rows: ParityRows, split: Split, *, seed: int, effort: Effort
) -> dict[str, Any]:
    train, test = split.train, split.test
    actual, predicted = rows.y[test], model.predict(rows.X[test])
    interval = evaluation.bootstrap_r_squared(actual, predicted, seed=seed, effort=effort)
    baselines = baseline_predictions(rows.y[train], rows.age_days[train], rows.age_days[test])
    return {
        "r2_train": evaluation.r_squared(rows.y[train], model.predict(rows.X[train])),
        "r2_test": evaluation.r_squared(actual, predicted),
        "r2_test_low": interval.low,
        "r2_test_high": interval.high,
        "bootstrap_resamples": evaluation.BOOTSTRAP_RESAMPLES[effort],
        "largest_share_of_test_deviation": evaluation.largest_share_of_deviation(actual),
        "baselines": {
            name: {"r2_test": evaluation.r_squared(actual, said)}
            for name, said in baselines.items()
        },
    }


def _warnings(metrics: dict[str, Any]) -> list[str]:
    """Say in sentences what makes these figures weaker than they look."""
    found = []
    if metrics["n_rows"] < _FEW_ROWS:
        found.append(
            f"The model rests on {metrics['n_rows']} things only ({metrics['n_test']} held out): "
            "its scores and importances are little more than an example."
        )
    if metrics["n_test"] < _FEW_HELD_OUT:
        found.append("With so few things held out, the intervals are too narrow rather than wide.")
    if metrics["folds"] < 5:
        found.append(f"There were rows for {metrics['folds']} folds instead of five.")
    if metrics["r2_test"] is None:
        found.append(
            "R² on held-out things is undefined, because they are fewer than two or all have the "
            "same number of downloads."
        )
    if metrics["cv"]["best_score"] is None:
        found.append("No fold had a defined R², so the first combination of the grid was taken.")
    found += [
        f"The feature {name} was left out: it is unknown for {share:.0%} of the things."
        for name, share in metrics["features_left_out"].items()
    ]
    if dropped := sum(metrics["rows_dropped"].values()):
        share = dropped / (dropped + metrics["n_rows"])
        reasons = ", ".join(f"{why}: {n}" for why, n in metrics["rows_dropped"].items())
        found.append(f"{dropped} things ({share:.1%}) were left out ({reasons}).")
    carried = metrics["largest_share_of_test_deviation"]
    if carried is not None and carried > 0.25 and metrics["n_test"] >= _FEW_HELD_OUT:
        found.append(
            f"One held-out thing carries {carried:.0%} of the squared deviation: R² on raw "
            "downloads says mostly how that one was predicted."
        )
    return found


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Do nothing: nobody asked for the progress."""
