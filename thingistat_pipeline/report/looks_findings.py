"""What cover pictures tell, in a sentence or two each: for page, card and terminal."""

from thingistat_pipeline.report.blocks import Point
from thingistat_pipeline.report.estimates import (
    Estimate,
    factor_in_words,
    in_words,
)
from thingistat_pipeline.report.feature_names import look_words
from thingistat_pipeline.report.looks_results import Comparison, Looks
from thingistat_pipeline.report.wording import counted, listed, number, percent, plain
from thingistat_pipeline.visual.look_alikes import ALIKE_FROM, MOST_DIFFERING_BITS

LOOKS = "What pictures tell"
NEARLY_ALL = 0.98
"""A share from which on whole percentages say too little."""
_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five"}


def looks_findings(looks: Looks) -> tuple[Point, ...]:
    """Return what was found of each question about pictures; none where there are no pictures."""
    if not looks.has_pictures:
        return ()
    return (
        Point(topic="Which picture to choose", sentence=choice_in_words(looks)),
        Point(topic="What pictures add about downloads", sentence=downloads_in_words(looks)),
        Point(topic="What pictures add about likes", sentence=ranker_in_words(looks)),
        Point(topic="Photographs and renders", sentence=photograph_in_words(looks)),
    )


def unanswered(looks: Looks) -> tuple[Point, ...]:
    """Return the questions about pictures that these data do not answer, with why."""
    answered = (
        looks.is_judged,
        looks.in_downloads.is_measured,
        looks.in_ranker.is_measured,
        looks.told_photographs.is_measured,
    )
    points = zip(looks_findings(looks), answered, strict=True)
    return tuple(point for point, is_answered in points if not is_answered)


def looks_takeaway(looks: Looks) -> Point | None:
    """Return the takeaway about pictures; None where there are none."""
    if not looks.has_pictures:
        return None
    return Point(topic=LOOKS, sentence=f"{choice_in_words(looks)} {downloads_in_words(looks)}")


def choice_in_words(looks: Looks) -> str:
    """Say how often the better picture is told, and what choosing by it goes with."""
    if not looks.is_judged:
        reason = plain(looks.choice.get("reason") or "", 400)
        return f"Whether pictures can be chosen was not measured. {reason}".strip()
    pairs = int(looks.choice.get("pairs") or 0)
    told = (
        "Of two similar things, the one whose picture the model prefers did better in "
        f"{shares(looks.accuracy)} of {counted(pairs, 'pair')}; one half is chance."
    )
    if not looks.is_better_than_chance:
        return f"{told} So choosing pictures by this model is as good as tossing a coin."
    if not looks.uplift.is_measured:
        return told
    gained = (
        f"Choosing the best of {best_of(looks)} by it goes with "
        f"{factor_in_words(looks.uplift.exp())} the downloads of one taken at random"
    )
    if looks.uplift.is_above_zero:
        return f"{told} {gained}."
    return f"{told} {gained}; that may be chance."


def best_of(looks: Looks) -> str:
    """Return in words of how many pictures the best is chosen."""
    count = int(looks.choice.get("best_of") or 0)
    return _COUNTS.get(count, number(count))


def downloads_in_words(looks: Looks) -> str:
    """Say what the features of pictures add to the prediction of downloads."""
    found = looks.in_downloads
    if not found.is_measured:
        return f"What pictures add to the prediction of downloads is not known. {found.reason}"
    return (
        "Knowing the measured features of the cover picture "
        f"{_added(found, 'R² on log downloads of creators never seen')}"
    )


def ranker_in_words(looks: Looks) -> str:
    """Say what the ranker gains from being told what things look like."""
    found = looks.in_ranker
    if not found.is_measured:
        return f"Whether pictures help to foretell likes is not known. {found.reason}"
    known = f"Telling the ranker what things look like {_added(found, 'NDCG@10 on hidden likes')}"
    new = looks.in_ranker_of_new_things
    if not new.is_measured:
        return known
    return f"{known} For things that nobody has liked yet, it {_added(new, 'NDCG@10')}"


def _added(found: Comparison, what: str) -> str:
    """Say how a score changes with pictures, plainly also where it does not."""
    gap = found.difference
    scores = ""
    if found.without.is_measured and found.with_pictures.is_measured:
        scores = (
            f", from {number(found.without.value, 3)} to {number(found.with_pictures.value, 3)}"
        )
    if gap.is_above_zero:
        return f"adds {in_words(gap, 3)} to {what}{scores}."
    if gap.excludes_zero:
        return f"makes {what} worse, by {in_words(gap.turned(), 3)}{scores}."
    return f"changes {what} by {in_words(gap, 3)}{scores}: nothing beyond chance."


