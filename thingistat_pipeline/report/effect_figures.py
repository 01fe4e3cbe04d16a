"""How the prediction changes with one feature: accumulated local effects as small multiples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go
import polars as pl

from thingistat_pipeline.report.blocks import Column, Figure, Panel, Table
from thingistat_pipeline.report.estimates import Estimate, factor_in_words, factor_on_two_lines
from thingistat_pipeline.report.feature_names import feature_words, is_yes_or_no, unit_of
from thingistat_pipeline.report.plots import log1p_axis, panel
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.style import MAIN, QUIET
from thingistat_pipeline.report.whiskers import factor_axis
from thingistat_pipeline.report.wording import compact, counted, known, number, plain, plot_text

CURVES_DRAWN = 30
SKEWED = 50.0
"""From this value on, an axis of counts is logarithmic with room for 0."""
FARTHEST = math.log(20)
_BAND = "rgba(22,138,128,0.18)"


@dataclass(frozen=True)
class Curve:
    """A feature's effect over its values; effects are log downloads around the average thing."""

    feature: str
    x: tuple[float, ...]
    effects: tuple[Estimate, ...]
    things: tuple[int, ...]

    @property
    def lowest(self) -> int:
        """Place of the lowest effect."""
        return min(range(len(self.x)), key=lambda i: (self.effects[i].value or 0.0, i))

    @property
    def highest(self) -> int:
        """Place of the highest effect."""
        return max(range(len(self.x)), key=lambda i: (self.effects[i].value or 0.0, -i))

    @property
    def reach(self) -> float:
        """Difference of the highest and the lowest effect."""
        return (self.effects[self.highest].value or 0.0) - (self.effects[self.lowest].value or 0.0)

    @property
    def is_flat(self) -> bool:
        """Whether the bands at the lowest and the highest effect overlap (or are unknown)."""
        low, high = self.effects[self.lowest], self.effects[self.highest]
        return low.high is None or high.low is None or low.high >= high.low

    def in_words(self) -> str:
        """Say what the curve does between its lowest and its highest point."""
        low, high = self.lowest, self.highest
        sentence = (
            f"{factor_in_words(self.effects[low].exp())} at {self._at(low)}, "
            f"{factor_in_words(self.effects[high].exp())} at {self._at(high)}"
        )
        return f"{sentence}: the bands overlap." if self.is_flat else f"{sentence}."

    def _at(self, place: int) -> str:
        value = self.x[place]
        if is_yes_or_no(self.feature):
            return "yes" if value > 0.5 else "no"
        return compact(value) if abs(value) >= 1000 else number(value, 0 if value % 1 == 0 else 1)


def curves(frame: pl.DataFrame) -> tuple[Curve, ...]:
    """Return the curves, those that move most beyond their bands first."""
    if frame.is_empty():
        return ()
    found = []
    for (feature,), rows in frame.group_by("feature", maintain_order=True):
        ordered = rows.filter(pl.col("effect").is_not_null()).sort("x")
        points = [row for row in ordered.iter_rows(named=True) if known(row["effect"])]
        if len(points) > 1:
            found.append(
                Curve(
                    feature=str(feature),
                    x=tuple(float(row["x"]) for row in points),
                    effects=tuple(Estimate.of(row, value="effect") for row in points),
                    things=tuple(int(row["things"] or 0) for row in points),
                )
            )
    return tuple(sorted(found, key=lambda curve: (curve.is_flat, -curve.reach, curve.feature)))


def effects_figure(data: ReportData) -> Figure | None:
    """Draw the curves of the features that move the prediction most."""
    found = curves(data.effects)
    if not found:
        return None
    shown = found[:CURVES_DRAWN]
    moving = [curve for curve in found if not curve.is_flat]
    ends = [end for curve in shown for item in curve.effects for end in item.ends() if end]
    low, high = max(min(ends, default=-0.1), -FARTHEST), min(max(ends, default=0.1), FARTHEST)
    room = 0.08 * (high - low)
    finding = (
        f"{number(len(moving))} of {counted(len(found), 'feature')} that a maker sets "
        f"{'moves' if len(moving) == 1 else 'move'} the prediction beyond the bands"
    )
    if moving:
        first = moving[0]
        finding += f"; most does {feature_words(first.feature)}: {first.in_words()}"
    else:
        finding += "."
    return Figure(
        key="effects",
        title="How the prediction changes with one feature",
        finding=finding,
        shows="Accumulated local effects (Apley and Zhu 2020): how many times the downloads of the "
        "average thing are predicted at each value, other features left as they go with it. All "
        "panels share one vertical scale; values above 50 stand on a logarithmic one."
        + (
            f" {counted(len(found) - len(shown), 'further feature')} in the table only."
            if len(found) > len(shown)
            else ""
        ),
        data=f"{counted(max(sum(curve.things) for curve in shown), 'thing')} at the most; of each "
        "feature those for which it is known.",
        uncertainty="Bands (bars at yes and no) are 95 %, from forests on random halves of the "
        "creators.",
        panels=tuple(
            _panel(f"effect-{index}", curve, low - room, high + room)
            for index, curve in enumerate(shown)
        ),
    )


