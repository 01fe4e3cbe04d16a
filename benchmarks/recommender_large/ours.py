"""Epochs, an evaluation on a sample of users, and the space with its tables."""

from dataclasses import replace

import numpy as np
import polars as pl

from benchmarks.recommender.ours import OPTIONS, compile_kernels, described, with_identity
from benchmarks.recommender.tastes import LARGE, Tastes, tastes
from benchmarks.stage import Facts, Inputs, Task
from benchmarks.steps import Steps
from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.tag_order import tag_neighbours, tag_things
from thingistat_pipeline.recommender.judging.measures import evaluate
from thingistat_pipeline.recommender.likes.holdout import liked_split
from thingistat_pipeline.recommender.likes.interactions import Interactions
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.search.search import FIRST

EPOCHS = 2
_JUDGED = 2_000


def prepare(inputs: Inputs) -> Task:
    """Generate likes and tags, and have the kernels compiled."""
    data = tastes(LARGE.at(inputs.things), seed=inputs.seed)
    compile_kernels()
    return Task(lambda: _work(data, inputs.seed), lambda facts: facts)


def _work(data: Tastes, seed: int) -> Facts:
    steps = Steps()
    known, held_out = liked_split(data.likes, seed=seed)
    steps.end("split")
    ranker = Ranker(**OPTIONS, seed=seed, epochs=EPOCHS)
    ranker.fit(known, item_features=with_identity(data.tags))
    steps.end(f"{EPOCHS} epochs with tags")
    sample = np.random.default_rng(seed).permutation(known.shape[0])[:_JUDGED]
    evaluate(ranker, known, held_out, seed=seed, users=sample)
    steps.end(f"evaluation on {len(sample):,} users")
    del ranker, known, held_out
    users, things = data.likes.shape
    ids = np.arange(1, things + 1)
    interactions = Interactions(
        data.likes, np.arange(users), ids, truncated=np.zeros(things, np.bool_)
    )
    parameters = replace(FIRST[0], components=OPTIONS["components"], epochs=EPOCHS, scale=1.0)
    space = fit_space(interactions, _features(data), parameters, seed=seed)
    steps.end(f"space of all things, {EPOCHS} epochs")
    tag_things(space)
    tag_neighbours(space)
    steps.end("tables of tags")
    return {"rows": things, "steps": steps.taken, "data": described(data)}


def _features(data: Tastes) -> pl.DataFrame:
    tagged = data.tags.tocoo()
    return pl.DataFrame(
        {
            "thing_id": tagged.coords[0].astype(np.int64) + 1,
            "kind": "tag",
            "feature": pl.Series(tagged.coords[1]).cast(pl.String),
        }
    )
