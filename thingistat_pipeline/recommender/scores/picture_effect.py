"""What the ranker gains from being told what things look like.

A ranker that knows tags, categories and creators is compared with one that has the vectors of the
pictures beside them, of the same parameters and judged by the same users: once on hidden likes of
things that others like, and once on things that nobody has liked yet, where pictures could tell
most. How much the vectors weigh among the other features is chosen by the validation likes.

Features that say nothing can change a ranker's score too, by making it larger and slower to learn.
So a third ranker is given every thing the picture of another one, drawn by lot.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from thingistat_pipeline.nearest import Floats32
from thingistat_pipeline.recommender.judging.comparison import (
    MOST_JUDGED,
    Difference,
    Judged,
    differences,
    users_with_likes,
)
from thingistat_pipeline.recommender.judging.measures import (
    MEASURE,
    evaluate,
    mean_of,
    ndcg_of_users,
)
from thingistat_pipeline.recommender.likes.draws import seed_for
from thingistat_pipeline.recommender.likes.holdout import Holdout, cold_start_split
from thingistat_pipeline.recommender.likes.side_information import SideInformation, with_vectors
from thingistat_pipeline.recommender.likes.thing_vectors import PICTURE, WEIGHT
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.ranking.ranking_input import RankingError
from thingistat_pipeline.recommender.scores.cold_start import COLD_SHARE, ranked_as_new
from thingistat_pipeline.recommender.scores.content import Chance
from thingistat_pipeline.recommender.scores.feature_ranker import feature_ranker
from thingistat_pipeline.recommender.search.ranker_trials import RankerParameters
from thingistat_pipeline.recommender.search.search import BUDGETS
from thingistat_pipeline.recommender.search.search_sample import search_sample
from thingistat_pipeline.settings import Effort

WITH, WITHOUT = "ranker_with_side_and_pictures", "ranker_with_side"
SHUFFLED = "ranker_with_side_and_pictures_of_others"
WEIGHTS = (4.0, WEIGHT, 25.0)
"""Of the vectors, that are tried."""
DIMENSIONS: Mapping[Effort, int] = MappingProxyType({"quick": 24, "full": 64})
"""Of the vectors, the first, that are looked at: most of the time goes into them."""
LEAST_PICTURED = 20
"""Things with a picture; with fewer, nothing is said."""
_REMARK = (
    "Both rankers have the parameters that were searched for the one with side information; the "
    "weight of the pictures was chosen by the validation likes. Intervals are over users (and, for "
    "new things, over things too), with the fitted rankers held fixed: fitted again by another "
    "lot, either would score a little differently."
)


def picture_effect(
    held: Holdout,
    side: SideInformation,
    pictures: Floats32 | None,
    parameters: RankerParameters,
    *,
    seed: int,
    effort: Effort,
) -> dict[str, Any]:
    """Return how much better hidden likes are found by a ranker that knows the pictures.

    Parameters
    ----------
    held : Holdout
    side : SideInformation
        Of the things, without their pictures.
    pictures : ndarray of float32, shape (things, dimensions), or None
        In the things' order, what tells most first; zeros for one that has none; None where there
        are none at all.
    parameters : RankerParameters
        Of the ranker with side information.
    seed : int
        Of the rankers, of samples of users and of the resampling.
    effort : {"quick", "full"}
        500 or 4,000 resamples; how many users are judged at most; and see `DIMENSIONS`.

    Returns
    -------
    dict
        What JSON can hold: `measured`, `reason` (why not, otherwise None), `pictured` (things with
        a picture); where measured `measure`, and of it on the hidden likes `with`, `without`,
        `difference` and `against_shuffled` (with them less with those of others), each with its
        95 % interval (value, low, high); `users`, `likes` (judged by); `differences` (of all
        measures); `weights` (what was tried, and the measure on the validation likes), `weight`
        (the one chosen), `dimensions`; `cold_start` (`ColdStartScores.as_dict`); `remark`.
    """
    pictured = 0 if pictures is None else int(pictures.any(axis=1).sum())
    if pictures is None or pictured < LEAST_PICTURED or parameters.scale is None:
        return {"measured": False, "reason": _why_not(pictured), "pictured": pictured}
    seen = pictures[:, : DIMENSIONS[effort]]
    try:
        found = _measured(held, side, seen, parameters, seed=seed, effort=effort)
    except RankingError as problem:
        return {"measured": False, "reason": str(problem), "pictured": pictured}
    return {"measured": True, "reason": None, "pictured": pictured, **found}


def _measured(
    held: Holdout,
    side: SideInformation,
    pictures: Floats32,
    parameters: RankerParameters,
    *,
    seed: int,
    effort: Effort,
) -> dict[str, Any]:
    def told(weight: float, shown: Floats32) -> SideInformation:
        return with_vectors(side, PICTURE, shown, weight=weight)

    with threadpool_limits(1):  # more threads add up in another order
        tried = [
            {
                "weight": weight,
                "value": _on_validation(held, told(weight, pictures), parameters, seed, effort),
            }
            for weight in WEIGHTS
        ]
        weight = max(tried, key=lambda one: one["value"])["weight"]
        sides = {WITHOUT: side, WITH: told(weight, pictures)}
        lot = np.random.default_rng(seed_for(seed, "pictures of others"))
        shuffled = told(weight, pictures[lot.permutation(len(pictures))])
        judged = _judged(held, {**sides, SHUFFLED: shuffled}, parameters, seed, effort)
    gains = differences(
        list(judged.values()),
        [(WITH, WITHOUT), (WITH, SHUFFLED)],
        seed=seed_for(seed, "resampling"),
        effort=effort,
    )
    gain = {one.against: _interval(one) for one in gains if one.measure == MEASURE}
    figures = {name: judged[name].evaluation.as_dict() for name in (WITH, WITHOUT)}
    return {
        "measure": MEASURE,
        "with": figures[WITH][MEASURE],
        "without": figures[WITHOUT][MEASURE],
        "difference": gain[WITHOUT],
        "against_shuffled": gain[SHUFFLED],
        "users": figures[WITH]["users"],
        "likes": int(held.test[judged[WITH].evaluation.users].nnz),
        "differences": [one.as_dict() for one in gains],
        "weights": tried,
        "weight": weight,
        "dimensions": pictures.shape[1],
        "cold_start": _cold_start(held, sides, parameters, seed, effort),
        "remark": _REMARK,
    }


def _on_validation(
    held: Holdout,
    side: SideInformation,
    parameters: RankerParameters,
    seed: int,
    effort: Effort,
) -> float:
    """Return the measure on validation likes, of as many users as the search looks at."""
    size, drawn = BUDGETS[effort], seed_for(seed, "sample")
    sample = search_sample(
        held.fit, held.validation, side, likes=size.likes, users=size.users, seed=drawn
    )
    try:
        model = _fitted(parameters, sample.fit, sample.side, seed)
    except RankingError:
        return 0.0  # its numbers grew beyond all bounds: the vectors weigh too much
    figures = ndcg_of_users(model, sample.fit, sample.validation, users=sample.judged)
    return mean_of(figures) or 0.0


def _judged(
    held: Holdout,
    sides: Mapping[str, SideInformation],
    parameters: RankerParameters,
    seed: int,
    effort: Effort,
) -> dict[str, Judged]:
    users = users_with_likes(held.test, MOST_JUDGED[effort], seed=seed_for(seed, "users judged"))
    drawn = seed_for(seed, "resampling")
    found = {}
    for name, side in sides.items():
        model = _fitted(parameters, held.train, side, seed)
        evaluation = evaluate(model, held.train, held.test, seed=drawn, effort=effort, users=users)
        found[name] = Judged(name, parameters.as_dict(), evaluation)
    return found


def _cold_start(
    held: Holdout,
    sides: Mapping[str, SideInformation],
    parameters: RankerParameters,
    seed: int,
    effort: Effort,
) -> dict[str, Any]:
    likes, cold = held.train + held.test, seed_for(seed, "cold start")
    split = cold_start_split(likes, share=COLD_SHARE, seed=seed_for(cold, "new things"))
    warm = np.setdiff1d(np.arange(likes.shape[1]), split.things)
    train, test = split.train[:, warm], split.test[:, split.things]
    with threadpool_limits(1):
        models = {
            name: feature_ranker(
                train,
                replace(side, matrix=side.matrix[warm]),
                side.matrix[split.things],
                parameters,
                seed=seed_for(cold, "fitting"),
            )
            for name, side in sides.items()
        }
    scores = ranked_as_new(
        {**models, "chance": Chance(len(split.things), seed_for(cold, "chance"))},
        test,
        [(WITH, WITHOUT), (WITH, "chance"), (WITHOUT, "chance")],
        settings={},
        seed=cold,
        effort=effort,
    )
    return scores.as_dict()


def _fitted(
    parameters: RankerParameters, likes: csr_array, side: SideInformation | None, seed: int
) -> Ranker:
    return parameters.ranker(seed=seed).fit(likes, item_features=parameters.item_features(side))


def _interval(found: Difference) -> dict[str, float | None]:
    return {"value": found.value, "low": found.low, "high": found.high}


def _why_not(pictured: int) -> str:
    if not pictured:
        return "No thing that is learned from has a picture."
    if pictured < LEAST_PICTURED:
        return (
            f"Only {pictured} things that are learned from have a picture; at least "
            f"{LEAST_PICTURED} are needed."
        )
    return "The ranker makes no use of what is known of things beside their likes."
