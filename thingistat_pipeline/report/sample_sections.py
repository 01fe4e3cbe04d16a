"""The parts of the page about the sample: the data card, and a look before any model."""

from datetime import datetime

from thingistat_pipeline.report import download_figures, figures
from thingistat_pipeline.report.blocks import (
    Block,
    Column,
    Fact,
    Facts,
    Note,
    Points,
    Section,
    Table,
)
from thingistat_pipeline.report.data_card import UNDECIDED, DataCard
from thingistat_pipeline.report.layout import paired, present
from thingistat_pipeline.report.parity_findings import sample_findings
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.wording import (
    NOT_AVAILABLE,
    counted,
    listed,
    number,
    percent,
    plain,
)

LOADS_SHOWN = 10
OUTCOME_WORDS = {
    "ok": "live",
    "gone": "deleted, or never there",
    "private": "private or unpublished",
    "moderated": "under moderation",
    "retry": "no settled answer yet",
    "quarantined": "answer not understood",
}


def sample(data: ReportData) -> Section:
    """Show the data card: where the data come from."""
    card = data.card
    rate = figures.hit_rate(data.exploration.hit_rate_by_id_decile)
    blocks: list[Block] = [_card_facts(card)]
    if points := sample_findings(data):
        blocks.append(Points(items=points))
    if card.outcomes:
        blocks.append(_outcomes(card))
    if rate:
        blocks.append(rate)
    else:
        blocks.append(
            Note(
                title="Live share: not applicable",
                text="No id was drawn at random. The data come from a published data set that "
                "holds only things that were live, without the attempts that failed.",
            )
        )
    blocks.append(_loads(card))
    return Section(
        key="data",
        title="The data",
        lead=_provenance_in_words(card),
        blocks=tuple(blocks),
    )


def exploration(data: ReportData) -> Section:
    """Show the sample before any model."""
    look, things = data.exploration, data.card.things
    drawn = {
        "downloads by date": download_figures.downloads_over_time(look.downloads_over_time),
        "missing values": figures.missing_values(look.missing, things),
        "flags": figures.flag_variances(look.flags, things),
        "categories": figures.categories(look.categories, things),
        "tags": figures.tags(look.tags, things),
        "downloads per file": download_figures.downloads_against_files(look.downloads_vs_file_mean),
        "distributions": download_figures.histograms(look.histograms, things),
    }
    absent = [name for name, figure in drawn.items() if figure is None]
    note = Note(
        title="Not applicable to these data",
        text=f"Nothing to draw, because the data hold nothing of the kind: {listed(absent)}.",
    )
    return Section(
        key="exploration",
        title="A look at the sample",
        lead="Before any model: what is known, what varies, what is common.",
        blocks=(*paired(list(present(*drawn.values()))), *([note] if absent else [])),
    )


def _card_facts(card: DataCard) -> Facts:
    share = (
        Fact(
            label="Live share",
            value=percent(card.live_share),
            note=f"95 % interval {percent(card.live_low)} to {percent(card.live_high)} (Wilson)",
        )
        if card.live_share is not None
        else Fact(label="Live share", value="not applicable", note="no failed attempts are kept")
    )
    tried = (
        Fact(
            label="Ids drawn",
            value=number(card.drawn),
            note=f"{number(card.live)} live, {number(card.drawn - card.decided)} unsettled",
        )
        if card.drawn
        else Fact(label="Ids drawn", value="none", note="a published data set")
    )
    spread = card.downloads
    return Facts(
        items=(
            tried,
            share,
            Fact(
                label="Things",
                value=number(card.things),
                note=f"{number(card.observed_again)} observed more than once",
            ),
            Fact(
                label="Downloads",
                value=number(spread.median),
                note=f"median; 9 in 10 below {number(spread.ninth_decile)}, "
                f"largest {number(spread.largest)}",
            ),
            Fact(label="Observed", value=_day(card.first_observation), note=_until(
                card.first_observation, card.last_observation)),
            Fact(label="Published", value=_day(card.first_publication), note=_until(
                card.first_publication, card.last_publication)),
            Fact(label="Creators", value=number(card.creators),
                 note=f"{number(card.sharing_a_creator)} things share one"),
            Fact(label="Tags", value=number(card.tags),
                 note=counted(card.categories, "category", "categories")),
            Fact(label="Likes", value=number(card.likes), note="with who liked, as keyed hashes"),
            Fact(
                label="Incomplete columns",
                value=number(len(card.missing)),
                note="of the table of things" + (
                    f"; most: {plain(card.missing[0][0], 30)} {percent(card.missing[0][1], 0)}"
                    if card.missing else ""
                ),
            ),
        )
    )  # fmt: skip


def _outcomes(card: DataCard) -> Table:
    return Table(
        key="outcomes",
        title="What became of the ids",
        caption=f"{counted(card.drawn, 'id')} drawn at random, by the first settled answer. Shares "
        "are of the settled ones.",
        columns=(
            Column(name="Outcome"),
            Column(name="Ids", numeric=True),
            Column(name="Share", numeric=True),
        ),
        rows=tuple(
            (
                OUTCOME_WORDS.get(outcome, plain(outcome)),
                number(ids),
                "–" if outcome in UNDECIDED or not card.decided else percent(ids / card.decided),
            )
            for outcome, ids in card.outcomes
        ),
        width="half",
    )


def _loads(card: DataCard) -> Table:
    shown = card.loads[-LOADS_SHOWN:]
    earlier = len(card.loads) - len(shown)
    return Table(
        key="loads",
        title="What was loaded",
        caption="Nights of sampling and published data sets (snapshots)"
        + (f"; {counted(earlier, 'earlier load')} not shown." if earlier else ".")
        + " The version is the beginning of the content’s SHA-256.",
        columns=(
            Column(name="Load"),
            Column(name="Kind"),
            Column(name="Source"),
            Column(name="Records", numeric=True),
            Column(name="Live", numeric=True),
            Column(name="Rejected", numeric=True),
            Column(name="Version"),
        ),
        rows=tuple(
            (
                plain(load.name, 60),
                plain(load.kind),
                plain(load.source),
                number(load.records),
                number(load.live),
                number(load.rejected),
                plain(load.content_hash)[:12],
            )
            for load in shown
        ),
    )


def _provenance_in_words(card: DataCard) -> str:
    nights = sum(load.kind == "night" for load in card.loads)
    snapshots = len(card.loads) - nights
    parts = [counted(nights, "night") + " of sampling at random"] if nights else []
    parts += [counted(snapshots, "published data set")] if snapshots else []
    if not parts:
        return "Nothing has been loaded yet."
    site = "a simulated site" if card.is_synthetic else "Thingiverse"
    return f"{' and '.join(parts)} of {site}, holding {counted(card.things, 'thing')} in all."


def _day(moment: datetime | None) -> str:
    return NOT_AVAILABLE if moment is None else f"{moment:%Y-%m-%d}"


def _until(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return ""
    return "on one day" if first.date() == last.date() else f"to {last:%Y-%m-%d}"
