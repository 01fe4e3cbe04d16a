"""Fit the advisor's model, put it beside its challengers, and say how far it can be trusted.

What decides anything is never what is judged by: the search and the fit see the training creators
only; the prediction intervals and the smearing factor come from other creators, the calibration's;
every score is of a third group, the test's. The one exception is which model serves, which the
test creators decide themselves, and only where the difference is clear.

The time split is a stress: the newest quarter is predicted from things published before it. It is
no forecast as it would have been made at the cutoff. The forest's parameters are not searched for
again: they were found on the training creators, part of whose things lie in the newest quarter. And
downloads, those of the older things as well as those of a creator's earlier things among the
features, are counted as of the observation, which is after the cutoff.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from thingistat_pipeline.features.registry import require_families
from thingistat_pipeline.popularity.advisor.boosted_rates import BoostedRates
from thingistat_pipeline.popularity.advisor.calibration import calibration_table
from thingistat_pipeline.popularity.advisor.cautions import cautions, dropped_things
from thingistat_pipeline.popularity.advisor.challengers import (
    Contender,
    Sides,
    compared,
    contenders,
    smearing,
    winner_of,
)
from thingistat_pipeline.popularity.advisor.coverage import coverage
from thingistat_pipeline.popularity.advisor.intervals import fit_intervals
from thingistat_pipeline.popularity.advisor.model import AdvisorForest, NotFitted
from thingistat_pipeline.popularity.advisor.panel_rates import panel_results
from thingistat_pipeline.popularity.advisor.rows import (
    ADVISOR,
    ADVISOR_FAMILIES,
    AdvisorRows,
    advisor_rows,
)
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap
from thingistat_pipeline.popularity.advisor.search import Search, search_forest
from thingistat_pipeline.popularity.advisor.slices import slices
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import Progress, Roles, creator_roles, time_split
from thingistat_pipeline.settings import Effort

LEAST_ROWS, LEAST_TEST_CREATORS, LEAST_CALIBRATION = 300, 50, 20
"""With less, no model is fitted and no figure given."""
TIME_ROWS = 40_000
"""Things that the time split's models are fitted on at most."""
LEAST_TIME_ROWS, LEAST_TIME_CREATORS = 50, 30
"""With less things on a side, or less creators to fit on, the time split is left out."""
TIME_REMARK = (
    "The parameters were searched on training creators, part of whose things lie in the newest "
    "quarter, and downloads, also of a creator's earlier things, are counted as of the "
    "observation, after the cutoff."
)
_STEPS = 5


