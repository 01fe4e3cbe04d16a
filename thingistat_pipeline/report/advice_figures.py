"""What a maker could change before posting, and the claim that more files bring more downloads."""

import math

import polars as pl

from thingistat_pipeline.report.advisor_results import Change, changes
from thingistat_pipeline.report.blocks import Column, Figure, Table
from thingistat_pipeline.report.estimates import (
    Estimate,
    factor,
    factor_in_words,
    factor_on_two_lines,
)
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.style import MAIN, QUIET
from thingistat_pipeline.report.whiskers import Series, factor_axis, line_at, span, whiskers
from thingistat_pipeline.report.wording import counted, number, plain, plot_text

CHANGES_DRAWN = 12
FARTHEST = math.log(30)
"""Whiskers are cut at thirty times and a thirtieth."""
WIDENED = (
    "Bars are 95 % intervals, clustered by creator and widened for a hidden trait of the makers "
    "that would tell as much about downloads as their number of followers does. Those of weak "
    "evidence may hold ×1."
)


def advice_figure(data: ReportData) -> Figure | None:
    """Draw the changes that show any evidence as factors of downloads."""
    found = changes(data)
    shown = [change for change in found if change.has_evidence][:CHANGES_DRAWN]
    if not shown:
        return None
    logs = [_log(change.factor) for change in shown]
    low, high = span([logs], include=(0.0,), floor=-FARTHEST, ceiling=FARTHEST)
    series = Series(
        name="effect",
        estimates=logs,
        hollow=[change.evidence != "strong" for change in shown],
        hovers=[
            f"{plot_text(change.sentence, 60)}<br>{factor_in_words(change.factor)}<br>"
            f"evidence: {plot_text(change.evidence)}; {counted(change.support, 'thing')} like it"
            for change in shown
        ],
    )
    with_evidence = sum(change.has_evidence for change in found)
    return Figure(
        key="advice",
        title="What goes with more downloads, among things otherwise alike",
        finding=_first_in_words(data)
        + f"{number(with_evidence)} of {counted(len(found), 'change')} examined "
        f"{'shows' if with_evidence == 1 else 'show'} more than chance.",
        shows="How many times the downloads are, with the change against without, between things "
        "that are alike in everything else that is known; ×1 is no difference, below it fewer. "
        "Filled dots: strong "
        "evidence; hollow ones: moderate or weak. An association, not a promise."
        + (
            f" The {number(with_evidence - len(shown))} weakest are in the table only."
            if with_evidence > len(shown)
            else ""
        ),
        data=_advised_on(data),
        uncertainty=WIDENED,
        panels=(
            whiskers(
                "advice",
                [plot_text(change.sentence, 36) for change in shown],
                [
                    f"{factor(change.factor.value)} · {plot_text(change.evidence)}"
                    for change in shown
                ],
                [series],
                axis=factor_axis(low, high, "times the downloads"),
                lines=[line_at(0.0)],
            ),
        ),
        width="beside",
    )


def advice_table(data: ReportData) -> Table | None:
    """List the changes that show evidence with all that is known of each."""
    shown = [change for change in changes(data) if change.has_evidence]
    if not shown:
        return None
    return Table(
        key="advice-table",
        title="The changes in numbers",
        caption="Effect: factor of downloads with its widened 95 % interval. Model’s own: the same "
        "change in the curves of the model below, without an interval. Such things: those that "
        "look like the change made. Could: those that could still make it. "
        + _advised_on(data)
        + " "
        + " ".join(plain(note, 300) for note in data.advice_notes),
        columns=(
            Column(name="Change"),
            Column(name="From, to"),
            Column(name="Effect", numeric=True),
            Column(name="Evidence"),
            Column(name="Such things", numeric=True),
            Column(name="Could", numeric=True),
            Column(name="Model’s own", numeric=True),
            Column(name="Remark"),
        ),
        rows=tuple(
            (
                change.sentence,
                f"{change.before} → {change.after}",
                factor_on_two_lines(change.factor),
                change.evidence,
                number(change.support),
                number(change.could),
                "–" if change.ale_factor is None else factor(change.ale_factor),
                change.note,
            )
            for change in shown
        ),
    )


