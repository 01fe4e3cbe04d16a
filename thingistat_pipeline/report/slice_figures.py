"""How well the advisor's model does on parts of the held-out things."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from thingistat_pipeline.report.advisor_results import Advisor
from thingistat_pipeline.report.blocks import Column, Figure, Panel, Table
from thingistat_pipeline.report.estimates import (
    Estimate,
    factor_on_two_lines,
    in_words,
    on_two_lines,
)
from thingistat_pipeline.report.score_figures import LOWEST_DRAWN, RESAMPLED, tested_on
from thingistat_pipeline.report.style import SECOND
from thingistat_pipeline.report.whiskers import Series, line_at, span, whiskers
from thingistat_pipeline.report.wording import counted, number, plain, plot_text

SLICES = {"age": "Age", "creator": "Creator", "category": "Category"}
ROWS_DRAWN = 10
FEW = 50


def slices_figure(advisor: Advisor) -> Figure | None:
    """Draw R² on logarithms by age, by creator and by category."""
    by_slice = _by_slice(advisor)
    if not by_slice:
        return None
    every = [_r2(entry) for entries in by_slice.values() for entry in entries[:ROWS_DRAWN]]
    low, high = span([every], include=(0.0,), floor=LOWEST_DRAWN, ceiling=1.0)
    overall = advisor.best.r2.value if advisor.best else None
    return Figure(
        key="slices",
        title="R² by age, creator and category",
        finding=slices_in_words(advisor),
        shows="R² on logarithms within each part: 0 is no better than that part’s own mean. "
        + (f"The dotted line is all held-out things, {number(overall, 2)}. " if overall else "")
        + f"Hollow: fewer than {FEW} things. What lies below {number(LOWEST_DRAWN, 1)} is drawn "
        "there. Within a narrow part there is less to tell apart, so R² is lower than over all.",
        data=tested_on(advisor),
        uncertainty=f"Bars are {RESAMPLED}.",
        roomy=True,
        panels=tuple(
            _panel(name, entries[:ROWS_DRAWN], low, high, overall)
            for name, entries in by_slice.items()
        ),
    )


def slices_in_words(advisor: Advisor) -> str:
    """Name the best and the worst part among those of enough things."""
    judged = [
        entry
        for entries in _by_slice(advisor).values()
        for entry in entries
        if int(entry.get("n") or 0) >= FEW
    ]
    if len(judged) < 2:
        return "Too few things in each part to compare them."
    ordered = sorted(judged, key=lambda entry: (_r2(entry).value or 0.0, str(entry["value"])))
    worst, best = ordered[0], ordered[-1]
    return (
        f"Among parts of at least {FEW} things, R² is lowest for {_name(worst)}, "
        f"{in_words(_r2(worst))}, and highest for {_name(best)}, {in_words(_r2(best))}."
    )


def slices_table(advisor: Advisor) -> Table | None:
    """List every part with its metrics; the smallest have none."""
    by_slice = _by_slice(advisor, measured=False)
    if not by_slice:
        return None
    return Table(
        key="slices-table",
        title="All parts in numbers",
        caption="Second lines: 95 % bootstrap intervals over creators. Typical miss: exponential "
        "of the mean absolute error on logarithms. Bias: how many times the predicted downloads "
        "the things have, on average of logarithms; ×1 is none. " + tested_on(advisor),
        columns=(
            Column(name="Part"),
            Column(name="Things", numeric=True),
            Column(name="Creators", numeric=True),
            Column(name="R² log", numeric=True),
            Column(name="Spearman", numeric=True),
            Column(name="Typical miss", numeric=True),
            Column(name="Bias", numeric=True),
        ),
        rows=tuple(
            (
                _name(entry),
                number(entry.get("n")),
                number(entry.get("n_creators")),
                on_two_lines(_r2(entry)),
                on_two_lines(Estimate.of((entry.get("scores") or {}).get("spearman"))),
                factor_on_two_lines(Estimate.of((entry.get("scores") or {}).get("mae_log")).exp()),
                factor_on_two_lines(Estimate.of(entry.get("bias")).exp()),
            )
            for entries in by_slice.values()
            for entry in entries
        ),
        folded=True,
    )


def _panel(
    name: str, entries: Sequence[Mapping[str, Any]], low: float, high: float, overall: float | None
) -> Panel:
    estimates = [_r2(entry) for entry in entries]
    drawn = whiskers(
        f"slices-{plain(name).replace(' ', '-')}",
        [plot_text(entry["value"], 26) for entry in entries],
        [
            f"{number(r2.value, 2)} · {number(e.get('n'))}"
            for r2, e in zip(estimates, entries, strict=True)
        ],
        [
            Series(
                name="R²",
                estimates=estimates,
                hollow=[int(entry.get("n") or 0) < FEW for entry in entries],
                hovers=[
                    f"{plot_text(entry['value'])}: R² {in_words(r2)}<br>"
                    f"{counted(int(entry.get('n') or 0), 'thing')} of "
                    f"{counted(int(entry.get('n_creators') or 0), 'creator')}"
                    for r2, entry in zip(estimates, entries, strict=True)
                ],
            )
        ],
        axis={"title": {"text": "R² on logarithms"}, "range": [low, high]},
        lines=[line_at(0.0)]
        + ([line_at(overall, colour=SECOND, dash="dot")] if overall is not None else []),
    )
    left_out = " (R² · things)"
    return replace(drawn, title=SLICES.get(name, plain(name, 30).capitalize()) + left_out)


def _by_slice(advisor: Advisor, *, measured: bool = True) -> dict[str, list[Mapping[str, Any]]]:
    """Return the parts, those with an R² or all, by what they are parts of, in stored order."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    if not advisor.is_fitted:
        return found
    for entry in advisor.metrics.get("slices") or ():
        if _r2(entry).is_measured or not measured:
            found.setdefault(str(entry["slice"]), []).append(entry)
    order = [*SLICES, *sorted(set(found) - set(SLICES))]
    return {name: found[name] for name in order if name in found}


def _r2(entry: Mapping[str, Any]) -> Estimate:
    return Estimate.of((entry.get("scores") or {}).get("r2_log"))


def _name(entry: Mapping[str, Any]) -> str:
    what = SLICES.get(str(entry["slice"]), plain(entry["slice"], 30)).lower()
    return f"{what}: {plain(entry['value'], 40)}"
