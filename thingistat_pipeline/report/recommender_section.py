"""The parts of the page about likes and tags, or the one part that says why there are none."""

from collections.abc import Mapping
from typing import Any

from thingistat_pipeline.report import (
    galleries,
    learning_figures,
    ranking_figures,
    ranking_search_figures,
    tag_figures,
)
from thingistat_pipeline.report.blocks import Block, Fact, Facts, Note, Points, Section
from thingistat_pipeline.report.layout import paired, present
from thingistat_pipeline.report.ranking_findings import ranking_findings, threshold_in_words
from thingistat_pipeline.report.ranking_results import Ranking
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.wording import NOT_AVAILABLE, counted, known, number, plain

TITLE = "Models that people like together"


def recommender_sections(data: ReportData) -> tuple[Section, ...]:
    """Return the sections in the order in which they are read; those without content are absent."""
    ranking = Ranking.of(data)
    if not ranking.is_fitted:
        return (_nothing_learned(data, ranking),)
    found = (_together(data, ranking), _tags(data, ranking), _how_learned(ranking))
    return tuple(section for section in found if section.blocks)


def _nothing_learned(data: ReportData, ranking: Ranking) -> Section:
    """Say why nothing was learned; tags may have been suggested from texts all the same."""
    return Section(
        key="liked-together",
        title=TITLE,
        lead="Nothing could be learned about it from these data.",
        blocks=present(
            Note(title="No recommendations", text=ranking.reason, warning=True),
            galleries.suggestion_gallery(data.examples, ""),
        ),
    )


def _together(data: ReportData, ranking: Ranking) -> Section:
    """Show what is similar, and how well likes are foretold."""
    halves: list[Block] = list(
        present(
            ranking_figures.differences_figure(ranking),
            ranking_figures.popularity_figure(ranking),
        )
    )
    return Section(
        key="liked-together",
        title=TITLE,
        lead="Who likes what tells which things belong together, whatever they are called. Taste "
        "for one thing is associated with taste for another; that makes neither the better.",
        blocks=present(
            Points(items=ranking_findings(ranking)),
            galleries.similar_gallery(data.examples, threshold_in_words(ranking)),
            _facts(ranking),
            ranking_figures.methods_figure(ranking),
            *paired(halves),
            ranking_figures.methods_table(ranking),
            ranking_figures.known_ranked_note(ranking),
            ranking_figures.one_like_figure(ranking),
            ranking_figures.cold_start_figure(ranking),
        ),
    )


def _tags(data: ReportData, ranking: Ranking) -> Section:
    """Show which tags fit which things, and how many hidden ones are found."""
    halves: list[Block] = list(
        present(tag_figures.hidden_tags_figure(ranking), tag_figures.drafts_figure(ranking))
    )
    used = ranking.tags.used
    return Section(
        key="tags-that-fit",
        title="Tags that fit",
        lead="Things and tags have their places in one space, learned from likes and from what "
        "things are called. What is close there fits together.",
        blocks=present(
            galleries.suggestion_gallery(data.examples, used.label if used else ""),
            *paired(halves),
            galleries.tag_gallery(data.examples),
        ),
    )


def _how_learned(ranking: Ranking) -> Section:
    """Show learning curves and searches."""
    return Section(
        key="how-learned",
        title="How the ranking was learned",
        lead="For those who want to check the ranker: how it learns, and how its settings were "
        "found. The first search knows likes only, the second tags and categories as well.",
        blocks=present(
            learning_figures.learning_figure(ranking),
            ranking_search_figures.progress_figure(ranking),
            ranking_search_figures.parameters_figure(ranking),
            *(
                ranking_search_figures.trials_table(ranking, name)
                for name in ranking_search_figures.SEARCHES
            ),
        ),
    )


def _facts(ranking: Ranking) -> Facts:
    """Give the data's extent, before and after leaving out those with too few likes."""
    threshold = ranking.metrics.get("threshold") or {}
    before, after = threshold.get("before") or {}, threshold.get("after") or {}
    used = ranking.used or ranking.methods[0]
    return Facts(
        items=(
            *(
                Fact(
                    label=f"{what.capitalize()} learned from",
                    value=number(after.get(what)),
                    note=f"of {number(before.get(what))}; at least "
                    f"{number(threshold.get(least))} likes each",
                )
                for what, least in (
                    ("users", "least_by_user"),
                    ("things", "least_by_thing"),
                )
            ),
            Fact(
                label="Likes learned from",
                value=number(after.get("likes")),
                note=f"of {number(before.get('likes'))}; {_density(after)}",
            ),
            Fact(
                label="Likes hidden for the test",
                value=number(used.likes),
                note=f"of {counted(used.users, 'user')}",
            ),
            Fact(
                label="Effort",
                value=plain(ranking.metrics.get("effort") or NOT_AVAILABLE, 20),
                note=f"{_trials(ranking)}, seed {plain(ranking.metrics.get('seed', '–'), 20)}",
            ),
        )
    )


def _density(size: Mapping[str, Any]) -> str:
    """Say which share of all pairs of a user and a thing are likes."""
    users, things, likes = (size.get(name) for name in ("users", "things", "likes"))
    if not users or not things or likes is None or not known(likes):
        return "share of all pairs not known"
    return f"{number(100 * likes / (users * things), 2)} % of all pairs"


def _trials(ranking: Ranking) -> str:
    """Say how many settings of the ranker were tried."""
    tried = [len(ranking.search(name).get("trials") or ()) for name in ("without", "with_side")]
    return counted(sum(tried), "setting") + " tried"
