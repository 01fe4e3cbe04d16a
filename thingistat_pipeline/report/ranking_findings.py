"""What was learned from likes, in a sentence or two each: for page, card and terminal."""

from collections.abc import Mapping
from typing import Any

from thingistat_pipeline.report.blocks import Point
from thingistat_pipeline.report.estimates import Estimate, difference_in_words, in_words
from thingistat_pipeline.report.ranking_results import (
    COSINE,
    POPULAR,
    Method,
    Ranking,
    label_of,
)
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.wording import counted, known, listed, number, percent, plain

TOGETHER = "What is liked together"


def ranking_findings(ranking: Ranking) -> tuple[Point, ...]:
    """Return what likes tell, and what tags do; none where nothing was learned."""
    if not ranking.is_fitted:
        return ()
    found = (
        Point(topic="Likes tell what belongs together", sentence=recommended_in_words(ranking)),
        _tags_found(ranking),
    )
    return tuple(point for point in found if point is not None)


def recommended_in_words(ranking: Ranking) -> str:
    """Say how many of five recommendations are hidden likes, against the most popular things."""
    used = ranking.used
    if used is None:
        return "It is not recorded which method is used."
    name = "precision_at_5"
    popular, ranker = ranking.find(POPULAR), ranking.best_ranker
    sentence = (
        f"Of five things offered to each of {counted(used.users, 'user')}, "
        f"{shares_in_words(used.score(name))} are likes that had been hidden"
    )
    if popular is not None and used is not popular:
        sentence += f"; of the five most popular ones, {shares_in_words(popular.score(name))}"
    name = f"“{used.label}”" + (", a simple method," if ranking.uses_a_baseline else "")
    sentence += f". {name} {_standing(ranking, used)}."
    gain = ranking.difference(used.key, ranker.key) if ranker is not None else Estimate()
    if not ranking.uses_a_baseline or not gain.is_measured:
        return sentence
    if gain.is_above_zero:
        return f"{sentence} It beats the ranker by {difference_in_words(gain, 3)} of NDCG@10."
    if gain.excludes_zero:
        more = difference_in_words(gain.turned(), 3)
        return f"{sentence} Here the ranker finds more, by {more} of NDCG@10."
    differs = difference_in_words(gain, 3)
    return f"{sentence} The ranker does not beat it: NDCG@10 differs by {differs}."


def _standing(ranking: Ranking, used: Method) -> str:
    """Say where the method in use stands among all, as far as the intervals tell."""
    best, level = ranking.methods[0], ranking.not_told_apart(used)
    if best is not used and best not in level:
        return f"is used; on these likes “{best.label}” finds more"
    if level:
        names = listed([f"“{item.label}”" for item in level])
        return f"is among the best and is used; it cannot be told from {names}"
    measured = all(
        ranking.difference(used.key, item.key).is_measured
        for item in ranking.methods
        if item is not used
    )
    return "does best and is used" if measured else "has the highest score and is used"


def _tags_found(ranking: Ranking) -> Point | None:
    """Say what suggestions find of hidden tags, against the cosine of the original."""
    used, cosine = ranking.tags.used, ranking.tags.find(COSINE)
    if used is None:
        return None
    sentence = (
        f"Ten suggested tags hold {shares_in_words(used.recall)} of the tags that were hidden from "
        f"{counted(ranking.tags.things, 'thing')}"
    )
    if cosine is not None and cosine is not used:
        sentence += (
            f"; chosen by the {label_of(COSINE).lower()}, as the original recommender did, "
            f"{shares_in_words(cosine.recall)}"
        )
    return Point(topic="Neighbours know a thing’s tags", sentence=f"{sentence}.")


def shares_in_words(share: Estimate) -> str:
    """Return a share between 0 and 1 as a percentage, with its interval."""
    scaled = share.times(100)
    return in_words(scaled, 0 if (scaled.value or 0) >= 10 else 1, suffix=" %")


def liked_together(data: ReportData) -> Point | None:
    """Return the takeaway about likes and tags; None where nothing was learned."""
    found = ranking_findings(Ranking.of(data))
    if not found:
        return None
    return Point(topic=TOGETHER, sentence=" ".join(point.sentence for point in found))


def summary_line(ranking: Ranking) -> str:
    """Return one line of plain text about the recommender."""
    used = ranking.used
    if not ranking.is_fitted or used is None:
        return f"Recommender: no model. {ranking.reason}"
    popular = ranking.find(POPULAR)
    line = f"Recommender: {used.label}, NDCG@10 {in_words(used.headline, 3)} on hidden likes of "
    line += counted(used.users, "user")
    if popular is not None and used is not popular:
        line += f"; most popular first {in_words(popular.headline, 3)}"
    tags = ranking.tags.used
    if tags is not None:
        line += f". Suggested tags find {shares_in_words(tags.recall)} of hidden ones"
    return f"{line}."


def ranking_limits(data: ReportData) -> tuple[Point, ...]:
    """Return what to hold against the recommender's figures."""
    ranking = Ranking.of(data)
    if not ranking.is_fitted:
        return ()
    told, of_tags = (" ".join(each) for each in (ranking.cautions, ranking.tags.cautions))
    found = (
        Point(topic="A like is not a verdict", sentence=told) if told else None,
        Point(topic="A tag that was not hidden may fit", sentence=of_tags) if of_tags else None,
        _left_out(ranking),
    )
    return tuple(point for point in found if point is not None)


def _left_out(ranking: Ranking) -> Point | None:
    """Say how many users and things have too few likes to be judged."""
    threshold = ranking.metrics.get("threshold") or {}
    before, after = threshold.get("before") or {}, threshold.get("after") or {}
    users, things = _share_kept(before, after, "users"), _share_kept(before, after, "things")
    if users is None or things is None:
        return None
    cut = int(threshold.get("truncated") or 0)
    return Point(
        topic="Those with enough likes",
        sentence=f"The figures are about the {percent(users, 0)} of users and {percent(things, 0)} "
        "of liked things that have enough likes; with the rest, less is certain."
        + (
            f" Of {counted(cut, 'thing')} among them not all likers are known, because the list "
            "was cut."
            if cut
            else ""
        ),
    )


def _share_kept(before: Mapping[str, Any], after: Mapping[str, Any], what: str) -> float | None:
    first, last = before.get(what), after.get(what)
    if not first or last is None or not known(first) or not known(last):
        return None
    return float(last / first)


def threshold_in_words(ranking: Ranking) -> str:
    """Say which likes were learned from, before and after leaving out those with too few."""
    threshold = ranking.metrics.get("threshold") or {}
    before, after = threshold.get("before") or {}, threshold.get("after") or {}
    if not after:
        return "Learned from likes."
    sentence = (
        f"Learned from {counted(int(after.get('likes') or 0), 'like')} of "
        f"{counted(int(after.get('users') or 0), 'user')} for "
        f"{counted(int(after.get('things') or 0), 'thing')}"
    )
    if before:
        sentence += (
            f", which is what remains of {number(before.get('likes'))} once every user has at "
            f"least {plain(threshold.get('least_by_user', 'a few'), 10)} and every thing "
            f"{plain(threshold.get('least_by_thing', 'a few'), 10)}"
        )
    return f"{sentence}."
