from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.similar import likeness_model, similar_things
from thingistat_pipeline.recommender.answers.space import Space, content_space
from thingistat_pipeline.recommender.likes.interactions import interactions_from
from thingistat_pipeline.recommender.likes.side_information import side_information
from thingistat_pipeline.recommender.rivals.alternating import Factors
from thingistat_pipeline.recommender.rivals.baselines import (
    ItemNeighbours,
    ease,
    item_neighbours,
    most_popular,
)
from thingistat_pipeline_tests.recommender.answers.told import (
    LIKED,
    PARAMETERS,
    UNLIKED,
    features,
    group_of,
    likes,
    told,
)
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import choice, searched

LIKES = likes()


@pytest.fixture(scope="module")
def space() -> Space:
    return fit_space(LIKES, features(), PARAMETERS, seed=1)


def neighbours(found: pl.DataFrame, thing: int) -> pl.DataFrame:
    return found.filter(pl.col("thing_id") == thing)


def test_things_with_and_without_likes_have_neighbours_of_their_group(space: Space):
    found = similar_things(space, LIKES, None, 5)
    grouped = found.filter(pl.col("thing_id") < LIKED + UNLIKED)
    assert grouped["thing_id"].n_unique() == LIKED + UNLIKED
    same = [group_of(a) == group_of(b) for a, b, *_ in grouped.rows()]
    assert np.mean(same) > 0.99


def test_ranks_run_from_one_with_falling_scores_and_never_to_itself(space: Space):
    found = similar_things(space, LIKES, None, 4)
    assert found.filter(pl.col("thing_id") == pl.col("neighbour_id")).is_empty()
    for _, rows in found.group_by("thing_id"):
        assert rows["rank"].to_list() == list(range(1, len(rows) + 1))
        assert rows["score"].is_sorted(descending=True)


def test_the_basis_is_that_of_the_thing_or_neighbour_that_less_is_known_of(space: Space):
    found = similar_things(space, LIKES, None, 30)
    for thing, neighbour, _, _, basis in found.rows():
        known = 0 if max(thing, neighbour) < LIKED else 1 if max(thing, neighbour) < 900 else 2
        assert basis == ("both", "features", "content")[known]


def test_things_known_by_an_unlearned_category_are_alike_by_content(space: Space):
    found = similar_things(space, LIKES, None)
    assert neighbours(found, 900).rows() == [(900, 901, 1, 1.0, "content")]


def test_a_thing_of_which_nothing_is_known_has_no_rows(space: Space):
    assert neighbours(similar_things(space, LIKES, None), 902).is_empty()


def test_likes_decide_by_the_weights_of_ease_where_it_won(space: Space):
    model = ease(LIKES.matrix, penalty=20.0)
    found = neighbours(similar_things(space, LIKES, model, 3), 7)
    weights = model.weights[7]
    best = np.argsort(-weights, kind="stable")[:3]
    assert found["neighbour_id"].to_list() == best.tolist()
    assert found["score"].to_list() == pytest.approx(weights[best].tolist())
    assert found["basis"].unique().to_list() == ["likes"]


def test_things_that_ease_has_no_weights_for_are_known_by_the_space(space: Space):
    model = ease(LIKES.matrix, penalty=20.0, most_things=30)
    found = similar_things(space, LIKES, model, 3)
    left_out = sorted(set(range(LIKED)) - set(model.things.tolist()))
    assert neighbours(found, left_out[0]).height == 3
    learned = found.filter(pl.col("thing_id").is_in(model.things.tolist()))
    assert set(learned["neighbour_id"]) <= set(model.things.tolist())


def test_likes_decide_by_the_cosines_of_likers_where_neighbours_won(space: Space):
    model = item_neighbours(LIKES.matrix)
    found = neighbours(similar_things(space, LIKES, model, 3), 7)
    dense = LIKES.matrix.toarray()
    lengths = np.linalg.norm(dense, axis=0)
    cosines = dense[:, 7] @ dense / (lengths[7] * lengths)
    cosines[7] = -1
    best = np.argsort(-cosines.round(6), kind="stable")[:3]
    assert found["score"].to_list() == pytest.approx(cosines[best].tolist(), rel=1e-5)


def test_likes_decide_by_the_cosine_of_vectors_where_a_factorisation_won(space: Space):
    vectors = np.random.default_rng(0).standard_normal((LIKED, 3)).astype(np.float32)
    found = similar_things(space, LIKES, Factors(vectors, vectors), 1)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -1)
    expected = dict(enumerate(cosines.argmax(axis=1).tolist()))
    liked = found.filter(pl.col("basis") == "likes")
    assert dict(liked.select("thing_id", "neighbour_id").rows()) == expected


def test_the_method_that_was_chosen_for_likeness_decides_and_not_the_winner(space: Space):
    side = side_information(features(), LIKES.things)
    told_by = choice("most_popular")
    model = likeness_model(told_by, LIKES, side, seed=0)
    assert isinstance(model, ItemNeighbours)
    shrunk = item_neighbours(LIKES.matrix, shrink=20.0)
    assert_array_equal(model.similarity.toarray(), shrunk.similarity.toarray())
    found = similar_things(space, LIKES, model)
    assert set(found.filter(pl.col("thing_id") < LIKED)["basis"]) == {"likes"}
    nobody_chose = replace(told_by, winner="ease", likeness=None)
    assert likeness_model(nobody_chose, LIKES, side, seed=0) is None


def test_likeness_by_the_ranker_with_side_information_is_that_of_its_vectors_alone(space: Space):
    side = side_information(features(), LIKES.things)
    told_by = choice(with_side=searched(PARAMETERS))
    model = likeness_model(replace(told_by, likeness="ranker_with_side"), LIKES, side, seed=1)
    found = neighbours(similar_things(space, LIKES, model, 3), 7)
    vectors = space.vectors[space.warm].astype(np.float64)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units[7]
    cosines[7] = -1
    assert found["neighbour_id"].to_list() == np.argsort(-cosines)[:3].tolist()
    assert found["score"].to_list() == pytest.approx(np.sort(cosines)[::-1][:3].tolist(), abs=1e-5)
    assert set(found["basis"]) == {"likes"}


def test_popularity_is_refused_as_a_measure_of_likeness(space: Space):
    with pytest.raises(ValueError, match="MostPopular"):
        similar_things(space, LIKES, most_popular(LIKES.matrix))


def test_without_any_learning_content_decides():
    nobody = interactions_from([], [])
    found = similar_things(content_space(features()), nobody, None, 2)
    assert found["basis"].unique().to_list() == ["content"]
    assert set(found["thing_id"]) == {*range(LIKED + UNLIKED), 900, 901}
    assert similar_things(content_space(told()), nobody, None).is_empty()
