"""The model beside the one before it, and the scores of all versions over time."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from thingistat_pipeline.report.advisor_results import ADVISOR, HEADLINE, Advisor
from thingistat_pipeline.report.blocks import Column, Figure, Table
from thingistat_pipeline.report.estimates import (
    Estimate,
    factor_on_two_lines,
    in_words,
    on_two_lines,
)
from thingistat_pipeline.report.feature_names import feature_words, unit_of
from thingistat_pipeline.report.plots import bars, panel
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.score_figures import label_of
from thingistat_pipeline.report.style import MAIN, QUIET, SECOND
from thingistat_pipeline.report.wording import (
    counted,
    known,
    number,
    percent,
    plain,
    plot_text,
)

METRIC_WORDS = {
    "r2_log": "R² on logarithms",
    "r2_raw": "R² on raw downloads",
    "spearman": "Spearman",
    "mae_log": "Typical miss",
    "pairwise": "Pairs in the right order",
    "uplift": "Best of 4",
    "coverage": "Coverage of 80 % intervals",
}
FEATURES_DRAWN = 10
MOVED = 0.1
"""Standardised difference from which on a feature's mean is said to have moved; Austin, Statistics
in Medicine 28 (2009), calls less than that negligible."""


def drift_table(data: ReportData) -> Table | None:
    """List the scores of the previous model and of this one."""
    drift = data.drift
    scores = list((drift or {}).get("scores") or ())
    if not drift or not scores:
        return None
    again = drift.get("previous_on_now") or {}
    return Table(
        key="drift-scores",
        title=f"This model and the previous one ({plain(drift.get('previous_version'), 20)})",
        caption=f"{drift_in_words(drift)} Each model on its own held-out creators; “previous, on "
        "today’s” is the previous model on today’s held-out things, where it could be loaded. "
        "Second lines are 95 % bootstrap intervals over creators.",
        columns=(
            Column(name="Metric"),
            Column(name="Previous, then", numeric=True),
            *([Column(name="Previous, on today’s", numeric=True)] if again else []),
            Column(name="Now", numeric=True),
        ),
        rows=tuple(
            (
                METRIC_WORDS.get(str(entry["metric"]), plain(entry["metric"], 40)),
                _metric_cell(entry["metric"], entry.get("before")),
                *([_metric_cell(entry["metric"], again.get(entry["metric"]))] if again else []),
                _metric_cell(entry["metric"], entry.get("now")),
            )
            for entry in scores
        ),
    )


def drift_in_words(drift: Mapping[str, Any]) -> str:
    """Say whether R² on logarithms differs beyond the intervals."""
    for entry in drift.get("scores") or ():
        if entry["metric"] == "r2_log":
            before, now = Estimate.of(entry.get("before")), Estimate.of(entry.get("now"))
            if before.value is None or now.value is None:
                break
            if not (before.has_interval and now.has_interval):
                verdict = "without intervals it cannot be said whether that is chance"
            elif _apart(before, now):
                verdict = "the intervals do not overlap"
            else:
                verdict = "the intervals overlap, so it may be chance"
            went = "rose" if now.value > before.value else "fell"
            if number(now.value, 2) == number(before.value, 2):
                return f"R² on logarithms is {number(now.value, 2)}, as before."
            return (
                f"R² on logarithms {went} from {number(before.value, 2)} to "
                f"{number(now.value, 2)}; {verdict}."
            )
    return "R² on logarithms cannot be compared."


def drift_figure(data: ReportData) -> Figure | None:
    """Draw the features whose distribution moved most since the previous model."""
    drift = data.drift
    entries = [
        entry
        for entry in (drift or {}).get("features") or ()
        if known(entry.get("standardised_difference"))
    ]
    if not drift or not entries:
        return None
    ordered = sorted(
        entries,
        key=lambda entry: (-abs(entry["standardised_difference"]), str(entry["feature"])),
    )
    shown = ordered[:FEATURES_DRAWN]
    moved = [e for e in ordered if abs(e["standardised_difference"]) >= MOVED]
    first = shown[0]
    finding = (
        f"No feature’s mean moved by {MOVED} standard deviations or more."
        if not moved
        else f"{counted(len(moved), 'feature')} moved by {MOVED} standard deviations or more; most "
        f"did {feature_words(str(first['feature']))}, from {_quantity(first.get('before'))} to "
        f"{_quantity(first.get('now'))} {plain(unit_of(str(first['feature'])), 30)}".rstrip()
        + "."
    )
    changed = [
        f"{counted(len(names), 'feature')} {what}: "
        f"{', '.join(feature_words(str(name)) for name in names[:5])}."
        for what, names in (
            ("appeared", list(drift.get("appeared") or ())),
            ("vanished", list(drift.get("vanished") or ())),
        )
        if names
    ]
    changed += [
        f"“{feature_words(str(entry['feature']))}” is known of {percent(entry['now'], 0)} of "
        f"things, before of {percent(entry['before'], 0)}."
        for entry in list(drift.get("known") or ())[:3]
    ]
    return Figure(
        key="drift",
        title="What moved in the data since the previous model",
        finding=" ".join([finding, *changed]),
        shows="Difference of a feature’s means, then and now, in standard deviations of then, "
        f"whichever way; less than the dashed line at {MOVED} is called negligible.",
        data=f"Things of the previous model ({plain(drift.get('previous_version'), 20)}) and the "
        f"{counted(int(data.advisor.get('n_rows') or 0), 'thing')} of this one.",
        uncertainty="None is drawn: these are means of the things that were sampled.",
        panels=(
            bars(
                "drift",
                [plot_text(feature_words(str(entry["feature"])), 26) for entry in shown],
                [abs(entry["standardised_difference"]) for entry in shown],
                labels=[
                    f"{'up' if entry['standardised_difference'] > 0 else 'down'} "
                    f"{number(abs(entry['standardised_difference']), 2)}"
                    for entry in shown
                ],
                title="standard deviations",
                colours=[
                    MAIN if abs(entry["standardised_difference"]) >= MOVED else QUIET
                    for entry in shown
                ],
                line_at=MOVED,
            ),
        ),
        width="half" if drift.get("scores") else "beside",
    )


def history_figure(data: ReportData, advisor: Advisor) -> Figure | None:
    """Draw R² on logarithms of every version; None with fewer than two nights."""
    frame = comparable_history(data)
    lines = [
        (key, label, colour, frame.filter(pl.col("model") == key).sort("observed_through"))
        for key, label, colour in _drawn(advisor)
    ]
    lines = [line for line in lines if not line[3].is_empty()]
    nights = frame["observed_through"].n_unique() if not frame.is_empty() else 0
    if nights < 2 or not lines:
        return None
    _, label, _, main = lines[0]
    first, last = _row_estimate(main.row(0, named=True)), _row_estimate(main.row(-1, named=True))
    verdict = (
        "the intervals do not overlap"
        if _apart(first, last)
        else "the intervals overlap, so it may be chance"
    )
    days = [str(day)[:10] for day in frame["observed_through"].sort().to_list()]
    things = [int(rows or 0) for rows in main["n_rows"]]
    ends = [v for *_, rows in lines for row in rows.iter_rows(named=True)
            for v in _row_estimate(row).ends() if v is not None]  # fmt: skip
    low, high = min(*ends, 0.0), max(*ends, 0.1)
    layout = {
        "xaxis": {"type": "date", "showgrid": False, "title": {"text": "observed through"}}
        | _dates(sorted(set(days))),
        "yaxis": {
            "title": {"text": "R² on logarithms"},
            "range": [max(low, -0.6) - 0.05, min(high, 1.0) + 0.09],
        },
        "showlegend": False,
        "margin": {"r": 16},
        "annotations": [_line_label(line, colour, name) for _, name, colour, line in lines],
    }
    efforts = sorted({plain(value, 20) for value in frame["effort"].to_list()})
    return Figure(
        key="history",
        title="From night to night",
        finding=f"{label}: R² on held-out creators was {in_words(first)} with the data up to "
        f"{days[0]} and is {in_words(last)} with those up to {days[-1]}; {verdict}.",
        shows="R² on logarithms on creators never seen, of each version that was trained, by the "
        "last day of its data."
        + (f" Searches of different effort: {', '.join(efforts)}." if len(efforts) > 1 else ""),
        data=f"{counted(nights, 'version')} of the same source, of {number(min(things))} to "
        f"{counted(max(things), 'thing')}.",
        uncertainty="Bars are 95 % bootstrap intervals over held-out creators.",
        panels=(panel("history", [_history_line(line) for line in lines], layout, 340),),
        width="beside",
    )


def comparable_history(data: ReportData) -> pl.DataFrame:
    """Return R² on logarithms on held-out creators, one version a day, of this report's source."""
    frame = data.history
    if frame.is_empty():
        return frame
    kept = frame.filter((pl.col("metric") == "r2_log") & (pl.col("split") == HEADLINE)).filter(
        pl.col("value").is_not_null() & pl.col("value").is_not_nan()
    )
    own = kept.filter(pl.col("version") == data.advisor_version)
    if not own.is_empty():
        kept = kept.filter(pl.col("source") == own["source"][0])
    return (
        kept.with_columns(own=pl.col("version") == data.advisor_version)
        .sort("observed_through", "own", "n_rows", "version", "model")
        .unique(["observed_through", "model"], keep="last", maintain_order=True)
        .drop("own")
    )


