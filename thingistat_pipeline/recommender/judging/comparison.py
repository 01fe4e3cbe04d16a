"""Methods judged by the same users, and by how much one is better than another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import MEASURE, PER_USER, Evaluation
from thingistat_pipeline.recommender.judging.user_bootstrap import ratios
from thingistat_pipeline.recommender.likes.interactions import Positions
from thingistat_pipeline.settings import Effort

MOST_JUDGED: Mapping[Effort, int] = MappingProxyType({"quick": 5_000, "full": 20_000})
"""Users by whom methods are judged, at most: with so many, chance in the users is no concern."""


@dataclass(frozen=True, eq=False, slots=True)
class Judged:
    """A method's figures, and the settings it was fitted with."""

    method: str
    settings: Mapping[str, Any]
    evaluation: Evaluation

    @property
    def value(self) -> float:
        """The measure that methods are ordered by; below every figure where there is none."""
        value = self.evaluation.estimates[MEASURE].value
        return -1.0 if value is None else value

    def as_dict(self) -> dict[str, Any]:
        """Return the method, its settings and its figures as what JSON can hold."""
        return {
            "method": self.method,
            "settings": dict(self.settings),
            **self.evaluation.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a method's measure exceeds another's, paired, with its 95 % interval.

    The interval is over users; in a cold start over users and new things at once (`pigeonholes`).
    """

    method: str
    against: str
    measure: str
    value: float | None
    low: float | None
    high: float | None

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out zero; without an interval nothing is sure."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as what JSON can hold."""
        return asdict(self)


def best_first(judged: Iterable[Judged]) -> tuple[Judged, ...]:
    """Return the methods by their value; of equals, those given first."""
    return tuple(sorted(judged, key=lambda one: -one.value))


def differences(
    judged: Sequence[Judged],
    pairs: Iterable[tuple[str, str]],
    *,
    measures: Sequence[str] = PER_USER,
    seed: int,
    effort: Effort,
) -> tuple[Difference, ...]:
    """Return the differences between methods, paired: each is that of the same users.

    Parameters
    ----------
    judged : sequence of Judged
        All by the same held-out likes.
    pairs : iterable of (method, against)
        One told twice, and one of a method with itself, is passed over.
    measures : sequence of str
        Some of PER_USER.
    seed, effort
        Of the resampling; the intervals are those of `measures.difference`, with one resampling
        for all.

    Raises
    ------
    ValueError
        If the methods were not judged by the same users.
    """
    evaluations = {one.method: one.evaluation for one in judged}
    users = [evaluation.users for evaluation in evaluations.values()]
    if not all(np.array_equal(users[0], others) for others in users):
        raise ValueError("the methods were not judged by the same users")
    wanted = [
        (method, against, measure)
        for method, against in dict.fromkeys(pairs)
        for measure in measures
        if method != against
    ]
    if not wanted:
        return ()
    gains = np.column_stack(
        [
            evaluations[method].per_user[measure] - evaluations[against].per_user[measure]
            for method, against, measure in wanted
        ]
    )
    defined = ~np.isnan(gains)
    estimates = ratios(
        np.where(defined, gains, 0.0), defined.astype(np.float64), seed=seed, effort=effort
    )
    return tuple(
        Difference(*names, **asdict(estimate))
        for names, estimate in zip(wanted, estimates, strict=True)
    )


def users_with_likes(held_out: csr_array, most: int, *, seed: int) -> Positions:
    """Return users who have held-out likes: all, or so many of them drawn at random, ascending."""
    users = np.flatnonzero(np.diff(held_out.indptr))
    if len(users) > most:
        users = np.sort(np.random.default_rng(seed).choice(users, most, replace=False))
    return users.astype(np.intp)
