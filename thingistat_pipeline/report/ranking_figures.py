"""The methods that rank things for people: scores, differences, new things and learning curves."""

from collections.abc import Sequence

from thingistat_pipeline.report.blocks import Column, Figure, Note, Panel, Table
from thingistat_pipeline.report.estimates import (
    Estimate,
    difference_in_words,
    in_words,
    on_two_lines,
)
from thingistat_pipeline.report.ranking_results import (
    MEASURES,
    POPULAR,
    RANKER,
    SIMPLE,
    WITH_SIDE,
    Method,
    Ranking,
    label_of,
)
from thingistat_pipeline.report.style import QUIET
from thingistat_pipeline.report.whiskers import Series, line_at, span, whiskers
from thingistat_pipeline.report.wording import counted, known, number, percent, plain, plot_text

RESAMPLED = "95 % bootstrap intervals over users, the models held fixed"
RESAMPLED_WITH_THINGS = (
    "95 % bootstrap intervals over users and new things, both drawn anew at once, the models held "
    "fixed"
)
NDCG = "NDCG@10"
_NDCG_MEANS = (
    "NDCG@10: what the first ten hold of the likes that were hidden, the first places counting "
    "most; 1 is perfect."
)


def methods_figure(ranking: Ranking) -> Figure | None:
    """Draw NDCG@10 of every method on the test likes."""
    if not ranking.methods:
        return None
    return Figure(
        key="ranking-methods",
        title="Who finds the likes that were hidden",
        finding=winner_in_words(ranking),
        shows=f"{_NDCG_MEANS} Hollow marks know nothing of the user.",
        data=judged_by(ranking),
        uncertainty=f"Bars are {RESAMPLED}.",
        panels=(_ndcg_panel("ranking-methods", ranking.methods),),
        width="beside",
    )


def winner_in_words(ranking: Ranking) -> str:
    """Say which method is used, how it does on the test likes, and what it beats or does not."""
    used, ranker = ranking.used, ranking.best_ranker
    if used is None:
        return "It is not recorded which method is used."
    sentence = f"{used.label} is used: NDCG@10 {in_words(used.headline, 3)} on likes that were "
    sentence += "hidden from it"
    if ranking.uses_a_baseline and ranker is not None:
        gain = ranking.difference(used.key, ranker.key)
        sentence += (
            f". It is simpler than the ranker, whose {in_words(ranker.headline, 3)} it "
            f"{_beats(gain)}"
        )
    popular = ranking.find(POPULAR)
    if popular is not None and used.key != POPULAR:
        gain = ranking.difference(used.key, POPULAR)
        sentence += (
            f". Offering everybody the most popular things reaches "
            f"{in_words(popular.headline, 3)}" + (f", {_less(gain)}" if gain.is_measured else "")
        )
    return f"{sentence}. {_remark(ranking, used)}".strip()


def _remark(ranking: Ranking, used: Method) -> str:
    """Return the remark that another method did better on the test, where that is no chance."""
    best = ranking.methods[0]
    if best is used or not ranking.difference(used.key, best.key).excludes_zero:
        return ""
    return plain(ranking.scores.get("remark") or "", 500)


def _less(gain: Estimate) -> str:
    """Say how much less something is than what it is subtracted from."""
    if (gain.value or 0) < 0:
        return f"{difference_in_words(gain.turned(), 3)} more"
    return f"{difference_in_words(gain, 3)} less"


def _beats(gain: Estimate) -> str:
    """Say of a paired difference whether it shows."""
    if not gain.is_measured:
        return "was preferred to"
    if gain.is_above_zero:
        return f"beats by {difference_in_words(gain, 3)}"
    if gain.excludes_zero:
        return f"misses on these likes by {difference_in_words(gain.turned(), 3)}"
    return f"cannot be told from: the difference is {difference_in_words(gain, 3)}"


def methods_table(ranking: Ranking) -> Table | None:
    """List all measures of all methods on the test likes, folded."""
    if not ranking.methods:
        return None
    return Table(
        key="ranking-table",
        title="All methods in numbers",
        caption="Second lines: 95 % bootstrap intervals over users. Precision@5: share of the "
        "first five that are hidden likes. Recall@20: share of a user’s hidden likes among the "
        f"first twenty. {_NDCG_MEANS} AUC: how often a hidden like stands before a thing that is "
        "none; 0.5 is chance. Coverage: share of all things that are among anybody’s first ten. "
        "Popularity lift: how much more popular the first ten are than what people turn out to "
        f"like; 1 is fair. {_left_out(ranking)}{judged_by(ranking)}",
        columns=(
            Column(name="Method"),
            *(Column(name=name, numeric=True) for name in MEASURES.values()),
        ),
        rows=tuple(_row(ranking, item) for item in ranking.methods),
        folded=True,
    )


def _left_out(ranking: Ranking) -> str:
    """Say which methods did not learn from all likes."""
    cut = [item for item in ranking.methods if item.share_of_likes < 1]
    return "".join(
        f"{item.label} learned of the most liked things only, which have "
        f"{percent(item.share_of_likes, 0)} of the likes, to stay within memory. "
        for item in cut
    )


