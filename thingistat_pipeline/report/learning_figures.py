"""Learning curves: the rankers' scores epoch by epoch, on likes learned from and on hidden ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from thingistat_pipeline.report.blocks import Figure, Panel
from thingistat_pipeline.report.estimates import Estimate, in_words
from thingistat_pipeline.report.plots import panel
from thingistat_pipeline.report.ranking_figures import NDCG, RESAMPLED, judged_by
from thingistat_pipeline.report.ranking_results import (
    MEASURE,
    MEASURES,
    RANKER,
    WITH_SIDE,
    Ranking,
    label_of,
)
from thingistat_pipeline.report.style import MAIN, SECOND
from thingistat_pipeline.report.wording import counted, known, number

_CURVES = ("precision_at_5", MEASURE)


def learning_figure(ranking: Ranking) -> Figure | None:
    """Draw the scores epoch by epoch, on the likes learned from and on those hidden."""
    entries = [e for e in ranking.scores.get("learning_curves") or () if known(e.get("value"))]
    keys = [key for key in (WITH_SIDE, RANKER) if any(e.get("method") == key for e in entries)]
    if not keys:
        return None
    tops = {
        measure: max((_top(e) for e in entries if e.get("measure") == measure), default=1.0)
        for measure in _CURVES
    }
    panels = [
        _curves_panel(f"learning-{key}-{measure}", f"{label_of(key)}: {MEASURES[measure]}",
                      chosen, tops[measure])
        for key in keys
        for measure in _CURVES
        if (chosen := [e for e in entries if (e.get("method"), e.get("measure")) == (key, measure)])
    ]  # fmt: skip
    return Figure(
        key="learning",
        title="Learning, epoch by epoch",
        finding=_learning_in_words(entries, keys[0]),
        shows="Each measure after so many passes over the likes: on the likes that were learned "
        "from (squares) and on those that were hidden (dots). The gap between the two is what was "
        "learned by heart.",
        data=f"{judged_by(ranking)} A sample of these users where they are many.",
        uncertainty=f"Bands are {RESAMPLED}.",
        panels=tuple(panels),
        width="beside",
        roomy=True,
    )


def _learning_in_words(entries: Sequence[Mapping[str, Any]], key: str) -> str:
    """Say after which epoch the hidden likes were found best, and whether it went on."""
    test = sorted(
        (e for e in entries
         if (e.get("method"), e.get("measure"), e.get("split")) == (key, MEASURE, "test")),
        key=lambda e: e["epoch"],
    )  # fmt: skip
    if not test:
        return f"{label_of(key)}: drawn on the likes that were learned from only."
    best, last = max(test, key=lambda e: e["value"]), test[-1]
    sentence = (
        f"{label_of(key)} finds hidden likes best after {counted(int(best['epoch']), 'epoch')} "
        f"({NDCG} {number(best['value'], 3)})"
    )
    if best is last:
        return f"{sentence}, the last one drawn: it had not stopped learning."
    low, high = best.get("low"), last.get("high")
    apart = low is not None and high is not None and high < low
    return (
        f"{sentence}; at epoch {number(last['epoch'])} it is {number(last['value'], 3)}"
        f"{', clearly less: it learns by heart' if apart else ', which may be the same'}."
    )


def _curves_panel(key: str, title: str, entries: Sequence[Mapping[str, Any]], top: float) -> Panel:
    traces: list[go.Scatter] = []
    for split, name, colour, symbol in (
        ("train", "learned from", SECOND, "square"),
        ("test", "hidden", MAIN, "circle"),
    ):
        line = sorted((e for e in entries if e.get("split") == split), key=lambda e: e["epoch"])
        if line:
            traces += _band(line, colour)
            traces.append(_curve(line, name, colour, symbol))
    layout = {
        "xaxis": {"title": {"text": "epochs"}, "rangemode": "tozero", "showgrid": False,
                  "nticks": 6},
        "yaxis": {"range": [0, top * 1.05], "nticks": 5},
        "showlegend": True,
        "margin": {"t": 30},
    }  # fmt: skip
    drawn = panel(key, traces, layout, 230)
    return Panel(key=key, plot=drawn.plot, height=drawn.height, title=title)


def _curve(line: Sequence[Mapping[str, Any]], name: str, colour: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=[e["epoch"] for e in line],
        y=[e["value"] for e in line],
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 2},
        marker={"size": 6, "symbol": symbol},
        customdata=[
            f"{name}, epoch {number(e['epoch'])}<br>{in_words(Estimate.of(e), 3)}" for e in line
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _band(line: Sequence[Mapping[str, Any]], colour: str) -> list[go.Scatter]:
    """Return the interval along a line; none where an end is unknown."""
    if not all(known(e.get("low")) and known(e.get("high")) for e in line):
        return []
    epochs = [e["epoch"] for e in line]
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return [
        go.Scatter(
            x=[*epochs, *reversed(epochs)],
            y=[*(e["high"] for e in line), *(e["low"] for e in reversed(line))],
            fill="toself",
            fillcolor=f"rgba({red},{green},{blue},0.16)",
            line={"width": 0},
            hoverinfo="skip",
            mode="lines",
            showlegend=False,
        )
    ]


def _top(entry: Mapping[str, Any]) -> float:
    high = entry.get("high")
    return float(high if high is not None and known(high) else entry["value"])
