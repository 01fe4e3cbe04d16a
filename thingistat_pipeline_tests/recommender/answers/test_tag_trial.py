import json

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.recommender.answers.tag_trial import FEWEST_TAGS, TagTrial, tag_trial
from thingistat_pipeline.recommender.answers.tag_votes import METHODS
from thingistat_pipeline.recommender.likes.interactions import interactions_from
from thingistat_pipeline_tests.recommender.answers.told import PARAMETERS, told

THINGS = 240
NOBODY = interactions_from([], [])


def grouped(*, tags: int = 6, random: bool = False) -> pl.DataFrame:
    """Return things of eight groups, each with tags of the ten of its group and a title's word."""
    rng = np.random.default_rng(0)
    rows: list[tuple[int, str, str]] = []
    for thing in range(THINGS):
        group = rng.integers(8) if random else thing % 8
        rows += [(thing, "tag", f"g{group}t{tag}x") for tag in rng.permutation(10)[:tags]]
        rows.append((thing, "word", f"word{thing % 8}x"))
    return told(*rows)


def tried(features: pl.DataFrame, interactions=NOBODY) -> TagTrial:
    return tag_trial(interactions, features, PARAMETERS, seed=1, effort="quick")


@pytest.fixture(scope="module")
def trial() -> TagTrial:
    rng = np.random.default_rng(1)
    users, things = np.nonzero(
        (np.arange(80)[:, None] % 8 == np.arange(THINGS) % 8) & (rng.random((80, THINGS)) < 0.5)
    )
    return tried(grouped(), interactions_from(users, things))


def recalls(methods) -> dict[str, float]:
    return {score.method: score.recall_at_10.value for score in methods}


def test_votes_find_all_hidden_tags_where_groups_share_ten_and_chance_finds_an_eighth(trial):
    # A thing bears five of its group's ten tags once one is hidden, so that all five others fit
    # into a list of ten; the list of the commonest holds ten of eighty, all alike.
    found = recalls(trial.hunt.methods)
    assert {found[vote] for vote in ("both_votes", "neighbours_vote", "content_vote")} == {1.0}
    assert found["frequency"] < 0.4
    assert trial.offered == "both_votes"


def test_drafts_are_known_by_their_titles_alone(trial):
    found = recalls(trial.drafts.methods)
    assert found["content_vote"] == 1.0
    assert found["co_occurrence"] == 0.0
    assert trial.drafts.hidden == 6 * trial.drafts.things


def test_other_things_choose_than_judge(trial):
    assert trial.choosers + trial.hunt.things + trial.drafts.things == THINGS
    assert abs(trial.choosers - trial.hunt.things) <= 1
    assert trial.drafts.things == THINGS // 5
    assert trial.hunt.hidden == trial.hunt.findable == trial.hunt.things


def test_every_figure_has_an_interval_and_differences_are_those_of_the_figures(trial):
    found = recalls(trial.hunt.methods)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert set(trial.hunt.differences) == set(METHODS) - {trial.offered}
    for other, gain in trial.hunt.differences.items():
        assert gain.value == pytest.approx(found[trial.offered] - found[other])
        assert gain.low <= gain.value <= gain.high
    for score in (*trial.hunt.methods, *trial.drafts.methods):
        assert score.recall_at_10.low <= score.recall_at_10.value <= score.recall_at_10.high


def test_it_is_told_as_json(trial):
    written = trial.as_dict()
    assert json.loads(json.dumps(written)) == written
    assert {"things", "hidden", "methods", "offered", "drafts", "cautions"} <= set(written)
    assert {"method", "recall_at_10", "low", "high", "hit_at_10"} <= set(written["methods"][0])


def test_the_same_seed_hides_and_finds_the_same_whatever_the_order_of_the_rows():
    features = grouped()
    again = features.sample(fraction=1.0, shuffle=True, seed=5)
    assert tried(features).as_dict() == tried(again).as_dict()


def test_without_likes_content_still_finds_tags_and_vectors_find_none():
    found = recalls(tried(grouped()).hunt.methods)
    assert found["content_vote"] == found["both_votes"] == 1.0
    assert found["neighbours_vote"] == found["cosine"] == 0.0


def test_of_tags_that_nobody_else_bears_none_can_be_found():
    own = told(*((thing, "tag", f"t{thing}n{tag}x") for thing in range(40) for tag in range(5)))
    trial = tried(own)
    assert (trial.hunt.hidden, trial.hunt.findable) == (16, 0)
    assert set(recalls(trial.hunt.methods).values()) == {0.0}
    assert trial.offered == METHODS[0]


def test_spellings_of_one_tag_are_hidden_together():
    rows = [
        (thing, "tag", tag)
        for thing in range(50)
        for tag in ("cat_toy", "CatToys", "cat-toy", "cattoy", "CAT toy")
    ]
    assert tried(told(*rows)).hunt.things == 0


@pytest.mark.parametrize("features", [told(), grouped(tags=FEWEST_TAGS - 1)])
def test_without_things_with_enough_tags_there_are_no_figures(features):
    trial = tried(features)
    assert (trial.hunt.things, trial.drafts.things, trial.choosers) == (0, 0, 0)
    assert set(recalls(trial.hunt.methods).values()) == {None}
    assert trial.offered == "both_votes"
