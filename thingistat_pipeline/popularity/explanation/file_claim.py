"""More files, more downloads: whether these are people or clicks.

The site counts clicks on files, so that a visitor who takes every file of a thing adds one for
each. Where files are doubled and every visitor takes them all, the count doubles (+0.69 on the
logarithmic scale) and nobody came in addition. So the burden of proof is on the people: only more
than a doubling could not be clicks, unless visitors also took a larger share of the files.

A file's own counter is raised once by a visitor. If the most downloaded file is taken no more often
where there are more files, no more people show. If it is taken more often, that proves nothing: the
largest of more counters is larger by itself.
"""

from dataclasses import dataclass
from math import log

import numpy as np
import polars as pl

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.actions import ACTIONS, FILE_ACTION
from thingistat_pipeline.popularity.explanation.effects import (
    PartialEffect,
    UndeterminedError,
    partial_effect,
)

OUTCOMES = ("download_count", "top_file_downloads", "average_download_count")
"""The thing's counter, its most downloaded file's (people at least), and the mean of its files'."""
ALL_CLICKS = log(2.0)
"""Twice the files, each taken by everybody who comes: twice the count, and nobody more."""

_SCHEMA = {
    "outcome": pl.String,
    "effect": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
}


@dataclass(frozen=True, eq=False, slots=True)
class FileClaim:
    """The claim, examined.

    Attributes
    ----------
    table : polars.DataFrame
        outcome, effect (log per doubling of the files), low, high (95 %, sampling alone), n
        (things); one row for each outcome that could be examined.
    judged : {"clicks", "people", "undecided"}
        All of it can be clicks; also more people; no association, or no telling.
    verdict : str
        The same in a sentence, with the figures.
    """

    table: pl.DataFrame
    judged: str
    verdict: str

    @classmethod
    def unexamined(cls, why: str) -> "FileClaim":
        """Return a claim about which the data say nothing."""
        return cls(pl.DataFrame(schema=_SCHEMA), "undecided", why)


def file_claim(rows: AdvisorRows, frame: pl.DataFrame, *, seed: int) -> FileClaim:
    """Return what doubling the number of files goes with, and whether it need be people.

    Parameters
    ----------
    rows : AdvisorRows
    frame : polars.DataFrame
        The popularity frame that the rows were made from, for the files' own counters.
    seed : int
    """
    action = next(action for action in ACTIONS if action.key == FILE_ACTION)
    if action.feature not in rows.features:
        why = rows.left_out.get(action.feature, "the model does not use it")
        return FileClaim.unexamined(f"The number of files cannot be examined: {why}.")
    files = rows.column(action.feature).astype(np.float64)
    doublings = action.change.treatment(files)
    counters = _counters(rows, frame)
    effects: dict[str, PartialEffect] = {}
    reasons = []
    for name, counter in counters.items():
        try:
            effects[name] = partial_effect(
                rows,
                doublings,
                outcome=np.log1p(counter),
                excluded=action.excluded(rows.features),
                seed=seed,
            )
        except UndeterminedError as error:
            reasons.append(str(error))
    table = pl.DataFrame(
        [
            (name, e.effect, e.sampling_low, e.sampling_high, e.n_rows)
            for name, e in effects.items()
        ],
        schema=_SCHEMA,
        orient="row",
    )
    if "download_count" not in effects:
        return FileClaim(table, "undecided", f"It cannot be examined: {reasons[0]}.")
    return FileClaim(table, *judgement(effects))


def judgement(effects: dict[str, PartialEffect]) -> tuple[str, str]:
    """Return the judgement and its sentence.

    Parameters
    ----------
    effects : dict of str to PartialEffect
        By outcome; `download_count` is needed.
    """
    total, top = effects["download_count"], effects.get("top_file_downloads")
    said = f"Twice as many files go with {_percent(total.effect)} downloads"
    interval = f"95 % interval {_percent(total.sampling_low)} to {_percent(total.sampling_high)}"
    if total.sampling_high < 0.0:
        return "undecided", f"{said} ({interval}): fewer, not more."
    if total.sampling_low <= 0.0:
        return "undecided", f"{said} ({interval}): no association that would need an explanation."
    if total.sampling_low > ALL_CLICKS:
        return "people", (
            f"{said} ({interval}), more than +100 %, which is what clicks alone can make of it if "
            "every visitor takes every file: more people come as well, or each takes a larger "
            "share of the files."
        )
    clicks = (
        f"{said} ({interval}). All of it can be clicks: were every file taken by everybody, "
        "it would be +100 % with nobody in addition."
    )
    if top is None:
        return "clicks", clicks
    of_top = (
        f"their most downloaded file with {_percent(top.effect)} "
        f"({_percent(top.sampling_low)} to {_percent(top.sampling_high)})"
    )
    if top.sampling_low > 0.0:
        return "clicks", (
            f"{clicks} They go with more downloads of their most downloaded file too, "
            f"{_percent(top.effect)}, but the largest of more counters is larger by itself."
        )
    return "clicks", f"{clicks} More people do not show: {of_top}."


def _counters(rows: AdvisorRows, frame: pl.DataFrame) -> dict[str, Floats]:
    """Return the counters of the rows' things, NaN where unknown."""
    asked = pl.DataFrame({"id": rows.ids}).join(
        frame.select("id", *(name for name in OUTCOMES if name in frame.columns)),
        on="id",
        how="left",
        maintain_order="left",
    )
    return {
        name: asked[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in asked.columns[1:]
    }


def _percent(effect: float) -> str:
    return f"{np.expm1(effect):+.0%}".replace("%", " %")
