"""How sure a mean over users is where the things that are ranked are a sample too.

In a cold start some fifty new things may be judged by a thousand users. Which things they happen to
be matters more than which users: resampled over users alone, side information that says nothing
is told apart from chance in every other trial. So both are resampled, independently of each other,
and a like counts as often as its user was drawn times as often as its thing was (the pigeonhole
bootstrap: A. B. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007, who shows
that its variance is not too small, if anything too large). What a like gains is held fixed.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import (
    NDCG_AT,
    PRECISION_AT,
    RECALL_AT,
    Scorer,
)
from thingistat_pipeline.recommender.judging.ranks import Likes, standing
from thingistat_pipeline.recommender.judging.user_bootstrap import (
    FEWEST_USERS,
    RESAMPLES,
    Estimate,
    Floats,
)
from thingistat_pipeline.recommender.likes.interactions import Positions
from thingistat_pipeline.settings import Effort

_BLOCK_SCORES = 1 << 23
_BLOCK_LIKES = 1 << 22  # weights of likes that exist at once; 32 MiB


@dataclass(frozen=True, eq=False, slots=True)
class HeldLikes:
    """Held-out likes of some users, one by one.

    Attributes
    ----------
    users, things : ndarray of intp, shape (likes,)
        Positions among the users judged and among the things.
    held : ndarray of int64, shape (users judged,)
        How many likes each user has.
    n_things : int
    """

    users: Positions
    things: Positions
    held: Positions
    n_things: int

    @property
    def parts(self) -> Floats:
        """Which part of its user each like stands for: one by the number of likes."""
        parts: Floats = 1.0 / self.held[self.users]
        return parts


def held_likes(held_out: csr_array, users: Positions) -> HeldLikes:
    """Return the likes of some users, who all have some."""
    chosen = held_out[users]
    held = np.diff(chosen.indptr).astype(np.intp)
    return HeldLikes(
        users=np.repeat(np.arange(len(users)), held),
        things=chosen.indices.astype(np.intp),
        held=held,
        n_things=held_out.shape[1],
    )


def shares_of_likes(scorer: Scorer, held_out: csr_array, users: Positions) -> Floats:
    """Return what each held-out like contributes to its user's figures.

    Parameters
    ----------
    scorer : Scorer
        Of finite scores.
    held_out : scipy.sparse.csr_array of float32, shape (users, things)
        All things are ranked for everybody.
    users : ndarray of intp, shape (n,)
        Some who have held-out likes.

    Returns
    -------
    ndarray of float64, shape (likes, 4)
        Summed over a user's likes, they are the figures of PER_USER in `measures.evaluate`; NaN
        where that is undefined.
    """
    nobody = Likes(np.zeros(held_out.shape[0] + 1, np.int64), np.empty(0, np.int32))
    likes = Likes(held_out.indptr.astype(np.int64), held_out.indices.astype(np.int32))
    nowhere = np.zeros(held_out.shape[1], dtype=np.bool_)
    step = max(1, _BLOCK_SCORES // max(1, held_out.shape[1]))
    higher, equal = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for start in range(0, len(users), step):
        block = users[start : start + step]
        scores = np.ascontiguousarray(scorer.scores(block), dtype=np.float32)
        found = standing(scores, block.astype(np.int64), nobody, likes, nowhere)
        higher.append(found[0])
        equal.append(found[1])
    return _shares(np.concatenate(higher), np.concatenate(equal), held_likes(held_out, users))


def _shares(higher: Positions, equal: Positions, likes: HeldLikes) -> Floats:
    discounts = 1.0 / np.log2(1.0 + np.arange(1, NDCG_AT + 1))
    best = np.cumsum(discounts)[np.minimum(likes.held, NDCG_AT) - 1]
    own = likes.held[likes.users]
    others = likes.n_things - own
    # A user's own likes beat each other by half on average, whatever their order.
    beaten = likes.n_things - higher - equal / 2.0 - own / 2.0
    auc = np.full(len(own), np.nan)
    np.divide(beaten, own * others, out=auc, where=others > 0)
    return np.column_stack(
        [
            _gains(higher, equal, np.ones(PRECISION_AT)) / PRECISION_AT,
            _gains(higher, equal, np.ones(RECALL_AT)) / own,
            _gains(higher, equal, discounts) / best[likes.users],
            auc,
        ]
    )


def _gains(higher: Positions, equal: Positions, worth: Floats) -> Floats:
    """Return the mean worth of the ranks that each like shares with its equals."""
    sums = np.concatenate([[0.0], np.cumsum(worth)])
    first, last = np.minimum(higher, len(worth)), np.minimum(higher + equal, len(worth))
    gains: Floats = (sums[last] - sums[first]) / equal
    return gains


def resampled_means(shares: Floats, likes: HeldLikes, *, seed: int, effort: Effort) -> Floats:
    """Return means over users, resampled over users and things at once.

    Parameters
    ----------
    shares : ndarray of float64, shape (likes, figures)
        What each like contributes to its user's figures; NaN where a user has none.
    likes : HeldLikes
    seed, effort
        Of the resampling: 500 or 4,000 times.

    Returns
    -------
    ndarray of float64, shape (resamples, figures)
        NaN where none of the likes was drawn.
    """
    rng = np.random.default_rng(seed)
    defined = ~np.isnan(shares)
    columns = np.concatenate(
        [np.where(defined, shares, 0.0), defined * likes.parts[:, None]], axis=1
    )
    resamples = RESAMPLES[effort]
    sums = np.empty((resamples, columns.shape[1]))
    step = max(1, _BLOCK_LIKES // max(1, len(columns)))
    for start in range(0, resamples, step):
        number = min(step, resamples - start)
        users = rng.multinomial(len(likes.held), _even(len(likes.held)), size=number)
        things = rng.multinomial(likes.n_things, _even(likes.n_things), size=number)
        weights = (users[:, likes.users] * things[:, likes.things]).astype(np.float64)
        sums[start : start + number] = weights @ columns
    above, below = np.split(sums, 2, axis=1)
    means: Floats = np.full_like(above, np.nan)
    np.divide(above, below, out=means, where=below > 0)
    return means


def with_interval(value: float | None, resampled: Floats, likes: HeldLikes) -> Estimate:
    """Return a figure with the middle 95 % of its resamples, where there is enough to resample."""
    if value is None or min(len(likes.held), len(np.unique(likes.things))) < FEWEST_USERS:
        return Estimate(value)
    low, high = np.nanquantile(resampled, (0.025, 0.975))
    return Estimate(value, float(low), float(high))


def _even(number: int) -> Floats:
    return np.full(number, 1.0 / number)
