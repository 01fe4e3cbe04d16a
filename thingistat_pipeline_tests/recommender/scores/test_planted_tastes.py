from dataclasses import replace

import numpy as np
import pytest

from thingistat_pipeline.recommender.judging.measures import PER_USER
from thingistat_pipeline.recommender.scores.cold_start import cold_start
from thingistat_pipeline_tests.recommender.scores.planted_tastes import Tastes, planted_tastes
from thingistat_pipeline_tests.recommender.scores.proofs import WARP, is_better, ranked, ranked_cold


@pytest.fixture(scope="session")
def tastes() -> Tastes:
    return planted_tastes()


def test_there_are_enough_likes_to_prove_anything_by(tastes: Tastes):
    users, things = tastes.likes.matrix.shape
    assert users > 500
    assert things > 300


def test_warp_beats_bpr_beats_most_popular(tastes: Tastes):
    found = ranked(tastes)
    assert is_better(found["warp", "bpr"])
    assert is_better(found["bpr", "most popular"])
    assert is_better(found["warp", "bpr as long"])


def test_side_information_helps_the_cold_start(tastes: Tastes):
    things, found = ranked_cold(tastes)
    assert things > 60
    for method, other in (
        ("ranker_features", "chance"),
        ("ranker_features", "feature_popularity"),
        ("content_neighbours", "chance"),
    ):
        assert is_better(found[method, other, "ndcg_at_10"])


@pytest.mark.parametrize("seed", range(2))
def test_side_information_dealt_out_to_other_things_is_not_surely_better_than_chance(
    seed: int, tastes: Tastes
):
    """What helped would be a like that leaked, or an interval that is too narrow."""
    order = np.random.default_rng(seed).permutation(len(tastes.likes.things))
    dealt = replace(tastes.side, matrix=tastes.side.matrix[order])
    found = cold_start(tastes.likes.matrix, dealt, WARP, seed=seed, effort="quick").differences
    assert len(found) == 5 * len(PER_USER)
    assert not [one for one in found if one.is_sure and one.against == "chance"]
