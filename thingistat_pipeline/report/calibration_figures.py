"""Whether predictions mean what they say: calibration, and coverage of the prediction intervals."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from thingistat_pipeline.report.advisor_results import AIM, Advisor
from thingistat_pipeline.report.blocks import Figure
from thingistat_pipeline.report.estimates import Estimate, factor
from thingistat_pipeline.report.plots import log1p_axis, panel
from thingistat_pipeline.report.score_figures import tested_on
from thingistat_pipeline.report.style import MAIN, SECOND
from thingistat_pipeline.report.whiskers import Series, band_between, line_at, span, whiskers
from thingistat_pipeline.report.wording import compact, counted, known, number, percent, plot_text

FEW_IN_BAND = 50
"""Coverage in a band of fewer things says little."""


def calibration_figure(advisor: Advisor) -> Figure | None:
    """Draw typical downloads by typical prediction, in bins of the held-out things."""
    bins = [
        entry
        for entry in advisor.metrics.get("calibration") or ()
        if known(entry.get("predicted")) and known(entry.get("actual"))
    ]
    if not advisor.is_fitted or not bins:
        return None
    predicted = [_tens(entry["predicted"]) for entry in bins]
    actual = [Estimate.of(entry, value="actual").times(1 / math.log(10)) for entry in bins]
    values = [item.value or 0.0 for item in actual]
    ends = [end for item in actual for end in item.ends() if end is not None]
    top, bottom = max(*predicted, *ends, 1.0) * 1.04, max(min(*predicted, *ends) - 0.15, -0.1)
    dots = go.Scatter(
        x=predicted,
        y=values,
        mode="markers+lines",
        marker={"color": MAIN, "size": 9},
        line={"color": MAIN, "width": 1.5},
        error_y={
            "type": "data", "symmetric": False, "thickness": 2, "width": 0, "color": MAIN,
            "array": [(a.high or v) - v for a, v in zip(actual, values, strict=True)],
            "arrayminus": [v - (a.low or v) for a, v in zip(actual, values, strict=True)],
        },
        customdata=[
            f"{counted(int(entry['n']), 'thing')}<br>predicted "
            f"{number(_downloads(entry['predicted']))}<br>had {number(_downloads(entry['actual']))}"
            + (
                f" ({number(_downloads(entry['low']))} to {number(_downloads(entry['high']))})"
                if known(entry.get("low")) and known(entry.get("high"))
                else ""
            )
            for entry in bins
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    diagonal = go.Scatter(
        x=[bottom, top],
        y=[bottom, top],
        mode="lines",
        hoverinfo="skip",
        line={"color": SECOND, "width": 1.5, "dash": "dash"},
    )
    axis = _counts_axis(bottom, top)
    layout = {
        "xaxis": {**axis, "range": [bottom, top], "title": {"text": "downloads predicted"}},
        "yaxis": {**axis, "range": [bottom, top], "title": {"text": "downloads they had"}},
        "showlegend": False,
        "annotations": [
            {
                "x": top,
                "y": top,
                "xanchor": "right",
                "yanchor": "top",
                "xshift": -34,
                "text": "as predicted",
                "font": {"color": SECOND},
                "showarrow": False,
            }
        ],
    }
    return Figure(
        key="calibration",
        title="Predicted against observed",
        finding=_calibration_in_words(bins),
        shows="Held-out things in bins by what was predicted; typical downloads (means of "
        "logarithms, turned back) of each bin. Both axes are logarithmic with room for 0. On the "
        "dashed line a prediction means what it says.",
        data=tested_on(advisor),
        uncertainty="Bars are 95 % bootstrap intervals over creators.",
        panels=(panel("calibration", [dots, diagonal], layout, 380),),
        width="half",
    )


def _calibration_in_words(bins: Sequence[Mapping[str, Any]]) -> str:
    """Count the bins whose interval holds the prediction, and name the one farthest off."""
    judged = [entry for entry in bins if known(entry.get("low")) and known(entry.get("high"))]
    right = sum(entry["low"] <= entry["predicted"] <= entry["high"] for entry in judged)
    farthest = max(bins, key=lambda entry: abs(entry["actual"] - entry["predicted"]))
    times = math.exp(farthest["actual"] - farthest["predicted"])
    sentence = (
        f"Farthest off are things predicted at {number(_downloads(farthest['predicted']))}: they "
        f"had {number(_downloads(farthest['actual']))}, {factor(times)} of it (with 1 added to "
        "both)."
    )
    if not judged:
        return sentence
    return (
        f"In {number(right)} of {counted(len(judged), 'bin')} the prediction lies within the "
        f"interval of what the things had. {sentence}"
    )


def coverage_figure(advisor: Advisor) -> Figure | None:
    """Draw the share of held-out things inside their intervals, by age."""
    overall = advisor.coverage
    if not advisor.is_fitted or not overall.is_measured:
        return None
    total = int((advisor.metrics["intervals"].get("overall") or {}).get("n") or 0)
    rows: list[tuple[str, Estimate, int, float | None]] = [
        ("all ages", overall, total, advisor.width_factor)
    ]
    rows += [
        (
            str(band["band"]),
            Estimate.of(band, value="coverage"),
            int(band.get("n") or 0),
            band.get("width_factor"),
        )
        for band in advisor.bands
    ]
    shares = [item.times(100) for _, item, *_ in rows]
    low, high = span([shares], include=(100 * AIM[0], 100 * AIM[1]), floor=0.0, ceiling=100.0)
    series = Series(
        name="coverage",
        estimates=shares,
        hollow=[n < FEW_IN_BAND for *_, n, _ in rows],
        hovers=[
            f"{plot_text(name)}: {number(share.value, 1)} % of {counted(n, 'thing')}<br>"
            f"the upper end of an interval is {number(width, 1)} times the lower"
            for (name, _, n, width), share in zip(rows, shares, strict=True)
        ],
    )
    return Figure(
        key="coverage",
        title=f"Coverage of the {percent(advisor.nominal, 0)} prediction intervals",
        finding=coverage_in_words(advisor),
        shows="Share of held-out things whose downloads lie within the interval that was predicted "
        f"for them, by age. The dotted line is the {percent(advisor.nominal, 0)} that was asked "
        f"for, the band the aim of {number(100 * AIM[0])} to {percent(AIM[1], 0)}. Hollow: fewer "
        f"than {FEW_IN_BAND} things.",
        data=tested_on(advisor),
        uncertainty="Bars are 95 % bootstrap intervals over creators.",
        panels=(
            whiskers(
                "coverage",
                [plot_text(name) for name, *_ in rows],
                [
                    f"{number(share.value)} % of {number(n)}"
                    for (*_, n, _), share in zip(rows, shares, strict=True)
                ],
                [series],
                axis={"title": {"text": "inside their interval (%)"}, "range": [low, high]},
                lines=[line_at(100 * advisor.nominal, colour=SECOND, dash="dot")],
                behind=[band_between(100 * AIM[0], 100 * AIM[1])],
            ),
        ),
        width="half",
    )


def coverage_in_words(advisor: Advisor) -> str:
    """Say how often the intervals held, and in how many bands as aimed."""
    overall = advisor.coverage
    if overall.value is None:
        return "Coverage was not measured."
    within = AIM[0] <= overall.value <= AIM[1]
    sentence = (
        f"{percent(overall.value)} of held-out things lie inside their "
        f"{percent(advisor.nominal, 0)} intervals"
        + (
            f" (95 % interval {percent(overall.low)} to {percent(overall.high)})"
            if overall.has_interval
            else ""
        )
        + (", as aimed" if within else f", outside the aim of 75 to {percent(AIM[1], 0)}")
    )
    bands = advisor.bands
    if bands:
        met = sum(AIM[0] <= band["coverage"] <= AIM[1] for band in bands)
        sentence += (
            f"; so do {number(met)} of {counted(len(bands), 'age band')}"
            if within
            else (f"; {number(met)} of {counted(len(bands), 'age band')} meet it")
        )
    if advisor.width_factor is not None:
        times = number(advisor.width_factor, 0 if advisor.width_factor >= 10 else 1)
        sentence += f". The upper end of a typical interval is {times} times the lower"
    return sentence + "."


def _counts_axis(low: float, high: float) -> dict[str, Any]:
    """Return a logarithmic axis of counts with ticks between the decades where they are few."""
    if high - low > 3:
        return log1p_axis(10**high)
    counts = [digit * 10**decade for decade in range(4) for digit in (1, 2, 5)]
    counts += [digit * 10**decade for decade in range(4, 9) for digit in (1, 3)]
    places = [(math.log10(1 + count), count) for count in (0, *counts)]
    inside = [(place, count) for place, count in places if low <= place <= high]
    return {
        "tickvals": [place for place, _ in inside],
        "ticktext": [compact(count) for _, count in inside],
        "zeroline": False,
    }


def _tens(log1p: float) -> float:
    """Return log10(1 + downloads), as axes have it, of ln(1 + downloads)."""
    return log1p / math.log(10)


def _downloads(log1p: float) -> float:
    return math.expm1(log1p)
