"""The part of the page about the parity forest: a diagnosis, and why its numbers mislead."""

from thingistat_pipeline.report import model_figures, search_figures
from thingistat_pipeline.report.advisor_results import Advisor
from thingistat_pipeline.report.blocks import Block, Fact, Facts, Note, Points, Section
from thingistat_pipeline.report.layout import present
from thingistat_pipeline.report.limits import parity_limits
from thingistat_pipeline.report.parity_findings import family_counts, parity_findings
from thingistat_pipeline.report.results import ReportData, Scores
from thingistat_pipeline.report.takeaways import misleading
from thingistat_pipeline.report.wording import NOT_AVAILABLE, number, plain, score


def parity(data: ReportData) -> Section:
    """Show the parity forest, labelled as what it is."""
    scores = Scores.of(data.parity)
    warnings = " ".join(plain(text, 400) for text in data.parity.get("warnings") or ())
    misled = misleading(data, Advisor.of(data))
    points = parity_findings(data)
    against = parity_limits(data)
    blocks: list[Block] = []
    if misled:
        blocks.append(Note(title="A diagnosis, not advice", text=misled.sentence, warning=True))
    if warnings:
        blocks.append(Note(title="Before you read on", text=warnings, warning=True))
    blocks.append(_facts(data, scores))
    if against:
        blocks.append(Points(items=against))
    blocks += present(
        model_figures.scores_figure(scores),
        search_figures.search_figure(data.parity),
        search_figures.search_table(data.parity),
        model_figures.permutation_figure(data, scores),
        model_figures.mean_decrease_figure(data, scores),
        model_figures.importance_table(data),
    )
    if points:
        blocks.append(Points(items=points))
    return Section(
        key="parity",
        title="The parity model, and why its numbers mislead",
        lead="Diagnostic. The parity forest is ThingiStat’s random forest, repeated faithfully: "
        "raw downloads, likes and comments among the features, a random split, a grid search. "
        "Nothing in this part says what to change.",
        blocks=tuple(blocks),
    )


def _facts(data: ReportData, scores: Scores) -> Facts:
    chosen = data.parity.get("best_params") or {}
    return Facts(
        items=(
            Fact(
                label="R², held out",
                value=score(scores.test),
                note=scores.interval,
            ),
            Fact(label="R², training", value=score(scores.train), note="not a measure of skill"),
            Fact(
                label="Things",
                value=number(scores.rows),
                note=f"{number(scores.train_rows)} to train, {number(scores.test_rows)} held out",
            ),
            Fact(
                label="Features",
                value=number(len(scores.features)) if scores.features else NOT_AVAILABLE,
                note=_kinds(scores),
            ),
            Fact(
                label="Trees chosen",
                value=plain(chosen.get("n_estimators", NOT_AVAILABLE), 20),
                note=", ".join(
                    f"{plain(name, 20).replace('_', ' ')} {plain(value, 12)}"
                    for name, value in sorted(chosen.items())
                    if name != "n_estimators"
                ),
            ),
        )
    )


def _kinds(scores: Scores) -> str:
    """Say of what kinds the features are."""
    return ", ".join(
        f"{number(count)} {family.replace('_', ' ')}"
        for family, count in family_counts(scores.features).most_common()
    )
