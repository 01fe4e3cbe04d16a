"""The parts of the page about the advisor's model, or the one part that says why there is none."""

from thingistat_pipeline.report import (
    advice_figures,
    calibration_figures,
    effect_figures,
    group_figures,
    history_figures,
    score_figures,
    slice_figures,
)
from thingistat_pipeline.report.advisor_results import (
    HEADLINE,
    STRESS,
    Advisor,
    changes,
)
from thingistat_pipeline.report.blocks import Block, Fact, Facts, Note, Section
from thingistat_pipeline.report.estimates import factor, factor_range
from thingistat_pipeline.report.layout import paired, present
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.wording import (
    NOT_AVAILABLE,
    between,
    counted,
    number,
    percent,
    plain,
    score,
)


def advisor_sections(data: ReportData) -> tuple[Section, ...]:
    """Return the sections about the advisor in the order in which they are read."""
    advisor = Advisor.of(data)
    if not advisor.is_fitted:
        return (without_a_model(advisor),)
    return (
        advice(data),
        sureness(advisor),
        models(advisor),
        calibration(advisor),
        groups(data, advisor),
        effects(data),
        slices(advisor),
        over_time(data, advisor),
    )


def without_a_model(advisor: Advisor) -> Section:
    """Say why there is no model, and show none of its numbers."""
    dropped = advisor.metrics.get("rows_dropped") or {}
    items = []
    if advisor.rows:
        items = [
            Fact(
                label="Things that could be used",
                value=number(advisor.rows),
                note=f"by {counted(advisor.creators, 'creator')}",
            )
        ]
        items += [
            Fact(label="Left out", value=number(count), note=plain(why, 120))
            for why, count in sorted(dropped.items())
        ]
    blocks: list[Block] = [Note(title="No advice", text=advisor.reason, warning=True)]
    blocks += [Note(title="Note", text=text) for text in advisor.warnings]
    if items:
        blocks.append(Facts(items=tuple(items)))
    return Section(
        key="what-to-do",
        title="What to do",
        lead="Nothing can be said about it from these data. The figures of a model fitted to so "
        "little would mean nothing, so none are shown.",
        blocks=tuple(blocks),
    )


def advice(data: ReportData) -> Section:
    """Rank the changes a maker can make."""
    found = changes(data)
    blocks: list[Block] = list(
        present(advice_figures.advice_figure(data), advice_figures.advice_table(data))
    )
    if not blocks:
        text = (
            f"Of {counted(len(found), 'change')} examined, each difference could be chance. "
            if found
            else "No change was examined. "
        ) + " ".join(plain(note, 300) for note in data.advice_notes)
        blocks.append(Note(title="No evidence for any change", text=text))
    claim: Block | None = advice_figures.file_claim_figure(data)
    if claim is None and data.file_verdict:
        claim = Note(title="More files, more downloads?", text=plain(data.file_verdict, 600))
    blocks += present(
        advice_figures.no_evidence_table(data), advice_figures.not_examined_table(data), claim
    )
    return Section(
        key="what-to-do",
        title="What to do",
        lead="Changes that a maker can make before posting, by what goes with them among things "
        "that are otherwise alike. They are associations with an allowance for a hidden trait, "
        "not results of trying.",
        blocks=tuple(blocks),
    )


def sureness(advisor: Advisor) -> Section:
    """Say how far the model can be trusted, in facts."""
    best, rule = advisor.best, advisor.best_baseline
    later = advisor.find(advisor.winner, STRESS)
    blocks: list[Block] = []
    if best is not None:
        uplift, miss = best.score("uplift"), best.score("mae_log").exp()
        items = [
            Fact(label="R² on creators never seen", value=score(best.r2.value),
                 note=_interval(best.r2.low, best.r2.high, " on logarithms")),
            Fact(label="R² on the newest quarter",
                 value=score(later.r2.value) if later else NOT_AVAILABLE,
                 note=_interval(later.r2.low, later.r2.high) if later else ""),
            Fact(label="Best simple rule", value=score(rule.r2.value) if rule else NOT_AVAILABLE,
                 note=f"R² of “{rule.label.lower()}”, {_interval(rule.r2.low, rule.r2.high)}"
                 if rule else ""),
            Fact(label=f"Coverage of {percent(advisor.nominal, 0)} intervals",
                 value=percent(advisor.coverage.value, 0),
                 note="of held-out things lie inside"
                 + (f", {percent(advisor.coverage.low, 0)} to {percent(advisor.coverage.high, 0)}"
                    if advisor.coverage.has_interval else "")),
            Fact(label="Typical miss", value=factor(miss.value),
                 note=f"more or less than predicted, {factor_range(miss.low, miss.high)}"),
            Fact(label="Best of 4", value=factor(uplift.value),
                 note="downloads of the pick of 4 against one at random, "
                 f"{factor_range(uplift.low, uplift.high)}"),
            Fact(label="Things", value=number(advisor.rows),
                 note=f"by {counted(advisor.creators, 'creator')}; "
                 f"{number(advisor.test_rows)} held out"),
            Fact(label="Features", value=number(advisor.metrics.get("n_features")),
                 note="known at publication; "
                 f"{number(len(advisor.metrics.get('features_left_out') or {}))} left out"),
        ]  # fmt: skip
        blocks.append(Facts(items=tuple(items)))
        blocks.append(
            Note(
                title="What is not in these numbers",
                text=f"{percent(1 - max(best.r2.value or 0.0, 0.0), 0)} of the variance of log "
                "downloads is accounted for by nothing on record: how good a design is, whether it "
                "was featured, who linked to it. Things that were deleted are not in the data, so "
                "all of this is about those that are still public.",
            )
        )
    if advisor.warnings:
        blocks.append(Note(title="Cautions", text=" ".join(advisor.warnings), warning=True))
    return Section(
        key="how-sure",
        title="How sure we are",
        lead="The model sees only what is known when a thing is posted, never likes or comments. "
        "It is judged on creators of whom it has seen nothing; ranges are 95 % intervals over "
        "those creators.",
        blocks=tuple(blocks),
    )


