"""How well pictures are chosen, on things of creators that the comparison has not seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from thingistat_pipeline.settings import Effort
from thingistat_pipeline.visual.choice_fit import fit_choice, similar_pairs, success
from thingistat_pipeline.visual.picture_choice import Floats, PicturedThings, Positions

BEST_OF = 3
FEWEST_PAIRS = 200
"""Held-out pairs below which nothing is said."""
STRENGTHS = (0.001, 0.01, 0.1)
_FOLDS = 5
_RESAMPLES: dict[Effort, int] = {"quick": 500, "full": 4_000}
_LEVEL = 0.95


@dataclass(frozen=True, eq=False, slots=True)
class _HeldOut:
    """Things judged by a comparison that knew none of their creators.

    `appeal` and `success` of each thing; `pairs` of positions; `groups` of positions, BEST_OF each.
    """

    appeal: Floats
    success: Floats
    pairs: NDArray[np.intp]
    groups: NDArray[np.intp]


def choice_trial(things: PicturedThings, *, seed: int, effort: Effort) -> dict[str, Any]:
    """Return how often the better of two similar things is told, and what choosing brings.

    Whole creators are held out in five parts, and each part judged by a comparison fitted on the
    others, whose strength was chosen among those others. Both things of a pair, and all of a
    group, are of the same part.

    Parameters
    ----------
    things : PicturedThings
    seed : int
    effort : {"quick", "full"}
        500 or 4,000 resamples of creators.

    Returns
    -------
    dict
        ``judged`` (False with a ``reason``), ``things``, ``pairs``, ``groups``, ``best_of``;
        ``accuracy``: share of the pairs in which the picture with the higher appeal is of the
        thing that did better (one half by chance); ``uplift``: mean of log downloads by which the
        thing with the most appealing of three pictures did better than the three on average; each
        a dict of value, low, high (95 %, over creators: a pair weighs as often as both of its
        creators were drawn (A. B. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics
        1, 2007)); ``strength``: the one to fit with on all things.
    """
    if len(np.unique(things.creators)) < 2 * _FOLDS:
        return {"judged": False, "reason": _too_few(0)}
    found = _held_out(things, seed=seed)
    if len(found.pairs) < FEWEST_PAIRS or not len(found.groups):
        return {"judged": False, "reason": _too_few(len(found.pairs))}
    random = np.random.default_rng([seed, 1])
    resamples = _RESAMPLES[effort]
    return {
        "judged": True,
        "things": len(things.ages),
        "creators": len(np.unique(things.creators)),
        "pairs": len(found.pairs),
        "groups": len(found.groups),
        "best_of": BEST_OF,
        "accuracy": _estimate(_told_right(found), found.pairs, things.creators, random, resamples),
        "uplift": _estimate(_gained(found), found.groups, things.creators, random, resamples),
        "strength": _chosen_strength(things, seed=seed),
    }


def _too_few(pairs: int) -> str:
    return (
        f"Only {pairs} pairs of similar things by creators not learned from have pictures; "
        f"{FEWEST_PAIRS} are needed before anything can be said about choosing pictures."
    )


def _parts(creators: NDArray[np.int64], folds: int, seed: int) -> Iterator[tuple[Any, Any]]:
    split = GroupKFold(folds, shuffle=True, random_state=seed)
    yield from split.split(creators, groups=creators)


def _held_out(things: PicturedThings, *, seed: int) -> _HeldOut:
    appeal, better = np.empty(len(things.ages)), np.empty(len(things.ages))
    pairs: list[NDArray[np.intp]] = [np.empty((0, 2), dtype=np.intp)]
    groups: list[NDArray[np.intp]] = [np.empty((0, BEST_OF), dtype=np.intp)]
    for rest, part in _parts(things.creators, _FOLDS, seed):
        known, held = things.taken(rest), things.taken(part)
        model = fit_choice(known, seed=seed, strength=_chosen_strength(known, seed=seed))
        appeal[part] = model.appeal(held.figures)
        better[part] = success(held, known)
        found = similar_pairs(held, seed=seed)
        pairs.append(part[found[_apart(better[part], found)]])
        groups.append(part[_groups_of_similar(held, seed=seed)])
    return _HeldOut(appeal, better, np.concatenate(pairs), np.concatenate(groups))


def _chosen_strength(things: PicturedThings, *, seed: int) -> float:
    """Return the strength that tells most pairs right when creators are held out."""
    folds = min(3, len(np.unique(things.creators)))
    right = np.zeros((len(STRENGTHS), 2))
    for rest, part in _parts(things.creators, folds, seed):
        known, held = things.taken(rest), things.taken(part)
        better = success(held, known)
        pairs = similar_pairs(held, seed=seed)
        pairs = pairs[_apart(better, pairs)]
        for place, strength in enumerate(STRENGTHS):
            appeal = fit_choice(known, seed=seed, strength=strength).appeal(held.figures)
            hits = _told_right(_HeldOut(appeal, better, pairs, pairs))
            right[place] += hits.sum(), len(hits)
    return STRENGTHS[int(np.argmax(right[:, 0]))]


def _apart(better: Floats, pairs: NDArray[np.intp]) -> NDArray[np.bool_]:
    return np.asarray(better[pairs[:, 0]] != better[pairs[:, 1]])


def _told_right(found: _HeldOut) -> Floats:
    """Return 1 for each pair that was told right, one half where the appeals are equal."""
    first, second = found.pairs.T
    gap = np.sign(found.appeal[first] - found.appeal[second])
    truth = np.sign(found.success[first] - found.success[second])
    return np.asarray((1 + gap * truth) / 2)


def _gained(found: _HeldOut) -> Floats:
    """Return by how much the most appealing of each group did better than the group."""
    chosen = found.groups[np.arange(len(found.groups)), found.appeal[found.groups].argmax(axis=1)]
    return np.asarray(found.success[chosen] - found.success[found.groups].mean(axis=1))


def _groups_of_similar(things: PicturedThings, *, seed: int) -> NDArray[np.intp]:
    """Return disjoint groups of things of one category that are next to each other in age."""
    random = np.random.default_rng([seed, 2])
    known = np.flatnonzero(things.categories >= 0)
    order = known[np.lexsort((things.ages[known], things.categories[known]))]
    groups = [
        random.permutation(members)
        for start in range(0, len(order) - BEST_OF + 1, BEST_OF)
        if _of_one_category(members := order[start : start + BEST_OF], things.categories)
    ]
    return np.array(groups, dtype=np.intp).reshape(-1, BEST_OF)


def _of_one_category(members: Positions, categories: NDArray[np.int64]) -> bool:
    return bool((categories[members] == categories[members[0]]).all())


def _estimate(
    values: Floats,
    members: NDArray[np.intp],
    creators: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int,
) -> dict[str, float]:
    """Return the mean of the values with its interval over the members' creators."""
    known, numbers = np.unique(creators, return_inverse=True)
    means = np.empty(resamples)
    for place in range(resamples):
        drawn = np.bincount(random.integers(len(known), size=len(known)), minlength=len(known))
        weights = drawn[numbers][members].prod(axis=1)
        means[place] = (values @ weights) / weights.sum() if weights.any() else np.nan
    low, high = np.nanquantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return {"value": float(values.mean()), "low": float(low), "high": float(high)}