def fit_advisor(
    frame: pl.DataFrame,
    panel: pl.DataFrame,
    *,
    seed: int,
    effort: Effort,
    features: Sequence[str] | None = None,
    threads: int = 2,
    progress: Progress | None = None,
) -> AdvisorForest | NotFitted:
    """Search, fit and judge the advisor's model.

    Parameters
    ----------
    frame : polars.DataFrame
        What `features.frame.popularity_frame` returns.
    panel : polars.DataFrame
        What `panel_rates` returns.
    seed : int
        Of roles, folds, search, forests and resampling.
    effort : {"quick", "full"}
        Size of the search, of boosting and of the resampling.
    features : sequence of str, optional
        Exactly these columns; by default all that the families allow and the data know.
    threads : int, default=2
        Does not change the result.
    progress : callable, optional
        Told what is being done, how many parts are done and how many there are.

    Returns
    -------
    AdvisorForest or NotFitted
        The latter where things or creators are too few.

    Raises
    ------
    FeatureFamilyError
        If one of the features is a consequence of popularity, or unregistered.
    ThingistatError
        If the frame lacks a column.
    """
    tell = progress or _tell_nobody
    rows = advisor_rows(frame, features=features)
    require_families(rows.features, ADVISOR_FAMILIES)
    said = {
        "model": ADVISOR,
        "effort": effort,
        "seed": seed,
        "observed_through": _last_day(frame),
        "n_rows": len(rows.y),
        "n_creators": len(np.unique(rows.creators)),
        "rows_dropped": rows.rows_dropped,
    }
    roles, reason = _roles(rows, seed)
    if roles is None:
        warnings = dropped_things(rows.rows_dropped, len(rows.y))
        return NotFitted({**said, "fitted": False, "reason": reason, "warnings": warnings})
    sides = Sides(*(rows.taken(p) for p in (roles.train, roles.calibration, roles.test)))
    search = search_forest(sides.fit, seed=seed, effort=effort, threads=threads, progress=tell)
    parameters = search.for_rows(len(sides.fit.y))
    forest = parameters.grown(sides.fit.X, sides.fit.y, seed=seed, threads=threads)
    tell("fitting", 1, _STEPS)
    entered = list(contenders(sides, forest, seed=seed, effort=effort))
    bootstrap = CreatorBootstrap(sides.judged.creators, seed=seed, effort=effort)
    table = compared(entered, sides, bootstrap, split="creator")
    name, why = winner_of(table)
    tell("fitting", 2, _STEPS)
    served, age_only = (
        next(one for one in entered if one.key == key) for key in (name, "age_only")
    )
    winner = {one.key: one.predictor for one in entered if one.predictor}[name]
    later, of_time = _in_time(rows, roles, search, seed=seed, effort=effort, threads=threads)
    tell("fitting", 3, _STEPS)
    metrics = {
        **said,
        "fitted": True,
        "reason": None,
        "target": "log1p(download_count)",
        "n_train": len(roles.train),
        "n_calibration": len(roles.calibration),
        "n_test": len(roles.test),
        "n_test_creators": bootstrap.n_creators,
        "n_features": len(rows.features),
        "features": rows.features,
        "features_left_out": rows.left_out,
        "training_hash": rows.training_hash(),
        "best_params": parameters.as_dict(),
        "search": search.as_dict(),
        "models": [*table, *later],
        "winner": name,
        "winner_reason": why,
        "winner_scale": winner.as_dict() if isinstance(winner, BoostedRates) else None,
        "against_age_only": asdict(
            bootstrap.difference(sides.judged.y, served.predicted, age_only.predicted)
        ),
        "time_split": of_time,
        **_judged(served, sides, bootstrap, seed=seed, effort=effort),
        "panel": panel_results(
            panel, rows, roles, search.for_rows, seed=seed, effort=effort, threads=threads
        ),
        "feature_summary": feature_summary(sides.fit),
    }
    tell("fitting", 4, _STEPS)
    metrics["warnings"] = cautions(metrics)
    tell("fitting", _STEPS, _STEPS)
    return AdvisorForest(
        forest=forest,
        winner=winner,
        metrics=metrics,
        rows=rows,
        roles=roles,
        predicted=np.asarray(winner.predict(rows.X), dtype=np.float64),
    )


def feature_summary(rows: AdvisorRows) -> dict[str, dict[str, float]]:
    """Return mean and standard deviation of each feature's known values, and their share."""
    summary = {}
    for place, name in enumerate(rows.features):
        values = rows.X[:, place].astype(np.float64)
        known = values[~np.isnan(values)]
        some = len(known) > 0
        summary[name] = {
            "mean": float(known.mean()) if some else 0.0,
            "sd": float(known.std()) if some else 0.0,
            "known": len(known) / max(len(values), 1),
        }
    return summary


def _roles(rows: AdvisorRows, seed: int) -> tuple[Roles | None, str | None]:
    """Divide the creators, or say why there is too little to."""
    things, creators = len(rows.y), len(np.unique(rows.creators))
    needs = (
        f"An honest model of downloads needs at least {LEAST_ROWS} usable things, and "
        f"{LEAST_TEST_CREATORS} creators held out to judge it by; "
    )
    if things < LEAST_ROWS or creators < LEAST_TEST_CREATORS:
        return None, needs + f"there are {things:,} things of {creators:,} creators."
    roles = creator_roles(rows.creators, seed=seed)
    held_out = len(np.unique(rows.creators[roles.test]))
    if held_out < LEAST_TEST_CREATORS:
        return None, needs + f"{held_out} of {creators:,} creators are held out."
    if len(roles.calibration) < LEAST_CALIBRATION:
        return None, (
            f"Prediction intervals need {LEAST_CALIBRATION} things of creators kept apart for "
            f"them; there are {len(roles.calibration)}."
        )
    alike = _alike(
        {
            "things": rows.y,
            "things to fit on": rows.y[roles.train],
            "things held out to judge by": rows.y[roles.test],
        }
    )
    return (None, alike) if alike else (roles, None)


