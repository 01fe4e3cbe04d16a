"""Tag suggestions, tried on tags that were hidden."""

from thingistat_pipeline.report.blocks import Figure
from thingistat_pipeline.report.estimates import in_words
from thingistat_pipeline.report.ranking_results import (
    COSINE,
    SIMPLE,
    Ranking,
    TagMethod,
    TagTrial,
    label_of,
)
from thingistat_pipeline.report.whiskers import Series, span, whiskers
from thingistat_pipeline.report.wording import counted, number, percent, plot_text

_BASELINES = SIMPLE | {COSINE}


def hidden_tags_figure(ranking: Ranking) -> Figure | None:
    """Draw how many hidden tags each way of suggesting finds."""
    return _figure(
        "tag-trial",
        "Does it find tags that were hidden?",
        ranking.tags,
        offered_in_words(ranking.tags),
        "Some tags of each thing were hidden and looked for among ten suggestions.",
    )


def drafts_figure(ranking: Ranking) -> Figure | None:
    """Draw the same for drafts: things of which only title and category are known."""
    trial = ranking.drafts
    if not trial.methods:
        return None
    used = trial.used
    return _figure(
        "draft-trial",
        "And for a draft without any tags?",
        trial,
        f"From title and category alone, “{used.label}” finds {_share(used)} of the tags"
        f"{_hits(used)}."
        if used
        else "It is not recorded by which way drafts get their tags.",
        "These things were taken out, with their likes; of each, the title and one category were "
        "told, as a draft’s.",
    )


def offered_in_words(trial: TagTrial) -> str:
    """Say which way of suggesting is offered, what it finds, and what the simple ways find."""
    used = trial.used
    if used is None:
        return "It is not recorded by which way tags are suggested."
    sentence = (
        f"“{used.label}” is offered: of ten suggested tags it finds "
        f"{_share(used)} of those that were hidden{_hits(used)}"
    )
    others = [
        f"{_name(item)} {_share(item)}"
        for key in (COSINE, "frequency")
        if (item := trial.find(key)) is not None and item is not used
    ]
    return sentence + (f". For comparison: {', '.join(others)}." if others else ".")


def _figure(key: str, title: str, trial: TagTrial, finding: str, how: str) -> Figure | None:
    if not trial.methods:
        return None
    recalls = [item.recall.times(100) for item in trial.methods]
    low, high = span([recalls], include=(0.0,), floor=0.0, ceiling=100.0)
    return Figure(
        key=key,
        title=title,
        finding=finding,
        shows=f"Recall@10. {how} Hollow marks: simple rules, and the cosine by which the original "
        "recommender chose.",
        data=f"{counted(trial.hidden, 'hidden tag')} of {counted(trial.things, 'thing')}."
        + (
            f" {number(trial.findable)} of them are on other things, so that they can be found."
            if trial.findable is not None
            else ""
        ),
        uncertainty="Bars are 95 % bootstrap intervals over things, the models held fixed.",
        panels=(
            whiskers(
                key,
                [plot_text(item.label, 28) for item in trial.methods],
                [
                    f"{percent(item.recall.value, 0)}{' · offered' * (item.key == trial.offered)}"
                    for item in trial.methods
                ],
                [
                    Series(
                        name="recall",
                        estimates=recalls,
                        hovers=[
                            f"{plot_text(item.label)}<br>{in_words(recall, 1, suffix=' %')}"
                            f" of hidden tags{_hits(item)}"
                            for item, recall in zip(trial.methods, recalls, strict=True)
                        ],
                        hollow=[item.key in _BASELINES for item in trial.methods],
                    )
                ],
                axis={"title": {"text": "hidden tags found, %"}, "range": [low, high]},
            ),
        ),
        width="half",
    )


def _share(item: TagMethod) -> str:
    return in_words(item.recall.times(100), 0, suffix=" %")


def _hits(item: TagMethod) -> str:
    """Say for how many things any hidden tag was found."""
    if not item.hit.is_measured:
        return ""
    return f", and at least one for {in_words(item.hit.times(100), 0, suffix=' %')} of the things"


def _name(item: TagMethod) -> str:
    return label_of(item.key).lower()