def no_evidence_table(data: ReportData) -> Table | None:
    """List the changes that showed none, folded."""
    found = [change for change in changes(data) if not change.has_evidence]
    if not found:
        return None
    return Table(
        key="no-evidence",
        title=f"No evidence for {counted(len(found), 'other change')}",
        caption="Judged together with all changes that were tried, each of these differences could "
        "be chance (or clicks, where files are concerned); that does not show that the change does "
        "nothing. " + _advised_on(data),
        columns=(
            Column(name="Change"),
            Column(name="Effect", numeric=True),
            Column(name="Such things", numeric=True),
            Column(name="Remark"),
        ),
        rows=tuple(
            (
                change.sentence,
                factor_on_two_lines(change.factor),
                number(change.support),
                change.note,
            )
            for change in found
        ),
        folded=True,
    )


def file_claim_figure(data: ReportData) -> Figure | None:
    """Draw what doubling the files goes with, for each way of counting downloads."""
    frame = data.file_claim
    if frame.is_empty():
        return None
    rows = list(frame.iter_rows(named=True))
    logs = [Estimate.of(row, value="effect") for row in rows]
    low, high = span([logs], include=(0.0,), floor=-FARTHEST, ceiling=FARTHEST)
    names = [_outcome_words(str(row["outcome"])) for row in rows]
    series = Series(
        name="effect",
        estimates=logs,
        colour=MAIN,
        hollow=[not item.excludes_zero for item in logs],
        hovers=[
            f"{plot_text(name, 60)}<br>{factor_in_words(item.exp())}<br>"
            f"{counted(int(row['n'] or 0), 'thing')}"
            for name, item, row in zip(names, logs, rows, strict=True)
        ],
    )
    return Figure(
        key="file-claim",
        title="More files, more downloads?",
        finding=plain(data.file_verdict, 600) or _claim_in_words(frame),
        shows="What twice as many files go with, for each way of counting: every file that is "
        "taken counts as a download, so a visitor to a thing of many files counts many times. "
        "Hollow dots cannot be told from ×1.",
        data=f"{counted(max(int(row['n'] or 0) for row in rows), 'thing')} at the most; every "
        "outcome on those for which it is known.",
        uncertainty="Bars are 95 % intervals, clustered by creator.",
        panels=(
            whiskers(
                "file-claim",
                [plot_text(name, 36) for name in names],
                [factor_in_words(item.exp()) for item in logs],
                [series],
                axis=factor_axis(low, high, "times, per doubling of the files"),
                lines=[line_at(0.0, colour=QUIET)],
            ),
        ),
        width="beside",
    )


def _claim_in_words(frame: pl.DataFrame) -> str:
    """Say what the figures are where no verdict came with them."""
    parts = [
        f"{factor_in_words(Estimate.of(row, value='effect').exp())} "
        f"{_outcome_words(str(row['outcome']))}"
        for row in frame.iter_rows(named=True)
    ]
    return f"Twice as many files go with {'; '.join(parts)}."


def _outcome_words(outcome: str) -> str:
    spoken = {
        "download_count": "downloads of the thing",
        "downloads": "downloads of the thing",
        "top_file_downloads": "downloads of its top file",
        "top_file": "downloads of its top file",
        "average_download_count": "downloads per file",
        "like_count": "likes",
        "likes": "likes",
    }
    return spoken.get(outcome) or plain(outcome.replace("_", " "), 40)


def _advised_on(data: ReportData) -> str:
    rows, creators = data.advisor.get("n_rows"), data.advisor.get("n_creators")
    if not rows:
        return f"{counted(data.card.things, 'thing')} of the sample."
    return f"{counted(int(rows), 'thing')} of {counted(int(creators or 0), 'creator')}."


def _log(estimate: Estimate) -> Estimate:
    """Return the logarithm of a factor's estimate."""
    return Estimate(*(math.log(v) if v is not None and v > 0 else None for v in estimate.ends()))


def strongest(data: ReportData) -> Change | None:
    """Return the first change that goes with more downloads by more than chance."""
    return next((change for change in changes(data) if change.is_worth_making), None)


def not_examined_table(data: ReportData) -> Table | None:
    """List the changes about which the data say nothing, folded."""
    frame = data.not_examined
    if frame.is_empty():
        return None
    return Table(
        key="not-examined",
        title=f"{counted(frame.height, 'change')} could not be examined",
        caption="About these the data say nothing, neither for nor against. " + _advised_on(data),
        columns=(Column(name="Change"), Column(name="Why")),
        rows=tuple(
            (plain(row["change"], 120), plain(row["remark"], 300))
            for row in frame.iter_rows(named=True)
        ),
        folded=True,
    )


def _first_in_words(data: ReportData) -> str:
    first = strongest(data)
    if first is None:
        return "None of the changes goes with more downloads by more than chance. "
    return (
        f"“{first.sentence}” comes first: {factor_in_words(first.factor)} downloads, "
        f"{first.evidence} evidence. "
    )