def _in_time(
    rows: AdvisorRows, roles: Roles, search: Search, *, seed: int, effort: Effort, threads: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the table's rows on the newest quarter, and what that split was or why there is none.

    The creators kept apart for calibration are kept apart here too.
    """
    if len(np.unique(rows.added)) < 2:
        same = "All things were published at the same moment, so that none are newer."
        return [], {"cutoff": None, "n_train": 0, "n_test": 0, "reason": same, "remark": None}
    split = time_split(rows.added, rows.ids)
    apart = np.isin(split.train, roles.calibration)
    fitted = split.train[~apart]
    fitted = fitted[whole_creators(rows.creators[fitted], most=TIME_ROWS, seed=seed)]
    judged = rows.taken(split.test)
    described = {
        "cutoff": str(judged.added.min().astype("datetime64[D]")),
        "n_train": len(fitted),
        "n_test": len(judged.y),
    }
    sides = Sides(rows.taken(fitted), rows.taken(split.train[apart]), judged)
    reason = _why_not_in_time(sides)
    described |= {"reason": reason, "remark": None if reason else TIME_REMARK}
    if reason:
        return [], described
    forest = search.for_rows(len(fitted)).grown(
        sides.fit.X, sides.fit.y, seed=seed, threads=threads
    )
    entered = list(contenders(sides, forest, seed=seed, effort=effort))
    bootstrap = CreatorBootstrap(judged.creators, seed=seed, effort=effort)
    return compared(entered, sides, bootstrap, split="time"), described


def _why_not_in_time(sides: Sides) -> str | None:
    """Say why models cannot be fitted on the older things and judged by the newest, or None."""
    older, newest = sides.fit, sides.judged
    creators = len(np.unique(older.creators))
    if min(len(older.y), len(newest.y)) < LEAST_TIME_ROWS or creators < LEAST_TIME_CREATORS:
        return (
            f"A split by time needs {LEAST_TIME_ROWS} things on either side and, to fit on, "
            f"{LEAST_TIME_CREATORS} creators; there are {len(older.y):,} older things of "
            f"{creators:,} creators and {len(newest.y):,} newer ones."
        )
    return _alike({"older things to fit on": older.y, "newest things": newest.y})


def _alike(targets: Mapping[str, Floats]) -> str | None:
    """Say of which of the named things the downloads do not vary, or None."""
    for things, y in targets.items():
        if np.ptp(y) == 0.0:
            return f"All {things} have the same number of downloads: there is nothing to explain."
    return None


def _judged(
    winner: Contender, sides: Sides, bootstrap: CreatorBootstrap, *, seed: int, effort: Effort
) -> dict[str, Any]:
    """Return what is said of the model that serves, on the test creators."""
    apart, judged = sides.calibration, sides.judged
    intervals = fit_intervals(apart.y - winner.calibrated, apart.age_days)
    return {
        "smearing": smearing(apart.y, winner.calibrated),
        "calibration": calibration_table(judged.y, winner.predicted, bootstrap),
        "intervals": coverage(intervals, judged.y, winner.predicted, judged.age_days, bootstrap),
        "slices": slices(judged, winner.predicted, seed=seed, effort=effort),
    }


def _last_day(frame: pl.DataFrame) -> str | None:
    day = frame["observed_at"].cast(pl.Date).max() if "observed_at" in frame.columns else None
    return None if day is None else str(day)


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Do nothing: nobody asked for the progress."""
