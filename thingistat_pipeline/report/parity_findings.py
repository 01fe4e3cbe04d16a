"""What the parity forest and the sample tell, in sentences computed from their figures.

The parity forest is fitted to consequences of downloads: a sentence says what it relies on and how
surely, never what a maker should do.
"""

from collections import Counter

from thingistat_pipeline.features.registry import Family, feature_named, is_feature
from thingistat_pipeline.report.blocks import Point
from thingistat_pipeline.report.results import (
    DOMINATED,
    FEW_HELD_OUT,
    MEAN_DECREASE,
    PERMUTATION,
    WIDE,
    Importance,
    ReportData,
    Scores,
    rank_agreement,
    ranking,
)
from thingistat_pipeline.report.wording import (
    between,
    counted,
    listed,
    number,
    percent,
    plain,
    plus_minus,
    score,
)

BASELINES = {
    "mean": "always guessing the mean",
    "median": "always guessing the median",
    "age_only": "age alone",
}
_FAMILY_WORDS = {
    Family.CONTENT: "what the post holds",
    Family.CREATOR_AT_PUBLISH: "the creator’s reach",
    Family.CONTEXT: "circumstances such as age",
    Family.ENGAGEMENT: "engagement counts, which are consequences of downloads rather than choices",
    Family.OUTCOME: "outcomes",
}


def parity_findings(data: ReportData) -> tuple[Point, ...]:
    """Return what the parity forest tells, the most important first; what is absent is left out.

    A sample too small to conclude from comes before everything that was found in it.
    """
    scores = Scores.of(data.parity)
    found = (
        _sureness(scores),
        _skill(scores),
        _ranks(data, scores),
        _noise(data),
        _train_against_held_out(data, scores),
    )
    return tuple(point for point in found if point is not None)


def sample_findings(data: ReportData) -> tuple[Point, ...]:
    """Return how unequal downloads are and what the sample stands for."""
    return tuple(point for point in (_spread(data), _sample(data)) if point is not None)


def baseline_name(name: str) -> str:
    """Return a baseline in words."""
    return BASELINES.get(name, plain(name).replace("_", " "))


def family_counts(features: tuple[str, ...]) -> Counter[Family]:
    """Return how many of the features belong to each family; unregistered ones are left out."""
    return Counter(feature_named(name).family for name in features if is_feature(name))


def _skill(scores: Scores) -> Point | None:
    """Compare the forest with the best baseline."""
    if scores.test is None:
        return None
    opening = (
        f"On {counted(scores.test_rows, 'held-out thing')} the parity forest reaches an R² of "
        f"{score(scores.test)} on raw downloads ({scores.interval})"
    )
    if scores.best_baseline is None:
        return Point(topic="The forest", sentence=opening + "; no baseline was measured.")
    name, best = scores.best_baseline
    others = listed([f"{baseline_name(n)} {score(r2)}" for n, r2 in scores.baselines])
    if scores.low is not None and scores.low > best:
        verdict = f", clearly ahead of every baseline ({others})."
    elif scores.test > best and scores.width is None:
        verdict = (
            f"; the best baseline, {baseline_name(name)}, reaches {score(best)}, and without an "
            "interval it cannot be said whether the lead is more than chance."
        )
    elif scores.test > best:
        verdict = (
            f"; the best baseline, {baseline_name(name)}, reaches {score(best)} and lies within "
            "that interval or above its lower end, so the lead may be chance."
        )
    else:
        verdict = (
            f" and does not beat the simplest rule: {baseline_name(name)} reaches {score(best)}."
        )
    if scores.largest_share is not None and scores.largest_share > DOMINATED:
        verdict += (
            f" One held-out thing alone carries {percent(scores.largest_share, 0)} of the squared "
            "deviation, so this R² says mostly how that one was predicted."
        )
    return Point(topic="The forest", sentence=opening + verdict)


def _ranks(data: ReportData, scores: Scores) -> Point | None:
    """Name the features that the held-out permutation ranks highest."""
    held_out = ranking(data.importances, PERMUTATION, "test")
    leaders = [item for item in held_out[:3] if item.stands_out]
    if not held_out:
        return None
    if held_out[0].mean <= 0:
        return Point(
            topic="What goes with downloads",
            sentence="Shuffling any one feature does not lower the held-out R² at all. None can be "
            "said to be associated with downloads in this model.",
        )
    if not leaders:
        return Point(
            topic="What goes with downloads",
            sentence="Shuffling any one feature does not lower the held-out R² by more than two "
            f"standard deviations; the largest drop is "
            f"{plus_minus(held_out[0].mean, held_out[0].std)}, for "
            f"{plain(held_out[0].feature)}. None can be said to be associated "
            "with downloads in this model.",
        )
    named = listed([f"{plain(i.feature)} ({plus_minus(i.mean, i.std)})" for i in leaders])
    verb = "is" if len(leaders) == 1 else "are"
    sentence = (
        f"Most strongly associated with downloads in this model {verb} {named}: "
        "the fall of the held-out R² when that feature’s values are shuffled, mean ± "
        f"standard deviation over shuffles.{_families_of(leaders)}"
    )
    if scores.too_wide:
        sentence += " With a score as uncertain as this one, the order is not to be relied on."
    return Point(topic="What goes with downloads", sentence=sentence)


def _families_of(leaders: list[Importance]) -> str:
    """Say what kind of features the leaders are."""
    counts = family_counts(tuple(item.feature for item in leaders))
    if not counts:
        return ""
    if len(counts) == 1:
        family = next(iter(counts))
        subject = {1: "It belongs", 2: "Both belong"}.get(len(leaders), "All of them belong")
        return f" {subject} to {_FAMILY_WORDS[family]}."
    parts = [f"{number(n)} to {_FAMILY_WORDS[family]}" for family, n in counts.most_common()]
    return f" By kind: {'; '.join(parts)}."


