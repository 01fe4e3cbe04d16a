"""Checks of what was learned from likes, before anything that rests on it is published."""

import dagster as dg
from dagster import AssetCheckSeverity

from thingistat_pipeline.orchestration.assets.recommendations import ranking_evaluation
from thingistat_pipeline.orchestration.assets.recommender import ranking_model
from thingistat_pipeline.orchestration.checks import verdict
from thingistat_pipeline.recommender.model_names import EVALUATION, RANKING
from thingistat_pipeline.recommender.ranking_model import (
    ARRAYS,
    SPLIT,
    held_likes,
    likes_digest,
)
from thingistat_pipeline.recommender.store import load_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import ModelRefusedError, read_metrics

HEADLINE = "ndcg_at_10"


@dg.asset_check(asset=ranking_model, blocking=True)
def no_test_like_in_training(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """The ranker was fitted on the training likes and no others, and none of them is held out."""
    model = load_version(settings.models_dir, RANKING)
    if not model.metrics["fitted"]:
        return _not_fitted(model.metrics["reason"])
    likes = model.frame(SPLIT)
    repeated = likes.height - likes.select("liker", "thing_id").unique().height
    problems = [f"{repeated} likes stand in it more than once"] if repeated else []
    counted = dict(likes.group_by("part").len().iter_rows())
    if counted != {part: number for part, number in model.metrics["likes"].items() if number}:
        problems.append("its parts are not of the sizes that the model was fitted and judged with")
    if likes_digest(held_likes(likes)[1].train) != model.metrics.get("learned_from"):
        problems.append("the ranker was fitted on other likes than those for training")
    return verdict(
        problems, "train again; this is a bug in recommender/likes/holdout.py or ranking_model.py"
    )


@dg.asset_check(asset=ranking_model, blocking=True)
def ranking_vectors_are_finite(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Every vector and bias of users, things and features is a finite number."""
    remedy = "train again, with other likes or fewer of the parameters' extremes"
    try:
        model = load_version(settings.models_dir, RANKING)
    except ModelRefusedError as problem:
        return verdict([str(problem)], remedy)
    if not model.metrics["fitted"]:
        return _not_fitted(model.metrics["reason"])
    missing = [name for name in ARRAYS if name not in model.arrays]
    return verdict([f"there are no {name.replace('_', ' ')}" for name in missing], remedy)


@dg.asset_check(asset=ranking_evaluation)
def recommender_beats_most_popular(
    settings: dg.ResourceParam[Settings],
) -> dg.AssetCheckResult:
    """The method that recommends, ranker or not, finds more hidden likes than popularity does."""
    metrics = read_metrics(settings.models_dir, EVALUATION)
    if not metrics["fitted"]:
        return _not_fitted(metrics["reason"])
    scores = metrics["scores"]
    found = [
        difference
        for difference in scores["differences"]
        if (difference["method"], difference["against"], difference["measure"])
        == (scores["winner"], "most_popular", HEADLINE)
    ]
    if not found:
        return dg.AssetCheckResult(
            passed=False,
            severity=AssetCheckSeverity.WARN,
            description=f"The order by popularity recommends itself. {scores['winner_reason']}",
        )
    value, low, high = (found[0][end] for end in ("value", "low", "high"))
    return dg.AssetCheckResult(
        passed=low is not None and low > 0,
        severity=AssetCheckSeverity.WARN,
        description=(
            f"NDCG at 10 of {scores['winner']} minus that of the order by popularity: "
            f"{value:.3f}, 95 % interval {low:.3f} to {high:.3f}."
            if low is not None
            else "The difference has no interval: too few users have hidden likes."
        ),
    )


def _not_fitted(reason: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, description=f"Not applicable. {reason}")
