"""Learning which of two pictures does better, from pairs of similar things."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from thingistat_pipeline.visual.picture_choice import (
    Floats,
    PictureChoice,
    PicturedThings,
    Positions,
)

_PARTNERS = 4
_NEAR_IN_AGE = 1.25  # times as old at most
_PAIRS_AT_ONCE = 1 << 14


def success(things: PicturedThings, like: PicturedThings) -> Floats:
    """Return by how much things did better than those of `like` did at their age, in log downloads.

    The expectation is a parabola in the logarithm of the age.
    """
    expected = np.polynomial.Polynomial.fit(np.log(like.ages), like.downloads, 2)
    return np.asarray(things.downloads - expected(np.log(things.ages)), dtype=np.float64)


def similar_pairs(things: PicturedThings, *, seed: int) -> NDArray[np.intp]:
    """Return pairs of things of one creator or one category, and nearly of one age.

    Parameters
    ----------
    things : PicturedThings
    seed : int
        Each thing meets at most four drawn partners of each kind.

    Returns
    -------
    ndarray of intp, shape (pairs, 2)
        Each pair once, in random order within.
    """
    random = np.random.default_rng(seed)
    drawn = [
        pair
        for kind in (things.creators, things.categories)
        for members in _groups(kind)
        for pair in _near_in_age(members, things.ages, random)
    ]
    pairs = np.array(sorted(set(drawn)), dtype=np.intp).reshape(-1, 2)
    turned = random.random(len(pairs)) < 0.5
    pairs[turned] = pairs[turned, ::-1]
    return pairs


def _groups(labels: NDArray[np.int64]) -> Iterator[Positions]:
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order])) + 1
    for members in np.split(order, starts):
        if len(members) > 1 and labels[members[0]] >= 0:
            yield members


def _near_in_age(
    members: Positions, ages: Floats, random: np.random.Generator
) -> Iterator[tuple[int, int]]:
    by_age = members[np.argsort(ages[members], kind="stable")]
    sorted_ages = ages[by_age]
    beyond = np.searchsorted(sorted_ages, sorted_ages * _NEAR_IN_AGE, side="right")
    for place, end in enumerate(beyond):
        others = np.arange(place + 1, end)
        if len(others) > _PARTNERS:
            others = random.choice(others, size=_PARTNERS, replace=False)
        for other in others:
            first, second = sorted((int(by_age[place]), int(by_age[other])))
            yield first, second


def fit_choice(things: PicturedThings, *, seed: int, strength: float) -> PictureChoice:
    """Fit the comparison on all similar pairs.

    Parameters
    ----------
    things : PicturedThings
    seed : int
        Of the pairs.
    strength : float
        How freely the weights may move: the inverse of the L2 penalty.
    """
    centre = things.figures.mean(axis=0)
    spread = np.maximum(things.figures.std(axis=0), 1e-9)
    pairs, first_won = _decided_pairs(things, seed=seed)
    weights = np.zeros(things.figures.shape[1])
    if 0 < first_won.sum() < len(first_won):
        scaled = (things.figures - centre) / spread
        model = LogisticRegression(C=strength, fit_intercept=False, max_iter=500)
        model.fit(scaled[pairs[:, 0]] - scaled[pairs[:, 1]], first_won)
        weights = model.coef_[0].astype(np.float64)
    return PictureChoice(centre, spread, weights, tuple(things.names))


def standard_errors(
    choice: PictureChoice, things: PicturedThings, *, seed: int, strength: float
) -> Floats:
    """Return how sure the weights are, as if other creators had been drawn.

    All pairs of a creator count as one observation, which one creator more or less would add or
    take away (M. Fafchamps and F. Gubert, "The formation of risk sharing networks", Journal of
    Development Economics 83, 2007; without their correction for what two creators share, so rather
    too large). They tell of the weights as they were fitted, drawn towards 0 by the penalty.

    Parameters
    ----------
    choice : PictureChoice
        What `fit_choice` returned for the other arguments.
    things : PicturedThings
    seed : int
    strength : float

    Returns
    -------
    ndarray of float64, shape (figures,)
    """
    pairs, first_won = _decided_pairs(things, seed=seed)
    scaled = (things.figures - choice.centre) / choice.spread
    _, creators = np.unique(things.creators, return_inverse=True)
    curvature = np.eye(len(choice.weights))
    scores = np.zeros((creators.max(initial=0) + 1, len(choice.weights)))
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        rows = slice(start, start + _PAIRS_AT_ONCE)
        first, second = pairs[rows].T
        gaps = scaled[first] - scaled[second]
        chances = expit(gaps @ choice.weights)
        curvature += strength * (gaps * (chances * (1 - chances))[:, None]).T @ gaps
        surprises = strength * (first_won[rows] - chances)[:, None] * gaps
        np.add.at(scores, creators[first], surprises)
        of_two = creators[first] != creators[second]
        np.add.at(scores, creators[second[of_two]], surprises[of_two])
    steps = np.linalg.solve(curvature, scores.T)
    return np.asarray(np.sqrt((steps**2).sum(axis=1)), dtype=np.float64)


def _decided_pairs(
    things: PicturedThings, *, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the similar pairs of which one did better, and whether it was the first."""
    pairs = similar_pairs(things, seed=seed)
    better = success(things, things)
    gap = better[pairs[:, 0]] - better[pairs[:, 1]]
    return pairs[gap != 0], gap[gap != 0] > 0
