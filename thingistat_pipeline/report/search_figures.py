"""The parity forest's search: every combination that was tried, and the best of them."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import plotly.graph_objects as go

from thingistat_pipeline.report.blocks import Column, Figure, Table
from thingistat_pipeline.report.plots import ROW, panel
from thingistat_pipeline.report.results import Scores
from thingistat_pipeline.report.style import SECOND
from thingistat_pipeline.report.wording import (
    counted,
    known,
    number,
    plain,
    plot_text,
    plus_minus,
    score,
)

PARAMETERS = ("max_features", "max_depth", "min_samples_split", "n_estimators")


def search_figure(metrics: Mapping[str, Any]) -> Figure | None:
    """Draw the cross-validated score of every combination that was tried."""
    table = scored_combinations(metrics)
    if not table:
        return None
    axes = {name: _values(table, name) for name in PARAMETERS}
    rows = list(product(axes["n_estimators"], axes["min_samples_split"]))
    columns = list(product(axes["max_features"], axes["max_depth"]))
    means: list[list[float | None]] = [[None] * len(columns) for _ in rows]
    hover = [[""] * len(columns) for _ in rows]
    places = [
        (
            rows.index((entry["n_estimators"], entry["min_samples_split"])),
            columns.index((entry["max_features"], entry["max_depth"])),
        )
        for entry in table
    ]
    for (row, column), entry in zip(places, table, strict=True):
        means[row][column] = round(float(entry["mean"]), 5)
        hover[row][column] = (
            f"{plot_text(entry['max_features'])}, depth {entry['max_depth']}, "
            f"{entry['n_estimators']} trees, split from {entry['min_samples_split']}<br>"
            f"R² {plus_minus(entry['mean'], entry.get('std'))}"
        )
    heat = go.Heatmap(
        z=means,
        customdata=hover,
        autocolorscale=True,
        xgap=2,
        ygap=2,
        hovertemplate="%{customdata}<extra></extra>",
        colorbar={"thickness": 10, "nticks": 6, "title": {"text": "R²", "side": "right"}},
    )
    layout = {
        "xaxis": {
            "tickvals": list(range(len(columns))),
            "ticktext": [str(depth) for _, depth in columns],
            "title": {"text": "depth, by features tried at a split"},
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "tickvals": list(range(len(rows))),
            "ticktext": [f"{trees} trees, from {split}" for trees, split in rows],
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        },
        "shapes": [_frame(*_chosen(metrics, table, places))],
        "annotations": [
            {
                "x": group * len(axes["max_depth"]) + (len(axes["max_depth"]) - 1) / 2,
                "xref": "x",
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": plot_text(features),
                "showarrow": False,
            }
            for group, features in enumerate(axes["max_features"])
        ],
        "margin": {"t": 24},
    }
    scored = [entry for entry in table if known(entry["mean"])]
    span = scored[0]["mean"] - scored[-1]["mean"]
    noise = scored[0].get("std")
    finding = f"Between the best and the worst combination lie {score(span)} of R²"
    if noise is not None and known(noise):
        finding += (
            f", less than the standard deviation over folds of the best one ({score(noise)}): "
            "the search chose among equals."
            if span < noise
            else f"; the standard deviation over folds of the best one is {score(noise)}."
        )
    else:
        finding += "."
    return Figure(
        key="search",
        title="Every combination that was tried",
        finding=finding,
        shows="Mean R² over the folds, for each number of trees and smallest node that is split "
        "(rows), number of features tried at a split and depth (columns). The chosen one has a "
        "frame.",
        data=_folds(metrics),
        uncertainty="Not drawn; the standard deviation over folds is in the table and on hover.",
        panels=(panel("search", [heat], layout, ROW * len(rows) + 100),),
        width="beside",
    )


def search_table(metrics: Mapping[str, Any], *, best: int = 8) -> Table | None:
    """List the best combinations, folded."""
    table = scored_combinations(metrics)
    if not table:
        return None
    return Table(
        key="search-table",
        title=f"The {min(best, len(table))} best of {len(table)} combinations",
        caption=f"R² on raw downloads, mean and standard deviation over folds. {_folds(metrics)}",
        columns=(
            Column(name="Features at a split"),
            Column(name="Depth", numeric=True),
            Column(name="Split from", numeric=True),
            Column(name="Trees", numeric=True),
            Column(name="R²", numeric=True),
            Column(name="± sd", numeric=True),
        ),
        rows=tuple(
            (
                *(plain(entry[name]) for name in PARAMETERS),
                number(entry["mean"], 4),
                number(entry.get("std"), 4),
            )
            for entry in table[:best]
        ),
        folded=True,
    )


def _chosen(
    metrics: Mapping[str, Any],
    table: Sequence[Mapping[str, Any]],
    places: Sequence[tuple[int, int]],
) -> tuple[int, int]:
    """Return the place of the combination that was taken; among equals it need not be the first."""
    best = metrics.get("best_params") or {}
    for entry, place in zip(table, places, strict=True):
        if all(entry[name] == best.get(name) for name in PARAMETERS):
            return place
    return places[0]


def _frame(row: int, column: int) -> dict[str, Any]:
    """Return a frame around a cell."""
    return {
        "type": "rect",
        "x0": column - 0.5,
        "x1": column + 0.5,
        "y0": row - 0.5,
        "y1": row + 0.5,
        "line": {"color": SECOND, "width": 2.5},
    }


def scored_combinations(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the search's combinations that have a score, the best first."""
    table = (metrics.get("cv") or {}).get("table") or []
    flat = [{**entry.get("params", {}), **entry} for entry in table]
    scored = [
        entry
        for entry in flat
        if known(entry.get("mean")) and all(name in entry for name in PARAMETERS)
    ]
    return sorted(
        scored, key=lambda entry: (-entry["mean"], [str(entry[name]) for name in PARAMETERS])
    )


def _values(table: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """Return the distinct values of a parameter in order."""
    return sorted({entry[name] for entry in table}, key=lambda v: (isinstance(v, str), v))


def _folds(metrics: Mapping[str, Any]) -> str:
    scores = Scores.of(metrics)
    folds = metrics.get("folds")
    start = f"{number(folds)}-fold cross-validation" if folds else "Cross-validation"
    return f"{start} inside {counted(scores.train_rows, 'training thing')}."
