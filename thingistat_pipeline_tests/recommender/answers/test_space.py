import json
from dataclasses import replace

import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse

from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.space import Space, content_space
from thingistat_pipeline.recommender.likes.interactions import interactions_from
from thingistat_pipeline.recommender.ranking.ranking_input import RankingError
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


def test_all_live_things_are_in_it_and_those_with_likes_are_warm(space: Space):
    assert space.things.tolist() == [*range(LIKED + UNLIKED), 900, 901, 902]
    assert space.things[space.warm].tolist() == list(range(LIKED))


def test_things_without_likes_are_the_weighted_sum_of_their_features(space: Space):
    place = {name: row for row, name in enumerate(space.feature_names)}
    thing = LIKED + 2
    own = [place[f"tag:{group_of(thing)}"], place["category:Animals"]]
    expected = PARAMETERS.scale * space.feature_vectors[own].sum(axis=0)
    assert_allclose(space.vectors[thing], expected, rtol=1e-5)
    assert_allclose(
        space.biases[thing], PARAMETERS.scale * space.feature_biases[own].sum(), rtol=1e-5
    )


def test_things_with_no_learned_feature_have_no_vector(space: Space):
    assert not space.vectors[-3:].any()
    assert space.contents.matrix[[-3]].nnz == 1


def test_it_knows_how_many_of_the_learned_things_have_each_feature(space: Space):
    uses = dict(zip(space.feature_names, space.feature_uses.tolist(), strict=True))
    assert uses == {"category:Animals": 30, **{f"tag:{name}": 15 for name in ("cat", "dog")}} | {
        "tag:robot": 15,
        "tag:vase": 15,
    }


def test_it_survives_being_written_as_arrays_and_json(space: Space):
    again = Space.from_arrays(space.as_arrays(), json.loads(json.dumps(space.meta())))
    assert again.meta() == space.meta()
    for ours, theirs in zip(space.described, again.described, strict=True):
        if issparse(ours):
            assert_array_equal(ours.toarray(), theirs.toarray())
        else:
            assert_array_equal(ours, theirs)
    for name, array in space.as_arrays().items():
        assert_array_equal(array, again.as_arrays()[name])


def test_the_same_seed_gives_the_same_space(space: Space):
    shuffled = features().sample(fraction=1.0, shuffle=True, seed=3)
    again = fit_space(likes(), shuffled, PARAMETERS, seed=1)
    for name, array in space.as_arrays().items():
        assert_array_equal(array, again.as_arrays()[name])


def test_without_a_scale_things_without_likes_have_no_vectors():
    bare = fit_space(likes(), features(), replace(PARAMETERS, scale=None), seed=1)
    assert bare.feature_names == ()
    assert not bare.vectors[~bare.warm].any()
    assert bare.vectors[bare.warm].any(axis=1).all()


def test_without_learning_there_are_things_and_what_they_are_about():
    space = content_space(features())
    assert space.vectors.shape == (LIKED + UNLIKED + 3, 0)
    assert not space.warm.any()
    assert set(space.tags.names) == {"cat", "dog", "robot", "vase", "alone"}
    assert Space.from_arrays(space.as_arrays(), space.meta()).vectors.shape == space.vectors.shape


def test_nothing_at_all_is_a_space_too():
    assert len(content_space(told()).things) == 0


def test_too_few_likes_are_refused_by_name():
    with pytest.raises(RankingError, match="1 users"):
        fit_space(interactions_from([1, 1], [3, 4]), features(), PARAMETERS, seed=1)