def effects_table(data: ReportData) -> Table | None:
    """List the lowest and the highest point of every curve, folded."""
    found = curves(data.effects)
    if not found:
        return None
    return Table(
        key="effects-table",
        title="All curves in numbers",
        caption="Times the average prediction at the lowest and the highest point of each curve; "
        "second lines are 95 % bands. Of each feature those things for which it is known.",
        columns=(
            Column(name="Feature"),
            Column(name="Unit"),
            Column(name="Lowest at", numeric=True),
            Column(name="Times", numeric=True),
            Column(name="Highest at", numeric=True),
            Column(name="Times", numeric=True),
            Column(name="Beyond the bands"),
            Column(name="Column"),
        ),
        rows=tuple(
            (
                feature_words(curve.feature),
                plain(unit_of(curve.feature), 40),
                number(curve.x[curve.lowest], 0 if curve.x[curve.lowest] % 1 == 0 else 1),
                factor_on_two_lines(curve.effects[curve.lowest].exp()),
                number(curve.x[curve.highest], 0 if curve.x[curve.highest] % 1 == 0 else 1),
                factor_on_two_lines(curve.effects[curve.highest].exp()),
                "no" if curve.is_flat else "yes",
                plain(curve.feature),
            )
            for curve in found
        ),
        folded=True,
    )


def _panel(key: str, curve: Curve, low: float, high: float) -> Panel:
    flag = is_yes_or_no(curve.feature)
    skewed = not flag and max(curve.x) > SKEWED and min(curve.x) >= 0
    places = [math.log10(1 + x) if skewed else x for x in curve.x]
    traces = _points(curve, places) if flag else _line(curve, places)
    across: dict[str, Any] = {"nticks": 5, "showgrid": False, "zeroline": False}
    if skewed:
        across |= _without_the_one(log1p_axis(max(curve.x)))
        across |= {"range": [min(places), max(places)], "tickangle": 0}
    elif flag:
        across |= {"tickvals": [0, 1], "ticktext": ["no", "yes"], "range": [-0.6, 1.6]}
    unit = unit_of(curve.feature)
    layout = {
        "xaxis": across,
        "yaxis": {**factor_axis(low, high, ""), "zeroline": True},
        "showlegend": False,
        "margin": {"r": 22, "t": 12},
    }
    drawn = panel(key, traces, layout, 190)
    spoken = feature_words(curve.feature, 48)
    title = spoken if flag or not unit or unit in spoken else f"{spoken} ({unit})"
    return replace(drawn, title=title, finding=curve.in_words())


def _without_the_one(axis: dict[str, Any]) -> dict[str, Any]:
    """Return an axis of small width: the tick at 1 would stand on that at 0."""
    kept = [i for i, text in enumerate(axis["ticktext"]) if text != "1"]
    return {**axis, **{name: [axis[name][i] for i in kept] for name in ("tickvals", "ticktext")}}


def _line(curve: Curve, places: Sequence[float]) -> list[go.Scatter]:
    """Return the band and the line, with a label at the highest point."""
    values = [item.value for item in curve.effects]
    lows = [
        v if item.low is None else item.low for item, v in zip(curve.effects, values, strict=True)
    ]
    highs = [
        v if item.high is None else item.high for item, v in zip(curve.effects, values, strict=True)
    ]
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    colour = QUIET if curve.is_flat else MAIN
    return [
        go.Scatter(x=list(places), y=highs, **edge),
        go.Scatter(x=list(places), y=lows, fill="tonexty", fillcolor=_BAND, **edge),
        go.Scatter(
            x=list(places),
            y=values,
            mode="lines",
            line={"color": colour, "width": 2.5},
            customdata=_hovers(curve),
            hovertemplate="%{customdata}<extra></extra>",
        ),
    ]


def _points(curve: Curve, places: Sequence[float]) -> list[go.Scatter]:
    """Return a dot with its whisker for each of few values."""
    values = [item.value or 0.0 for item in curve.effects]
    return [
        go.Scatter(
            x=list(places),
            y=values,
            mode="markers",
            marker={"color": QUIET if curve.is_flat else MAIN, "size": 10},
            error_y={
                "type": "data", "symmetric": False, "thickness": 2, "width": 0,
                "color": QUIET if curve.is_flat else MAIN,
                "array": [
                    0.0 if item.high is None else item.high - v
                    for item, v in zip(curve.effects, values, strict=True)
                ],
                "arrayminus": [
                    0.0 if item.low is None else v - item.low
                    for item, v in zip(curve.effects, values, strict=True)
                ],
            },
            customdata=_hovers(curve),
            hovertemplate="%{customdata}<extra></extra>",
        )
    ]  # fmt: skip


def _hovers(curve: Curve) -> list[str]:
    unit = plot_text(unit_of(curve.feature))
    return [
        f"{number(x, 0 if x % 1 == 0 else 2)} {unit}<br>{factor_in_words(item.exp())}<br>"
        f"{counted(things, 'thing')}"
        for x, item, things in zip(curve.x, curve.effects, curve.things, strict=True)
    ]
