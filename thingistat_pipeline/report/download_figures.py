"""Figures of how downloads and other quantities are spread over things, files and time.

As in `figures`, each function takes a small frame of `Exploration` and returns None where it has
no rows. Nothing but counts, quartiles and at most a few hundred points reaches the page.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.features.registry import feature_named, is_feature
from thingistat_pipeline.report.blocks import Figure, Panel
from thingistat_pipeline.report.figures import COUNTS_ONLY
from thingistat_pipeline.report.plots import histogram, log1p_axis, panel
from thingistat_pipeline.report.style import MAIN, SECOND
from thingistat_pipeline.report.wording import counted, known, number, percent, plain

POINTS_DRAWN = 300
Floats = NDArray[np.float64]


def histograms(frame: pl.DataFrame, things: int) -> Figure | None:
    """Draw the distribution of every column that was counted, as small multiples."""
    panels: list[Panel] = []
    mostly_zero: list[str] = []
    for (column,), bins in frame.group_by("column", maintain_order=True):
        name = str(column)
        ordered = bins.sort("bin_left")
        drawn = histogram(
            f"histogram-{len(panels)}",
            ordered["bin_left"].to_list(),
            ordered["bin_right"].to_list(),
            ordered["count"].to_list(),
            noun="things",
        )
        unit = f" ({feature_named(name).unit})" if is_feature(name) else ""
        panels.append(
            Panel(key=drawn.key, plot=drawn.plot, height=drawn.height, title=plain(name, 40) + unit)
        )
        counts = ordered["count"].to_list()
        zero = sum(
            count
            for left, right, count in ordered.select("bin_left", "bin_right", "count").iter_rows()
            if left >= 0 and right <= 1
        )
        if zero > sum(counts) / 2:
            mostly_zero.append(name)
    if not panels:
        return None
    finding = "No quantity is 0 for more than half of the things."
    if mostly_zero:
        finding = (
            f"{counted(len(mostly_zero), 'quantity', 'quantities')} of {number(len(panels))} "
            f"{'is' if len(mostly_zero) == 1 else 'are'} 0 for more than half of the things"
            + (f": {', '.join(plain(name, 40) for name in mostly_zero[:6])}" if mostly_zero else "")
            + (" and more." if len(mostly_zero) > 6 else ".")
        )
    return Figure(
        key="histograms",
        title="How the quantities are spread",
        finding=finding,
        shows="Number of things (vertical) by value (horizontal). Bins double in width, so the "
        "horizontal axis is logarithmic; the first bin from 0 to 1 holds the zeros.",
        data=f"{counted(things, 'thing')}; of each quantity those things for which it is known.",
        uncertainty=COUNTS_ONLY,
        panels=tuple(panels),
    )


def downloads_against_files(frame: pl.DataFrame) -> Figure | None:
    """Draw a thing's downloads against the mean of its files' downloads."""
    pairs = frame.filter((pl.col("download_count") >= 0) & (pl.col("average_download_count") >= 0))
    if pairs.is_empty():
        return None
    downloads = pairs["download_count"].cast(pl.Float64).to_numpy()
    means = pairs["average_download_count"].to_numpy()
    x, y = np.log10(1 + means), np.log10(1 + downloads)
    top = float(max(x.max(), y.max(), 1.0)) * 1.02
    diagonal = go.Scatter(
        x=[0, top],
        y=[0, top],
        mode="lines",
        hoverinfo="skip",
        name="equal",
        line={"color": SECOND, "width": 1.5, "dash": "dash"},
        showlegend=False,
    )
    few = pairs.height <= POINTS_DRAWN
    cloud = _points(x, y, downloads, means) if few else _density(x, y, top)
    axis = log1p_axis(10**top)
    layout = {
        "xaxis": {**axis, "range": [-0.1, top], "title": {"text": "mean downloads per file"}},
        "yaxis": {**axis, "range": [-0.1, top], "title": {"text": "downloads of the thing"}},
        "showlegend": False,
    }
    above = float(np.mean(downloads > means * 1.005))
    ratio = float(np.median((1 + downloads) / (1 + means)))
    return Figure(
        key="downloads-files",
        title="Downloads against the mean of the files’",
        finding=f"{percent(above)} of things have more downloads than their average file; the "
        f"median ratio is {number(ratio, 2)}.",
        shows=(
            "Each point is a thing" if few else "The colour of a cell is the number of things in it"
        )
        + "; both axes are logarithmic with room for 0. On the dashed line both are equal. Every "
        "file that is taken counts by itself, so a visitor to a thing of several files can count "
        "several times.",
        data=f"{counted(pairs.height, 'thing')} for which both are known.",
        uncertainty=COUNTS_ONLY,
        panels=(panel("downloads-files", [cloud, diagonal], layout, 400),),
        width="beside",
    )


def downloads_over_time(frame: pl.DataFrame) -> Figure | None:
    """Draw downloads and views against the month of publication."""
    months = frame.filter(pl.col("median_downloads").is_not_null()).sort("month")
    if months.is_empty():
        return None
    dates = [f"{str(month)[:7]}-01" for month in months["month"]]
    things = sum(months["things"].to_list())
    largest = max(months["things"].to_list())
    sparse = things < 3 * months.height
    layout: dict[str, Any] = {
        "xaxis": {"type": "date", "showgrid": False, "title": {"text": "month of publication"}},
        "yaxis": {
            **log1p_axis(max(_known(months, "q75", "median_views"), default=1.0)),
            "rangemode": "tozero",
            "title": {"text": "per thing"},
        },
        "hovermode": "x",
    }
    if months.height <= 6:
        layout["xaxis"] |= {"type": "category"}
    return Figure(
        key="downloads-time",
        title="Views and downloads against the date of publication",
        finding=_change_over_time(months),
        shows="Median downloads and views of the things published in a month, as observed; the "
        "vertical axis is logarithmic with room for 0. The site stopped counting views in 2020.",
        data=f"{counted(things, 'thing')} over {counted(months.height, 'month')} "
        f"({dates[0][:7]} to {dates[-1][:7]}).",
        uncertainty="None is drawn: a mark stands for "
        + (
            "one thing."
            if largest == 1
            else f"one month’s things, which are {number(largest)} at the most."
        )
        if sparse
        else "The band is the middle half of the things (quartiles), not an interval of the "
        "median; a month of few things jumps by chance.",
        panels=(
            panel("downloads-time", _monthly_traces(months, dates, sparse=sparse), layout, 360),
        ),
        width="beside",
    )


def _monthly_traces(
    months: pl.DataFrame, dates: Sequence[str], *, sparse: bool
) -> list[go.Scatter]:
    """Return the band of the middle half and the lines of the medians; marks where few things."""
    hover = [
        f"{date[:7]}, {counted(row['things'], 'thing')}<br>downloads: median "
        f"{number(row['median_downloads'])}, quartiles {number(row['q25'])} to "
        f"{number(row['q75'])}<br>views: median {number(row['median_views'])}"
        for date, row in zip(dates, months.iter_rows(named=True), strict=True)
    ]
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    band = [
        go.Scatter(x=dates, y=_log1p(months["q75"]), showlegend=False, **edge),
        go.Scatter(
            x=dates,
            y=_log1p(months["q25"]),
            fill="tonexty",
            fillcolor="rgba(22,138,128,0.18)",
            name="middle half",
            **edge,
        ),
    ]
    lines = [
        go.Scatter(
            x=dates,
            y=_log1p(months[column]),
            mode="markers" if sparse else "lines",
            name=name,
            line={"width": 2, "color": colour, "dash": dash},
            marker={"size": 7, "color": colour},
            connectgaps=False,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>" if column == "median_downloads" else None,
            hoverinfo=None if column == "median_downloads" else "skip",
        )
        for column, name, colour, dash in (
            ("median_downloads", "median downloads", MAIN, "solid"),
            ("median_views", "median views", SECOND, "dot"),
        )
        if _known(months, column)
    ]
    return lines if sparse else band + lines


def _change_over_time(months: pl.DataFrame) -> str:
    """Compare the older half of the things with the newer half."""
    if months.height < 2:
        return f"All of these things were published in {str(months['month'][0])[:7]}."
    halves = months.with_columns(
        older=(pl.col("things").cum_sum() - pl.col("things")) * 2 < pl.col("things").sum()
    )
    older, newer = halves.filter(pl.col("older")), halves.filter(~pl.col("older"))
    if newer.is_empty():
        older, newer = months.head(-1), months.tail(1)
    before, after = _typical(older), _typical(newer)
    ends = (
        f"Typical downloads (monthly medians, weighted by things) are {number(before)} for the "
        f"{counted(sum(older['things'].to_list()), 'thing')} published up to "
        f"{str(older['month'][-1])[:7]} and {number(after)} for the newer "
        f"{number(sum(newer['things'].to_list()))}"
    )
    if after < before:
        return f"{ends}: older things have had longer to be downloaded, so age must not be ignored."
    return f"{ends}: here the older things do not have more downloads."


def _typical(months: pl.DataFrame) -> float:
    """Return the mean of the monthly medians, weighted by things."""
    pairs = list(months.select("median_downloads", "things").iter_rows())
    return float(sum(median * things for median, things in pairs) / sum(t for _, t in pairs))


def _known(frame: pl.DataFrame, *columns: str) -> list[float]:
    """Return the values of columns that are there."""
    return [float(value) for column in columns for value in frame[column] if known(value)]


def _points(x: Floats, y: Floats, downloads: Floats, means: Floats) -> go.Scatter:
    return go.Scatter(
        x=x.round(4).tolist(),
        y=y.round(4).tolist(),
        mode="markers",
        marker={"color": MAIN, "size": 7, "opacity": 0.7},
        customdata=[
            f"{number(thing)} downloads, {number(mean, 1)} per file"
            for thing, mean in zip(downloads, means, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _density(x: Floats, y: Floats, top: float, cells: int = 44) -> go.Heatmap:
    """Count points in square cells; empty cells stay clear. Colours follow the logarithm."""
    counts, edges, _ = np.histogram2d(y, x, bins=cells, range=[[0, top], [0, top]])
    filled = counts > 0
    centres = ((edges[:-1] + edges[1:]) / 2).round(4).tolist()
    shade = np.where(filled, np.log10(np.maximum(counts, 1)), np.nan)
    ticks = [tick for tick in (1, 10, 100, 1000) if tick <= max(counts.max(), 1)]
    return go.Heatmap(
        x=centres,
        y=centres,
        z=[[_or_none(cell) for cell in row] for row in shade.round(3)],
        customdata=counts.astype(int).tolist(),
        autocolorscale=True,
        hoverongaps=False,
        zmin=0,
        zmax=max(1.0, float(np.nanmax(shade))),
        hovertemplate="%{customdata} things<extra></extra>",
        colorbar={
            "tickvals": [float(np.log10(tick)) for tick in ticks],
            "ticktext": [number(tick) for tick in ticks],
            "title": {"text": "things", "side": "right"},
            "thickness": 10,
        },
    )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _log1p(values: Sequence[float | None] | pl.Series) -> list[float | None]:
    """Return log10(1 + value), and None where there is no value."""
    return [
        round(float(np.log10(1 + max(value, 0.0))), 4)
        if value is not None and known(value)
        else None
        for value in values
    ]
