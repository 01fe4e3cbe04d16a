"""Choosing pictures: a planted appeal is found and measured, chance stays chance."""

import numpy as np
import pytest

from thingistat_pipeline.visual.choice_fit import (
    fit_choice,
    similar_pairs,
    standard_errors,
    success,
)
from thingistat_pipeline.visual.choice_trial import choice_trial
from thingistat_pipeline.visual.picture_choice import PictureChoice, PicturedThings


def _things(
    number: int = 1_200, *, planted: float = 0.0, noise: float = 1.0, seed: int = 4
) -> PicturedThings:
    random = np.random.default_rng(seed)
    figures = random.normal(size=(number, 6))
    ages = random.uniform(30, 3_000, number)
    expected = 1.5 + 0.5 * np.log(ages)
    return PicturedThings(
        figures=figures,
        names=("contrast", *"abcde"),
        creators=random.integers(0, number // 3, number),
        categories=random.integers(-1, 8, number),
        ages=ages,
        downloads=expected + planted * figures[:, 0] + noise * random.normal(size=number),
    )


def test_success_is_what_goes_beyond_the_usual_at_that_age() -> None:
    ages = np.exp(np.linspace(1, 8, 30))
    things = PicturedThings(
        np.zeros((30, 1)),
        ("a",),
        np.arange(30),
        np.zeros(30, dtype=np.int64),
        ages,
        2.0 + 0.3 * np.log(ages) - 0.1 * np.log(ages) ** 2,
    )
    np.testing.assert_allclose(success(things, things), 0.0, atol=1e-9)


def test_pairs_share_a_creator_or_a_category_and_nearly_an_age() -> None:
    things = _things(300)
    pairs = similar_pairs(things, seed=0)
    first, second = pairs.T
    same_creator = things.creators[first] == things.creators[second]
    same_category = (things.categories[first] == things.categories[second]) & (
        things.categories[first] >= 0
    )
    older = np.maximum(things.ages[first], things.ages[second])
    younger = np.minimum(things.ages[first], things.ages[second])
    assert len(pairs) > 300
    assert (same_creator | same_category).all()
    assert (older <= 1.25 * younger).all()
    assert len({frozenset(pair) for pair in pairs.tolist()}) == len(pairs)


def test_appeal_is_the_weighted_distance_from_the_average_picture() -> None:
    choice = PictureChoice(
        np.array([1.0, 2.0]), np.array([2.0, 1.0]), np.array([3.0, -1.0]), ("a", "b")
    )
    figures = np.array([[5.0, 2.0], [1.0, 4.0]])
    assert choice.appeal(figures).tolist() == [6.0, -2.0]
    assert choice.contributions(figures).tolist() == [[6.0, 0.0], [0.0, -2.0]]


def test_the_figure_that_goes_with_success_gets_the_weight() -> None:
    choice = fit_choice(_things(planted=0.5), seed=0, strength=0.01)
    assert choice.weights[0] > 5 * np.abs(choice.weights[1:]).max()


def test_of_things_that_were_drawn_anew_the_weights_differ_as_their_standard_errors_say() -> None:
    # The other draws are the source: no formula of ours is in what is compared with.
    drawn = [fit_choice(_things(seed=seed), seed=0, strength=0.01).weights for seed in range(40)]
    told = [
        standard_errors(fit_choice(things, seed=0, strength=0.01), things, seed=0, strength=0.01)
        for things in (_things(seed=seed) for seed in range(5))
    ]
    ratio = np.mean(told, axis=0) / np.std(drawn, axis=0)
    # 40 draws tell a standard deviation to within a fifth or so; the formula errs upwards.
    assert 0.8 < ratio.mean() < 1.6
    assert ratio.min() > 0.6


def test_a_planted_weight_is_sure_and_others_are_not() -> None:
    things = _things(planted=0.5)
    choice = fit_choice(things, seed=0, strength=0.01)
    errors = standard_errors(choice, things, seed=0, strength=0.01)
    sure = np.abs(choice.weights) / errors
    assert sure[0] > 5
    assert (sure[1:] < 3.5).all()


def test_a_heavy_penalty_makes_weights_and_their_errors_small() -> None:
    things = _things(planted=0.5)
    choice = fit_choice(things, seed=0, strength=1e-9)
    assert standard_errors(choice, things, seed=0, strength=1e-9).max() < 1e-4


def test_a_planted_appeal_is_told_about_as_often_as_it_can_be() -> None:
    # The gap of two things is 0.5 z1 + e with z1 and e of variance 2; the best guess from z1 is
    # right with the chance 1/2 + arctan(0.5) / pi (a fact of the bivariate normal distribution).
    best = 0.5 + np.arctan(0.5) / np.pi
    found = choice_trial(_things(planted=0.5), seed=0, effort="quick")
    # What is learned from a sample falls a little short of the best.
    assert best - 0.05 < found["accuracy"]["value"] < best + 0.02
    assert found["accuracy"]["low"] > 0.55
    # The greatest of three standard normals is 0.846 on average; 0.5 of it carries over.
    assert found["uplift"]["low"] < 0.5 * 0.846 < found["uplift"]["high"]
    assert found["uplift"]["low"] > 0.1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pictures_that_say_nothing_are_chosen_by_chance(seed: int) -> None:
    found = choice_trial(_things(seed=seed), seed=0, effort="quick")
    assert found["accuracy"]["low"] < 0.5 < found["accuracy"]["high"]
    assert found["uplift"]["low"] < 0 < found["uplift"]["high"]


def test_a_creators_own_level_is_not_taken_for_the_pictures_doing() -> None:
    things = _things(planted=0.0, noise=0.3)
    level = np.random.default_rng(0).normal(size=things.creators.max() + 1)
    habit = np.random.default_rng(1).normal(size=(things.creators.max() + 1, 6))
    mixed = PicturedThings(
        habit[things.creators] + 0.1 * things.figures,
        things.names,
        things.creators,
        things.categories,
        things.ages,
        things.downloads + level[things.creators],
    )
    found = choice_trial(mixed, seed=0, effort="quick")
    assert found["accuracy"]["low"] < 0.5 < found["accuracy"]["high"]


@pytest.mark.parametrize("number", [0, 3, 40])
def test_too_few_things_give_a_reason_and_no_number(number: int) -> None:
    found = choice_trial(_things(number), seed=0, effort="quick")
    assert not found["judged"]
    assert "are needed" in found["reason"]
