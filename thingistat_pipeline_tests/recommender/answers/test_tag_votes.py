import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.likeness import Likeness
from thingistat_pipeline.recommender.answers.space import Space, content_space
from thingistat_pipeline.recommender.answers.tag_votes import (
    METHODS,
    VOTERS,
    Method,
    TagVotes,
    suggested_tags,
)
from thingistat_pipeline_tests.recommender.answers.told import (
    LIKED,
    PARAMETERS,
    features,
    likes,
    told,
)


def votes_for(space: Space, thing: int, method: str) -> dict[str, float]:
    row = np.searchsorted(space.things, [thing])
    asked = type(space.described)(*(matrix[row] for matrix in space.described))
    found = TagVotes(space).best(asked, 10, method=method, themselves=row)  # type: ignore[arg-type]
    there = found.positions[0] >= 0
    names = [space.tags.names[tag] for tag in found.positions[0][there]]
    return dict(zip(names, found.scores[0][there].tolist(), strict=True))


CATS = told(
    *((thing, "tag", tag) for thing in (1, 2, 3) for tag in ("cat", "pet")),
    (4, "tag", "cat"),
    (5, "tag", "gear"),
    (6, "tag", "gear"),
    (6, "tag", "pet"),
)


def test_the_nearest_by_content_vote_with_their_cosines():
    # By hand: 4 bears cat alone, and 1, 2, 3 are alike to it by c = cos(cat; cat, pet) each: all
    # of the vote is theirs, and all of them bear pet.
    assert votes_for(content_space(CATS), 4, "content_vote") == {"pet": pytest.approx(1.0)}
    # 6 bears gear and pet: 5 votes with its cosine and bears nothing else, 1 to 3 bear cat.
    space = content_space(CATS)
    likeness = (space.contents.matrix @ space.contents.matrix.T).toarray()[5]
    share = likeness[:3].sum() / (likeness[:3].sum() + likeness[4])
    assert votes_for(space, 6, "content_vote") == {"cat": pytest.approx(share, rel=1e-4)}


def test_both_votes_are_those_of_content_where_nothing_was_learned():
    space = content_space(CATS)
    assert votes_for(space, 6, "both_votes") == votes_for(space, 6, "content_vote")
    assert votes_for(space, 6, "neighbours_vote") == {}


def test_both_votes_are_the_mean_of_the_two_where_both_know_something():
    space = fit_space(likes(), features(), PARAMETERS, seed=1)
    learned, about, both = (
        votes_for(space, 3, method) for method in ("neighbours_vote", "content_vote", "both_votes")
    )
    assert both == pytest.approx(
        {
            tag: (learned.get(tag, 0) + about.get(tag, 0)) / 2
            for tag in {*learned, *about}
            if learned.get(tag, 0) + about.get(tag, 0) > 0
        },
        rel=1e-4,
    )


@pytest.mark.parametrize("method", METHODS)
def test_what_the_site_sets_itself_is_not_suggested_by_any_way(method):
    rows = [(thing, "tag", "customized") for thing in range(LIKED) if thing % 2]
    space = fit_space(likes(), pl.concat([features(), told(*rows)]), PARAMETERS, seed=1)
    assert "customized" in space.tags.names
    found = suggested_tags(space, method=method)
    assert not found.is_empty() or method == "co_occurrence"
    assert "customized" not in found["tag"].to_list()


def test_a_thing_that_bears_nothing_but_what_the_site_sets_does_not_vote():
    things = [*range(10, 10 + VOTERS), 99]
    alike = [(thing, "word", "mug") for thing in things]
    customized = [(thing, "tag", "customized") for thing in things if thing != 99]
    space = content_space(told(*alike, *customized, (99, "tag", "cup"), (100, "tag", "cup")))
    assert votes_for(space, 10, "content_vote") == {"cup": pytest.approx(1.0)}


def test_tags_that_go_together_are_scored_by_the_cosine_of_their_things():
    # pet is on 1, 2, 3, 6; cat on 1 to 4: three in common, of four and four.
    assert votes_for(content_space(CATS), 4, "co_occurrence") == {"pet": pytest.approx(3 / 4)}


def test_the_commonest_come_first_and_those_borne_are_left_out():
    assert votes_for(content_space(CATS), 5, "frequency") == {"cat": 4, "pet": 4}


def test_the_seeds_way_is_the_cosine_with_the_learned_vector_of_the_tag():
    space = fit_space(likes(), features(), PARAMETERS, seed=1)
    found = votes_for(space, 3, "cosine")
    tag = space.feature_names.index("tag:cat")
    own, other = space.vectors[3], space.feature_vectors[tag]
    cosine = own @ other / np.linalg.norm(own) / np.linalg.norm(other)
    assert found.get("cat", 0.0) == pytest.approx(max(cosine, 0.0), rel=1e-4)
    assert "vase" not in found


@pytest.mark.parametrize("method", METHODS)
def test_no_thing_is_offered_a_tag_that_it_bears_in_any_spelling(method):
    rows = [(thing, "tag", "cat_toys" if thing % 2 else "Cat Toy") for thing in range(6)]
    rows += [(thing, "tag", "pet") for thing in range(0, 6, 2)]
    found = suggested_tags(content_space(told(*rows)), method=method)
    assert set(found["tag"]) <= {"pet"}
    assert not set(found["thing_id"]) & {0, 2, 4}


def test_no_thing_votes_for_its_own_tags_when_they_are_hidden_from_what_it_bears():
    space = content_space(told((1, "tag", "a"), (1, "tag", "b"), (2, "tag", "a"), (3, "tag", "b")))
    assert votes_for(space, 2, "content_vote") == {"b": pytest.approx(1.0)}
    assert votes_for(space, 1, "content_vote") == {}


def test_suggestions_say_how_many_live_things_bear_the_tag():
    found = suggested_tags(content_space(CATS))
    uses = dict(found.select("tag", "things").unique().rows())
    assert uses == {"pet": 4, "cat": 4, "gear": 2}
    for _, rows in found.group_by("thing_id"):
        assert rows["rank"].to_list() == list(range(1, len(rows) + 1))
        assert rows["score"].is_sorted(descending=True)


def test_a_thing_known_by_likes_and_features_gets_tags_of_its_neighbours():
    rows = features().filter(~((features()["thing_id"] == 3) & (features()["kind"] == "tag")))
    space = fit_space(likes(), rows, PARAMETERS, seed=1)
    assert suggested_tags(space).filter(thing_id=3, rank=1)["tag"].to_list() == ["vase"]


def test_nothing_told_suggests_nothing():
    assert suggested_tags(content_space(told())).is_empty()
    assert suggested_tags(content_space(told((1, "tag", "alone")))).is_empty()


@pytest.mark.parametrize("method", METHODS)
def test_votes_are_the_same_by_a_likeness_of_all_things_though_some_have_no_vote(method: Method):
    space = fit_space(likes(), features(), PARAMETERS, seed=1)
    asked, every = space.described, np.arange(len(space.things))
    assert (np.diff(space.tags.bearing.indptr) == 0).any()
    by_voters, by_all = (
        votes.best(asked, 10, method=method, themselves=every)
        for votes in (TagVotes(space), TagVotes(space, Likeness(asked)))
    )
    np.testing.assert_array_equal(by_all.positions, by_voters.positions)
    np.testing.assert_array_equal(by_all.scores, by_voters.scores)
