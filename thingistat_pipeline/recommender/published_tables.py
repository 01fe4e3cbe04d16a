"""What people get: the tables that are published, made from one space of all live things."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.similar import likeness_model, similar_things
from thingistat_pipeline.recommender.answers.space import Space, content_space
from thingistat_pipeline.recommender.answers.tag_order import tag_neighbours, tag_things
from thingistat_pipeline.recommender.answers.tag_votes import Method, suggested_tags
from thingistat_pipeline.recommender.judging.measures import MEASURES, Scorer
from thingistat_pipeline.recommender.likes.interactions import Interactions, ThresholdReport
from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline.recommender.ranking.ranking_input import RankingError
from thingistat_pipeline.recommender.ranking_model import known_features, least_things
from thingistat_pipeline.recommender.search.choice import Choice
from thingistat_pipeline.recommender.search.search import Progress

TABLES = ("similar_things", "tag_things", "suggested_tags", "tag_neighbours")
_SCORES = {
    "method": pl.String,
    "split": pl.String,
    "measure": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "users": pl.Int64,
}


@dataclass(frozen=True, eq=False, slots=True)
class Tables:
    """The tables and the space that they come from.

    Attributes
    ----------
    space : Space
    tables : Mapping of str to polars.DataFrame
        By TABLES.
    metrics : dict
        What JSON can hold: `fitted` (learned from likes), `reason` (why not, otherwise None),
        `winner` (of the methods), `tags_by` (the way of suggesting tags), `things`, `warm` (those
        of them with enough likes) and `space` (`Space.meta`).
    """

    space: Space
    tables: Mapping[str, pl.DataFrame]
    metrics: dict[str, Any]


def made_tables(
    interactions: Interactions,
    features: pl.DataFrame,
    threshold: ThresholdReport,
    model: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    *,
    seed: int,
    pictures: ThingVectors | None = None,
    progress: Progress | None = None,
) -> Tables:
    """Learn from all likes with the parameters that were found, and say what is close to what.

    Where nothing can be learned from likes, what things are about decides.

    Parameters
    ----------
    interactions : Interactions
        Of users and things with enough likes.
    features : polars.DataFrame
        thing_id, kind, feature of all live things, with the words of their titles.
    threshold : ThresholdReport
        How `interactions` came about.
    model : Mapping
        Metrics of the `RankingModel`.
    evaluation : Mapping
        Metrics of `judged_model`.
    seed : int
    pictures : ThingVectors, optional
        Of the pictures of any things; taken where the model was told of them.
    progress : callable, optional
    """
    tell = progress or _nothing
    tell("putting all things into one space", 0, len(TABLES) + 1)
    shown = pictures if model.get("pictures") else None
    space, likeness, reason = _learned(interactions, features, threshold, model, shown, seed=seed)
    tags_by: Method = "content_vote"
    if evaluation["fitted"] and evaluation["tags"] is not None and reason is None:
        tags_by = evaluation["tags"]["offered"]
    least = model["things_per_tag"]
    makers: dict[str, Callable[[], pl.DataFrame]] = {
        "similar_things": lambda: similar_things(space, interactions, likeness),
        "tag_things": lambda: tag_things(space, least=least),
        "suggested_tags": lambda: suggested_tags(space, method=tags_by),
        "tag_neighbours": lambda: tag_neighbours(space, least=least),
    }
    tables = {}
    for done, (name, make) in enumerate(makers.items(), start=1):
        tell(name.replace("_", " "), done, len(TABLES) + 1)
        tables[name] = make()
    return Tables(
        space=space,
        tables=tables,
        metrics={
            "fitted": reason is None,
            "reason": reason,
            "winner": None if reason else model["choice"]["winner"],
            "tags_by": tags_by,
            "things": len(space.things),
            "warm": int(space.warm.sum()),
            "space": space.meta(),
        },
    )


def score_rows(evaluation: Mapping[str, Any]) -> pl.DataFrame:
    """Return every measure of every method as a row of the table ranking_scores.

    Parameters
    ----------
    evaluation : Mapping
        Metrics of `judged_model`.

    Returns
    -------
    polars.DataFrame
        method, split (``test`` or ``cold_start``), measure, value, low, high, users; without rows
        where nothing was judged.
    """
    if not evaluation["fitted"]:
        return pl.DataFrame(schema=_SCORES)
    scores = evaluation["scores"]
    splits = {"test": scores["methods"], "cold_start": scores["cold_start"]["methods"]}
    rows = [
        {
            "method": method["method"],
            "split": split,
            "measure": measure,
            **{end: method[measure][end] for end in ("value", "low", "high")},
            "users": method["users"],
        }
        for split, methods in splits.items()
        for method in methods
        for measure in MEASURES
    ]
    return pl.DataFrame(rows, schema=_SCORES)


def _learned(
    interactions: Interactions,
    features: pl.DataFrame,
    threshold: ThresholdReport,
    model: Mapping[str, Any],
    pictures: ThingVectors | None,
    *,
    seed: int,
) -> tuple[Space, Scorer | None, str | None]:
    """Return the space, what tells how alike things with likes are, and why nothing was learned."""
    reason = threshold.not_enough or model["reason"]
    if reason is None:
        choice = Choice.from_dict(model["choice"])
        side = known_features(
            features,
            interactions.things,
            things_per_tag=model["things_per_tag"],
            pictures=pictures,
        )
        try:
            space = fit_space(
                interactions,
                features,
                choice.with_side.chosen,
                seed=seed,
                least=least_things(model["things_per_tag"]),
                pictures=pictures,
            )
            return space, likeness_model(choice, interactions, side, seed=seed), None
        except RankingError as problem:
            reason = str(problem)
    return content_space(features), None, reason


def _nothing(step: str, done: int, total: int) -> None:
    """Tell nobody."""