def _row(ranking: Ranking, item: Method) -> tuple[str, ...]:
    cells = [
        on_two_lines(item.score(measure).times(100), 1, suffix=" %")
        if measure == "coverage_at_10"
        else on_two_lines(item.score(measure), 2 if measure == "popularity_lift_at_10" else 3)
        for measure in MEASURES
    ]
    remarks = ["used"] if item.key == ranking.winner else []
    if item.share_of_likes < 1:
        remarks.append(f"of {percent(item.share_of_likes, 0)} of the likes")
    return ("\n".join([item.label, "; ".join(remarks)]) if remarks else item.label, *cells)


def differences_figure(ranking: Ranking) -> Figure | None:
    """Draw by how much the method in use is better than each other one, user by user."""
    used = ranking.used
    if used is None:
        return None
    pairs = [
        (f"than {item.label}", f"{used.label} minus {item.label}", gain)
        for item in ranking.methods
        if (gain := ranking.difference(used.key, item.key)).is_measured and item is not used
    ]
    tags = ranking.difference(WITH_SIDE, RANKER)
    if tags.is_measured and used.key not in {WITH_SIDE, RANKER}:
        words = f"{label_of(WITH_SIDE)} minus {label_of(RANKER)}"
        pairs.append(("tags: than likes only", words, tags))
    if not pairs:
        return None
    estimates = [gain for *_, gain in pairs]
    unsure = [item.label for item in ranking.not_told_apart(used)]
    return Figure(
        key="ranking-differences",
        title=f"How much more “{used.label}” finds",
        finding=_tags_in_words(tags)
        + (
            f" Not to be told apart: {used.label} and {', '.join(unsure)}."
            if unsure
            else " No difference includes 0."
            if all(gain.excludes_zero for gain in estimates)
            else ""
        ),
        shows=f"Difference of {NDCG} of the method in use and each other one; above 0, the one in "
        "use finds more.",
        data=judged_by(ranking),
        uncertainty=f"Bars are {RESAMPLED}, paired: both methods are asked about the same users.",
        panels=(
            whiskers(
                "ranking-differences",
                [plot_text(name, 36) for name, *_ in pairs],
                [_signed(gain) for gain in estimates],
                [
                    Series(
                        name="difference",
                        estimates=estimates,
                        hovers=[f"{plot_text(words, 60)}<br>{difference_in_words(gain, 3)}"
                                for _, words, gain in pairs],
                        hollow=[not gain.excludes_zero for gain in estimates],
                    )
                ],
                axis={"title": {"text": f"difference of {NDCG}"},
                      "range": span([estimates], include=(0.0,))},
                lines=[line_at(0.0)],
            ),
        ),
        width="half",
    )  # fmt: skip


def _tags_in_words(gain: Estimate) -> str:
    """Say whether knowing tags and categories helps the ranker with things known by likes."""
    if not gain.is_measured:
        return ""
    if gain.is_above_zero:
        verdict = "adds"
    elif gain.excludes_zero:
        gain, verdict = gain.turned(), "costs"
    else:
        return (
            "For things with likes, tags and categories change the ranker’s "
            f"{NDCG} by {difference_in_words(gain, 3)}: nothing that shows."
        )
    return (
        f"For things with likes, knowing tags and categories {verdict} the ranker "
        f"{difference_in_words(gain, 3)} of {NDCG}."
    )


def popularity_figure(ranking: Ranking) -> Figure | None:
    """Draw how much more popular than people's likes each method's recommendations are."""
    name = "popularity_lift_at_10"
    found = [item for item in ranking.methods if item.score(name).is_measured]
    if not found:
        return None
    lifts = [item.score(name) for item in found]
    used = ranking.used
    finding = "Lists full of what everybody likes anyway help nobody to discover."
    if used is not None and used.score(name).is_measured:
        covered = used.score("coverage_at_10").value
        finding = (
            f"The first ten of {used.label} are {number(used.score(name).value, 1)} times as "
            "popular as what people turn out to like"
            + (f", and {percent(covered, 0)} of the things are in somebody’s first ten"
               if known(covered) else "")
            + "."
        )  # fmt: skip
    return Figure(
        key="ranking-popularity",
        title="Does it only recommend what is popular?",
        finding=finding,
        shows="Popularity lift: mean number of likes of the first ten, divided by that of the "
        "likes that were hidden. At 1 (the line), recommendations are as popular as what people "
        "like.",
        data=judged_by(ranking),
        uncertainty=f"Bars are {RESAMPLED}.",
        panels=(
            whiskers(
                "ranking-popularity",
                [plot_text(item.label, 28) for item in found],
                [f"×{number(lift.value, 2)}" for lift in lifts],
                [
                    Series(
                        name="lift",
                        estimates=lifts,
                        hovers=[f"{plot_text(item.label)}<br>×{in_words(lift)}"
                                for item, lift in zip(found, lifts, strict=True)],
                        hollow=[item.key in SIMPLE for item in found],
                    )
                ],
                axis={"title": {"text": "times as popular as hidden likes"},
                      "range": span([lifts], include=(1.0,))},
                lines=[line_at(1.0)],
            ),
        ),
        width="half",
    )  # fmt: skip