def _noise(data: ReportData) -> Point | None:
    """Count the features that cannot be told from noise."""
    held_out = ranking(data.importances, PERMUTATION, "test")
    if not held_out:
        return None
    flat = [item.feature for item in held_out if not item.stands_out]
    if not flat:
        sentence = (
            f"Each of {counted(len(held_out), 'feature')} lowers the held-out R² by at least two "
            "standard deviations when shuffled."
        )
    else:
        actionable = [
            name
            for name in flat
            if is_feature(name) and feature_named(name).family == Family.CONTENT
        ]
        sentence = (
            f"{number(len(flat))} of {counted(len(held_out), 'feature')} cannot be told from 0 on "
            "held-out data (mean below two standard deviations)"
        )
        if actionable:
            sentence += f", {number(len(actionable))} of them things that a maker could change"
        sentence += "."
    return Point(topic="What does not show", sentence=sentence)


def _train_against_held_out(data: ReportData, scores: Scores) -> Point | None:
    """Say how importance where the forest was trained differs from importance on new things."""
    train = ranking(data.importances, PERMUTATION, "train")
    test = ranking(data.importances, PERMUTATION, "test")
    if not train or not test:
        return None
    held_out = {item.feature: item for item in test}
    shared = [item for item in train if item.feature in held_out]
    if not shared:
        return None

    def apart(item: Importance) -> float:
        return abs(item.mean - held_out[item.feature].mean)

    widest = max(shared, key=apart)
    lost = [i for i in shared if i.stands_out and not held_out[i.feature].stands_out]
    agreement = rank_agreement(train, test)
    sentence = ""
    if scores.train is not None and scores.test is not None:
        sentence += (
            f"R² is {score(scores.train)} where the forest was trained and {score(scores.test)} on "
            "held-out things. "
        )
    if apart(widest) > 0:
        other = held_out[widest.feature]
        sentence += (
            f"Permutation importance differs most for {plain(widest.feature)}: "
            f"{plus_minus(widest.mean, widest.std)} on training data, "
            f"{plus_minus(other.mean, other.std)} held out. "
        )
    else:
        sentence += "No feature’s permutation importance differs between the two. "
    sentence += (
        f"{number(len(lost))} of {counted(len(shared), 'feature')} "
        f"{'stands' if len(lost) == 1 else 'stand'} out in training only"
    )
    sentence += (
        f"; the two rankings agree with a rank correlation of {score(agreement)}."
        if agreement is not None
        else "."
    )
    decrease = ranking(data.importances, MEAN_DECREASE, "train")
    leads = bool(decrease) and decrease[0].mean > 0 and test[0].mean > 0
    if leads and decrease[0].feature != test[0].feature:
        sentence += (
            f" Mean decrease in variance would have put {plain(decrease[0].feature)} first, the "
            f"held-out permutation puts {plain(test[0].feature)}."
        )
    return Point(topic="Training against held-out", sentence=sentence)


def _spread(data: ReportData) -> Point | None:
    """Say how unequal downloads are."""
    downloads = data.card.downloads
    if downloads.top_share is None or downloads.median is None:
        return None
    top = "hundredth" if downloads.things >= 200 else "thing"
    sentence = (
        f"Half of {counted(downloads.things, 'thing')} have at most {number(downloads.median)} "
        f"downloads; the most downloaded {top} holds {percent(downloads.top_share, 0)} of all "
        "downloads"
    )
    if downloads.largest_deviation is not None:
        sentence += (
            f", and one thing alone carries {percent(downloads.largest_deviation, 0)} of the "
            "squared deviation that R² on raw downloads is about"
        )
    return Point(topic="How unequal it is", sentence=sentence + ".")


def _sample(data: ReportData) -> Point | None:
    """Say what share of the ids was live, or why that is not known."""
    card = data.card
    if card.live_share is None:
        if not card.things:
            return None
        return Point(
            topic="The sample",
            sentence=f"The data are {counted(card.things, 'thing')} of a published data set, which "
            "keeps no failed attempts: what share of the site they stand for cannot be told.",
        )
    return Point(
        topic="The sample",
        sentence=f"Of {counted(card.decided, 'id')} drawn at random and settled, "
        f"{number(card.live)} were live: {percent(card.live_share)} (95 % interval "
        f"{percent(card.live_low)} to {percent(card.live_high)}). Everything here is about those.",
    )


def _sureness(scores: Scores) -> Point | None:
    """Warn where the sample is too small to conclude from."""
    if not scores.rows or not scores.too_wide:
        return None
    opening = (
        f"With {counted(scores.rows, 'thing')}, of which {number(scores.test_rows)} "
        f"{'was' if scores.test_rows == 1 else 'were'} held out, "
    )
    if scores.test is None:
        few = scores.test_rows < FEW_HELD_OUT
        which = "so few things" if few else "things that do not differ"
        rest = f"no R² could be measured on {which}, and nothing can be concluded."
    elif scores.width is None:
        rest = "no interval could be measured, and nothing can be concluded."
    elif scores.width > WIDE:
        rest = (
            f"the 95 % interval of R² is {score(scores.width)} wide "
            f"({between(scores.low, scores.high)}): too wide to conclude anything."
        )
    else:
        rest = (
            f"the interval of R² ({between(scores.low, scores.high)}) rests on too few things to "
            "be taken at its word."
        )
    return Point(topic="How sure", sentence=opening + rest)
