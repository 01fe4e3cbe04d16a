import numpy as np
import pytest
from numpy.testing import assert_allclose

from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.space import Space, content_space
from thingistat_pipeline.recommender.answers.tag_order import tag_neighbours, tag_things
from thingistat_pipeline_tests.recommender.answers.told import (
    LIKED,
    PARAMETERS,
    UNLIKED,
    features,
    group_of,
    likes,
    told,
)


@pytest.fixture(scope="module")
def space() -> Space:
    return fit_space(likes(), features(), PARAMETERS, seed=1)


def test_the_things_closest_to_a_tag_bear_it_where_likes_and_tags_agree(space: Space):
    found = tag_things(space, n=20)
    assert set(found["tag"]) == {"cat", "dog", "robot", "vase"}
    assert [group_of(thing) for thing in found["thing_id"]] == found["tag"].to_list()
    assert found["rank"].to_list() == [*range(1, 21)] * 4


def test_closeness_is_the_cosine_to_the_mean_of_the_bearers_in_both_descriptions(space: Space):
    found = tag_things(space, n=1000).filter(tag="cat")
    bearers = [thing for thing in range(LIKED + UNLIKED) if group_of(thing) == "cat"]
    units = space.vectors / np.maximum(np.linalg.norm(space.vectors, axis=1, keepdims=True), 1e-9)
    contents = space.contents.matrix.toarray()
    expected = np.zeros(len(space.things))
    for rows in (units, contents):
        mean = rows[bearers].mean(axis=0)
        expected += rows @ (mean / np.linalg.norm(mean))
    places = np.searchsorted(space.things, found["thing_id"])
    assert_allclose(found["score"], expected[places], atol=2e-5)
    assert len(found) == (expected > 1e-4).sum()


def test_a_tag_of_too_few_things_has_no_order():
    features = told(*((thing, "tag", "rare") for thing in range(4)), (9, "tag", "other"))
    assert tag_things(content_space(features)).is_empty()
    assert tag_things(content_space(features), least=4)["thing_id"].to_list() == [0, 1, 2, 3]


def test_tags_of_the_same_things_are_neighbours_and_no_tag_is_its_own():
    rows = [(thing, "tag", tag) for thing in range(6) for tag in ("cat", "kitten")]
    rows += [(thing, "tag", tag) for thing in range(6, 12) for tag in ("gear", "cog")]
    found = tag_neighbours(content_space(told(*rows)), n=3)
    assert found.select("tag", "neighbour", "rank").rows() == [
        ("cat", "kitten", 1),
        ("cog", "gear", 1),
        ("gear", "cog", 1),
        ("kitten", "cat", 1),
    ]
    assert found["score"].to_list() == pytest.approx([1.0] * 4)


def test_nothing_told_has_no_order():
    space = content_space(told())
    assert tag_things(space).is_empty()
    assert tag_neighbours(space).is_empty()
