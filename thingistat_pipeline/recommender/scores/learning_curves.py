"""How good a ranker is after each so many epochs, on what it learned from and on what it did not.

Where the two part, it begins to learn its users' likes by heart.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from thingistat_pipeline.recommender.judging.comparison import users_with_likes
from thingistat_pipeline.recommender.judging.measures import Evaluation, evaluate
from thingistat_pipeline.recommender.likes.holdout import Holdout
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.search.search import RankerParameters
from thingistat_pipeline.settings import Effort

MEASURES = ("precision_at_5", "ndcg_at_10")
POINTS = 10
BEYOND = 1.5
"""The curve goes on to so many times the epochs that were chosen, to show what more would do."""
MOST_USERS: dict[Effort, int] = {"quick": 500, "full": 2_000}


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A measure after some epochs, with its 95 % interval over users.

    `split` says by which likes: those learned from ("train") or those held out ("test").
    """

    method: str
    split: Literal["train", "test"]
    epoch: int
    measure: str
    value: float | None
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as what JSON can hold."""
        return asdict(self)


def learning_curve(
    method: str,
    held: Holdout,
    side: SideInformation,
    parameters: RankerParameters,
    *,
    seed: int,
    effort: Effort,
) -> tuple[CurvePoint, ...]:
    """Judge a ranker while it learns, on a sample of users.

    Parameters
    ----------
    method : str
        What to call the ranker.
    held : Holdout
        It learns from `train`. On the test, a user's train likes are not ranked; on the training
        likes themselves, all things are.
    side : SideInformation
        Taken where the parameters have a scale.
    parameters : RankerParameters
        The curve has ten epochs, closer together in the beginning, and those chosen among them.
    seed, effort
        Of the ranker and the resampling of users.

    Returns
    -------
    tuple of CurvePoint
        Those at the chosen epochs are of the very ranker that is fitted at once: to learn in parts
        makes no difference.
    """
    features = parameters.item_features(side)
    ranker = parameters.ranker(seed=seed)
    nothing = like_matrix((), (), held.train.shape)
    users = users_with_likes(held.test, MOST_USERS[effort], seed=seed)
    points: list[CurvePoint] = []
    for epoch in checkpoints(parameters.epochs):
        ranker.partial_fit(held.train, item_features=features, epochs=epoch - ranker.epochs_)
        on_train = evaluate(ranker, nothing, held.train, seed=seed, effort=effort, users=users)
        on_test = evaluate(ranker, held.train, held.test, seed=seed, effort=effort, users=users)
        points += _points(method, "train", epoch, on_train)
        points += _points(method, "test", epoch, on_test)
    return tuple(points)


def checkpoints(epochs: int) -> tuple[int, ...]:
    """Return after which epochs the curve is drawn, if so many were chosen: those are among them.

    From the first to half as many again, in steps of equal ratios.
    """
    last = max(epochs + 1, round(BEYOND * epochs))
    spread = np.rint(np.geomspace(1, last, POINTS)).astype(int).tolist()
    nearest = min(range(1, POINTS), key=lambda place: abs(spread[place] - epochs))
    spread[nearest] = epochs
    return tuple(sorted({1, last, *spread}))


def _points(
    method: str, split: Literal["train", "test"], epoch: int, found: Evaluation
) -> list[CurvePoint]:
    return [
        CurvePoint(method, split, epoch, measure, **asdict(found.estimates[measure]))
        for measure in MEASURES
    ]
