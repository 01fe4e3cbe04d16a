"""What the page's figures cannot tell, with the numbers that say how much it matters here."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from thingistat_pipeline.features.registry import Family
from thingistat_pipeline.report.blocks import Point
from thingistat_pipeline.report.looks_findings import looks_limits
from thingistat_pipeline.report.model_limits import model_limits
from thingistat_pipeline.report.parity_findings import family_counts
from thingistat_pipeline.report.ranking_findings import ranking_limits
from thingistat_pipeline.report.results import PERMUTATION, ReportData, Scores, ranking
from thingistat_pipeline.report.search_figures import PARAMETERS, scored_combinations
from thingistat_pipeline.report.wording import (
    between,
    counted,
    number,
    percent,
    score,
)


def limits(data: ReportData) -> tuple[Point, ...]:
    """Return what a reader must hold against the results, the gravest first."""
    found = (
        _simulation(data),
        *model_limits(data),
        *ranking_limits(data),
        *looks_limits(data.looks),
        _survivors(data),
        _on_top_of_a_snapshot(data),
    )
    return tuple(point for point in found if point is not None)


def parity_limits(data: ReportData) -> tuple[Point, ...]:
    """Return why the parity forest's numbers mislead, the gravest first."""
    scores = Scores.of(data.parity)
    found = (
        _consequences(data, scores),
        _age(data, scores),
        _split(data, scores),
        _raw_counts(data),
        _size(scores),
        _shuffles(data),
        _grid(data, scores),
    )
    return tuple(point for point in found if point is not None)


def _simulation(data: ReportData) -> Point | None:
    if not data.card.is_synthetic:
        return None
    return Point(
        topic="A simulation",
        sentence="The site behind these data is our own simulation, with effects planted by its "
        "authors. The page shows that the pipeline works; it says nothing about Thingiverse.",
    )


def _consequences(data: ReportData, scores: Scores) -> Point | None:
    """Say how much of the model rests on consequences of downloads."""
    engagement = family_counts(scores.features).get(Family.ENGAGEMENT, 0)
    if not engagement:
        return None
    sentence = (
        f"{number(engagement)} of {counted(len(scores.features), 'feature')} are counts of likes, "
        "comments and the like: consequences of downloads, or of what also brings downloads. The "
        "parity forest repeats ThingiStat’s model and is a diagnosis; it cannot say what to change."
    )
    held_out = [i for i in ranking(data.importances, PERMUTATION, "test") if i.mean > 0]
    total = sum(item.mean for item in held_out)
    if total > 0:
        theirs = sum(
            item.mean for item in held_out if family_counts((item.feature,))[Family.ENGAGEMENT]
        )
        sentence += (
            f" Of the held-out permutation importances that are above 0, they make up "
            f"{percent(theirs / total, 0)}."
        )
    return Point(topic="Consequences, not causes", sentence=sentence)


def _age(data: ReportData, scores: Scores) -> Point | None:
    if "age_days" in scores.features:
        return None
    card = data.card
    sentence = "Age is not among its features, as it was not in ThingiStat"
    if card.first_publication and card.last_publication:
        years = (card.last_publication - card.first_publication).days / 365.25
        sentence += (
            f", although the things were published over {counted(round(years), 'year')} and older "
            "ones have had longer to collect downloads"
        )
    alone = dict(scores.baselines).get("age_only")
    if alone is not None:
        sentence += f". Age alone reaches a held-out R² of {score(alone)}"
    return Point(topic="No age", sentence=sentence + ".")


def _split(data: ReportData, scores: Scores) -> Point | None:
    if not scores.test_rows:
        return None
    sentence = (
        f"The {counted(scores.test_rows, 'held-out thing')} "
        f"{'was' if scores.test_rows == 1 else 'were'} drawn at random among the "
        f"{number(scores.rows)}, not by creator or by time"
    )
    if data.card.things:
        shared = data.card.sharing_a_creator / data.card.things
        sentence += (
            f": {percent(shared, 0)} of the things have another of the same creator in the sample, "
            "which may sit on the other side of the split. A new creator’s things, or next year’s, "
            "may be predicted worse"
        )
    return Point(topic="A random split", sentence=sentence + ".")


