"""What cover pictures tell, drawn: how to choose them, and what they add."""

import math
from collections.abc import Mapping

from thingistat_pipeline.report.blocks import Figure
from thingistat_pipeline.report.estimates import (
    Estimate,
    factor,
    factor_in_words,
    in_words,
)
from thingistat_pipeline.report.feature_names import look_words
from thingistat_pipeline.report.looks_findings import (
    best_of,
    choice_in_words,
    common_in_words,
    downloads_in_words,
    photograph_in_words,
    ranker_in_words,
    shares,
)
from thingistat_pipeline.report.looks_results import CHANCE, Comparison, Looks
from thingistat_pipeline.report.whiskers import Series, factor_axis, line_at, span, whiskers
from thingistat_pipeline.report.wording import counted, number, plain, plot_text

MOST_WEIGHTS = 8
_CREATORS = "Bars are 95 % bootstrap intervals over creators."


def choice_figure(looks: Looks) -> Figure | None:
    """Draw how often the better picture is told, and how many more downloads that goes with."""
    if not looks.is_judged:
        return None
    accuracy, uplift = looks.accuracy.times(100), looks.uplift
    of = best_of(looks)
    low, high = span([[accuracy]], include=(40.0, 60.0), floor=0.0, ceiling=100.0)
    panels = [
        whiskers(
            "choice-accuracy",
            ["Better picture told"],
            [plot_text(in_words(accuracy, 0, suffix=" %"))],
            [
                Series(
                    name="pairs told right",
                    estimates=[accuracy],
                    hovers=[f"{in_words(accuracy, 1, suffix=' %')} of pairs told right"],
                )
            ],
            axis={"title": {"text": "pairs told right, %"}, "range": [low, high]},
            lines=[line_at(100 * CHANCE, dash="dot")],
        )
    ]
    if uplift.is_measured:
        low, high = span([[uplift]], include=(-0.1, 0.1))
        panels.append(
            whiskers(
                "choice-uplift",
                [f"Best of {of} chosen"],
                [plot_text(factor_in_words(uplift.exp()))],
                [
                    Series(
                        name="downloads",
                        estimates=[uplift],
                        hovers=[f"{factor_in_words(uplift.exp())} downloads"],
                    )
                ],
                axis=factor_axis(low, high, "downloads against one taken at random"),
                lines=[line_at(0.0, dash="dot")],
            )
        )
    pairs, groups = int(looks.choice.get("pairs") or 0), int(looks.choice.get("groups") or 0)
    return Figure(
        key="picture-choice",
        title="Does it know which picture does better?",
        finding=choice_in_words(looks),
        shows="Dotted: a coin, and no difference. Downloads are compared as typical (geometric) "
        "means, for things of their age.",
        data=f"{counted(pairs, 'pair')} and {counted(groups, 'group')} of {of} things of one "
        f"creator or category and nearly one age, of "
        f"{counted(int(looks.choice.get('creators') or 0), 'creator')} held out in turn.",
        uncertainty=_CREATORS,
        panels=tuple(panels),
        width="half",
        roomy=True,
    )


def weights_figure(looks: Looks) -> Figure | None:
    """Draw what speaks for a picture; nothing where pictures are not told apart."""
    shown = [item for item in looks.weights if item[1]][:MOST_WEIGHTS]
    if not shown or not looks.is_better_than_chance:
        return None
    weights = [Estimate(weight) for _, weight in shown]
    low, high = span([weights], include=(-0.05, 0.05))
    return Figure(
        key="picture-weights",
        title="What pictures that do well have in common",
        finding=common_in_words(looks),
        shows="Odds that the thing does better, for a picture with one standard deviation more of "
        f"it and all else equal; the {number(len(shown))} strongest of the "
        f"{number(len(looks.weights))} figures that have names.",
        data=f"{counted(int(looks.choice.get('things') or 0), 'thing')}, all pairs learned from.",
        uncertainty="None is drawn: single weights have no intervals, and figures that say the "
        "same share theirs. How much all of them tell is the share of pairs told right.",
        panels=(
            whiskers(
                "picture-weights",
                [plot_text(look_words(name), 34) for name, _ in shown],
                [factor(math.exp(weight)) for _, weight in shown],
                [
                    Series(
                        name="odds",
                        estimates=weights,
                        hovers=[
                            f"{plot_text(look_words(name), 60)}<br>odds {factor(math.exp(weight))} "
                            "per standard deviation"
                            for name, weight in shown
                        ],
                    )
                ],
                axis=factor_axis(low, high, "odds of doing better"),
                lines=[line_at(0.0, dash="dot")],
            ),
        ),
        width="half",
    )


def downloads_figure(looks: Looks) -> Figure | None:
    """Draw the skill of predicting downloads with the features of pictures and without."""
    found = looks.in_downloads
    return _with_and_without(
        "picture-gain",
        "Do pictures help to predict downloads?",
        found,
        {
            "Difference": found.difference,
            "Against shuffled pictures": Estimate.of(looks.gain.get("against_shuffled")),
        },
        finding=downloads_in_words(looks),
        shows="R² on logarithms of downloads of forests that differ in nothing else; shuffled: "
        "told the pictures of other things. "
        f"{plain(looks.gain.get('remark') or '', 600)}",
        data=f"{counted(found.rows, 'thing')} of {counted(found.groups, 'creator')} never seen, "
        f"{number(looks.gain.get('pictured_test'))} of them with a picture.",
        uncertainty=f"{_CREATORS} That of the difference is paired.",
        axis="R² on log downloads",
    )