def _drawn(advisor: Advisor) -> list[tuple[str, str, str]]:
    """Return which models have a line: the one that advises, the forest, age alone."""
    models = [(advisor.winner, label_of(advisor.winner), MAIN)]
    if advisor.winner != ADVISOR:
        models.append((ADVISOR, label_of(ADVISOR), SECOND))
    return [*models, ("age_only", label_of("age_only"), QUIET)]


def _history_line(line: tuple[str, str, str, pl.DataFrame]) -> go.Scatter:
    _, label, colour, rows = line
    found = [_row_estimate(row) for row in rows.iter_rows(named=True)]
    values = [item.value or 0.0 for item in found]
    return go.Scatter(
        x=[str(day)[:10] for day in rows["observed_through"].to_list()],
        y=values,
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"color": colour, "size": 8},
        error_y={
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 0, "color": colour,
            "array": [(e.high if e.high is not None else v) - v
                      for e, v in zip(found, values, strict=True)],
            "arrayminus": [v - (e.low if e.low is not None else v)
                           for e, v in zip(found, values, strict=True)],
        },
        customdata=[
            f"{plot_text(label)}, {str(row['observed_through'])[:10]}<br>R² {in_words(item)}<br>"
            f"{counted(int(row['n_rows'] or 0), 'thing')}, version {plot_text(row['version'], 14)}"
            for row, item in zip(rows.iter_rows(named=True), found, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _line_label(rows: pl.DataFrame, colour: str, label: str) -> dict[str, Any]:
    """Return a line's name, over its last point."""
    last = rows.row(-1, named=True)
    return {
        "x": str(last["observed_through"])[:10],
        "y": last["high"] if known(last["high"]) else last["value"],
        "xanchor": "right",
        "yanchor": "bottom",
        "text": f"{plot_text(label)} {number(last['value'], 2)}",
        "font": {"color": colour},
        "showarrow": False,
    }


def _dates(days: Sequence[str]) -> dict[str, Any]:
    """Return ticks on the days themselves while they are few."""
    return {"tickvals": list(days), "tickformat": "%Y-%m-%d"} if len(days) <= 4 else {"nticks": 5}


def _row_estimate(row: Mapping[str, Any]) -> Estimate:
    return Estimate.of(row)


def _apart(first: Estimate, second: Estimate) -> bool:
    """Say whether two intervals are known and do not overlap."""
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return False
    return first.high < second.low or second.high < first.low


def _metric_cell(metric: str, entry: Mapping[str, Any] | None) -> str:
    estimate = Estimate.of(entry)
    if metric == "mae_log":
        return factor_on_two_lines(estimate.exp())
    if metric == "uplift":
        return factor_on_two_lines(estimate)
    if metric in {"pairwise", "coverage"}:
        return on_two_lines(estimate.times(100), 0, suffix=" %")
    return on_two_lines(estimate)


def _quantity(value: float | None) -> str:
    if value is None or not known(value):
        return "an unknown mean"
    return number(value, 0 if abs(value) >= 100 else 2)
