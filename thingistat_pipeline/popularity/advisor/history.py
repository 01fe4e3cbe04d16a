"""How the advisor's models scored, version after version, and the one before on today's things.

The stored versions are the only memory, and what those said that were removed to save room: the
history is made anew from them each time, so a database that was deleted and rebuilt tells the same
one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.advisor.drift import drift, previous_version
from thingistat_pipeline.popularity.advisor.rows import ADVISOR, advisor_rows
from thingistat_pipeline.popularity.advisor.scores import METRICS, CreatorBootstrap
from thingistat_pipeline.popularity.parity import PARITY
from thingistat_pipeline.popularity.store import load_model
from thingistat_pipeline.settings import Effort
from thingistat_pipeline.stored_versions import (
    StoredVersion,
    described_versions,
    read_version,
)

HISTORY_SCHEMA = {
    "model": pl.String,
    "version": pl.String,
    "observed_through": pl.Date,
    "n_rows": pl.Int64,
    "effort": pl.String,
    "source": pl.String,
    "split": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
TOLD = (ADVISOR, PARITY)
"""Models whose past is told: their metrics, which name no thing, outlive them."""
COVERAGE = "coverage"
"""Metric of the prediction intervals: the share of held-out things that they hold."""
_ORDER = ("observed_through", "n_rows", "version", "model", "split", "metric")


def stored_versions(models_dir: Path) -> dict[str, StoredVersion]:
    """Return all versions of the advisor by version, unfitted and removed ones included."""
    return described_versions(models_dir, ADVISOR)


def drift_from_previous(
    models_dir: Path, frame: pl.DataFrame, split: pl.DataFrame, *, seed: int, effort: Effort
) -> dict[str, Any] | None:
    """Compare the latest version with the one before it.

    Parameters
    ----------
    models_dir : Path
    frame : polars.DataFrame
        Today's features.
    split : polars.DataFrame
        id, split: the roles that things have in the latest version.
    seed : int
    effort : {"quick", "full"}
        Size of the resampling.

    Returns
    -------
    dict or None
        What `drift.drift` returns, `previous_version`, and `previous_on_now`: the earlier forest's
        scores on the things that the latest is judged by, None where it cannot be asked about
        them. None where the latest was not fitted or is the first.
    """
    latest = read_version(models_dir, ADVISOR)
    stored = {version: found.metrics for version, found in stored_versions(models_dir).items()}
    previous = previous_version(stored, latest.version) if latest.fitted else None
    if previous is None:
        return None
    held_out = frame.join(split.filter(split="test"), on="id", how="semi")
    return {
        **drift(stored[previous], latest.metrics),
        "previous_version": previous,
        "previous_on_now": _scores_on(models_dir, previous, held_out, seed=seed, effort=effort),
    }


def _scores_on(
    models_dir: Path, version: str, frame: pl.DataFrame, *, seed: int, effort: Effort
) -> dict[str, Any] | None:
    try:
        forest, metrics, _ = load_model(models_dir, ADVISOR, version=version)
        rows = advisor_rows(frame, features=metrics["features"])
    except ThingistatError:
        return None  # a feature is no longer made, or the model no longer opened
    if metrics["seed"] != seed or not len(rows.y):
        return None  # under another seed it may have learnt from these very creators
    # The stored smearing factor is the serving model's.
    own = metrics["winner"] == ADVISOR
    scores = CreatorBootstrap(rows.creators, seed=seed, effort=effort).scores(
        rows.y,
        np.asarray(forest.predict(rows.X), dtype=np.float64),
        rows.age_days,
        smearing=metrics["smearing"],
        metrics=[name for name in METRICS if own or name != "r2_raw"],
    )
    return {metric: asdict(score) for metric, score in scores.items()}


def history(stored: Mapping[str, StoredVersion]) -> pl.DataFrame:
    """Return every score of every fitted version.

    Parameters
    ----------
    stored : Mapping of str to StoredVersion
        By version, in any order.

    Returns
    -------
    polars.DataFrame
        One row for each version, model (the forest, challengers and baselines), split and metric:
        value with its 95 % interval [low, high], null where undefined. The coverage of the
        prediction intervals is a metric of the model that they belong to, on held-out creators.
        In the order of what was observed, then of the number of things, then of the version.
    """
    rows = [
        row for version, found in stored.items() if found.fitted for row in _rows_of(version, found)
    ]
    return pl.DataFrame(rows, schema=HISTORY_SCHEMA, orient="row").sort(_ORDER)


def _rows_of(version: str, found: StoredVersion) -> Iterator[dict[str, Any]]:
    metrics = found.metrics
    common = {
        "version": version,
        "observed_through": date.fromisoformat(metrics["observed_through"]),
        "n_rows": metrics["n_rows"],
        "effort": metrics["effort"],
        "source": found.source,
    }
    for model in metrics["models"]:
        for metric, score in model["scores"].items():
            yield _row(common, model["model"], model["split"], metric, score)
    overall = metrics["intervals"]["overall"]
    covered = {**overall, "value": overall[COVERAGE]}
    yield _row(common, metrics["winner"], "creator", COVERAGE, covered)


def _row(
    common: Mapping[str, Any], model: str, split: str, metric: str, score: Mapping[str, Any]
) -> dict[str, Any]:
    named = {"model": model, "split": split, "metric": metric}
    return {**common, **named, **{end: score[end] for end in ("value", "low", "high")}}
