"""What the advisor's model relies on, in groups of features that go together."""

from thingistat_pipeline.report.advisor_results import (
    Advisor,
    GroupImportance,
    group_importances,
)
from thingistat_pipeline.report.blocks import Column, Figure, Table
from thingistat_pipeline.report.estimates import in_words, on_two_lines
from thingistat_pipeline.report.feature_names import feature_words, features_in_words, group_words
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.score_figures import tested_on
from thingistat_pipeline.report.style import MAIN, SECOND
from thingistat_pipeline.report.whiskers import Series, line_at, span, whiskers
from thingistat_pipeline.report.wording import counted, number, plain, plot_text

GROUPS_DRAWN, SILENT_DRAWN = 14, 3


def groups_figure(data: ReportData, advisor: Advisor) -> Figure | None:
    """Draw the fall of R² when a group is shuffled, and when the model is fitted without it."""
    found = group_importances(data)
    if not advisor.is_fitted or not found:
        return None
    telling = sum(group.fall.is_above_zero for group in found)
    shown = found[: min(telling + SILENT_DRAWN, GROUPS_DRAWN)]
    falls, dropped = [group.fall for group in shown], [group.dropped for group in shown]
    low, high = span([falls, dropped], include=(0.0,))
    series = [
        Series(
            name="shuffled",
            estimates=falls,
            colour=MAIN,
            hollow=[not item.is_above_zero for item in falls],
            hovers=[_hover(group, "shuffled together") for group in shown],
        )
    ]
    if any(item.is_measured for item in dropped):
        series.append(
            Series(
                name="fitted without it",
                estimates=dropped,
                colour=SECOND,
                symbol="diamond",
                hollow=[not item.is_above_zero for item in dropped],
                hovers=[_hover(group, "fitted without it") for group in shown],
                shift=0.24,
            )
        )
    return Figure(
        key="groups",
        title="Groups of features that tell about downloads",
        finding=groups_in_words(found),
        shows="By how much R² on logarithms falls when all features of a group are shuffled "
        "together among held-out things (the numbers at the right), and when the model is fitted "
        "again without them: less, where other features say the same. Hollow marks cannot be told "
        "from 0. Features whose ranks correlate by .5 or more are one group."
        + (
            f" {counted(len(found) - len(shown), 'further group')} in the table only."
            if len(found) > len(shown)
            else ""
        ),
        data=tested_on(advisor),
        uncertainty="Bars are 95 % intervals over held-out creators (bootstrap)"
        + (
            "."
            if {"low", "high"} <= set(data.importances.columns)
            else "; for the shuffled, two standard deviations over shuffles."
        ),
        panels=(
            whiskers(
                "groups",
                [plot_text(group_words(group.name, 60), 44) for group in shown],
                [number(group.fall.value, 3) for group in shown],
                series,
                axis={"title": {"text": "fall of R² on logarithms"}, "range": [low, high]},
                lines=[line_at(0.0)],
            ),
        ),
        width="beside",
    )


def groups_in_words(found: tuple[GroupImportance, ...]) -> str:
    """Name the groups that tell most, and count those that tell nothing."""
    telling = [group for group in found if group.fall.is_above_zero]
    if not telling:
        return (
            f"None of {counted(len(found), 'group')} lowers R² on held-out creators beyond chance "
            "when shuffled."
        )
    named = "; then ".join(f"“{group.words}”, {in_words(group.fall, 3)}" for group in telling[:3])
    silent = len(found) - len(telling)
    return (
        f"Shuffled, these lower R² most: {named}. {number(silent)} of "
        f"{counted(len(found), 'group')} cannot be told from 0."
    )


def groups_table(data: ReportData, advisor: Advisor) -> Table | None:
    """List every group with its features, folded."""
    found = group_importances(data)
    if not advisor.is_fitted or not found:
        return None
    return Table(
        key="groups-table",
        title="All groups and what they hold",
        caption="Fall of R² on logarithms on held-out creators; second lines are 95 % intervals. "
        "Only the most telling groups were left out of a fit. " + tested_on(advisor),
        columns=(
            Column(name="Group"),
            Column(name="Shuffled", numeric=True),
            Column(name="Fitted without", numeric=True),
            Column(name="Features"),
            Column(name="Columns"),
        ),
        rows=tuple(
            (
                group_words(group.name),
                on_two_lines(group.fall, 4),
                on_two_lines(group.dropped, 4),
                features_in_words(list(group.features), most=8),
                plain(", ".join(group.features), 300),
            )
            for group in found
        ),
        folded=True,
    )


def _hover(group: GroupImportance, how: str) -> str:
    estimate = group.fall if how.startswith("shuffled") else group.dropped
    held = [feature_words(name, 32) for name in group.features[:4]]
    return (
        f"{plot_text(group_words(group.name), 60)}, {how}<br>{in_words(estimate, 3)}"
        f"<br>{plot_text(', '.join(held), 90)}"
    )
