"""Dots with whiskers: values with their intervals in named rows, the report's commonest plot.

Each row bears its name on the left and its value in words on the right, above the dot, so that the
dots keep the whole width of a narrow screen. Names and words must have gone through
`wording.plot_text`. What lies beyond the drawn range is drawn at its edge.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from thingistat_pipeline.report.blocks import Panel
from thingistat_pipeline.report.estimates import Estimate
from thingistat_pipeline.report.plots import panel
from thingistat_pipeline.report.style import MAIN, QUIET

ROW = 46
FOOT = 58
LEGEND = 28
FEWEST_ROWS = 2
"""A plot of less height has no room for its axis."""
_FACTORS = (
    (0.96, 0.98, 1.0, 1.02, 1.04),
    (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4),
    (0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0),
    (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0),
    (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0),
    (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0),
)
"""Ticks of an axis of factors, from narrow ranges to wide ones."""
MOST_TICKS = 6


@dataclass(frozen=True, kw_only=True)
class Series:
    """One value a row, with its whisker; an unmeasured one is left out."""

    name: str
    estimates: Sequence[Estimate]
    hovers: Sequence[str]
    colour: str = MAIN
    symbol: str = "circle"
    hollow: Sequence[bool] = field(default=())
    shift: float = 0.0


def whiskers(
    key: str,
    names: Sequence[str],
    words: Sequence[str],
    series: Sequence[Series],
    *,
    axis: dict[str, Any],
    lines: Sequence[dict[str, Any]] = (),
    behind: Sequence[dict[str, Any]] = (),
) -> Panel:
    """Return rows of dots with whiskers.

    Parameters
    ----------
    key : str
        The plot's key.
    names, words : sequence of str
        What stands above each row, at the left and at the right.
    series : sequence of Series
        One or more; a legend names them where they are several.
    axis : dict
        The horizontal axis with its title and `range`.
    lines, behind : sequence of dict
        Lines, which leave the rows' names free, and bands over the whole height.
    """
    low, high = axis["range"]
    traces = [_trace(item, low, high) for item in series]
    several = len(series) > 1
    if several:
        traces += [_legend_entry(item) for item in series]
    headings = [
        {
            "x": edge,
            "xref": "paper",
            "xanchor": "left" if edge == 0 else "right",
            "y": row - 0.36,
            "text": text,
            "showarrow": False,
        }
        for edge, texts in ((0, names), (1, words))
        for row, text in enumerate(texts)
        if text
    ]
    layout = {
        "xaxis": {"zeroline": False, "showgrid": False, "nticks": 6, **axis},
        "yaxis": {
            "range": [len(names) - 0.55, -0.75],
            "tickvals": [row + 0.45 for row in range(len(names) - 1)],
            "showticklabels": False,
            "zeroline": False,
            "ticks": "",
        },
        "shapes": [*behind, *(_in_row(line, row) for line in lines for row in range(len(names)))],
        "annotations": headings,
        "showlegend": several,
        "margin": {"l": 8, "r": 12},
    }
    height = ROW * max(len(names), FEWEST_ROWS) + FOOT + (LEGEND if several else 0)
    return panel(key, traces, layout, height)


def span(
    series: Sequence[Sequence[Estimate]],
    *,
    include: Sequence[float] = (),
    floor: float | None = None,
    ceiling: float | None = None,
) -> tuple[float, float]:
    """Return a range that holds all values and whiskers with a little room, cut at the bounds."""
    ends = [v for items in series for item in items for v in item.ends() if v is not None]
    low, high = min([*ends, *include], default=0.0), max([*ends, *include], default=1.0)
    if floor is not None:
        low = max(low, floor)
    if ceiling is not None:
        high = min(high, ceiling)
    room = 0.06 * ((high - low) or 1.0)
    return low - room, high + room


def factor_axis(low: float, high: float, title: str) -> dict[str, Any]:
    """Return an axis for logarithms whose ticks are factors, as many as have room.

    Where none are spread over half of the axis, those are taken that reach furthest: ticks that
    crowd together could not be read.
    """
    inside = [[v for v in factors if low <= math.log(v) <= high] for factors in _FACTORS]
    fitting = [found for found in inside if len(found) <= MOST_TICKS]
    spread = [found for found in fitting if _reach(found) >= (high - low) / 2]
    ticks = max(spread, key=len) if spread else max(fitting, key=_reach)
    return {
        "title": {"text": title},
        "range": [low, high],
        "tickvals": [math.log(value) for value in ticks],
        "ticktext": [f"×{value:g}" for value in ticks],
    }


def _reach(factors: Sequence[float]) -> float:
    """Return how far apart the outer factors stand on an axis of logarithms."""
    return math.log(factors[-1] / factors[0]) if factors else -1.0


def line_at(x: float, *, colour: str = QUIET, dash: str = "solid") -> dict[str, Any]:
    """Return a vertical line, which `whiskers` draws behind the dots of each row."""
    return {
        "type": "line", "x0": x, "x1": x, "yref": "y", "layer": "below",
        "line": {"color": colour, "width": 1.5, "dash": dash},
    }  # fmt: skip


def band_between(low: float, high: float) -> dict[str, Any]:
    """Return a tinted band over the whole height, behind the dots."""
    return {
        "type": "rect", "x0": low, "x1": high, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
        "line": {"width": 0}, "fillcolor": "rgba(22,138,128,0.14)",
    }  # fmt: skip


def _in_row(line: dict[str, Any], row: int) -> dict[str, Any]:
    """Return a line's piece below a row's name."""
    return {**line, "y0": row - 0.14, "y1": row + 0.45}


def _trace(item: Series, low: float, high: float) -> go.Scatter:
    """Return a series, cut to what is drawn."""

    def cut(value: float) -> float:
        return min(max(value, low), high)

    rows = [row for row, estimate in enumerate(item.estimates) if estimate.is_measured]
    values = [cut(item.estimates[row].value or 0.0) for row in rows]
    ups, downs = [], []
    for row, value in zip(rows, values, strict=True):
        estimate = item.estimates[row]
        ups.append(0.0 if estimate.high is None else max(cut(estimate.high) - value, 0.0))
        downs.append(0.0 if estimate.low is None else max(value - cut(estimate.low), 0.0))
    return go.Scatter(
        x=values,
        y=[row + 0.12 + item.shift for row in rows],
        mode="markers",
        name=item.name,
        showlegend=False,
        marker={
            "color": item.colour,
            "size": 10,
            "symbol": [
                f"{item.symbol}-open" if item.hollow and item.hollow[row] else item.symbol
                for row in rows
            ],
            "line": {"width": 2, "color": item.colour},
        },
        error_x={
            "type": "data", "symmetric": False, "array": ups, "arrayminus": downs,
            "thickness": 2, "width": 0, "color": item.colour,
        },
        customdata=[item.hovers[row] for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _legend_entry(item: Series) -> go.Scatter:
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=item.name,
        marker={"color": item.colour, "size": 9, "symbol": item.symbol},
    )