def known_ranked_note(ranking: Ranking) -> Note | None:
    """Give the same model's figures with and without the known likes in its ranking, once."""
    pair = ranking.known_ranked
    if pair is None:
        return None
    without, ranked = pair
    name = "precision_at_5"
    return Note(
        title="The same model, two numbers",
        text=f"{without.label} reaches precision@5 {in_words(without.score(name), 3)}. Were the "
        "things that a user is known to like ranked too, as the original recommender did, it would "
        f"read {in_words(ranked.score(name), 3)}: they fill the first places and count as misses. "
        "All other figures leave them out.",
    )


def one_like_figure(ranking: Ranking) -> Figure | None:
    """Draw how well each way of telling how alike things are foretells the next like."""
    if not ranking.one_like:
        return None
    used = next((item for item in ranking.one_like if item.key == ranking.likeness), None)
    finding = ""
    if used is not None:
        finding = (
            f"Similar things are found by “{used.label}”: NDCG@10 {in_words(used.headline, 3)}."
        )
    reason = plain((ranking.scores.get("one_like") or {}).get("reason") or "", 500)
    first = ranking.one_like[0]
    return Figure(
        key="one-like",
        title="Which thing is liked next",
        finding=f"{finding} {reason}".strip()
        or "It is not recorded by which of them similar things are found.",
        shows=f"{_NDCG_MEANS} Of each user one like only is told; things are ranked by how alike "
        "they are to it, as the similar things of a page are.",
        data=f"{counted(first.likes, 'hidden like')} of {counted(first.users, 'user')}, among "
        f"{counted(first.candidates, 'thing')}.",
        uncertainty=f"Bars are {RESAMPLED}.",
        panels=(_ndcg_panel("one-like", ranking.one_like),),
        width="beside",
    )


def cold_start_figure(ranking: Ranking) -> Figure | None:
    """Draw how well things without any like are ranked."""
    if not ranking.cold:
        return None
    stored = ranking.scores.get("cold_start") or {}
    first, chance = ranking.cold[0], next((i for i in ranking.cold if i.key == "chance"), None)
    finding = f"{first.label} ranks new things best: NDCG@10 {in_words(first.headline, 3)}"
    if chance is not None and first is not chance:
        gain = ranking.difference(first.key, "chance")
        finding += f", random order {in_words(chance.headline, 3)}"
        if gain.is_measured and not gain.excludes_zero:
            finding += ": no more than chance, perhaps"
    ranker = next((item for item in ranking.cold if item.key == "ranker_features"), None)
    if ranker is not None and first is not ranker:
        gain = ranking.difference(first.key, ranker.key)
        finding += f". The ranker’s features reach {in_words(ranker.headline, 3)}" + (
            f"; the difference is {difference_in_words(gain, 3)}" if gain.is_measured else ""
        )
    return Figure(
        key="cold-start",
        title="Things that nobody has liked yet",
        finding=finding + ".",
        shows=f"{_NDCG_MEANS} Things were held out with all their likes and ranked by tags, "
        "category and maker alone, as if posted a minute ago.",
        data=f"{counted(int(stored.get('things') or first.candidates), 'thing')} held out; "
        f"{counted(int(stored.get('users') or first.users), 'user')} who like some of them.",
        uncertainty=f"Bars are {RESAMPLED_WITH_THINGS}.",
        panels=(_ndcg_panel("cold-start", ranking.cold),),
        width="beside",
    )


def _ndcg_panel(key: str, methods: Sequence[Method]) -> Panel:
    estimates = [item.headline for item in methods]
    low, high = span([estimates], include=(0.0,), floor=0.0)
    return whiskers(
        key,
        [plot_text(item.label, 30) for item in methods],
        [in_words(item.headline, 3) for item in methods],
        [
            Series(
                name=NDCG,
                estimates=estimates,
                hovers=[_hover(item) for item in methods],
                hollow=[item.key in SIMPLE for item in methods],
            )
        ],
        axis={"title": {"text": NDCG}, "range": [low, high]},
        lines=[line_at(0.0, colour=QUIET)],
    )


def _hover(item: Method) -> str:
    told = [f"{plot_text(item.label)}", f"{NDCG} {in_words(item.headline, 3)}"]
    told += [
        f"{MEASURES[name]} {in_words(item.score(name), 3)}"
        for name in ("precision_at_5", "recall_at_20", "auc")
        if item.score(name).is_measured
    ]
    return "<br>".join(told)


def judged_by(ranking: Ranking) -> str:
    """Name what the methods are judged by."""
    first = ranking.methods[0] if ranking.methods else None
    if first is None:
        return "No likes were held out."
    return (
        f"{counted(first.likes, 'hidden like')} of {counted(first.users, 'user')}, among "
        f"{counted(first.candidates, 'thing')}; nothing was chosen by them."
    )


def _signed(estimate: Estimate) -> str:
    """Return a difference with its sign."""
    if estimate.value is None:
        return ""
    return f"{'+' if estimate.value > 0 else ''}{number(estimate.value, 3)}"
