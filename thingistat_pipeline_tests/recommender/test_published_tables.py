"""What people get, from planted tastes; and what they get where nobody likes anything."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.recommender.answers.space import Space
from thingistat_pipeline.recommender.likes.interactions import (
    Interactions,
    interactions_from,
    with_enough,
)
from thingistat_pipeline.recommender.published_tables import (
    TABLES,
    Tables,
    made_tables,
    score_rows,
)
from thingistat_pipeline.recommender.ranking_model import fit_ranking_model, judged_model
from thingistat_pipeline_tests.recommender.planted import (
    THINGS,
    features_of,
    group_of,
    planted_likes,
    small_searches,
)

Made = tuple[dict[str, Any], dict[str, Any], Tables]


def made(likes: Interactions) -> Made:
    """Return the metrics of the model and of its evaluation, and the tables."""
    kept, threshold = with_enough(likes)
    features = features_of()
    model = fit_ranking_model(kept, features, threshold, things_per_tag=5, seed=3, effort="quick")
    judged: dict[str, Any] = {"fitted": False, "reason": model.metrics["reason"]}
    if model.split is not None:
        judged = judged_model(model.metrics, model.split, features, seed=3, effort="quick")
    tables = made_tables(kept, features, threshold, model.metrics, judged, seed=3)
    return model.metrics, judged, tables


@pytest.fixture(scope="module", autouse=True)
def _small_searches() -> Iterator[None]:
    with small_searches():
        yield


@pytest.fixture(scope="module")
def learned() -> Made:
    return made(planted_likes())


@pytest.fixture(scope="module")
def unlearned() -> Made:
    return made(interactions_from([1, 2], [1, 2]))


def test_all_that_is_said_of_a_judgement_is_json_without_holes(learned: Made):
    _, judged, tables = learned
    for said in (judged, tables.metrics):
        assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert judged["fitted"] is True


def test_the_things_most_similar_to_a_thing_are_of_its_kind(learned: Made):
    similar = learned[2].tables["similar_things"].filter(pl.col("rank") <= 3)
    kinds = [(group_of(thing), group_of(other)) for thing, other, *_ in similar.iter_rows()]
    assert len(kinds) == 3 * len(THINGS)
    assert np.mean([one == other for one, other in kinds]) > 0.9
    assert set(similar["basis"]) == {"likes"}


def test_no_thing_is_similar_to_itself_or_suggested_a_tag_that_it_bears(learned: Made):
    tables = learned[2].tables
    assert tables["similar_things"].filter(pl.col("thing_id") == pl.col("neighbour_id")).is_empty()
    borne = features_of().filter(kind="tag").select("thing_id", tag="feature")
    assert tables["suggested_tags"].join(borne, on=["thing_id", "tag"]).is_empty()


def test_the_things_closest_to_a_tag_are_those_that_it_tells_of(learned: Made):
    closest = learned[2].tables["tag_things"].filter(tag="robot").sort("rank").head(8)
    assert {group_of(thing) for thing in closest["thing_id"]} == {"robot"}


def test_tags_are_suggested_in_the_way_that_found_most_of_those_hidden(learned: Made):
    _, judged, tables = learned
    assert tables.metrics["tags_by"] == judged["tags"]["offered"]


def test_a_space_that_was_stored_is_the_space_that_was_made(learned: Made):
    space, meta = learned[2].space, learned[2].metrics["space"]
    again = Space.from_arrays(space.as_arrays(), json.loads(json.dumps(meta)))
    assert again.feature_names == space.feature_names
    assert (again.vectors == space.vectors).all()


def test_every_measure_of_every_method_is_a_row(learned: Made):
    _, judged, _ = learned
    rows = score_rows(judged)
    scores = judged["scores"]
    methods = len(scores["methods"]) + len(scores["cold_start"]["methods"])
    assert rows.height == 6 * methods
    first = scores["methods"][0]
    row = rows.row(
        by_predicate=(pl.col("method") == first["method"])
        & (pl.col("split") == "test")
        & (pl.col("measure") == "auc"),
        named=True,
    )
    assert (row["value"], row["low"], row["high"]) == tuple(
        first["auc"][end] for end in ("value", "low", "high")
    )
    assert row["users"] == first["users"]


def test_where_likes_are_too_few_things_are_known_by_what_they_are_about(unlearned: Made):
    model, judged, tables = unlearned
    assert (model["fitted"], judged["fitted"], tables.metrics["fitted"]) == (False,) * 3
    assert "Not enough likes" in tables.metrics["reason"]
    assert tables.tables.keys() == set(TABLES)
    assert set(tables.tables["similar_things"]["basis"]) == {"content"}
    assert not tables.tables["suggested_tags"].is_empty()
    assert score_rows(judged).is_empty()


def test_where_there_is_nothing_at_all_the_tables_are_empty():
    nothing = features_of().clear()
    kept, threshold = with_enough(interactions_from([], []))
    model = fit_ranking_model(kept, nothing, threshold, things_per_tag=5, seed=3, effort="quick")
    judged = {"fitted": False, "reason": model.metrics["reason"]}
    tables = made_tables(kept, nothing, threshold, model.metrics, judged, seed=3)
    assert {name: table.height for name, table in tables.tables.items()} == dict.fromkeys(TABLES, 0)


def test_where_everybody_likes_everything_that_is_said_and_nothing_breaks():
    users, things = np.divmod(np.arange(12 * 12), 12)
    _, judged, tables = made(interactions_from(users, 1 + things))
    assert judged["fitted"] is False
    assert "no ranking to learn" in judged["reason"]
    assert "no ranking to learn" in tables.metrics["reason"]
