"""What must be true of the ranker on data whose tastes are known, or were met in life.

The losses are compared as they are usually met: with the same parameters and as many epochs; and
with twice the epochs for BPR, which takes half the time for one. What is *not* true is that no BPR
is as good as WARP: with vectors twice as long, a rate twice as high, a penalty that was searched
and six times the epochs, BPR catches up on all of these data, and is a little ahead on MovieLens.
"""

from dataclasses import replace
from functools import partial
from itertools import permutations

from thingistat_pipeline.recommender.judging.comparison import Difference, Judged, differences
from thingistat_pipeline.recommender.judging.measures import evaluate
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.rivals.baselines import most_popular
from thingistat_pipeline.recommender.scores.cold_start import cold_start
from thingistat_pipeline.recommender.search.search import RankerParameters
from thingistat_pipeline_tests.recommender.scores.planted_tastes import Tastes

WARP = RankerParameters(
    components=32,
    learning_rate=0.05,
    loss="warp",
    max_sampled=10,
    item_alpha=0.0,
    user_alpha=0.0,
    negatives="uniform",
    epochs=20,
    scale=1.0,
)
BPR = replace(WARP, loss="bpr")
MEASURE = "ndcg_at_10"


def ranked(data: Tastes) -> dict[tuple[str, str], Difference]:
    """Return by how much one method beats another on hidden likes, by the pair's names."""
    held = holdout(data.likes.matrix, seed=0)
    judge = partial(evaluate, known=held.train, held_out=held.test, seed=0)
    features = WARP.item_features(data.side)
    found = {"most popular": judge(most_popular(held.train))}
    for parameters in (WARP, BPR):
        ranker = parameters.ranker(seed=0).fit(held.train, item_features=features)
        found[parameters.loss] = judge(ranker)
    found["bpr as long"] = judge(ranker.partial_fit(held.train, epochs=BPR.epochs))
    judged = [Judged(name, {}, evaluation) for name, evaluation in found.items()]
    gains = differences(judged, permutations(found, 2), measures=[MEASURE], seed=0, effort="quick")
    return {(one.method, one.against): one for one in gains}


def ranked_cold(data: Tastes) -> tuple[int, dict[tuple[str, str, str], Difference]]:
    """Return how many things were new, and the differences by method, other and measure."""
    scores = cold_start(data.likes.matrix, data.side, WARP, seed=0, effort="quick")
    found = {(one.method, one.against, one.measure): one for one in scores.differences}
    return scores.things, found


def is_better(difference: Difference) -> bool:
    """Whether the first method is better and the interval leaves out zero."""
    return difference.low is not None and difference.low > 0
