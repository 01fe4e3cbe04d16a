"""Epochs of both sides in turns, then evaluation and the baselines that take time to fit."""

from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from benchmarks.recommender.lightfm import INSTALLED, LightFMRanker
from benchmarks.recommender.tastes import THE_SEEDS, Tastes, tastes
from benchmarks.stage import Facts, Inputs, Task
from benchmarks.steps import Steps
from thingistat_pipeline.recommender.judging.measures import Scorer, evaluate
from thingistat_pipeline.recommender.likes.holdout import liked_split
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.rivals.alternating import alternating_least_squares
from thingistat_pipeline.recommender.rivals.baselines import MOST_EASE_THINGS, ease, item_neighbours

EPOCHS = 8
OPTIONS: dict[str, Any] = {"components": 64, "learning_rate": 0.05, "max_sampled": 10}
_JUDGED = 2_000
"""Users by whom the two sides are compared."""


def prepare(inputs: Inputs) -> Task:
    """Generate likes and tags, and have the kernels compiled."""
    data = tastes(THE_SEEDS.at(inputs.things), seed=inputs.seed)
    compile_kernels()
    return Task(lambda: _work(data, inputs.seed), lambda facts: facts)


def compile_kernels() -> None:
    """Learn from next to nothing, and judge it."""
    known, held_out = csr_array(np.eye(3, dtype=np.float32)), csr_array(np.eye(3, k=1))
    evaluate(Ranker(components=4, epochs=1).fit(known), known, held_out, seed=0)
    alternating_least_squares(known, seed=0)


def with_identity(tags: csr_array) -> csr_array:
    """Return each thing's own feature, then its tags."""
    return csr_array(hstack([eye_array(tags.shape[0], dtype=np.float32), tags], format="csr"))


def _work(data: Tastes, seed: int) -> Facts:
    steps = Steps()
    known, held_out = liked_split(data.likes, seed=seed)
    sample = np.random.default_rng(seed).permutation(known.shape[0])[:_JUDGED]
    judged = partial(evaluate, known=known, held_out=held_out, seed=seed)
    steps.end("split")
    races, ranker = [], Ranker(**OPTIONS, seed=seed)
    for title, features in (("without tags", None), ("with tags", with_identity(data.tags))):
        ranker = Ranker(**OPTIONS, seed=seed)
        reference = LightFMRanker(known, features, **OPTIONS, seed=seed) if INSTALLED else None
        ours_took, reference_took = [], []
        steps.end("preparations")
        for _ in range(EPOCHS):
            ranker.partial_fit(known, item_features=features)
            ours_took.append(steps.end(f"{title}, ours: {EPOCHS} epochs"))
            if reference is not None:
                reference.learn_epoch()
                reference_took.append(steps.end(f"{title}, rectools-lightfm: {EPOCHS} epochs"))
        found = {"ours": (ranker, ours_took), "reference": (reference, reference_took)}
        races.append(
            {"title": title}
            | {
                side: None if model is None else _precision(model, judged, sample, took)
                for side, (model, took) in found.items()
            }
        )
        steps.end("precision@5 of both sides on a sample")
    judged(ranker)
    steps.end("evaluation of ours, all users")
    alternating_least_squares(known, seed=seed)
    steps.end("alternating least squares, fit")
    item_neighbours(known)
    steps.end("item-item cosine, fit")
    ease(known)
    steps.end(f"EASE, fit on the {min(MOST_EASE_THINGS, known.shape[1]):,} most liked things")
    return {
        "rows": known.shape[1],
        "steps": steps.taken,
        "races": races,
        "data": described(data),
    }


def described(data: Tastes) -> str:
    """Return the extent of generated data, in words."""
    return (
        f"Generated tastes: {data.likes.shape[0]:,} users, {data.likes.shape[1]:,} things, "
        f"{data.likes.nnz:,} likes, {data.tags.shape[1]:,} tags with {data.tags.nnz:,} non-zeros."
    )


def _precision(model: Scorer, judged: Any, users: Any, took: list[float]) -> Facts:  # noqa: ANN401
    estimate = judged(model, users=users).estimates["precision_at_5"]
    return {
        "epochs": took,
        "precision": estimate.value,
        "low": estimate.value if estimate.low is None else estimate.low,
        "high": estimate.value if estimate.high is None else estimate.high,
    }
