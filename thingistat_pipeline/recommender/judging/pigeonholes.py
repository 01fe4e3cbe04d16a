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

from thingistat_pipeline.recommender.judging.user_bootstrap import (
    FEWEST_USERS,
    RESAMPLES,
    Estimate,
    Floats,
)
from thingistat_pipeline.recommender.likes.interactions import Positions
from thingistat_pipeline.settings import Effort

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


def resampled_means(shares: Floats, likes: HeldLikes, *, seed: int, effort: Effort) -> Floats:
    """Return means over users, resampled over users and things at once.

    Parameters
    ----------
    shares : ndarray of float64, shape (likes, figures)
        What each like contributes to its user's figures, as `measures.shares_of_likes` has it; NaN
        where a user has none.
    likes : HeldLikes
    seed, effort
        Of the resampling: 500 or 4,000 times.

    Returns
    -------
    ndarray of float64, shape (resamples, figures)
        NaN where none of the likes was drawn, or there are none.
    """
    if not len(likes.things):
        return np.full((RESAMPLES[effort], shares.shape[1]), np.nan)
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