def ranker_figure(looks: Looks) -> Figure | None:
    """Draw how well likes are foretold with pictures and without."""
    found, new = looks.in_ranker, looks.in_ranker_of_new_things
    return _with_and_without(
        "picture-ranker",
        "Do pictures help to foretell likes?",
        found,
        {"Difference": found.difference, "For things nobody liked yet": new.difference},
        finding=ranker_in_words(looks),
        shows="NDCG@10 of two rankers that know tags, one of which is told what the network sees "
        "in the cover pictures.",
        data=f"{counted(found.rows, 'hidden like')} of {counted(found.groups, 'user')}; and of "
        f"{counted(new.groups, 'user')} for {counted(new.rows, 'thing')} held out with all of "
        "their likes."
        if new.is_measured
        else f"{counted(found.rows, 'hidden like')} of {counted(found.groups, 'user')}.",
        uncertainty="Bars are 95 % bootstrap intervals, paired for differences. "
        f"{plain(looks.pictures_in_ranker.get('remark') or '', 600)}".strip(),
        axis="NDCG@10",
    )


def photograph_figure(looks: Looks) -> Figure | None:
    """Draw how often photographs and renders are told apart."""
    measures = looks.photograph.get("measures") or {}
    rows = {
        "Told right": "accuracy",
        "Always guessing the commoner": "always_the_commoner",
        "Photographs recognised": "photographs_recognised",
        "Renders recognised": "drawings_recognised",
    }
    told = {label: Estimate.of(measures.get(name)).times(100) for label, name in rows.items()}
    told = {label: share for label, share in told.items() if share.is_measured}
    if not looks.told_photographs.is_measured:
        return None
    figures = looks.photograph
    low, high = span([list(told.values())], include=(50.0, 100.0), floor=0.0, ceiling=100.0)
    return Figure(
        key="photographs",
        title="Photograph or render?",
        finding=photograph_in_words(looks),
        shows="Pictures recognised by what they look like. Hollow: no looking at all. Where a "
        "picture’s name does not tell, the model’s guess is one of the picture’s features.",
        data=f"{counted(int(figures.get('photographs') or 0), 'photograph')} and "
        f"{counted(int(figures.get('drawings') or 0), 'render')} whose names tell which they are, "
        f"of {counted(int(figures.get('creators') or 0), 'creator')} held out in turn.",
        uncertainty="Bars are 95 % intervals (Wilson), as sure as if the pictures of one creator "
        "were all alike.",
        panels=(
            whiskers(
                "photographs",
                list(told),
                [shares(share.times(0.01)) for share in told.values()],
                [
                    Series(
                        name="recognised",
                        estimates=list(told.values()),
                        hovers=[
                            f"{label}<br>{in_words(share, 1, suffix=' %')}"
                            for label, share in told.items()
                        ],
                        hollow=[label.startswith("Always") for label in told],
                    )
                ],
                axis={"title": {"text": "pictures, %"}, "range": [low, high]},
            ),
        ),
        width="half",
    )


def _with_and_without(
    key: str,
    title: str,
    found: Comparison,
    differences: Mapping[str, Estimate],
    *,
    finding: str,
    shows: str,
    data: str,
    uncertainty: str,
    axis: str,
) -> Figure | None:
    if not found.is_measured:
        return None
    scores = [found.with_pictures, found.without]
    gaps = {name: gap for name, gap in differences.items() if gap.is_measured}
    names = ["With pictures", "Without"]
    low, high = span([scores])
    least, most = span([list(gaps.values())], include=(0.0,))
    return Figure(
        key=key,
        title=title,
        finding=finding,
        shows=f"{shows} Hollow: without.",
        data=data,
        uncertainty=uncertainty,
        panels=(
            whiskers(
                key,
                names,
                [in_words(score, 3) for score in scores],
                [
                    Series(
                        name=axis,
                        estimates=scores,
                        hovers=[
                            f"{name}<br>{axis} {in_words(score, 3)}"
                            for name, score in zip(names, scores, strict=True)
                        ],
                        hollow=[False, True],
                    )
                ],
                axis={"title": {"text": axis}, "range": [low, high]},
            ),
            whiskers(
                f"{key}-difference",
                list(gaps),
                [in_words(gap, 3) for gap in gaps.values()],
                [
                    Series(
                        name="difference",
                        estimates=list(gaps.values()),
                        hovers=[
                            f"{name}<br>{axis} {in_words(gap, 3)}" for name, gap in gaps.items()
                        ],
                    )
                ],
                axis={"title": {"text": f"more {axis} with pictures"}, "range": [least, most]},
                lines=[line_at(0.0, dash="dot")],
            ),
        ),
        width="half",
        roomy=True,
    )
