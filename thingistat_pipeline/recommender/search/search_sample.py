"""The part of the likes that a search sees: whole users, and the things that these like."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.likes.interactions import Positions, like_matrix, likes_of
from thingistat_pipeline.recommender.likes.side_information import SideInformation


@dataclass(frozen=True, eq=False, slots=True)
class SearchSample:
    """What trials are fitted on and judged by.

    Attributes
    ----------
    fit, validation : scipy.sparse.csr_array of float32, shape (users, things)
        Canonical matrices without a like in common.
    side : SideInformation or None
        Of the same things.
    judged : ndarray of intp
        Ascending positions of the users to judge by; all have validation likes.
    """

    fit: csr_array
    validation: csr_array
    side: SideInformation | None
    judged: Positions


def search_sample(
    fit: csr_array,
    validation: csr_array,
    side: SideInformation | None,
    *,
    likes: int,
    users: int,
    seed: int,
) -> SearchSample:
    """Draw users with all of their likes, and of them users to judge by.

    Parameters
    ----------
    fit, validation : scipy.sparse.csr_array of float32, shape (users, things)
        Those of a `Holdout`.
    side : SideInformation or None
        Of the things.
    likes : int
        Likes that the users drawn have at most together; where all have no more, all are drawn.
        Things that nobody drawn likes are left out, as they would only be easy to rank last.
    users : int
        Users to judge by, at most.
    seed : int
    """
    random = np.random.default_rng(seed)
    counts = np.diff(fit.indptr) + np.diff(validation.indptr)
    if counts.sum() > likes:
        order = random.permutation(len(counts))
        drawn = np.sort(order[np.cumsum(counts[order]) <= likes])
        liked = np.union1d(fit[drawn].indices, validation[drawn].indices)
        fit, validation = _part(fit, drawn, liked), _part(validation, drawn, liked)
        side = side and replace(side, matrix=side.matrix[liked])
    judged = validating_users(validation, most=users, seed=seed)
    return SearchSample(fit=fit, validation=validation, side=side, judged=judged)


def validating_users(validation: csr_array, *, most: int, seed: int) -> Positions:
    """Return users with validation likes: ascending positions of all, or of `most` drawn ones."""
    able = np.flatnonzero(np.diff(validation.indptr))
    if len(able) <= most:
        return able
    return np.sort(np.random.default_rng(seed).choice(able, size=most, replace=False))


def _part(matrix: csr_array, users: Positions, things: Positions) -> csr_array:
    rows, columns = likes_of(matrix[users])
    kept = np.isin(columns, things)
    return like_matrix(
        rows[kept], np.searchsorted(things, columns[kept]), (len(users), len(things))
    )
