"""The ranker told of pictures, from its search to the tables: planted tastes that pictures show."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.recommender.likes.interactions import with_enough
from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline.recommender.published_tables import Tables, made_tables
from thingistat_pipeline.recommender.ranking_model import (
    RankingModel,
    fit_ranking_model,
    judged_model,
)
from thingistat_pipeline_tests.recommender.planted import (
    GROUPS,
    THINGS,
    features_of,
    group_of,
    planted_likes,
    small_searches,
)

NEW = max(THINGS) + 1
"""A thing that nobody likes, of which only the picture and one tag are known."""


def pictures() -> ThingVectors:
    """Return vectors that show the group of each thing, and that the new one is a vase."""
    groups = [*(GROUPS.index(group_of(thing)) for thing in THINGS), GROUPS.index("vase")]
    return ThingVectors(np.array([*THINGS, NEW]), np.eye(3, dtype=np.float32)[groups])


def told_little() -> pl.DataFrame:
    """Return features that do not tell the groups apart."""
    shared = features_of().filter(pl.col("kind").is_in(["creator", "license"]))
    return pl.concat([shared, shared.head(1).with_columns(thing_id=pl.lit(NEW, pl.Int64))])


@pytest.fixture(scope="module", autouse=True)
def _small_searches() -> Iterator[None]:
    with small_searches():
        yield


def fitted(**given: Any) -> RankingModel:
    likes, threshold = with_enough(planted_likes())
    return fit_ranking_model(
        likes, told_little(), threshold, things_per_tag=5, seed=3, effort="quick", **given
    )


@pytest.fixture(scope="module")
def model() -> RankingModel:
    return fitted(pictures=pictures())


@pytest.fixture(scope="module")
def judged(model: RankingModel) -> dict[str, Any]:
    assert model.split is not None
    return judged_model(
        model.metrics, model.split, told_little(), seed=3, effort="quick", pictures=pictures()
    )


def tables(model: RankingModel, judged: dict[str, Any]) -> Tables:
    likes, threshold = with_enough(planted_likes())
    return made_tables(
        likes, told_little(), threshold, model.metrics, judged, seed=3, pictures=pictures()
    )


def test_the_model_says_that_it_was_told_of_pictures(model: RankingModel):
    assert model.metrics["pictures"]
    assert model.metrics["features"]["picture"] == 3
    plain = fitted()
    assert not plain.metrics["pictures"]
    assert "picture" not in plain.metrics["features"]


def test_what_pictures_bring_is_measured_against_a_ranker_without_them(judged: dict[str, Any]):
    effect = judged["pictures"]
    assert effect["measured"]
    assert effect["pictured"] == len(THINGS)


def test_a_new_thing_stands_among_those_that_its_picture_resembles(
    model: RankingModel, judged: dict[str, Any]
):
    found = tables(model, judged).space
    vectors = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
    new = int(np.searchsorted(found.things, NEW))
    assert not found.warm[new]
    nearness = vectors @ vectors[new]
    groups = np.array([group_of(int(thing)) for thing in found.things])
    old = found.things != NEW
    assert nearness[old & (groups == "vase")].mean() > nearness[old & (groups != "vase")].max()


def test_a_model_that_was_not_told_of_pictures_makes_tables_without_them(judged: dict[str, Any]):
    space = tables(fitted(), judged).space
    assert not any(name.startswith("picture:") for name in space.feature_names)