def models(advisor: Advisor) -> Section:
    """Compare the forest with its challengers and with simple rules."""
    reason = plain(advisor.metrics.get("winner_reason") or "", 400)
    untried = plain((advisor.metrics.get("time_split") or {}).get("reason") or "", 400)
    blocks = present(
        score_figures.models_figure(advisor),
        Note(title="Which model advises", text=reason) if reason else None,
        score_figures.models_table(advisor, HEADLINE),
        score_figures.models_table(advisor, STRESS),
        Note(title="No stress test", text=untried) if untried else None,
        score_figures.panel_table(advisor),
        score_figures.search_table(advisor),
    )
    return Section(
        key="model-table",
        title="The models",
        lead="All were fitted to the same things and tried on the same ones.",
        blocks=blocks,
    )


def calibration(advisor: Advisor) -> Section:
    """Say whether predictions and intervals mean what they say."""
    blocks = paired(
        list(
            present(
                calibration_figures.calibration_figure(advisor),
                calibration_figures.coverage_figure(advisor),
            )
        )
    )
    return Section(
        key="calibration-coverage",
        title="Calibration and coverage",
        lead="Whether things predicted at so many downloads have so many, and whether the "
        "intervals hold as often as they claim.",
        blocks=tuple(blocks)
        or (Note(title="Not measured", text="There was too little held out."),),
    )


def groups(data: ReportData, advisor: Advisor) -> Section:
    """Show what the model relies on."""
    blocks = present(
        group_figures.groups_figure(data, advisor), group_figures.groups_table(data, advisor)
    )
    return Section(
        key="what-matters",
        title="What matters",
        lead="Measured on held-out creators only. Features that say the same are shuffled "
        "together, because shuffled one by one they would hide each other.",
        blocks=blocks or (Note(title="Not measured", text="No importance was measured."),),
    )


def effects(data: ReportData) -> Section:
    """Show how the prediction changes with each feature a maker sets."""
    blocks = present(effect_figures.effects_figure(data), effect_figures.effects_table(data))
    return Section(
        key="curves",
        title="How each feature acts in the model",
        lead="The shape behind the importances, for features that a maker sets. They describe the "
        "model; the advice above is measured apart from it.",
        blocks=blocks or (Note(title="Not measured", text="No curve was measured."),),
    )


def slices(advisor: Advisor) -> Section:
    """Show where the model does well and where it does not."""
    blocks = present(slice_figures.slices_figure(advisor), slice_figures.slices_table(advisor))
    return Section(
        key="parts",
        title="Where it works and where not",
        lead="The same model on parts of the held-out things.",
        blocks=blocks or (Note(title="Not measured", text="No part holds enough things."),),
    )


def over_time(data: ReportData, advisor: Advisor) -> Section:
    """Compare with the model before, and show all versions."""
    blocks: list[Block] = []
    if data.drift is None:
        blocks.append(
            Note(
                title="No previous model",
                text="This is the first model of these data: there is nothing to compare it with "
                "yet.",
            )
        )
    blocks += paired(
        list(present(history_figures.drift_table(data), history_figures.drift_figure(data)))
    )
    history = history_figures.history_figure(data, advisor)
    blocks.append(
        history
        or Note(
            title="One night so far",
            text="Scores over time are drawn from the second night on; there is nothing to compare "
            "yet.",
        )
    )
    return Section(
        key="drift-history",
        title="Against the previous model, and over time",
        lead="Whether the data or the model’s skill have moved.",
        blocks=tuple(blocks),
    )


def _interval(low: float | None, high: float | None, suffix: str = "") -> str:
    if low is None or high is None:
        return "no interval could be measured"
    return f"{between(low, high)}{suffix}"
