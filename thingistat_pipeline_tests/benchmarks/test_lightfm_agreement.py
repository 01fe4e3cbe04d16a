"""The ranker beside LightFM (rectools-lightfm), where that is installed: it needs a compiler, and
nothing of ours depends on it."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from benchmarks.recommender.lightfm import INSTALLED, LightFMRanker
from benchmarks.recommender.ours import with_identity
from benchmarks.recommender.tastes import THE_SEEDS, tastes
from thingistat_pipeline.recommender.judging.measures import Scorer, evaluate
from thingistat_pipeline.recommender.likes.holdout import liked_split
from thingistat_pipeline.recommender.ranking.ranker import Ranker

pytestmark = pytest.mark.skipif(
    not INSTALLED,
    reason="rectools-lightfm is not installed: it is the reference here, and no dependency",
)
SEEDS = range(5)
EPOCHS = 10
OPTIONS = {"components": 16, "learning_rate": 0.05, "max_sampled": 10}


def precision(model: Scorer, known: csr_array, held_out: csr_array) -> float:
    found = evaluate(model, known, held_out, seed=0).estimates["precision_at_5"].value
    assert found is not None
    return found


@pytest.mark.parametrize("with_tags", [False, True], ids=["likes alone", "with tags"])
def test_precision_at_5_is_that_of_lightfm_within_the_noise_of_seeds(with_tags: bool) -> None:
    made = tastes(THE_SEEDS.at(1_500), seed=11)
    known, held_out = liked_split(made.likes, seed=0)
    features = with_identity(made.tags) if with_tags else None
    ours, theirs = [], []
    for seed in SEEDS:
        ranker = Ranker(**OPTIONS, epochs=EPOCHS, seed=seed)  # type: ignore[arg-type]
        ours.append(precision(ranker.fit(known, item_features=features), known, held_out))
        reference = LightFMRanker(known, features, **OPTIONS, seed=seed)  # type: ignore[arg-type]
        for _ in range(EPOCHS):
            reference.learn_epoch()
        theirs.append(precision(reference, known, held_out))
    noise = np.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / len(SEEDS))
    print(f"\nours {ours}\nLightFM {theirs}\nstandard error of the difference {noise}")
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * noise
    liked = np.bincount(known.indices, minlength=known.shape[1])
    assert np.mean(ours) > 1.2 * precision(Popular(liked), known, held_out)


class Popular:
    def __init__(self, counts: np.ndarray) -> None:
        self._counts = counts.astype(np.float32)

    def scores(self, users: np.ndarray) -> np.ndarray:
        return np.tile(self._counts, (len(users), 1))
