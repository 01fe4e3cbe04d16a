"""Figures of the sample: what ThingiStat's notebook looked at before it modelled anything.

Each function takes a small frame of `Exploration` and returns a figure with a sentence computed
from it, or None where the frame has no rows (the section then says why).
"""

import plotly.graph_objects as go
import polars as pl

from thingistat_pipeline.report.blocks import Figure
from thingistat_pipeline.report.plots import (
    ROW,
    bars,
    panel,
    row_axis,
    vertical_line,
)
from thingistat_pipeline.report.style import MAIN, QUIET
from thingistat_pipeline.report.wording import (
    counted,
    known,
    number,
    percent,
    plain,
    plot_text,
)

ROWS_SHOWN = 15
FLAG_THRESHOLD = 0.24
ENOUGH_THINGS = 10
"""A median of fewer things is not worth a sentence."""
COUNTS_ONLY = "None is drawn: these are counts of the sample, not estimates for the site."


def hit_rate(frame: pl.DataFrame) -> Figure | None:
    """Draw the share of drawn ids that are live, by tenth of the id range."""
    tried = frame.filter(pl.col("attempted") > 0)
    if tried.is_empty():
        return None
    names = [_span(row) for row in tried.iter_rows(named=True)]
    rates = tried["hit_rate"].to_list()
    attempted = sum(tried["attempted"].to_list())
    trace = go.Scatter(
        x=[rate * 100 for rate in rates],
        y=list(range(len(names))),
        mode="markers",
        marker={"color": MAIN, "size": 9},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(h - r) * 100 for h, r in zip(tried["high"], rates, strict=True)],
            "arrayminus": [(r - w) * 100 for r, w in zip(rates, tried["low"], strict=True)],
            "thickness": 1.5,
            "width": 0,
            "color": MAIN,
        },
        customdata=[
            f"ids {name}<br>{percent(row['hit_rate'])} live "
            f"({percent(row['low'])} to {percent(row['high'])})<br>"
            f"{number(row['live'])} of {number(row['attempted'])} ids"
            for name, row in zip(names, tried.iter_rows(named=True), strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    overall = sum(tried["live"].to_list()) / attempted
    layout = {
        "xaxis": {"title": {"text": "live ids (%)"}, "rangemode": "tozero", "zeroline": False},
        "yaxis": {**row_axis(names), "title": {"text": "ids, oldest on top"}},
        "shapes": [vertical_line(overall * 100)],
        "showlegend": False,
    }
    low, high = _extreme_rows(tried, "hit_rate")
    apart = low["high"] < high["low"]
    finding = (
        f"Between {percent(low['hit_rate'])} (ids {_span(low)}) and {percent(high['hit_rate'])} "
        f"(ids {_span(high)}) of the ids tried are live; the two intervals "
        + ("do not overlap." if apart else "overlap, so the tenths may well not differ.")
        if tried.height > 1
        else f"{percent(overall)} of the ids tried are live."
    )
    return Figure(
        key="hit-rate",
        title="Live share by id",
        finding=finding,
        shows="Share of ids that answer with a public thing, in ten equal parts of the id range; "
        f"the dashed line is the share overall, {percent(overall)}.",
        data=f"{counted(attempted, 'id')} drawn at random whose outcome is settled.",
        uncertainty="Bars are Wilson 95 % intervals.",
        panels=(panel("hit-rate", [trace], layout, ROW * len(names) + 72),),
        width="half",
    )


def missing_values(frame: pl.DataFrame, things: int) -> Figure | None:
    """Draw the share of things that lack a column, for the columns that lack anything."""
    lacking = frame.filter(pl.col("n") > 0)
    if lacking.is_empty():
        return None
    top = lacking.head(ROWS_SHOWN)
    whole = lacking.filter(pl.col("share") >= 1).height
    left_out = lacking.height - top.height
    finding = (
        f"{counted(lacking.height, 'column')} of {number(frame.height)} "
        f"{'is' if lacking.height == 1 else 'are'} incomplete"
    )
    finding += f", {number(whole)} of them entirely empty." if whole else "."
    return Figure(
        key="missing",
        title="What is not known",
        finding=finding,
        shows="Share of things for which a column is unknown (never the same as zero)"
        + (
            f"; {counted(left_out, 'further column')} with less is left out."
            if left_out == 1
            else f"; {number(left_out)} further columns with less are left out."
            if left_out
            else "."
        ),
        data=f"{counted(things, 'thing')}, columns of the tables and the features.",
        uncertainty=COUNTS_ONLY,
        panels=(
            bars(
                "missing",
                [plot_text(name) for name in top["column"]],
                [share * 100 for share in top["share"]],
                labels=[percent(share, _digits(share)) for share in top["share"]],
                title="things that lack it (%)",
                axis={"tickvals": [0, 50, 100]},
                room=1.25,
            ),
        ),
        width="half",
    )


def flag_variances(frame: pl.DataFrame, things: int) -> Figure | None:
    """Draw each flag's Bernoulli variance beside ThingiStat's threshold."""
    if frame.is_empty():
        return None
    rows = frame.sort(["variance", "flag"], descending=[True, False])
    kept = rows.filter(pl.col("kept"))["flag"].to_list()
    names = [plot_text(flag) for flag in rows["flag"]]
    finding = (
        f"{counted(len(kept), 'flag')} of {number(rows.height)} "
        f"{'varies' if len(kept) == 1 else 'vary'} enough to be kept"
        + (f": {', '.join(plain(flag, 32) for flag in kept[:5])}." if kept else ".")
    )
    drawn = bars(
        "flags",
        names,
        rows["variance"].to_list(),
        labels=[f"{percent(share, _digits(share))} yes" for share in rows["share_true"]],
        title="variance p(1−p) of the flag",
        colours=[MAIN if keep else QUIET for keep in rows["kept"]],
        axis={"range": [0, 0.36], "tickvals": [0, 0.1, 0.2]},
        line_at=FLAG_THRESHOLD,
    )
    return Figure(
        key="flags",
        title="Flags that hardly ever vary",
        finding=finding,
        shows="Variance of each yes-or-no column; left of the dashed line at .6 × .4 = 0.24 "
        "ThingiStat dropped a flag as nearly constant.",
        data=f"{counted(things, 'thing')}; of each flag those things for which it is known.",
        uncertainty=COUNTS_ONLY,
        panels=(drawn,),
        width="half",
    )


def categories(frame: pl.DataFrame, things: int) -> Figure | None:
    """Draw how many things the largest categories hold."""
    named = frame.rename({"name": "label"})
    return _frequent(named, things, key="categories", noun="category", title="Categories")


def tags(frame: pl.DataFrame, things: int) -> Figure | None:
    """Draw how many things carry the most frequent tags."""
    named = frame.rename({"tag": "label"})
    return _frequent(named, things, key="tags", noun="tag", title="Tags")


def _frequent(
    frame: pl.DataFrame, things: int, *, key: str, noun: str, title: str
) -> Figure | None:
    """Draw the most frequent labels with the median downloads of their things."""
    top = frame.filter(pl.col("things") > 0).head(ROWS_SHOWN)
    if top.is_empty():
        return None
    first = top.row(0, named=True)
    medians = top.filter(
        pl.col("median_downloads").is_not_null() & (pl.col("things") >= ENOUGH_THINGS)
    ).sort("median_downloads")
    finding = (
        f"The most frequent {noun} is “{plain(first['label'], 40)}” with "
        f"{counted(first['things'], 'thing')}"
    )
    if medians.height > 1:
        low, high = medians.row(0, named=True), medians.row(-1, named=True)
        finding += (
            f"; among those with at least {ENOUGH_THINGS}, median downloads go from "
            f"{number(low['median_downloads'])} "
            f"(“{plain(low['label'], 40)}”) to {number(high['median_downloads'])} "
            f"(“{plain(high['label'], 40)}”)."
        )
    else:
        finding += "."
    return Figure(
        key=key,
        title=title,
        finding=finding,
        shows=f"Number of things under each of the {counted(top.height, noun, key)} with most "
        "things, and the median of those things' downloads (dl). A thing can be under several.",
        data=f"{counted(things, 'thing')} of the sample.",
        uncertainty="None is drawn; a median over few things is itself uncertain, and age, which "
        f"differs between {key}, is not taken out.",
        panels=(
            bars(
                key,
                [plot_text(name, 24) for name in top["label"]],
                top["things"].to_list(),
                labels=[
                    f"{number(row['things'])} · {number(row['median_downloads'])} dl"
                    if known(row["median_downloads"])
                    else number(row["things"])
                    for row in top.iter_rows(named=True)
                ],
                title="things",
                room=1.6,
            ),
        ),
        width="half",
    )


def _extreme_rows(frame: pl.DataFrame, column: str) -> tuple[dict[str, float], dict[str, float]]:
    ordered = frame.sort([column, "decile"])
    return ordered.row(0, named=True), ordered.row(-1, named=True)


def _span(row: dict[str, float]) -> str:
    """Return a range of ids, in millions where they are large."""
    if row["id_high"] < 100_000:
        return f"{number(row['id_low'])} to {number(row['id_high'])}"
    return f"{row['id_low'] / 1e6:.2f} to {row['id_high'] / 1e6:.2f} M"


def _digits(share: float) -> int:
    """Return how many decimals a percentage needs not to read as 0 or 100."""
    if share in {0, 1} or 0.0995 <= share <= 0.995:
        return 0
    return 1 if min(share, 1 - share) >= 0.0005 else 2
