"""Learning the space from likes, and putting into it what nobody likes yet."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
from scipy.sparse import csr_array, hstack

from thingistat_pipeline.recommender.answers.space import Space, unlearned_space
from thingistat_pipeline.recommender.likes.interactions import Interactions
from thingistat_pipeline.recommender.likes.side_information import (
    LEAST_THINGS,
    described,
    side_information,
)
from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline.recommender.search.ranker_trials import RankerParameters


def fit_space(
    interactions: Interactions,
    features: pl.DataFrame,
    parameters: RankerParameters,
    *,
    seed: int,
    least: Mapping[str, int] = LEAST_THINGS,
    pictures: ThingVectors | None = None,
) -> Space:
    """Learn from all likes, and put all live things into the space.

    Parameters
    ----------
    interactions : Interactions
        Of the users and things with enough likes.
    features : polars.DataFrame
        As for `content_space`.
    parameters : RankerParameters
        Without a scale, things without enough likes have no vectors.
    seed : int
    least : Mapping of str to int
        As for `side_information`.
    pictures : ThingVectors, optional
        Of the pictures of any things, where the ranker is told of them.

    Raises
    ------
    RankingError
        If nothing can be learned from the likes.
    """
    liked = interactions.things
    things = np.union1d(features["thing_id"].to_numpy(), liked).astype(np.int64)
    written = side_information(features, liked, least=least)
    side = written if pictures is None else pictures.beside(written, liked)
    ranker = parameters.ranker(seed=seed).fit(
        interactions.matrix, item_features=parameters.item_features(side)
    )
    bare = unlearned_space(features, things, parameters.components)
    warm = np.isin(things, liked)
    bare.vectors[warm], bare.biases[warm] = ranker.item_vectors_, ranker.item_biases_
    used = 0 if parameters.scale is None else len(side.names)
    if used:
        own = csr_array(((~warm).sum(), len(liked)), dtype=np.float32)
        new = replace(written, matrix=described(features, things[~warm], written))
        new = new if pictures is None else pictures.beside(new, things[~warm])
        shared = new.matrix * np.float32(parameters.scale)
        cold = ranker.represent_items(hstack([own, shared], format="csr"))
        bare.vectors[~warm], bare.biases[~warm] = cold
    return Space(
        things=things,
        warm=warm,
        vectors=bare.vectors,
        biases=bare.biases,
        feature_names=side.names[:used],
        feature_vectors=ranker.item_feature_vectors_[len(liked) :][:used],
        feature_biases=ranker.item_feature_biases_[len(liked) :][:used],
        feature_uses=ranker.item_feature_uses_[len(liked) :][:used],
        weighting=side.weighting,
        scale=parameters.scale or 0.0,
        contents=bare.contents,
        tags=bare.tags,
    )
