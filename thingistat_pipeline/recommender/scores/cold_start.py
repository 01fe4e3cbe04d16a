"""Things that nobody has liked yet, ranked by their features alone.

Some things are held out with all of their likes, as if they had just been published. The ranker
learns from the others; of the new ones it knows only what is written on them. Here side information
earns its keep: without it, every new thing is the same to the ranker.

Intervals are over users and new things at once (`pigeonholes`): the new things are few, and others
would have been as new.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from thingistat_pipeline.recommender.judging.comparison import (
    MOST_JUDGED,
    Difference,
    Judged,
    best_first,
    differences,
    users_with_likes,
)
from thingistat_pipeline.recommender.judging.measures import (
    PER_USER,
    Evaluation,
    Scorer,
    evaluate,
    shares_of_likes,
)
from thingistat_pipeline.recommender.judging.pigeonholes import (
    held_likes,
    resampled_means,
    with_interval,
)
from thingistat_pipeline.recommender.likes.draws import seed_for
from thingistat_pipeline.recommender.likes.holdout import cold_start_split
from thingistat_pipeline.recommender.likes.interactions import Positions, like_matrix
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.scores.content import (
    Chance,
    content_neighbours,
    feature_popularity,
)
from thingistat_pipeline.recommender.scores.feature_ranker import feature_ranker
from thingistat_pipeline.recommender.search.search import RankerParameters
from thingistat_pipeline.settings import Effort

COLD_SHARE = 0.2
"""Share of the things that are held out: they are what the figures rest on, as much as users."""
METHODS = ("ranker_features", "content_neighbours", "feature_popularity", "chance")


@dataclass(frozen=True, eq=False, slots=True)
class ColdStartScores:
    """How well new things are ranked by their features.

    Attributes
    ----------
    things : int
        New things; each user's ranking is one of these.
    users : int
        Users judged.
    methods : tuple of Judged
        Best first.
    differences : tuple of Difference
        Of every method against chance, and of the ranker against the others.
    """

    things: int
    users: int
    methods: tuple[Judged, ...]
    differences: tuple[Difference, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as what JSON can hold."""
        return {
            "things": self.things,
            "users": self.users,
            "methods": [judged.as_dict() for judged in self.methods],
            "differences": [difference.as_dict() for difference in self.differences],
        }


def cold_start(
    likes: csr_array,
    side: SideInformation,
    parameters: RankerParameters,
    *,
    seed: int,
    effort: Effort,
    share: float = COLD_SHARE,
) -> ColdStartScores:
    """Hold out things, learn from the others, and judge how the new ones are ranked.

    Parameters
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, things)
        All likes.
    side : SideInformation
        Of the same things. Which features have a column may have been decided with the new things
        in view, their weights are learned without them.
    parameters : RankerParameters
        Those of the ranker with side information. Where they were searched for on likes of the new
        things too, as in the scoreboard, the new things are not new to them.
    seed : int
        Of the split, the ranker, chance and the resampling.
    effort : {"quick", "full"}
        Of the resampling; and how many users are judged at most.
    share : float, default=0.2
        Share of the things held out.
    """
    split = cold_start_split(likes, share=share, seed=seed_for(seed, "new things"))
    warm = np.setdiff1d(np.arange(likes.shape[1]), split.things)
    train, test = split.train[:, warm], split.test[:, split.things]
    known, new = replace(side, matrix=side.matrix[warm]), side.matrix[split.things]
    with threadpool_limits(1):  # more threads add up in another order
        models: Mapping[str, Scorer] = {
            "ranker_features": feature_ranker(
                train, known, new, parameters, seed=seed_for(seed, "fitting")
            ),
            "content_neighbours": content_neighbours(train, known.matrix, new),
            "feature_popularity": feature_popularity(train, known.matrix, new),
            "chance": Chance(len(split.things), seed_for(seed, "chance")),
        }
    return ranked_as_new(
        models,
        test,
        [*product(METHODS, ["chance"]), *product(["ranker_features"], METHODS)],
        settings={"ranker_features": parameters.as_dict()},
        seed=seed,
        effort=effort,
    )


def ranked_as_new(
    models: Mapping[str, Scorer],
    test: csr_array,
    pairs: Iterable[tuple[str, str]],
    *,
    settings: Mapping[str, Mapping[str, Any]],
    seed: int,
    effort: Effort,
) -> ColdStartScores:
    """Judge how models rank things that none of them has seen a like of.

    Parameters
    ----------
    models : Mapping of str to Scorer
    test : scipy.sparse.csr_array of float32, shape (users, new things)
        All likes of the new things.
    pairs : iterable of (method, against)
        The differences that are wanted.
    settings : Mapping
        Those of models that have any.
    seed, effort
        Of the users drawn and the resampling; and how many users are judged at most.
    """
    users = users_with_likes(test, MOST_JUDGED[effort], seed=seed_for(seed, "users"))
    resampling = seed_for(seed, "resampling")
    nothing_known = like_matrix((), (), test.shape)
    judged = []
    with threadpool_limits(1):
        resampled = _Resampled(models, test, users, seed=resampling, effort=effort)
        for method, model in models.items():
            found = evaluate(
                model, nothing_known, test, seed=resampling, effort=effort, users=users
            )
            own = settings.get(method, {})
            judged.append(Judged(method, own, resampled.widened(method, found)))
    return ColdStartScores(
        things=test.shape[1],
        users=len(users),
        methods=best_first(judged),
        differences=tuple(
            resampled.widened_difference(one)
            for one in differences(judged, pairs, seed=resampling, effort=effort)
        ),
    )


class _Resampled:
    """Figures of all methods in the same resamples of users and of new things."""

    def __init__(
        self,
        models: Mapping[str, Scorer],
        held_out: csr_array,
        users: Positions,
        *,
        seed: int,
        effort: Effort,
    ) -> None:
        self.likes = held_likes(held_out, users)
        nothing = like_matrix((), (), held_out.shape)
        shares = [
            shares_of_likes(model, nothing, held_out, users=users) for model in models.values()
        ]
        means = resampled_means(np.hstack(shares), self.likes, seed=seed, effort=effort)
        names = product(models, PER_USER)
        self.means = dict(zip(names, means.T, strict=True))

    def widened(self, method: str, found: Evaluation) -> Evaluation:
        """Return an evaluation with intervals over users and things."""
        estimates = {
            measure: with_interval(estimate.value, self.means[method, measure], self.likes)
            if measure in PER_USER
            else estimate
            for measure, estimate in found.estimates.items()
        }
        return replace(found, estimates=MappingProxyType(estimates))

    def widened_difference(self, one: Difference) -> Difference:
        """Return a difference with its interval over users and things."""
        gain = self.means[one.method, one.measure] - self.means[one.against, one.measure]
        estimate = with_interval(one.value, gain, self.likes)
        return replace(one, low=estimate.low, high=estimate.high)
