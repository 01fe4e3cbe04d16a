"""The recommender's part of the model card: what it is, what it learned from, what it is worth."""

from thingistat_pipeline.report.estimates import in_words
from thingistat_pipeline.report.markdown import bullets, escaped, table
from thingistat_pipeline.report.ranking_figures import judged_by, winner_in_words
from thingistat_pipeline.report.ranking_findings import threshold_in_words
from thingistat_pipeline.report.ranking_results import MEASURES, Ranking
from thingistat_pipeline.report.tag_figures import offered_in_words

_INTENDED = (
    "Intended for finding similar things and fitting tags. Not for judging things or people: it "
    "knows who liked what, as keyed hashes, and favours what has been liked by many."
)


def recommender_card(ranking: Ranking, version: str) -> str:
    """Return the body of the recommender's section as Markdown.

    Parameters
    ----------
    ranking : Ranking
    version : str
        Of the model that ranks.
    """
    if not ranking.is_fitted:
        return f"There is no recommender. {escaped(ranking.reason, 600)}"
    head = ("Method", *MEASURES.values())
    rows = [
        (
            escaped(item.label),
            *(
                in_words(item.score(measure), 2 if measure.startswith("popularity") else 3)
                if measure != "coverage_at_10"
                else in_words(item.score(measure).times(100), 1, suffix=" %").split(" (")[0]
                for measure in MEASURES
            ),
        )
        for item in ranking.methods
    ]
    lines = [
        escaped(winner_in_words(ranking), 800),
        f"Version {escaped(version or 'not known')}; effort "
        f"{escaped(ranking.metrics.get('effort') or 'not known')}.",
        escaped(threshold_in_words(ranking), 400),
        f"Judged by {escaped(judged_by(ranking), 300)}",
    ]
    if ranking.tags.methods:
        lines.append(f"Tags: {escaped(offered_in_words(ranking.tags), 600)}")
    return "\n\n".join([_INTENDED, bullets(lines), table(head, rows)])
