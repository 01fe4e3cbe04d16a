"""Figures and tables of the parity forest: its scores and its importances."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from thingistat_pipeline.features.registry import feature_named, is_feature
from thingistat_pipeline.report.blocks import Column, Figure, Table
from thingistat_pipeline.report.parity_findings import baseline_name
from thingistat_pipeline.report.plots import FOOT, marks, panel, row_axis, vertical_line
from thingistat_pipeline.report.results import (
    MEAN_DECREASE,
    PERMUTATION,
    Importance,
    ReportData,
    Scores,
    ranking,
)
from thingistat_pipeline.report.style import MAIN, QUIET, SECOND
from thingistat_pipeline.report.wording import (
    counted,
    listed,
    number,
    plain,
    plot_text,
    plus_minus,
    score,
)

FEATURES_SHOWN = 30
PAIR_ROW = 28
LOWEST_DRAWN = -1.5


def scores_figure(scores: Scores) -> Figure | None:
    """Draw the forest's R² with its interval beside the baselines'."""
    if scores.test is None:
        return None
    rows = [("forest, held out", scores.test, MAIN, "circle")]
    if scores.train is not None:
        rows.append(("forest, training", scores.train, MAIN, "circle-open"))
    rows += [(baseline_name(name), value, QUIET, "circle") for name, value in scores.baselines]
    names = [name for name, *_ in rows]
    values = [value for _, value, *_ in rows]
    colours = [colour for _, _, colour, _ in rows]
    drawn = [max(value, LOWEST_DRAWN) for value in values]
    low, high = scores.test, scores.test
    bar = None
    if scores.low is not None and scores.high is not None:
        low, high = scores.low, scores.high
        bar = _bar_on_first(drawn, max(low, LOWEST_DRAWN), max(high, LOWEST_DRAWN))
    trace = go.Scatter(
        x=drawn,
        y=list(range(len(rows))),
        mode="markers+text",
        marker={
            "color": colours,
            "size": 11,
            "symbol": [symbol for *_, symbol in rows],
            "line": {"width": 2, "color": colours},
        },
        text=[score(value) for value in values],
        textposition="top center",
        error_x=bar,
        customdata=[
            f"{name}<br>R² {score(value)}" for name, value in zip(names, values, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    layout = {
        "xaxis": {
            "title": {"text": "R² on raw downloads"},
            "range": [min(0.0, max(low, LOWEST_DRAWN), *drawn) - 0.08, max(1.0, high) + 0.06],
            "zeroline": True,
        },
        "yaxis": {**row_axis(names), "range": [len(rows) - 0.4, -0.8]},
        "showlegend": False,
    }
    lowest = min(*values, low)
    best = scores.best_baseline
    return Figure(
        key="scores",
        title="The forest against simple rules",
        finding=f"Held out, the forest’s R² is {score(scores.test)} "
        f"({scores.interval})"
        + (
            f"; the best simple rule, {baseline_name(best[0])}, has {score(best[1])}."
            if best
            else "."
        ),
        shows="R², the share of the squared deviation of raw downloads that is accounted for: 1 is "
        "perfect, 0 is no better than the held-out mean, below 0 is worse than it."
        + (
            f" What lies below {score(LOWEST_DRAWN)} is drawn there; the lowest is {score(lowest)}."
            if lowest < LOWEST_DRAWN
            else ""
        ),
        data=f"{counted(scores.test_rows, 'held-out thing')}; trained on "
        f"{counted(scores.train_rows, 'thing')} (hollow: scored on those themselves).",
        uncertainty="None is drawn: on these held-out things no interval could be measured."
        if bar is None
        else "The bar is a 95 % bootstrap interval over held-out things, the forest held "
        "fixed; the rules have none.",
        panels=(panel("scores", [trace], layout, 40 * len(rows) + 72),),
        width="beside",
    )


def _bar_on_first(values: Sequence[float], lower: float, upper: float) -> dict[str, Any]:
    """Return error bars of which only the first value has one, from `lower` to `upper`."""
    rest = [0.0] * (len(values) - 1)
    return {
        "type": "data",
        "symmetric": False,
        "array": [upper - values[0], *rest],
        "arrayminus": [values[0] - lower, *rest],
        "thickness": 2,
        "width": 0,
        "color": MAIN,
    }


def mean_decrease_figure(data: ReportData, scores: Scores) -> Figure | None:
    """Draw the mean decrease in variance, which training leaves behind for free."""
    items = ranking(data.importances, MEAN_DECREASE, "train")[:FEATURES_SHOWN]
    if not items:
        return None
    names = [plot_text(item.feature) for item in items]
    series = marks(
        names,
        [item.mean for item in items],
        series="mean decrease",
        colour=MAIN,
        spread=[item.std or 0.0 for item in items],
        hover=[f"{plot_text(i.feature)}<br>{plus_minus(i.mean, i.std)}" for i in items],
    )
    total = sum(item.mean for item in items[:3])
    layout = {
        "xaxis": {"title": {"text": "share of the decrease in variance"}, "zeroline": False},
        "yaxis": {**row_axis(names), "showgrid": True},
        "shapes": [vertical_line(0, colour=QUIET, dash="solid")],
        "showlegend": False,
    }
    return Figure(
        key="mean-decrease",
        title="Mean decrease in variance",
        finding=f"The first {counted(min(3, len(items)), 'feature')} "
        f"({', '.join(plain(item.feature) for item in items[:3])}) "
        f"hold {number(total * 100)} % of the decrease."
        if total > 0
        else "No tree has a split, so there is no decrease to share out.",
        shows="How much each feature’s splits lower the variance of downloads inside the trees, "
        "as a share of the whole. It favours features of many values and is measured where the "
        "forest was trained." + _left_out(len(ranking(data.importances, MEAN_DECREASE, "train"))),
        data=f"{counted(scores.train_rows, 'training thing')}.",
        uncertainty="Bars are ± one standard deviation over the trees.",
        panels=(panel("mean-decrease", [series], layout, PAIR_ROW * len(names) + FOOT),),
        width="half",
    )


def permutation_figure(data: ReportData, scores: Scores) -> Figure | None:
    """Draw permutation importance on held-out and on training data, side by side."""
    held_out = ranking(data.importances, PERMUTATION, "test")
    train = {item.feature: item for item in ranking(data.importances, PERMUTATION, "train")}
    order: Sequence[Importance] = held_out or tuple(train.values())
    if not order:
        return None
    shown = order[:FEATURES_SHOWN]
    names = [plot_text(item.feature) for item in shown]
    traces = []
    for series, items, colour, shift in (
        ("held out", {item.feature: item for item in held_out}, MAIN, -0.17),
        ("training", train, SECOND, 0.17),
    ):
        present = [items.get(item.feature) for item in shown]
        if not any(present):
            continue
        traces.append(
            marks(
                names,
                [item.mean if item else math.nan for item in present],
                series=series,
                colour=colour,
                spread=[2 * (item.std or 0.0) if item else 0.0 for item in present],
                shift=shift,
                hollow=[item is None or not item.stands_out for item in present],
                hover=[
                    f"{plot_text(item.feature)}, {series}<br>{plus_minus(item.mean, item.std)}"
                    if item
                    else ""
                    for item in present
                ],
                symbol="circle" if series == "held out" else "diamond",
            )
        )
        traces.append(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                name=series,
                marker={
                    "color": colour,
                    "size": 8,
                    "symbol": "circle" if series == "held out" else "diamond",
                },
            )
        )
    layout = {
        "xaxis": {"title": {"text": "fall of R² when the feature is shuffled"}, "zeroline": False},
        "yaxis": {**row_axis(names), "showgrid": True},
        "shapes": [vertical_line(0, colour=QUIET, dash="solid")],
    }
    standing = sum(item.stands_out for item in order)
    where = "held-out" if held_out else "training"
    return Figure(
        key="permutation",
        title="Permutation importance",
        finding=f"{number(standing)} of {counted(len(order), 'feature')} "
        f"{'stands' if standing == 1 else 'stand'} out on {where} data by at least two standard "
        "deviations.",
        shows="By how much R² falls when one feature’s values are shuffled among the things. "
        "Hollow marks cannot be told from 0. Features that say the same share their importance, "
        "so each of them looks small." + _left_out(len(order)),
        data=_permuted(scores, held_out=bool(held_out), train=bool(train)),
        uncertainty="Bars are ± two standard deviations over the shuffles; they show the "
        "shuffling’s noise, not that of another sample of things.",
        panels=(panel("permutation", traces, layout, PAIR_ROW * len(names) + FOOT + 30),),
        width="half",
    )


def importance_table(data: ReportData) -> Table | None:
    """List every feature with its importances, family and meaning."""
    decrease = _by_feature(ranking(data.importances, MEAN_DECREASE, "train"))
    train = _by_feature(ranking(data.importances, PERMUTATION, "train"))
    test = _by_feature(ranking(data.importances, PERMUTATION, "test"))
    order = list(test or train or decrease)
    if not order:
        return None
    by = (
        "held-out permutation importance"
        if test
        else "permutation importance on training data; none was measured on held-out data"
        if train
        else "mean decrease; no permutation importance was measured"
    )

    def cell(items: Mapping[str, Importance], feature: str) -> str:
        item = items.get(feature)
        return plus_minus(item.mean, item.std) if item else "–"

    return Table(
        key="importance-table",
        title="All features in numbers",
        caption="Mean ± one standard deviation: over shuffles for permutation, over trees for mean "
        f"decrease. Sorted by {by}.",
        columns=(
            Column(name="Feature"),
            Column(name="Kind"),
            Column(name="Permutation, held out", numeric=True),
            Column(name="Permutation, training", numeric=True),
            Column(name="Mean decrease, training", numeric=True),
            Column(name="Meaning"),
        ),
        rows=tuple(
            (
                plain(feature),
                str(feature_named(feature).family).replace("_", " ") if is_feature(feature) else "",
                cell(test, feature),
                cell(train, feature),
                cell(decrease, feature),
                plain(feature_named(feature).meaning, 240) if is_feature(feature) else "",
            )
            for feature in order
        ),
        folded=True,
    )


def _permuted(scores: Scores, *, held_out: bool, train: bool) -> str:
    """Name the things whose values were shuffled."""
    parts = [counted(scores.test_rows, "held-out thing")] if held_out else []
    parts += [counted(scores.train_rows, "training thing")] if train else []
    return listed(parts) + ("." if held_out else "; not measured on held-out things.")


def _by_feature(items: Sequence[Importance]) -> dict[str, Importance]:
    return {item.feature: item for item in items}


def _left_out(count: int) -> str:
    if count <= FEATURES_SHOWN:
        return ""
    return f" {counted(count - FEATURES_SHOWN, 'further feature')} are in the table only."
