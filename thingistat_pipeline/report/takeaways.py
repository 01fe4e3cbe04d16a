"""The lines that open the page: computed from the figures, changing with them.

A sentence says what is associated with what, how strongly and how surely; never what causes what.
Where no honest model could be trained, the lines say so instead of quoting what means nothing.
"""

from collections.abc import Sequence

from thingistat_pipeline.features.registry import Family, feature_named, is_feature
from thingistat_pipeline.report.advice_figures import strongest
from thingistat_pipeline.report.advisor_results import (
    STRESS,
    Advisor,
    Change,
    changes,
    group_importances,
)
from thingistat_pipeline.report.blocks import Point
from thingistat_pipeline.report.calibration_figures import coverage_in_words
from thingistat_pipeline.report.estimates import (
    factor,
    factor_range,
    in_words,
)
from thingistat_pipeline.report.feature_names import feature_words
from thingistat_pipeline.report.looks_findings import looks_takeaway
from thingistat_pipeline.report.parity_findings import parity_findings, sample_findings
from thingistat_pipeline.report.ranking_findings import liked_together
from thingistat_pipeline.report.results import PERMUTATION, ReportData, Scores, ranking
from thingistat_pipeline.report.wording import counted, listed, number, percent, plain, score

DRIVES = "What goes with downloads"
DO = "What to do"
SURE = "How sure"
NO_MATTER = "What does not show"
MISLEADS = "What misleads"


def takeaways(data: ReportData) -> tuple[Point, ...]:
    """Return the findings in the order of reading; what was not measured is left out."""
    advisor = Advisor.of(data)
    if not advisor.is_fitted:
        return _without_a_model(data, advisor)
    found = (
        _drives(data),
        _to_do(data),
        _sure(advisor),
        _no_matter(data),
        misleading(data, advisor),
        liked_together(data),
        looks_takeaway(data.looks),
    )
    return tuple(point for point in found if point is not None)


def _without_a_model(data: ReportData, advisor: Advisor) -> tuple[Point, ...]:
    """Say that there is no advice, why, and what the data and the parity model do tell."""
    if not data.card.things and not data.parity:
        return ()
    found = [
        Point(
            topic=DO,
            sentence="No advice: there is no model of what was known at publication. "
            f"{advisor.reason}",
        )
    ]
    found += [p for p in parity_findings(data) if p.topic == SURE]
    found += list(sample_findings(data))
    others = (misleading(data, advisor), liked_together(data), looks_takeaway(data.looks))
    return (*found, *(point for point in others if point is not None))[:7]


def _drives(data: ReportData) -> Point | None:
    """Name the groups of features that tell most about downloads of creators never seen."""
    found = group_importances(data)
    telling = [group for group in found if group.fall.is_above_zero]
    if not found:
        return None
    if not telling:
        return Point(
            topic=DRIVES,
            sentence=f"None of {counted(len(found), 'group')} of features known at publication "
            "tells about downloads beyond chance, on creators that the model has not seen.",
        )
    first, rest = telling[0], telling[1:3]
    sentence = (
        "Of what is known when a thing is posted, "
        f"“{first.words}” tells most about its downloads: shuffled, R² on "
        f"held-out creators falls by {in_words(first.fall)}"
    )
    if rest:
        named = listed([f"“{g.words}” ({number(g.fall.value, 2)})" for g in rest])
        sentence += f"; {named} {'follows' if len(rest) == 1 else 'follow'}"
    theirs = [group for group in telling if _is_content(group.features)]
    if telling[0] not in theirs and theirs:
        sentence += (
            f". Of what a maker decides, “{theirs[0].words}” tells most, {in_words(theirs[0].fall)}"
        )
    return Point(topic=DRIVES, sentence=sentence + ".")


def _to_do(data: ReportData) -> Point | None:
    """Give the strongest changes, or say that nothing speaks for any."""
    found = changes(data)
    if not found:
        return Point(topic=DO, sentence="No change was examined, so none can be advised.")
    first = strongest(data)
    shown = [change for change in found if change.is_worth_making]
    worse = [change for change in found if change.has_evidence and not change.is_worth_making]
    if first is None:
        return Point(
            topic=DO,
            sentence=f"No evidence that any of {counted(len(found), 'change')} examined goes with "
            "more downloads: what differs may be chance." + _with_fewer(worse),
        )
    sentence = (
        f"“{first.sentence}” is associated with {factor(first.factor.value)} the downloads "
        f"({factor_range(first.factor.low, first.factor.high)}) among things otherwise alike, "
        f"{first.evidence} evidence"
    )
    rest = [f"“{c.sentence}” ({factor(c.factor.value)}, {c.evidence})" for c in shown[1:3]]
    if rest:
        sentence += f"; next {'comes' if len(rest) == 1 else 'come'} {listed(rest)}"
    return Point(topic=DO, sentence=f"{sentence}.{_with_fewer(worse)}")


