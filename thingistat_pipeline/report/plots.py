"""The few kinds of plot that the report is drawn with, as plain plotly JSON.

Every function returns a `Panel`. Rows of a plot stand at whole numbers on the vertical axis, the
first row on top, with their names as tick labels, so that hostile or equal names cannot become
coordinates. Names must have gone through `wording.plot_text`.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from thingistat_pipeline.report.blocks import Panel
from thingistat_pipeline.report.style import MAIN, SECOND
from thingistat_pipeline.report.wording import compact

ROW = 24
FOOT = 64


def panel(key: str, traces: Sequence[Any], layout: dict[str, Any], height: int) -> Panel:
    """Check traces and layout against plotly's own schema and return them as plain JSON values."""
    figure = go.Figure(data=list(traces), layout={"template": "none", **layout})
    drawn = json.loads(figure.to_json())
    drawn["layout"].pop("template", None)
    return Panel(key=key, plot=drawn, height=height)


def row_axis(names: Sequence[str]) -> dict[str, Any]:
    """Return a vertical axis with one named row for each name, the first on top."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "range": [len(names) - 0.4, -0.6],
        "showgrid": False,
        "zeroline": False,
    }


def bars(
    key: str,
    names: Sequence[str],
    values: Sequence[float],
    *,
    labels: Sequence[str],
    title: str,
    colours: Sequence[str] | str = MAIN,
    axis: dict[str, Any] | None = None,
    room: float = 1.45,
    line_at: float | None = None,
) -> Panel:
    """Return horizontal bars with their values written at their ends.

    `room` widens the axis beyond the longest bar so that the labels fit; `line_at` draws a dashed
    line at a value.
    """
    longest = max(values, default=0) or 1
    trace = go.Bar(
        x=list(values),
        y=list(range(len(names))),
        orientation="h",
        text=list(labels),
        textposition="outside",
        cliponaxis=False,
        marker={"color": colours},
        customdata=list(names),
        hovertemplate="%{customdata}<br>%{text}<extra></extra>",
    )
    layout = {
        "xaxis": {"title": {"text": title}, "range": [0, longest * room], **(axis or {})},
        "yaxis": row_axis(names),
        "shapes": [] if line_at is None else [vertical_line(line_at)],
        "showlegend": False,
    }
    return panel(key, [trace], layout, ROW * len(names) + FOOT)


def vertical_line(x: float, *, colour: str = SECOND, dash: str = "dash") -> dict[str, Any]:
    """Return a line over the whole height at `x`, behind the data."""
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": colour, "width": 1.5, "dash": dash},
        "layer": "below",
    }


def marks(
    names: Sequence[str],
    values: Sequence[float],
    *,
    series: str,
    colour: str,
    spread: Sequence[float] | None = None,
    shift: float = 0.0,
    hollow: Sequence[bool] | None = None,
    hover: Sequence[str],
    symbol: str = "circle",
) -> go.Scatter:
    """Return one series of points in rows, with error bars of plus and minus `spread`."""
    return go.Scatter(
        x=list(values),
        y=[row + shift for row in range(len(names))],
        mode="markers",
        name=series,
        marker={
            "color": colour,
            "size": 8,
            "symbol": [
                f"{symbol}-open" if empty else symbol for empty in (hollow or [False] * len(names))
            ],
            "line": {"width": 1.5, "color": colour},
        },
        error_x={
            "type": "data",
            "array": list(spread or []),
            "visible": spread is not None,
            "thickness": 1.5,
            "width": 0,
            "color": colour,
        },
        customdata=list(hover),
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
    )


def log1p_axis(largest: float) -> dict[str, Any]:
    """Return an axis for values drawn as log10(1 + value), with ticks in plain numbers."""
    decades = range(max(1, math.ceil(math.log10(1 + max(largest, 1)))) + 1)
    values = [0.0, *(10.0**decade for decade in decades)]
    return {
        "tickvals": [math.log10(1 + value) for value in values],
        "ticktext": [compact(value) for value in values],
        "zeroline": False,
    }


def histogram(
    key: str, lefts: Sequence[float], rights: Sequence[float], counts: Sequence[int], *, noun: str
) -> Panel:
    """Return binned counts as bars of equal width; ticks stand at the bins' left edges.

    The bins grow with the value, so equal widths are a logarithmic axis that has room for 0.
    """
    step = max(1, math.ceil(len(lefts) / 5))
    ticks = list(range(0, len(lefts), step))
    trace = go.Bar(
        x=[index + 0.5 for index in range(len(lefts))],
        y=list(counts),
        width=0.94,
        marker={"color": MAIN},
        customdata=[
            f"{compact(left)} to {compact(right)}"
            for left, right in zip(lefts, rights, strict=True)
        ],
        hovertemplate="%{customdata}: %{y:,} " + noun + "<extra></extra>",
    )
    layout = {
        "xaxis": {
            "tickvals": ticks,
            "ticktext": [compact(lefts[index]) for index in ticks],
            "showgrid": False,
        },
        "yaxis": {"rangemode": "tozero", "nticks": 4},
        "showlegend": False,
        "bargap": 0,
    }
    return panel(key, [trace], layout, 170)
