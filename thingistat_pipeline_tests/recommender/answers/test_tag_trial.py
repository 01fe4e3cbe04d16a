import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.recommender.answers import tag_trial as module
from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.tag_trial import FEWEST_TAGS, TagTrial, tag_trial
from thingistat_pipeline.recommender.answers.tag_votes import METHODS
from thingistat_pipeline.recommender.likes.interactions import Interactions, interactions_from
from thingistat_pipeline_tests.recommender.answers.told import PARAMETERS, told

THINGS = 240
NOBODY = interactions_from([], [])


def grouped(*, things: int = THINGS, tags: int = 6, told_by: str = "word") -> pl.DataFrame:
    """Return things of eight groups, each with tags of the ten of its group.

    All have a title, a category, a creator and a licence; one of these is that of the group.
    """
    rng = np.random.default_rng(0)
    rows: list[tuple[int, str, str]] = []
    for thing in range(things):
        rows += [(thing, "tag", f"g{thing % 8}t{tag}x") for tag in rng.permutation(10)[:tags]]
        for kind in ("word", "category", "creator", "license"):
            rows.append((thing, kind, f"{kind}{thing % 8 if kind == told_by else 'same'}"))
    return told(*rows)


def tried(features: pl.DataFrame, interactions=NOBODY, **changes: Any) -> TagTrial:
    return tag_trial(interactions, features, PARAMETERS, seed=1, effort="quick", **changes)


def likes() -> Interactions:
    """Return the likes of users of eight groups, who each like half of the things of theirs."""
    rng = np.random.default_rng(1)
    users, things = np.nonzero(
        (np.arange(80)[:, None] % 8 == np.arange(THINGS) % 8) & (rng.random((80, THINGS)) < 0.5)
    )
    return interactions_from(users, things)


@pytest.fixture(scope="module")
def trial() -> TagTrial:
    return tried(grouped(), likes())


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


@pytest.mark.parametrize("told_by", ["creator", "license", "likes alone"])
def test_what_only_a_published_thing_has_is_not_told_of_drafts(told_by):
    # Of all words and categories there is but one, so that a draft is as much like any thing as
    # like any other: who knew its creator, its licence or its likes would find all of its tags.
    found = tried(grouped(told_by=told_by), likes())
    assert recalls(found.hunt.methods)["neighbours_vote"] > 0.9
    for vote in ("both_votes", "neighbours_vote", "content_vote"):
        assert recalls(found.drafts.methods)[vote] < 0.4


def test_of_two_categories_a_draft_tells_the_narrower():
    broad = told(*((thing, "category", f"a{thing % 2}") for thing in range(THINGS)))
    found = tried(pl.concat([grouped(told_by="category"), broad]))
    assert recalls(found.drafts.methods)["content_vote"] == 1.0


def test_nothing_is_learned_from_things_that_stand_in_for_drafts(monkeypatch):
    asked = []

    def recording(interactions, features, *rest, **more):
        asked.append((set(interactions.things.tolist()), set(features["thing_id"])))
        return fit_space(interactions, features, *rest, **more)

    monkeypatch.setattr(module, "fit_space", recording)
    found = tried(grouped(), likes())
    (_, published), (liked, known) = asked
    assert len(published - known) == found.drafts.things
    assert liked <= known


def test_those_that_choose_do_not_judge(monkeypatch):
    chose = []

    def recording(chosen, *rest):
        chose.append(len(chosen.shares))
        return METHODS[0]

    monkeypatch.setattr(module, "_offered", recording)
    # Of 243 things, 48 stand in for drafts; of the other 195, half chooses, rounded down.
    found = tried(grouped(things=243))
    assert (chose, found.choosers, found.hunt.things) == ([97], 97, 98)


def test_tags_on_too_few_things_are_not_learned():
    assert recalls(tried(grouped(), likes(), least={"tag": 1_000}).hunt.methods)["cosine"] == 0.0
    assert recalls(tried(grouped(), likes()).hunt.methods)["cosine"] > 0.0


def test_tags_that_the_site_sets_are_not_hidden():
    customized = told(*((thing, "tag", "Customized") for thing in range(THINGS)))
    found = tried(pl.concat([grouped(tags=FEWEST_TAGS - 1), customized]))
    assert found.hunt.things == 0


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
    assert written["drafts"]["offered"] == written["offered"]
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
