"""Both searches, the second warm-started from the first."""

from benchmarks.recommender.ours import compile_kernels, described
from benchmarks.recommender.tastes import THE_SEEDS, Tastes, tastes
from benchmarks.stage import Facts, Inputs, Task
from benchmarks.steps import Steps
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.search.search import RankerSearch, search_ranker


def prepare(inputs: Inputs) -> Task:
    """Generate likes and tags, and have the kernels compiled."""
    data = tastes(THE_SEEDS.at(inputs.things), seed=inputs.seed)
    compile_kernels()
    return Task(lambda: _work(data, inputs.seed), lambda facts: facts)


def _work(data: Tastes, seed: int) -> Facts:
    steps, held = Steps(), holdout(data.likes, seed=seed)
    names = tuple(f"tag:{number}" for number in range(data.tags.shape[1]))
    side = SideInformation(data.tags, names, {"tag": slice(0, len(names))}, "divided")
    steps.end("split")
    without = search_ranker(held.fit, held.validation, None, seed=seed, effort="full")
    steps.end("search without side information")
    with_side = search_ranker(
        held.fit, held.validation, side, seed=seed, effort="full", warm_start=without
    )
    steps.end("search with side information")
    return {
        "rows": data.likes.shape[1],
        "steps": steps.taken,
        "data": described(data),
        "found": [
            _found("Without side information", without),
            _found("With side information", with_side),
        ],
    }


def _found(title: str, search: RankerSearch) -> str:
    found = search.as_dict()
    states = [trial["state"] for trial in found["trials"]]
    best = max((trial["value"] or 0.0 for trial in found["trials"]), default=0.0)
    return (
        f"{title}: {len(states)} trials, {states.count('pruned')} of them pruned and "
        f"{states.count('failed')} failed, on {found['likes']:,} likes of {found['users']:,} "
        f"users; NDCG@10 of the best {best:.4f} on {found['validation_users']:,} validation users."
    )
