"""A ranker with all that was searched for it, from planted tastes; or why there is none."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from thingistat_pipeline.recommender import ranking_model
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.likes.interactions import (
    Interactions,
    interactions_from,
    with_enough,
)
from thingistat_pipeline.recommender.ranking.ranking_input import RankingError
from thingistat_pipeline.recommender.ranking_model import (
    ARRAYS,
    RankingModel,
    fit_ranking_model,
    held_likes,
    interactions_in,
    judged_model,
    known_features,
    likes_digest,
    likes_frame,
    split_frame,
    threshold_in,
)
from thingistat_pipeline.recommender.search.choice import Choice
from thingistat_pipeline_tests.recommender.planted import (
    TRIALS,
    features_of,
    planted_likes,
    small_searches,
)


def fitted(likes: Interactions, features: pl.DataFrame, **changes: Any) -> RankingModel:
    kept, threshold = with_enough(likes)
    given: dict[str, Any] = {"things_per_tag": 5, "seed": 3, "effort": "quick", **changes}
    return fit_ranking_model(kept, features, threshold, **given)


@pytest.fixture(scope="module", autouse=True)
def _small_searches() -> Iterator[None]:
    with small_searches():
        yield


@pytest.fixture(scope="module")
def model() -> RankingModel:
    return fitted(planted_likes(), features_of())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 12)), max_size=60), st.integers(1, 12))
def test_likes_survive_being_a_frame(pairs: list[tuple[int, int]], cut: int):
    likes = interactions_from([u for u, _ in pairs], [t for _, t in pairs], truncated=[cut])
    found = interactions_in(likes_frame(likes))
    assert (found.users == likes.users).all()
    assert (found.things == likes.things).all()
    assert (found.truncated == likes.truncated).all()
    assert (found.matrix != likes.matrix).nnz == 0


def test_the_parts_of_likes_survive_being_a_frame():
    likes, _ = with_enough(planted_likes())
    held = holdout(likes.matrix, seed=5)
    again, found = held_likes(split_frame(likes, held))
    assert (again.users == likes.users).all()
    assert (again.things == likes.things).all()
    for part in ("fit", "validation", "train", "test"):
        assert (getattr(found, part) != getattr(held, part)).nnz == 0


def test_a_threshold_survives_being_a_mapping(model: RankingModel):
    _, threshold = with_enough(planted_likes())
    assert threshold_in(model.metrics["threshold"]) == threshold


def test_a_model_holds_finite_vectors_of_every_user_thing_and_feature(model: RankingModel):
    likes, _ = with_enough(planted_likes())
    assert tuple(model.arrays) == ARRAYS
    assert all(np.isfinite(array).all() for array in model.arrays.values())
    assert len(model.arrays["user_vectors"]) == len(likes.users)
    assert len(model.arrays["thing_biases"]) == len(likes.things)
    columns = sum(model.metrics["features"].values())
    assert len(model.arrays["feature_vectors"]) == len(likes.things) + columns


def test_no_like_has_two_parts_and_none_is_lost(model: RankingModel):
    likes, _ = with_enough(planted_likes())
    assert model.split is not None
    assert sorted(model.split.select("liker", "thing_id").iter_rows()) == sorted(
        likes_frame(likes).select("liker", "thing_id").iter_rows()
    )
    assert dict(model.split.group_by("part").len().iter_rows()) == model.metrics["likes"]


def test_the_ranker_that_is_stored_was_fitted_on_the_training_likes_and_no_others(
    model: RankingModel,
):
    assert model.split is not None
    training = model.split.filter(pl.col("part") != "test")
    users, things = (model.split[name].unique().sort() for name in ("liker", "thing_id"))
    matrix = csr_array(
        (
            np.ones(training.height, np.float32),
            (users.search_sorted(training["liker"]), things.search_sorted(training["thing_id"])),
        ),
        shape=(len(users), len(things)),
    )
    chosen = Choice.from_dict(model.metrics["choice"]).with_side.chosen
    side = known_features(features_of(), things.to_numpy(), things_per_tag=5)
    again = chosen.ranker(seed=3).fit(matrix, item_features=chosen.item_features(side))
    assert (model.arrays["user_vectors"] == again.user_vectors_).all()
    assert (model.arrays["feature_vectors"] == again.item_feature_vectors_).all()
    assert model.metrics["learned_from"] == likes_digest(held_likes(model.split)[1].train)


def test_likes_have_the_digest_of_no_others():
    held = holdout(planted_likes().matrix, seed=5)
    digests = {likes_digest(part) for part in (held.fit, held.train, held.test, held.train.T)}
    assert len(digests) == 4
    assert likes_digest(held.train.copy()) == likes_digest(held.train)


def test_every_learned_feature_says_what_it_is(model: RankingModel):
    likes, _ = with_enough(planted_likes())
    assert model.columns is not None
    assert model.columns.height == len(model.arrays["feature_vectors"])
    own = model.columns.head(len(likes.things))
    assert set(own["kind"]) == {"thing"}
    assert own["feature"].cast(pl.Int64).to_list() == likes.things.tolist()
    counted = model.columns.filter(pl.col("kind") != "thing")["kind"].value_counts()
    kinds = {kind: number for kind, number in model.metrics["features"].items() if number}
    assert dict(counted.iter_rows()) == kinds
    assert ("category", "Kind of vase") in model.columns.rows()


def test_a_trial_of_tags_that_fails_leaves_the_scores_as_they_are(
    model: RankingModel, monkeypatch: pytest.MonkeyPatch
):
    asked: list[dict[str, int]] = []

    def failing(*_: object, least: dict[str, int], **__: object) -> None:
        asked.append(least)
        raise RankingError("The vectors grew beyond all bounds.")

    monkeypatch.setattr(ranking_model, "tag_trial", failing)
    assert model.split is not None
    metrics = {**model.metrics, "things_per_tag": 7}
    found = judged_model(metrics, model.split, features_of(), seed=3, effort="quick")
    assert (found["fitted"], found["tags"]) == (True, None)
    assert found["tags_reason"] == "The vectors grew beyond all bounds."
    assert found["scores"]["methods"]
    assert [least["tag"] for least in asked] == [7]


class KilledError(Exception):
    """Stands for the end of a process."""


def test_a_search_that_was_killed_goes_on_and_comes_to_the_same(
    model: RankingModel, tmp_path: Path
):
    def killed(step: str, done: int, _: int) -> None:
        if "with side" in step and done == 3:
            raise KilledError

    with pytest.raises(KilledError):
        fitted(planted_likes(), features_of(), journals=tmp_path, progress=killed)
    told: list[str] = []
    found = fitted(
        planted_likes(),
        features_of(),
        journals=tmp_path,
        progress=lambda step, *_: told.append(step),
    )
    assert not any("without" in step for step in told)
    assert sum("searching with side" in step for step in told) == TRIALS - 3
    assert found.metrics == model.metrics
    assert all((found.arrays[name] == model.arrays[name]).all() for name in ARRAYS)


@pytest.mark.parametrize(
    "likes",
    [
        interactions_from([], []),
        interactions_from([1] * 12, range(12)),
        interactions_from([1, 1, 2, 2], [5, 5, 6, 6]),
    ],
)
def test_where_likes_are_too_few_there_is_no_model_but_the_reason(likes: Interactions):
    found = fitted(likes, features_of())
    assert found.metrics["fitted"] is False
    assert "Not enough likes" in found.metrics["reason"]
    assert (found.arrays, found.split) == ({}, None)


def test_where_the_chosen_parameters_lead_nowhere_there_is_no_model_but_the_reason(
    model: RankingModel, monkeypatch: pytest.MonkeyPatch
):
    choice = Choice.from_dict(model.metrics["choice"])
    wild = replace(choice.with_side.chosen, learning_rate=1e30)
    chosen = replace(choice, with_side=replace(choice.with_side, chosen=wild))
    monkeypatch.setattr(ranking_model, "chosen_models", lambda *_, **__: chosen)
    found = fitted(planted_likes(), features_of())
    assert found.metrics["fitted"] is False
    assert "grew beyond" in found.metrics["reason"]
