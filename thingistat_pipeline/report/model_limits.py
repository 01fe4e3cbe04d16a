"""What the advisor's model and its advice cannot tell, with the numbers that say how much."""

from thingistat_pipeline.features.registry import Family, feature_named, is_feature
from thingistat_pipeline.report.advisor_results import Advisor, changes
from thingistat_pipeline.report.blocks import Point
from thingistat_pipeline.report.feature_names import features_in_words
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.wording import counted, listed, number, percent, plain

READ_LATER = (
    "count_of_followers",
    "count_of_following",
    "count_of_designs",
    "accepts_tips",
    "creator_earlier_median_downloads",
    "creator_earlier_most_downloads",
)
"""Features of the creator whose values are of the day of observation."""
CHANCE = 0.05
"""Share of changes without any effect whose 95 % interval leaves out ×1 by chance."""


def model_limits(data: ReportData) -> tuple[Point, ...]:
    """Return the model's limits, the gravest first; none where no model was trained."""
    advisor = Advisor.of(data)
    found = (
        _observed(data),
        _hidden(advisor),
        _later(data, advisor),
        _followers(advisor),
        _many(data),
        _held_fixed(advisor),
        _panel(advisor),
        _left_out(advisor),
    )
    return tuple(point for point in found if point is not None) if advisor.is_fitted else ()


def _observed(data: ReportData) -> Point | None:
    found = changes(data)
    if not found:
        return None
    return Point(
        topic="Observed, not tried",
        sentence=f"None of the {counted(len(found), 'change')} was tried on anyone. Things that "
        "differ in one respect and are alike in what else is recorded are compared; who adds "
        "photographs may also design better things. The effects are associations.",
    )


def _hidden(advisor: Advisor) -> Point | None:
    """Say how much of the downloads nothing on record tells."""
    best = advisor.best
    if best is None or best.r2.value is None:
        return None
    return Point(
        topic="Hidden traits",
        sentence=f"{percent(1 - max(best.r2.value, 0.0), 0)} of the variance of log downloads "
        "among creators never seen is accounted for by nothing that is recorded: how good the "
        "design is, whether it was featured, who linked to it. The intervals of the advice allow "
        "for one hidden trait as telling as the creator’s followers, not for a stronger one.",
    )


def _later(data: ReportData, advisor: Advisor) -> Point | None:
    """Say that the post is read as it stands when it is observed."""
    features = [str(name) for name in advisor.metrics.get("features") or ()]
    content = [n for n in features if is_feature(n) and feature_named(n).family == Family.CONTENT]
    if not content:
        return None
    sentence = (
        f"The {counted(len(content), 'feature')} of the post are read when it is observed, not "
        "when it was published: what was added once it was popular looks as if it had been there "
        "from the start"
    )
    card = data.card
    if card.first_publication and card.last_observation:
        years = (card.last_observation - card.first_publication).days / 365.25
        sentence += f". Up to {counted(round(years), 'year')} lie between"
    return Point(topic="Read later than posted", sentence=sentence + ".")


def _followers(advisor: Advisor) -> Point | None:
    used = [name for name in READ_LATER if name in (advisor.metrics.get("features") or ())]
    if not used:
        return None
    return Point(
        topic="Followers of today",
        sentence=f"What the model knows of creators ({features_in_words(used, most=6)}) is as of "
        "the day of observation. A thing that did "
        "well brought its creator followers, so their part in the prediction is too large, and "
        "that of what the maker decides may be too small.",
    )


def _many(data: ReportData) -> Point | None:
    found = changes(data)
    if len(found) < 2:
        return None
    notes = " ".join(plain(note, 400) for note in data.advice_notes)
    return Point(
        topic="Many changes looked at",
        sentence=notes
        or f"{counted(len(found), 'change')} were examined. Had none of them any effect, about "
        f"{number(CHANCE * len(found), 1)} would still show one beyond a 95 % interval.",
    )


def _held_fixed(advisor: Advisor) -> Point | None:
    if not advisor.test_creators:
        return None
    return Point(
        topic="What the intervals hold fixed",
        sentence=f"The scores’ intervals draw the "
        f"{counted(advisor.test_creators, 'held-out creator')} again and again and hold the model "
        "fixed. What another training set, or another search, would change is not in them.",
    )


def _panel(advisor: Advisor) -> Point | None:
    """Name the spans of days for which downloads per day could not be learnt."""
    lacking = [e for e in advisor.metrics.get("panel") or () if not e.get("fitted")]
    if not lacking:
        return None
    days = listed([number(entry.get("days")) for entry in lacking])
    reason = plain(lacking[0].get("reason") or "too few things were visited twice", 300)
    return Point(
        topic="Counts, not rates",
        sentence=f"Downloads per day between two visits about {days} days apart could not be "
        f"learnt ({reason.rstrip('.')}). The model predicts all downloads up to the observation "
        "with age as a feature, which mixes what was popular then with what is now.",
    )


def _left_out(advisor: Advisor) -> Point | None:
    left_out = advisor.metrics.get("features_left_out") or {}
    if not left_out:
        return None
    names = [str(name) for name in left_out]
    return Point(
        topic="Features left out",
        sentence=f"{counted(len(names), 'registered feature')} could not be used "
        f"({features_in_words(names, most=5)}): unknown too often, the same for all, or said by "
        "another. Nothing is known about them.",
    )
