"""How good recommendations are on likes that the model has not seen.

Every user's things are ranked by the model and the held-out likes looked up in the ranking, in
blocks of users, so that scores of all users by all things never exist at once. Things that the user
is known to like are not ranked: nobody wants them recommended. (The seed ranked them too, and the
same model read .077 instead of .249 in precision at 5; `rank_known` does as the seed did.)

What the figures say is how well a model finds likes that were hidden, which is not how well users
would like what it recommends: a thing nobody has found yet counts as a miss. Intervals are over
users, with the model and the split held fixed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.recommender.judging.ranks import Likes, Standing, standing
from thingistat_pipeline.recommender.judging.user_bootstrap import Estimate, Floats, ratios
from thingistat_pipeline.recommender.likes.interactions import Positions, like_matrix
from thingistat_pipeline.settings import Effort

PRECISION_AT, RECALL_AT, NDCG_AT = 5, 20, 10
PER_USER = ("precision_at_5", "recall_at_20", "ndcg_at_10", "auc")
"""Means over users of a figure that each user has."""
OF_LISTS = ("coverage_at_10", "popularity_lift_at_10")
"""Figures of all lists together."""
MEASURES = (*PER_USER, *OF_LISTS)
MEASURE = "ndcg_at_10"
"""What methods are searched, chosen and ordered by."""

_BLOCK_SCORES = 1 << 23  # scores that exist at once; 32 MiB


class Scorer(Protocol):
    """A model that ranks things for users."""

    def scores(self, users: Positions) -> NDArray[np.float32]:
        """Return how much each user is expected to like each thing.

        Parameters
        ----------
        users : ndarray of intp, shape (n,)

        Returns
        -------
        ndarray of float32, shape (n, things)
            On any scale; the highest is recommended first.
        """
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Evaluation:
    """How good one model's recommendations are.

    Attributes
    ----------
    users : ndarray of intp, shape (n,)
        Positions of the users judged: those with held-out likes.
    per_user : Mapping of str to ndarray of float64, shape (n,)
        Each of PER_USER for each of them; NaN where undefined.
    estimates : Mapping of str to Estimate

        - `precision_at_5`: share of the first five that were held out.
        - `recall_at_20`: share of a user's held-out likes that are among the first twenty.
        - `ndcg_at_10`: gain of the first ten, discounted by log2(1 + rank), as a share of the best
          possible (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques",
          ACM Transactions on Information Systems 20, 2002).
        - `auc`: how often a held-out like is ranked before a thing that is no like; one half by
          chance. Undefined for a user who likes every candidate.
        - `coverage_at_10`: share of the candidates that are in the first ten of anybody. Without
          an interval: fewer users cover less, so that resampling would only show a bias.
        - `popularity_lift_at_10`: mean number of training likes of the things recommended first
          ten, divided by that of the held-out likes; above 1, the model recommends what is more
          popular than what people turn out to like (after Abdollahpouri, Mansoury, Burke and
          Mobasher, "The connection between popularity bias, calibration, and fairness in
          recommendation", RecSys 2020).
    candidates : int
        Things of which the ranking is made, before each user's known likes are left out.
    held_out : int
        Likes that the figures rest on.
    rank_known : bool
        Whether known likes were ranked too.
    """

    users: Positions
    per_user: Mapping[str, Floats]
    estimates: Mapping[str, Estimate]
    candidates: int
    held_out: int
    rank_known: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as what JSON can hold."""
        return {
            "users": len(self.users),
            "held_out_likes": self.held_out,
            "candidates": self.candidates,
            "known_likes_ranked": self.rank_known,
            **{name: asdict(estimate) for name, estimate in self.estimates.items()},
        }


def evaluate(
    scorer: Scorer,
    known: csr_array,
    held_out: csr_array,
    *,
    seed: int,
    effort: Effort = "quick",
    candidates: ArrayLike | None = None,
    users: ArrayLike | None = None,
    rank_known: bool = False,
) -> Evaluation:
    """Judge a model by the likes that were held out.

    To judge it by what it was fitted on, give that as `held_out` and no likes as `known`.

    Parameters
    ----------
    scorer : Scorer
        The fitted model.
    known, held_out : scipy.sparse.csr_array of float32, shape (users, things)
        Canonical matrices without a like in common: what the model may know, and what it is judged
        by. `known` also tells how popular each thing is.
    seed : int
        Seed of the resampling of users.
    effort : {"quick", "full"}
        500 or 4,000 resamples.
    candidates : array-like of int, optional
        Positions of the things that are ranked, such as those of a cold start; otherwise all.
    users : array-like of int, optional
        Positions of the users to judge by, such as a sample for a learning curve; otherwise all.
        Those without held-out likes are passed over.
    rank_known : bool, default=False
        Rank the known likes too, as misses, as the seed did.

    Returns
    -------
    Evaluation
        Every order of things with equal scores counts the same; in the lists that coverage and
        popularity rest on, the first in the things' order comes first.

    Raises
    ------
    ThingistatError
        If the model gives a score that is not a number.
    ValueError
        If the matrices have likes in common or differ in shape, a held-out like is not a
        candidate, or the model returns scores of another shape.
    """
    passed_over = _passed_over(known, held_out, candidates)
    judged = _judged(held_out, users)
    popularity = np.bincount(known.indices, minlength=known.shape[1]).astype(np.float64)
    ranked = like_matrix((), (), known.shape) if rank_known else known
    figures = np.empty((len(judged), len(PER_USER)))
    likes = np.empty((len(judged), 2))
    listed = np.zeros(known.shape[1], dtype=np.bool_)
    for rows in _blocks(len(judged), known.shape[1]):
        found = _standing_of(scorer, judged[rows], ranked, held_out, passed_over)
        held = held_out[judged[rows]]
        figures[rows] = _figures(found, np.diff(held.indptr))
        likes[rows, 0] = _mean_of(popularity, found.leaders)
        likes[rows, 1] = held @ popularity / np.diff(held.indptr)
        listed[found.leaders[found.leaders >= 0]] = True
    defined = ~np.isnan(figures)
    *means, lift = ratios(
        np.column_stack([np.where(defined, figures, 0.0), likes[:, 0]]),
        np.column_stack([defined.astype(np.float64), likes[:, 1]]),
        seed=seed,
        effort=effort,
    )
    eligible = int((~passed_over).sum())
    coverage = Estimate(float(listed.sum() / eligible) if len(judged) else None)
    return Evaluation(
        users=judged,
        per_user=MappingProxyType(dict(zip(PER_USER, figures.T, strict=True))),
        estimates=MappingProxyType(dict(zip(MEASURES, (*means, coverage, lift), strict=True))),
        candidates=eligible,
        held_out=int(np.diff(held_out.indptr)[judged].sum()),
        rank_known=rank_known,
    )


def ndcg_of_users(
    scorer: Scorer, known: csr_array, held_out: csr_array, *, users: ArrayLike | None = None
) -> Floats:
    """Return each user's NDCG at 10, as `evaluate` has it, and nothing else.

    For a search or a choice, which compares many models by it.

    Parameters
    ----------
    scorer, known, held_out, users
        As for `evaluate`.

    Returns
    -------
    ndarray of float64, shape (users judged,)
        Those with held-out likes, ascending.

    Raises
    ------
    ThingistatError, ValueError
        As `evaluate`.
    """
    passed_over = _passed_over(known, held_out, None)
    judged = _judged(held_out, users)
    figures = np.empty(len(judged))
    for rows in _blocks(len(judged), known.shape[1]):
        found = _standing_of(scorer, judged[rows], known, held_out, passed_over)
        held = np.diff(held_out.indptr)[judged[rows]]
        figures[rows] = _figures(found, held)[:, PER_USER.index(MEASURE)]
    return figures


def mean_of(figures: Floats) -> float | None:
    """Return the mean over users; None where there are none."""
    return float(figures.mean()) if len(figures) else None


def shares_of_likes(
    scorer: Scorer, known: csr_array, held_out: csr_array, *, users: ArrayLike | None = None
) -> Floats:
    """Return what each held-out like contributes to its user's figures.

    Parameters
    ----------
    scorer, known, held_out, users
        As for `evaluate`.

    Returns
    -------
    ndarray of float64, shape (likes, 4)
        Of the users ascending, and each user's things ascending. Summed over a user's likes, they
        are the figures of PER_USER; NaN where that is undefined.
    """
    passed_over = _passed_over(known, held_out, None)
    judged = _judged(held_out, users)
    parts = [np.empty((0, len(PER_USER)))]
    for rows in _blocks(len(judged), known.shape[1]):
        found = _standing_of(scorer, judged[rows], known, held_out, passed_over)
        parts.append(_shares(found, np.diff(held_out.indptr)[judged[rows]]))
    return np.concatenate(parts)


def difference(
    first: Evaluation,
    second: Evaluation,
    measure: str,
    *,
    seed: int,
    effort: Effort = "quick",
) -> Estimate:
    """Return by how much the first model is better on average over the same users, paired.

    Parameters
    ----------
    first, second : Evaluation
        Of two models by the same held-out likes.
    measure : str
        One of PER_USER.
    seed, effort
        As for `evaluate`.

    Raises
    ------
    ValueError
        If the evaluations are not of the same users.
    """
    if not np.array_equal(first.users, second.users):
        raise ValueError("the two models were not judged by the same users")
    gain = first.per_user[measure] - second.per_user[measure]
    defined = ~np.isnan(gain)
    above, below = np.where(defined, gain, 0.0)[:, None], defined.astype(np.float64)[:, None]
    return ratios(above, below, seed=seed, effort=effort)[0]


def _passed_over(
    known: csr_array, held_out: csr_array, candidates: ArrayLike | None
) -> NDArray[np.bool_]:
    """Return which things are candidates for nobody."""
    if known.shape != held_out.shape:
        raise ValueError(f"known likes {known.shape} and held-out ones {held_out.shape} differ")
    if known.multiply(held_out).nnz:
        raise ValueError("some likes are both known and held out")
    passed_over = np.full(known.shape[1], candidates is not None)
    if candidates is not None:
        passed_over[np.asarray(candidates, dtype=np.intp)] = False
    if passed_over[held_out.indices].any():
        raise ValueError("some held-out likes are of things that are no candidates")
    return passed_over


def _judged(held_out: csr_array, users: ArrayLike | None) -> Positions:
    """Return the users with held-out likes, ascending: all of them, or those asked for."""
    asked = np.arange(held_out.shape[0]) if users is None else np.unique(np.asarray(users))
    judged: Positions = asked[np.diff(held_out.indptr)[asked] > 0].astype(np.intp)
    return judged


def _blocks(users: int, things: int) -> Iterator[slice]:
    length = max(1, _BLOCK_SCORES // max(things, 1))
    for start in range(0, users, length):
        yield slice(start, min(start + length, users))


def _standing_of(
    scorer: Scorer,
    users: Positions,
    known: csr_array,
    held_out: csr_array,
    passed_over: NDArray[np.bool_],
) -> Standing:
    scores = np.ascontiguousarray(scorer.scores(users), dtype=np.float32)
    if scores.shape != (len(users), known.shape[1]):
        raise ValueError(f"scores of shape {scores.shape} for {len(users)} users")
    found = Standing(
        *standing(
            scores,
            users.astype(np.int64),
            _index_arrays(known),
            _index_arrays(held_out),
            passed_over,
        )
    )
    if not found.finite:
        raise ThingistatError(
            "The recommender gives scores that are not numbers, so that nothing can be ranked by "
            "them. Its weights grew beyond all bounds: fit it with a smaller learning rate or more "
            "regularisation, and look at its side information for weights that are not finite."
        )
    return found


def _index_arrays(matrix: csr_array) -> Likes:
    return Likes(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32))


def _figures(found: Standing, held: NDArray[np.integer]) -> Floats:
    """Return each of PER_USER, for users who have `held` held-out likes each."""
    starts = np.concatenate([[0], np.cumsum(held)[:-1]]).astype(np.intp)
    figures: Floats = np.add.reduceat(_shares(found, held), starts)
    return figures


def _shares(found: Standing, held: NDArray[np.integer]) -> Floats:
    """Return what each held-out like adds to its user's figures."""
    discounts = 1.0 / np.log2(1.0 + np.arange(1, NDCG_AT + 1))
    best = np.cumsum(discounts)[np.minimum(held, NDCG_AT) - 1]
    own, candidates = np.repeat(held, held), np.repeat(found.candidates, held)
    others = candidates - own
    # Of two things, each held-out like beats itself by half; and so do others of its own score,
    # and a user's likes each other on average, whatever their order.
    beaten = candidates - found.higher - found.equal / 2.0 - own / 2.0
    auc = np.full(len(own), np.nan)
    np.divide(beaten, own * others, out=auc, where=others > 0)
    return np.column_stack(
        [
            _gains(found, np.ones(PRECISION_AT)) / PRECISION_AT,
            _gains(found, np.ones(RECALL_AT)) / own,
            _gains(found, discounts) / np.repeat(best, held),
            auc,
        ]
    )


def _gains(found: Standing, worth: Floats) -> Floats:
    """Return what each held-out like gains, if `worth` is what the first ranks are worth.

    One of several things with equal scores gains the mean of the ranks that they share.
    """
    sums = np.concatenate([[0.0], np.cumsum(worth)])
    first = np.minimum(found.higher, len(worth))
    last = np.minimum(found.higher + found.equal, len(worth))
    gains: Floats = (sums[last] - sums[first]) / found.equal
    return gains


def _mean_of(popularity: Floats, leaders: NDArray[np.int32]) -> Floats:
    """Return the mean popularity of the things in each list."""
    there = leaders >= 0
    sums = np.where(there, popularity[leaders], 0.0).sum(axis=1)
    means: Floats = sums / np.maximum(there.sum(axis=1), 1)
    return means