def alike_in_words(looks: Looks) -> str:
    """Say how many pictures were compared, and whether what looks alike is alike."""
    counts = looks.examples.counts
    sentence = f"The cover pictures of {counted(looks.things, 'thing')} were compared."
    same, lot = looks.same_category, counts.by_lot
    if not same.is_measured or lot is None:
        return sentence
    return (
        f"{sentence} The thing that looks most like another, without being nearly the same "
        f"picture, is of the same category in {shares(same)} of {counted(counts.judged, 'case')}; "
        f"of two things drawn by lot, in {percent(lot, 0)}."
    )


def repeated_in_words(looks: Looks) -> str:
    """Say how many things bear nearly the same picture as another."""
    counts = looks.examples.counts
    if not counts.pairs:
        return "No two things bear nearly the same picture."
    return (
        f"{number(counts.repeated)} of {counted(counts.things, 'thing')} bear nearly the same "
        f"picture as another; {number(counts.pairs_of_two_creators)} of "
        f"{counted(counts.pairs, 'listed pair')} are of different creators."
    )


def duplicate_rule() -> str:
    """Say when two pictures count as nearly the same, and what that misses."""
    return (
        f"Nearly the same: a cosine of at least {number(ALIKE_FROM, 2)}, and fingerprints that "
        f"differ in no more than {number(MOST_DIFFERING_BITS)} of 64 bits, as in things uploaded "
        "again and remixes that kept the picture; alike parts that one program drew may pass for "
        "it too. Counted in this sample: of most things that repeat each other on the site, a "
        "sample holds only one."
    )


def photograph_in_words(looks: Looks) -> str:
    """Say how often photographs are told from renders, against always guessing the commoner."""
    measures = looks.photograph.get("measures") or {}
    told = looks.told_photographs
    if not told.is_measured:
        reason = plain(looks.photograph.get("reason") or "", 400)
        return f"Photographs were not told from renders. {reason}".strip()
    guess = Estimate.of(measures.get("always_the_commoner"))
    sentence = f"{shares(told)} of pictures are told right by their looks"
    if not guess.is_measured:
        return f"{sentence}."
    sentence += f"; always guessing the commoner kind is right for {percent(guess.value, 0)}"
    if told.low is not None and told.low > (guess.value or 0.0):
        return f"{sentence}."
    return f"{sentence}: no better, or not for certain."


def common_in_words(looks: Looks) -> str:
    """Name the figures that speak most for a picture, and what the nameless ones carry."""
    strongest = [(name, weight) for name, weight in looks.weights if weight][:4]
    if not strongest:
        return "No figure that has a name speaks for a picture."
    named = [
        f"{'more' if weight > 0 else 'less'} “{look_words(name)}”" for name, weight in strongest
    ]
    sentence = (
        "Other figures being equal, things that did better tend to have pictures with "
        f"{listed(named)}."
    )
    count, part = looks.unnamed
    if not count or part is None:
        return sentence
    components = "component" if count == 1 else "components"
    return (
        f"{sentence} {percent(part, 0)} of the squared weights are on {number(count)} {components} "
        "of what the network sees, which have no names."
    )


def shares(share: Estimate) -> str:
    """Return a share as a percentage with its interval, more precisely close to all."""
    return in_words(share.times(100), 1 if (share.value or 0.0) > NEARLY_ALL else 0, suffix=" %")


def pictures_line(looks: Looks) -> str:
    """Return one line of plain text about pictures."""
    if not looks.has_pictures:
        return f"Pictures: none. {looks.reason}"
    line = f"Pictures: {number(looks.pictures)} compared"
    if looks.is_judged:
        line += f"; better one told in {shares(looks.accuracy)} of pairs, one half is chance"
        line += f"; best of {best_of(looks)} {factor_in_words(looks.uplift.exp())} downloads"
    if looks.in_downloads.is_measured:
        gap = looks.in_downloads.difference
        line += f"; R² on downloads changes by {in_words(gap, 3)} with them"
    return f"{line}."


def looks_limits(looks: Looks) -> tuple[Point, ...]:
    """Return what to hold against the figures about pictures."""
    if not looks.has_pictures:
        return ()
    found = [
        Point(
            topic="Other things, not other pictures",
            sentence="Nobody tried two pictures on one thing. Pictures of different things are "
            "compared, alike in creator or category and near in age; who takes better pictures "
            "may also design better things. Another picture for the same thing may change less.",
        )
    ]
    cautions = " ".join(plain(text, 400) for text in looks.photograph.get("cautions") or ())
    if cautions and looks.photograph.get("fitted"):
        found.append(Point(topic="What counts as a photograph", sentence=cautions))
    return tuple(found)
