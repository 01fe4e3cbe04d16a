"""From likes and features to a ranker with all that was searched for it, or to why there is none.

What is kept of it are plain arrays, a table of which like had which part, and figures; from the
table the very same likes are put together again to judge the model by.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.answers.tag_trial import tag_trial
from thingistat_pipeline.recommender.likes.holdout import Holdout, holdout
from thingistat_pipeline.recommender.likes.interactions import (
    Ids,
    Interactions,
    Size,
    ThresholdReport,
    interactions_from,
    like_matrix,
    likes_of,
)
from thingistat_pipeline.recommender.likes.side_information import (
    LEAST_THINGS,
    SideInformation,
    side_information,
)
from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.ranking.ranking_input import RankingError
from thingistat_pipeline.recommender.scores.picture_effect import picture_effect
from thingistat_pipeline.recommender.scores.scoreboard import scoreboard
from thingistat_pipeline.recommender.search.choice import Choice, chosen_models
from thingistat_pipeline.recommender.search.ranker_trials import RankerParameters
from thingistat_pipeline.recommender.search.search import Progress
from thingistat_pipeline.settings import Effort

SPLIT, COLUMNS, FEATURES, PICTURES = "likes", "columns", "features", "pictures"
"""Names of the frames that tell the part of each like, what each of the learned features is, all
that was known of things when the model was made, and the vectors of their pictures where the ranker
was told of them (`ThingVectors.frame_of`)."""
PARTS = ("fit", "validation", "test")
ARRAYS = (
    *("user_vectors", "user_biases", "thing_vectors", "thing_biases"),
    *("feature_vectors", "feature_biases"),
)


@dataclass(frozen=True, eq=False, slots=True)
class RankingModel:
    """A ranker that was searched for and fitted on the training likes, or why there is none.

    Attributes
    ----------
    metrics : dict
        What JSON can hold: `fitted`, `reason` (None where fitted), `seed`, `effort`, `threshold`,
        `things_per_tag`, `pictures` (whether the ranker is told of them); where fitted `features`
        (columns of each kind), `likes` (of each part), `learned_from` (`likes_digest` of what the
        ranker was fitted on) and `choice` (`Choice.as_dict`).
    arrays : Mapping of str to ndarray of float32
        Vectors and biases of users, things and features of the ranker with side information, in
        the order of the likers and of the things in `split`, each once and ascending, and of
        `columns`; empty where it was not fitted.
    split : polars.DataFrame or None
        liker, thing_id (Int64) and part, one of PARTS.
    columns : polars.DataFrame or None
        kind and feature of each row of the features' vectors; each thing is a feature of its own,
        of the kind ``thing``.
    """

    metrics: dict[str, Any]
    arrays: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    split: pl.DataFrame | None = None
    columns: pl.DataFrame | None = None


def likes_frame(interactions: Interactions) -> pl.DataFrame:
    """Return likes as a frame: liker, thing_id (Int64), truncated (the thing's list is cut)."""
    users, things = likes_of(interactions.matrix)
    return pl.DataFrame(
        {
            "liker": interactions.users[users],
            "thing_id": interactions.things[things],
            "truncated": interactions.truncated[things],
        }
    )


def interactions_in(frame: pl.DataFrame) -> Interactions:
    """Return the likes that a frame of `likes_frame` holds."""
    cut = frame.filter("truncated")["thing_id"].unique()
    return interactions_from(frame["liker"], frame["thing_id"], truncated=cut)


def threshold_in(told: Mapping[str, Any]) -> ThresholdReport:
    """Return the report that `dataclasses.asdict` made a mapping of."""
    sizes = {name: Size(**told[name]) for name in ("before", "after")}
    return ThresholdReport(**{**told, **sizes})


def known_features(
    features: pl.DataFrame,
    things: Ids,
    *,
    things_per_tag: int,
    pictures: ThingVectors | None = None,
) -> SideInformation:
    """Return what the ranker is told of things, in their order."""
    side = side_information(features, things, least=least_things(things_per_tag))
    return side if pictures is None else pictures.beside(side, things)


def least_things(things_per_tag: int) -> Mapping[str, int]:
    """Return on how many things a feature of each kind must be, with the one that is set."""
    return {**LEAST_THINGS, "tag": things_per_tag}


def fit_ranking_model(
    interactions: Interactions,
    features: pl.DataFrame,
    threshold: ThresholdReport,
    *,
    things_per_tag: int,
    seed: int,
    effort: Effort,
    pictures: ThingVectors | None = None,
    journals: Path | None = None,
    progress: Progress | None = None,
) -> RankingModel:
    """Hold out likes, search, choose, and fit the ranker with side information.

    Parameters
    ----------
    interactions : Interactions
        Of users and things with enough likes.
    features : polars.DataFrame
        thing_id, kind, feature of any things.
    threshold : ThresholdReport
        How `interactions` came about.
    things_per_tag : int
        Things a tag must be on to be learned.
    seed : int
    effort : {"quick", "full"}
    pictures : ThingVectors, optional
        Of the pictures of any things, to be told to the ranker.
    journals : Path, optional
        Folder of the searches' journals, by which one that was killed goes on.
    progress : callable, optional

    Returns
    -------
    RankingModel
        Not fitted where there are not enough likes, or none of them tells users apart.
    """
    metrics: dict[str, Any] = {
        "seed": seed,
        "effort": effort,
        "threshold": asdict(threshold),
        "things_per_tag": things_per_tag,
        "pictures": pictures is not None,
    }
    if threshold.not_enough:
        return _not_fitted(metrics, threshold.not_enough)
    side = known_features(
        features, interactions.things, things_per_tag=things_per_tag, pictures=pictures
    )
    held = holdout(interactions.matrix, seed=seed)
    try:
        choice = chosen_models(
            held, side, seed=seed, effort=effort, journals=journals, progress=progress
        )
        ranker, learned_from = fitted_ranker(held.train, side, choice.with_side.chosen, seed=seed)
    except RankingError as problem:
        return _not_fitted(metrics, str(problem))
    return RankingModel(
        metrics={
            **metrics,
            "fitted": True,
            "reason": None,
            "features": {kind: block.stop - block.start for kind, block in side.blocks.items()},
            "likes": {part: int(getattr(held, part).nnz) for part in PARTS},
            "learned_from": learned_from,
            "choice": choice.as_dict(),
        },
        arrays=_arrays(ranker),
        split=split_frame(interactions, held),
        columns=column_frame(interactions.things, side),
    )


def fitted_ranker(
    likes: csr_array, side: SideInformation, parameters: RankerParameters, *, seed: int
) -> tuple[Ranker, str]:
    """Return a ranker fitted on likes, and their `likes_digest`."""
    ranker = parameters.ranker(seed=seed).fit(likes, item_features=parameters.item_features(side))
    return ranker, likes_digest(likes)


def likes_digest(likes: csr_array) -> str:
    """Return 64 hexadecimal digits that tell likes from any others.

    Parameters
    ----------
    likes : scipy.sparse.csr_array, shape (users, things)
        Canonical, as `like_matrix` makes it.
    """
    digest = hashlib.sha256()
    for part in (likes.shape, likes.indptr, likes.indices):
        digest.update(np.asarray(part, dtype="<i8").tobytes())
    return digest.hexdigest()


def judged_model(
    metrics: Mapping[str, Any],
    split: pl.DataFrame,
    features: pl.DataFrame,
    *,
    seed: int,
    effort: Effort,
    pictures: ThingVectors | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Judge a model that was fitted.

    Parameters
    ----------
    metrics, split
        Those of the `RankingModel`.
    features : polars.DataFrame
        thing_id, kind, feature of all live things, with the words of their titles: those that the
        model was made with.
    pictures : ThingVectors, optional
        Of the pictures of any things, whether the model was told of them or not: what they bring
        is measured in either case. Those that it was told of, if it was.

    Returns
    -------
    dict
        What JSON can hold: `fitted`, `reason` (None where judged), `seed`, `effort`; where judged
        `scores` (`Scoreboard.as_dict`), `tags` (`TagTrial.as_dict`, or None), `tags_reason` (why
        there are none, otherwise None) and `pictures` (what `picture_effect` returns).
    """
    told: dict[str, Any] = {"seed": seed, "effort": effort}
    likes, held = held_likes(split)
    side = known_features(features, likes.things, things_per_tag=metrics["things_per_tag"])
    used = pictures.beside(side, likes.things) if pictures and metrics.get("pictures") else side
    choice = Choice.from_dict(metrics["choice"])
    try:
        scores = scoreboard(
            held,
            used,
            choice,
            seed=seed,
            effort=effort,
            truncated=metrics["threshold"]["truncated"],
            progress=progress,
        )
    except RankingError as problem:
        return {**told, "fitted": False, "reason": str(problem)}
    told |= {"fitted": True, "reason": None, "scores": scores.as_dict()}
    told["pictures"] = picture_effect(
        held,
        side,
        None if pictures is None else pictures.of(likes.things),
        choice.with_side.chosen,
        seed=seed,
        effort=effort,
    )
    try:
        tags = tag_trial(
            likes,
            features,
            choice.with_side.chosen,
            seed=seed,
            effort=effort,
            least=least_things(metrics["things_per_tag"]),
        )
    except RankingError as problem:
        return {**told, "tags": None, "tags_reason": str(problem)}
    return {**told, "tags": tags.as_dict(), "tags_reason": None}


def split_frame(interactions: Interactions, held: Holdout) -> pl.DataFrame:
    """Return liker, thing_id and part (one of PARTS) of each like."""
    frames = []
    for part in PARTS:
        users, things = likes_of(getattr(held, part))
        liked = {"liker": interactions.users[users], "thing_id": interactions.things[things]}
        frames.append(pl.DataFrame(liked).with_columns(part=pl.lit(part)))
    return pl.concat(frames)


def column_frame(things: Ids, side: SideInformation) -> pl.DataFrame:
    """Return kind and feature of each column that `with_identity` gives a ranker."""
    parted = [name.partition(":") for name in side.names]
    return pl.DataFrame(
        {
            "kind": ["thing"] * len(things) + [kind for kind, _, _ in parted],
            "feature": [*map(str, things.tolist()), *(feature for _, _, feature in parted)],
        },
        schema={"kind": pl.String, "feature": pl.String},
    )


def held_likes(split: pl.DataFrame) -> tuple[Interactions, Holdout]:
    """Return the likes of a frame of `split_frame`, and who holds which."""
    likes = interactions_from(split["liker"], split["thing_id"])

    def matrix(*parts: str) -> csr_array:
        rows = split.filter(pl.col("part").is_in(parts))
        return like_matrix(
            np.searchsorted(likes.users, rows["liker"].to_numpy()),
            np.searchsorted(likes.things, rows["thing_id"].to_numpy()),
            likes.matrix.shape,
        )

    return likes, Holdout(
        fit=matrix("fit"),
        validation=matrix("validation"),
        train=matrix("fit", "validation"),
        test=matrix("test"),
    )


def _not_fitted(metrics: Mapping[str, Any], reason: str) -> RankingModel:
    return RankingModel(metrics={**metrics, "fitted": False, "reason": reason})


def _arrays(ranker: Ranker) -> dict[str, NDArray[np.float32]]:
    learned = (
        *(ranker.user_vectors_, ranker.user_biases_, ranker.item_vectors_, ranker.item_biases_),
        *(ranker.item_feature_vectors_, ranker.item_feature_biases_),
    )
    return dict(zip(ARRAYS, learned, strict=True))
