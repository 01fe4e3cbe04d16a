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

from thingistat_pipeline.recommender import ranking_model
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.likes.interactions import (
    Interactions,
    interactions_from,
    with_enough,
)
from thingistat_pipeline.recommender.ranking_model import (
    ARRAYS,
    RankingModel,
    fit_ranking_model,
    held_likes,
    interactions_in,
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
