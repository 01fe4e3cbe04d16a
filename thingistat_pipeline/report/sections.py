"""The page's parts, from top to bottom: what to know first comes first."""

from collections.abc import Iterable, Mapping
from typing import Any

from thingistat_pipeline.report import advisor_sections, sample_sections
from thingistat_pipeline.report.blocks import Block, Column, Note, Points, Section, Table
from thingistat_pipeline.report.limits import limits
from thingistat_pipeline.report.looks_section import looks_section
from thingistat_pipeline.report.parity_section import parity
from thingistat_pipeline.report.recommender_section import recommender_sections
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.takeaways import takeaways
from thingistat_pipeline.report.wording import plain


def sections(data: ReportData) -> tuple[Section, ...]:
    """Return all sections in the order in which they are read."""
    return (
        found(data),
        *advisor_sections.advisor_sections(data),
        *recommender_sections(data),
        looks_section(data),
        parity(data),
        sample_sections.sample(data),
        sample_sections.exploration(data),
        cautions(data),
        provenance(data),
    )


def found(data: ReportData) -> Section:
    """Put what was found first."""
    points = takeaways(data)
    blocks: list[Block] = [Points(items=points, numbered=True)] if points else []
    if not points:
        blocks.append(Note(title="Nothing measured", text="There are no results to speak of."))
    return Section(
        key="findings",
        title="What we found",
        lead="Computed from the figures below. “Associated with” is meant literally: nothing here "
        "shows that one thing causes another.",
        blocks=tuple(blocks),
    )


def cautions(data: ReportData) -> Section:
    """List the limits."""
    return Section(
        key="limits",
        title="Limits",
        lead="What to hold against the figures above.",
        blocks=(Points(items=limits(data)),),
    )


def provenance(data: ReportData) -> Section:
    """Record what made the page."""
    versions = {
        "Advisor’s model version": data.advisor_version,
        "Parity model version": data.model_version,
        "Ranking model version": data.ranking_version,
        "Look-alikes version": data.looks.version,
    }
    rows = [(name, plain(version)) for name, version in versions.items() if version]
    rows += list(_flattened(data.provenance))
    table = Table(
        key="provenance-table",
        title="Record",
        caption="Enough to make this page again, or to see why it cannot be made again.",
        columns=(Column(name="What"), Column(name="Value")),
        rows=tuple(rows),
        folded=True,
    )
    return Section(
        key="provenance",
        title="Provenance",
        lead="Code, data, seed and libraries behind every number above.",
        blocks=(table,),
    )


def _flattened(record: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Return a nested record as rows; names of inner values carry their outer ones."""
    for name, value in record.items():
        path = f"{prefix}{plain(name).replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{path}: ")
        elif isinstance(value, (list, tuple)):
            yield path, plain(", ".join(map(str, value)), 400)
        else:
            yield path, _words(value)


def _words(value: object) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value, 400)
