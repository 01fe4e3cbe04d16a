"""The part of the page about cover pictures, or a note that says why there is none."""

from thingistat_pipeline.report import galleries, looks_figures
from thingistat_pipeline.report.blocks import Block, Fact, Facts, Note, Points, Section
from thingistat_pipeline.report.layout import paired, present
from thingistat_pipeline.report.looks_findings import (
    alike_in_words,
    duplicate_rule,
    repeated_in_words,
    shares,
    unanswered,
)
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.wording import counted, number, percent

TITLE = "What pictures tell"


def looks_section(data: ReportData) -> Section:
    """Return the section."""
    looks = data.looks
    if not looks.has_pictures:
        return Section(
            key="looks",
            title=TITLE,
            lead="Nothing could be learned about it from these data.",
            blocks=(Note(title="No pictures", text=looks.reason, warning=True),),
        )
    choosing: list[Block] = list(
        present(looks_figures.choice_figure(looks), looks_figures.weights_figure(looks))
    )
    adding: list[Block] = list(
        present(
            looks_figures.downloads_figure(looks),
            looks_figures.ranker_figure(looks),
            looks_figures.photograph_figure(looks),
        )
    )
    open_questions = unanswered(looks)
    return Section(
        key="looks",
        title=TITLE,
        lead="Of every thing the cover picture was looked at: by measures that have names, such as "
        "saturation, and by a network that was trained on photographs of everything. What goes "
        "with downloads need not cause them.",
        blocks=present(
            *paired(choosing),
            galleries.look_alike_gallery(looks.examples, alike_in_words(looks), looks.network),
            galleries.duplicate_gallery(looks.examples, repeated_in_words(looks), duplicate_rule()),
            _facts(data, looks),
            *paired(adding),
            Points(items=open_questions) if open_questions else None,
        ),
    )


def _facts(data: ReportData, looks: Looks) -> Facts:
    """Give what was compared, and by what."""
    counts, recall = looks.examples.counts, looks.recall
    all_things, dimensions = data.card.things, looks.looks.get("dimensions")
    return Facts(
        items=(
            Fact(
                label="Things with a cover picture",
                value=number(looks.things),
                note=f"{percent(looks.things / all_things, 0)} of all" if all_things else "",
            ),
            Fact(
                label="Different pictures",
                value=number(looks.pictures),
                note=f"{number(dimensions)} numbers each by {looks.network}"
                if dimensions
                else f"by {looks.network}",
            ),
            Fact(
                label="True look-alikes found",
                value=percent(recall.value, 1) if recall.is_measured else "all",
                note=f"{shares(recall)} on a sample of "
                f"{counted(int(looks.looks.get('judged_on') or 0), 'thing')}"
                if recall.is_measured
                else "every two pictures were compared",
            ),
            Fact(
                label="Things that repeat a picture",
                value=number(counts.repeated),
                note=f"in {counted(counts.pairs, 'listed pair')}",
            ),
        )
    )
