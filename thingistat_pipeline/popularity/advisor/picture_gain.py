"""What the looks of the cover pictures add to the advisor's skill on creators it has not seen.

Forests are grown alike, one with the features of the pictures and one without, on the creators that
the advisor was fitted on, and judged by those that were held out from it. They have the parameters
that the advisor's search chose, but for the number of trees. The intervals are over creators,
paired, with the forests held fixed.

Some thirty features that tell nothing are not free: at every node they take the places of others
among the candidates, and a forest with them is a little worse. So that a loss is not taken for
knowledge that pictures tell nothing, nor hides that they tell something, a third forest is given
every thing the looks of another one's picture, drawn by lot.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows, advisor_rows
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap
from thingistat_pipeline.popularity.advisor.search import parameters_for
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import roles_in
from thingistat_pipeline.settings import Effort

GAIN = "picture_gain"
LEAST_FITTED, LEAST_TEST_CREATORS = 200, 50
"""Things with a picture to fit on and creators with one to judge by; with less, nothing is said."""
FIT_ROWS: dict[Effort, int] = {"quick": 5_000, "full": 30_000}
"""Things that each forest is fitted on, at most; whole creators."""
TREES: dict[Effort, int] = {"quick": 60, "full": 150}
"""Trees of each forest."""
Floats32 = NDArray[np.float32]
_LOOKS = tuple(feature.name for feature in LOOKS)


def picture_gain(
    advisor: Mapping[str, Any],
    frame: pl.DataFrame,
    split: pl.DataFrame,
    *,
    seed: int,
    effort: Effort,
    threads: int = 2,
) -> dict[str, Any]:
    """Return how much better downloads are predicted with the looks than without.

    Parameters
    ----------
    advisor : Mapping
        Metrics of the advisor's model, fitted.
    frame : polars.DataFrame
        The features, with those of the pictures or without; may have grown since.
    split : polars.DataFrame
        id, split (train, calibration, test), stored with the model.
    seed : int
        Of the forests and the resampling.
    effort : {"quick", "full"}
        See `FIT_ROWS` and `TREES`; 500 or 4,000 resamples.
    threads : int, default=2
        Does not change the result.

    Returns
    -------
    dict
        What JSON can hold: `measured`, `reason` (why not, otherwise None), `n_train`, `n_test`
        (things), `creators` (of the test), `pictured_train`, `pictured_test` (things among them
        whose picture is known), `features` (those of the pictures that are known and vary). Where
        measured also `with`, `without`, `difference` and `against_shuffled` (with them less with
        those of others): R² on logs; `spearman`: the same four of the correlation of ranks; each
        figure with its 95 % interval (value, low, high); and `trees`, `remark`.
    """
    usable = advisor_rows(frame)
    looks = [name for name in usable.features if name in _LOOKS]
    others = [name for name in advisor["features"] if name not in _LOOKS]
    rows = advisor_rows(frame, features=[*others, *looks])
    roles = roles_in(split, rows.ids)
    capped = whole_creators(rows.creators[roles.train], most=FIT_ROWS[effort], seed=seed)
    train, test = rows.taken(roles.train[capped]), rows.taken(roles.test)
    learned_from, judged = (_pictured(side, looks) for side in (train, test))
    said = {
        "n_train": len(train.ids),
        "n_test": len(test.ids),
        "creators": len(np.unique(test.creators)),
        "pictured_train": int(learned_from.sum()),
        "pictured_test": int(judged.sum()),
        "features": looks,
    }
    judges = len(np.unique(test.creators[judged]))
    if reason := _why_not(int(learned_from.sum()), judges):
        return {"measured": False, "reason": reason, **said}
    parameters = {**parameters_for(advisor, len(train.ids)), "n_estimators": TREES[effort]}

    def predicted(fitted: Floats32, judged: Floats32) -> Floats:
        forest = RandomForestRegressor(**parameters, random_state=seed, n_jobs=threads)
        forest.fit(fitted, train.y).set_params(n_jobs=None)
        return np.asarray(forest.predict(judged), dtype=np.float64)

    known = len(others)
    lot = np.random.default_rng(seed)
    told = predicted(train.X, test.X)
    untold = predicted(train.X[:, :known], test.X[:, :known])
    misled = predicted(*(_shuffled(side.X, known, lot) for side in (train, test)))
    bootstrap = CreatorBootstrap(test.creators, seed=seed, effort=effort)
    r2, ranks = (
        {
            "with": _score(bootstrap, measure, test, told),
            "without": _score(bootstrap, measure, test, untold),
            "difference": asdict(difference(test.y, told, untold)),
            "against_shuffled": asdict(difference(test.y, told, misled)),
        }
        for measure, difference in (
            ("r2_log", bootstrap.difference),
            ("spearman", bootstrap.rank_difference),
        )
    )
    return {
        "measured": True,
        "reason": None,
        **said,
        **r2,
        "spearman": ranks,
        "trees": TREES[effort],
        "remark": _REMARK,
    }


_REMARK = (
    "The forests have the parameters that were searched for the advisor's, among whose features "
    "those of the pictures may have been. What pictures tell that other features tell as well, "
    "such as whether the cover is a drawing by the site, adds nothing here."
)


def _score(
    bootstrap: CreatorBootstrap, measure: str, test: AdvisorRows, predicted: Floats
) -> dict[str, float | None]:
    return asdict(bootstrap.scores(test.y, predicted, test.age_days, metrics=(measure,))[measure])


def _shuffled(X: Floats32, known: int, lot: np.random.Generator) -> Floats32:
    """Return rows whose columns from `known` on are those of another row, all of the same one."""
    return np.hstack([X[:, :known], X[lot.permutation(len(X)), known:]])


def _pictured(rows: AdvisorRows, looks: list[str]) -> NDArray[np.bool_]:
    """Return of which rows a look is known."""
    known = np.zeros(len(rows.ids), dtype=np.bool_)
    for name in looks:
        known |= ~np.isnan(rows.column(name))
    return known


def _why_not(fitted: int, judges: int) -> str | None:
    if not fitted and not judges:
        return "Of no thing, or of hardly any, is it known what its picture looks like."
    if fitted < LEAST_FITTED or judges < LEAST_TEST_CREATORS:
        return (
            f"What pictures add takes {LEAST_FITTED} things with a picture to learn from and "
            f"{LEAST_TEST_CREATORS} held-out creators with one; there are {fitted:,} and "
            f"{judges:,}."
        )
    return None
