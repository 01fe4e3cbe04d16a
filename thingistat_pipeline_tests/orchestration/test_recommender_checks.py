"""What is said about what was learned from likes before anything rests on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from thingistat_pipeline.orchestration.recommender_checks import (
    no_test_like_in_training,
    ranking_vectors_are_finite,
    recommender_beats_most_popular,
)
from thingistat_pipeline.recommender.model_names import EVALUATION, RANKING
from thingistat_pipeline.recommender.ranking_model import (
    ARRAYS,
    held_likes,
    likes_digest,
)
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings

PARTS = ["fit", "fit", "validation", "test"]


def settings_with(folder: Path, name: str, metrics: dict[str, Any], **held: Any) -> Settings:
    """Return settings of a folder whose latest model has these metrics, arrays and frames."""
    settings = Settings(data_dir=folder)
    save_version(
        settings.models_dir,
        name,
        arrays=held.get("arrays", {}),
        frames=held.get("frames", {}),
        metrics=metrics,
        provenance={"version": "1", "source": "sandbox"},
        version="1",
    )
    return settings


def ranking(
    folder: Path,
    *,
    likers: list[int],
    learned_from: Callable[[pl.DataFrame], csr_array] | None = None,
    **changes: Any,
) -> Settings:
    """Return settings of a folder with a ranker, fitted on the training likes unless told else."""
    likes = pl.DataFrame({"liker": likers, "thing_id": [1, 2, 3, 1], "part": PARTS})
    given: dict[str, Any] = {
        "arrays": {name: np.ones((2, 2), np.float32) for name in ARRAYS},
        "frames": {"likes": likes},
        **changes,
    }
    train = held_likes(likes)[1].train
    metrics = {
        "fitted": True,
        "likes": {"fit": 2, "validation": 1, "test": 1},
        "learned_from": likes_digest(train if learned_from is None else learned_from(likes)),
    }
    return settings_with(folder, RANKING, metrics, **given)


def verdict(check: dg.AssetChecksDefinition, settings: Settings) -> dg.AssetCheckResult:
    result = check(settings=settings)
    assert isinstance(result, dg.AssetCheckResult)
    return result


def test_a_like_that_is_held_out_and_learned_from_is_found(tmp_path: Path):
    assert verdict(no_test_like_in_training, ranking(tmp_path / "a", likers=[7, 7, 7, 8])).passed
    result = verdict(no_test_like_in_training, ranking(tmp_path / "b", likers=[7, 7, 7, 7]))
    assert not result.passed
    assert "1 likes stand in it more than once" in (result.description or "")


@pytest.mark.parametrize(
    "learned_from",
    [lambda likes: held_likes(likes)[0].matrix, lambda likes: held_likes(likes)[1].fit],
    ids=["with the test", "without the validation"],
)
def test_a_ranker_that_was_fitted_on_other_likes_than_those_for_training_is_found(
    tmp_path: Path, learned_from: Callable[[pl.DataFrame], csr_array]
):
    settings = ranking(tmp_path, likers=[7, 7, 7, 8], learned_from=learned_from)
    result = verdict(no_test_like_in_training, settings)
    assert not result.passed
    assert "fitted on other likes" in (result.description or "")


def test_parts_of_other_sizes_than_the_model_was_fitted_with_are_found(tmp_path: Path):
    likes = pl.DataFrame({"liker": [7, 7], "thing_id": [1, 2], "part": ["fit", "test"]})
    settings = ranking(tmp_path, likers=[7, 7, 7, 8], frames={"likes": likes})
    assert not verdict(no_test_like_in_training, settings).passed


def test_vectors_that_are_missing_or_damaged_are_found(tmp_path: Path):
    whole = ranking(tmp_path / "a", likers=[7, 7, 7, 8])
    assert verdict(ranking_vectors_are_finite, whole).passed
    (whole.models_dir / RANKING / "1" / "thing_biases.npy").write_bytes(b"damaged")
    assert "SHA-256" in (verdict(ranking_vectors_are_finite, whole).description or "")
    fewer = ranking(tmp_path / "b", likers=[7, 7, 7, 8], arrays={"user_vectors": np.ones(2)})
    result = verdict(ranking_vectors_are_finite, fewer)
    assert not result.passed
    assert "there are no thing vectors" in (result.description or "")


def scores(winner: str, low: float | None) -> dict[str, Any]:
    """Return scores in which the winner's interval begins at `low`, and others are in the way."""
    row = {"method": winner, "against": "most_popular", "value": 0.1, "low": low, "high": 0.2}
    others = [
        {**row, "measure": "auc", "low": -1},
        {**row, "measure": "ndcg_at_10", "against": "ease", "low": -1},
        {**row, "measure": "ndcg_at_10", "method": "least_squares", "low": -1},
    ]
    own = [] if winner == "most_popular" else [{**row, "measure": "ndcg_at_10"}]
    return {
        "fitted": True,
        "scores": {
            "winner": winner,
            "winner_reason": "It is the best there.",
            "differences": [*others, *own],
        },
    }


@pytest.mark.parametrize(
    ("winner", "low", "passed"),
    [
        ("ranker_with_side", 0.05, True),
        ("ease", 0.05, True),
        ("ranker", 0.0, False),
        ("ranker", -0.01, False),
        ("ranker", None, False),
        ("most_popular", None, False),
    ],
)
def test_what_recommends_must_beat_popularity_beyond_the_noise(tmp_path, winner, low, passed):
    settings = settings_with(tmp_path, EVALUATION, scores(winner, low))
    result = verdict(recommender_beats_most_popular, settings)
    assert result.passed is passed
    assert result.severity == dg.AssetCheckSeverity.WARN


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (no_test_like_in_training, RANKING),
        (ranking_vectors_are_finite, RANKING),
        (recommender_beats_most_popular, EVALUATION),
    ],
)
def test_where_nothing_was_learned_the_reason_is_given(tmp_path: Path, check, name: str):
    settings = settings_with(tmp_path, name, {"fitted": False, "reason": "Not enough likes."})
    result = verdict(check, settings)
    assert result.passed
    assert "Not enough likes" in (result.description or "")