def _raw_counts(data: ReportData) -> Point | None:
    downloads = data.card.downloads
    if downloads.largest_deviation is None:
        return None
    return Point(
        topic="Raw downloads",
        sentence=f"R² is taken on raw downloads (median {number(downloads.median)}, largest "
        f"{number(downloads.largest)}), so a few hits decide it: one thing alone carries "
        f"{percent(downloads.largest_deviation)} of the squared deviation"
        + (
            f", and among the held-out ones a single one {percent(held_out)}."
            if (held_out := Scores.of(data.parity).largest_share) is not None
            else "."
        ),
    )


def _survivors(data: ReportData) -> Point | None:
    card = data.card
    if card.live_share is None:
        return Point(
            topic="Survivors only",
            sentence="Things that were deleted or hidden are not in the data, and a data set "
            "without failed attempts cannot say how many there were.",
        )
    return Point(
        topic="Survivors only",
        sentence=f"{percent(1 - card.live_share)} of the ids tried are gone, private or under "
        "moderation. What they were downloaded is unknown, so all results are about things that "
        "are still public.",
    )


def _on_top_of_a_snapshot(data: ReportData) -> Point | None:
    kinds = {load.kind for load in data.card.loads}
    if kinds != {"night", "snapshot"}:
        return None
    return Point(
        topic="Nights on top of a snapshot",
        sentence="Nights draw only ids that no imported snapshot covers, so the live share is that "
        "of the rest of the site: where a snapshot holds what was live, fewer live things are left "
        "to find. Snapshot and nights together are not a uniform sample of the site.",
    )


def _size(scores: Scores) -> Point | None:
    if not scores.rows:
        return None
    if scores.width is None:
        width = "no interval of R² could be measured."
    else:
        interval = between(scores.low, scores.high)
        width = (
            f"the 95 % interval of R² is {score(scores.width)} wide ({interval}). The interval "
            "holds the forest fixed and does not include what another training set would change."
        )
    return Point(
        topic="Size",
        sentence=f"The forest saw {counted(scores.train_rows, 'thing')} and was tried on "
        f"{number(scores.test_rows)}; {width}",
    )


def _shuffles(data: ReportData) -> Point | None:
    held_out = ranking(data.importances, PERMUTATION, "test")
    if not held_out:
        return None
    flat = sum(not item.stands_out for item in held_out)
    return Point(
        topic="What ± means",
        sentence="The standard deviations of permutation importance are over shuffles of one test "
        f"set. With {counted(len(held_out), 'feature')} looked at, a mean of two standard "
        f"deviations is no proof ({number(flat)} lie below it); features that say the same hide "
        "each other.",
    )


def _grid(data: ReportData, scores: Scores) -> Point | None:
    """Say where square root and logarithm ask for the same number of features."""
    count = len(scores.features)
    combinations = scored_combinations(data.parity)
    if count < 2 or not combinations:
        return None
    root, log = max(1, int(math.sqrt(count))), max(1, int(math.log2(count)))
    if root != log or not _holds_each_score_twice(combinations):
        return None
    return Point(
        topic="Half of the search repeats itself",
        sentence=f"For {counted(count, 'feature')} both “sqrt” and “log2” try {number(root)} at a "
        f"split: they are one forest, and the {counted(len(combinations), 'combination')} hold "
        "each score twice.",
    )


def _holds_each_score_twice(combinations: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether both rules for the number of features have the same scores throughout."""
    others = [name for name in PARAMETERS if name != "max_features"]
    by_rule: dict[str, dict[tuple[Any, ...], tuple[float, float | None]]] = {}
    for entry in combinations:
        place = tuple(entry[name] for name in others)
        by_rule.setdefault(entry["max_features"], {})[place] = entry["mean"], entry.get("std")
    return set(by_rule) == {"sqrt", "log2"} and by_rule["sqrt"] == by_rule["log2"]