def _with_fewer(worse: Sequence[Change]) -> str:
    """Name the changes that go with fewer downloads, as a sentence with a blank before it."""
    if not worse:
        return ""
    named = listed([f"“{change.sentence}” ({factor(change.factor.value)})" for change in worse[:3]])
    return f" {named} {'goes' if len(worse) == 1 else 'go'} with fewer."


def _sure(advisor: Advisor) -> Point | None:
    """Give the skill on creators never seen against age alone and later things, and coverage."""
    best = advisor.best
    if best is None or not best.r2.is_measured:
        return Point(topic=SURE, sentence="No skill could be measured on held-out creators.")
    share = best.r2.value or 0.0
    sentence = (
        f"On {counted(advisor.test_rows, 'thing')} of creators it has not seen, the model accounts "
        f"for {percent(max(share, 0.0), 0)} of the variance of log downloads: R² "
        f"{in_words(best.r2)}"
    )
    age, later = advisor.find("age_only"), advisor.find(best.key, STRESS)
    compared = []
    if age is not None and age.r2.is_measured:
        compared.append(f"age alone {score(age.r2.value)}")
    if later is not None and later.r2.is_measured:
        compared.append(f"on the newest quarter it is {score(later.r2.value)}")
    if compared:
        sentence += f"; {', '.join(compared)}"
    rule = advisor.best_baseline
    if not best.r2.is_above_zero:
        sentence += ". That cannot be told from no skill at all"
    elif rule is not None and (rule.r2.value or 0.0) >= share:
        sentence += f". It does not beat the simple rule “{rule.label.lower()}”"
    return Point(topic=SURE, sentence=f"{sentence}. {coverage_in_words(advisor)}")


def _no_matter(data: ReportData) -> Point | None:
    """Count the changes without evidence and give the verdict on more files."""
    found = changes(data)
    silent = [change for change in found if not change.has_evidence]
    parts = []
    if silent:
        named = listed([f"“{change.sentence}”" for change in silent[:3]])
        more = len(silent) - 3
        parts.append(
            f"No evidence was found for {number(len(silent))} of {counted(len(found), 'change')}"
            + (f", {named}" if more <= 0 else f", among them {named}")
            + "."
        )
    if data.file_verdict:
        parts.append(plain(data.file_verdict, 600))
    return Point(topic=NO_MATTER, sentence=" ".join(parts)) if parts else None


def misleading(data: ReportData, advisor: Advisor) -> Point | None:
    """Set the parity model's score beside the honest one, and say what it rests on."""
    parity = Scores.of(data.parity)
    if parity.test is None:
        return None
    sentence = (
        f"ThingiStat’s way of modelling, repeated here as parity, reports R² {score(parity.test)} "
        "on raw downloads of things drawn at random"
    )
    honest = advisor.best
    if honest is not None and honest.r2.is_measured:
        raw = honest.score("r2_raw")
        sentence += (
            f", where the honest model has {score(honest.r2.value)} on logarithms"
            + (f" and {score(raw.value)} on raw downloads" if raw.is_measured else "")
            + " of creators never seen"
        )
    top = [item.feature for item in ranking(data.importances, PERMUTATION, "test")[:5]]
    after = [name for name in top if is_feature(name) and _is_engagement(name)]
    if after:
        sentence += (
            f". {number(len(after))} of its {number(len(top))} most important features "
            f"({listed([feature_words(name) for name in after])}) are counted after publication: "
            "consequences of downloads, which nobody can choose"
        )
    return Point(topic=MISLEADS, sentence=sentence + ".")


def _is_content(features: tuple[str, ...]) -> bool:
    """Say whether all features of a group are the maker's to decide."""
    return bool(features) and all(
        is_feature(name) and feature_named(name).family == Family.CONTENT for name in features
    )


def _is_engagement(name: str) -> bool:
    return feature_named(name).family == Family.ENGAGEMENT
