import numpy as np
import pytest
from numpy.testing import assert_array_equal

from thingistat_pipeline.recommender.judging.measures import evaluate
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.rivals.alternating import alternating_least_squares
from thingistat_pipeline.recommender.rivals.baselines import ease
from thingistat_pipeline.recommender.rivals.contenders import CONTENDERS, Contender, tuned


@pytest.fixture(scope="module")
def parts():
    """Likes of eighty users, each of whom likes most of one of four groups of ten things."""
    draw = np.random.default_rng(0).random((80, 40))
    own = np.arange(80)[:, None] % 4 == np.arange(40) // 10
    users, things = np.nonzero(draw < np.where(own, 0.7, 0.05))
    return holdout(like_matrix(users, things, (80, 40)), seed=0)


@pytest.mark.parametrize("name", CONTENDERS)
def test_the_settings_chosen_are_those_that_do_best_on_the_validation(name: str, parts):
    chosen, its_value = tuned(name, parts.fit, parts.validation, seed=0)
    found = {}
    for settings in CONTENDERS[name]:
        model = Contender(name, settings).fitted(parts.fit, seed=0)
        scores = evaluate(model, parts.fit, parts.validation, seed=0)
        value = scores.estimates["ndcg_at_10"].value
        assert value is not None
        found[str(settings)] = value
    assert found[str(chosen.settings)] == max(found.values())
    assert its_value == pytest.approx(max(found.values()), rel=1e-12)


def test_a_contender_is_the_model_fitted_with_its_settings(parts):
    users = np.arange(80)
    assert_array_equal(
        Contender("ease", {"penalty": 7.0}).fitted(parts.train, seed=0).scores(users),
        ease(parts.train, penalty=7.0).scores(users),
    )
    assert_array_equal(
        Contender("least_squares", {"components": 3}).fitted(parts.train, seed=5).scores(users),
        alternating_least_squares(parts.train, components=3, seed=5).scores(users),
    )


def test_without_validation_likes_the_first_settings_are_taken(parts):
    nothing = like_matrix([], [], parts.fit.shape)
    chosen, value = tuned("ease", parts.fit, nothing, seed=0)
    assert (chosen.settings, value) == (CONTENDERS["ease"][0], None)


def test_a_contender_can_be_chosen_by_some_users_only(parts):
    users = np.arange(0, 80, 3)
    chosen, value = tuned("item_neighbours", parts.fit, parts.validation, seed=0, users=users)
    judged = evaluate(
        chosen.fitted(parts.fit, seed=0), parts.fit, parts.validation, seed=0, users=users
    )
    assert value == pytest.approx(judged.estimates["ndcg_at_10"].value, rel=1e-12)
