"""Which likes a recommender is fitted on, and which it is judged by.

Within users: those with enough likes give a share of theirs to the test, as in the seed, so that
everybody stays known and only some of what they like is hidden. Between things: some things are
held out with all of their likes, as if they had been published a minute ago (a cold start).

Splits are drawn from the canonical order of the matrix, so that the order in which a database
returned the likes makes no difference.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.likes.interactions import Positions, like_matrix, likes_of

TEST_SHARE = 0.2
FEWEST_LIKES = 5
"""A user with fewer likes keeps all of them: one of four would be a quarter of what is known."""


@dataclass(frozen=True, eq=False, slots=True)
class Holdout:
    """Likes to learn from while searching, to choose by, and to judge the choice by.

    All are scipy.sparse.csr_array of float32, shape (users, things), and have no like in common
    but that `train` is `fit` and `validation` together.

    Attributes
    ----------
    fit : csr_array
        What a candidate is fitted on during the search.
    validation : csr_array
        What candidates are compared by.
    train : csr_array
        What the chosen model is fitted on in the end.
    test : csr_array
        What nothing is chosen by.
    """

    fit: csr_array
    validation: csr_array
    train: csr_array
    test: csr_array


@dataclass(frozen=True, eq=False, slots=True)
class ColdStart:
    """Things held out with all their likes.

    Attributes
    ----------
    train : scipy.sparse.csr_array of float32, shape (users, things)
        Without any like of the things held out, which keep their (empty) columns.
    test : scipy.sparse.csr_array of float32, shape (users, things)
        The likes of the things held out, by users who have other likes left to be known by.
    things : ndarray of intp
        Ascending positions of the things held out.
    """

    train: csr_array
    test: csr_array
    things: Positions


def liked_split(
    matrix: csr_array, *, share: float = TEST_SHARE, least: int = FEWEST_LIKES, seed: int
) -> tuple[csr_array, csr_array]:
    """Hold out a share of the likes of every user who has enough of them.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array of float32, shape (users, things)
        Canonical, as `like_matrix` makes it.
    share : float, default=0.2
        Share of a user's likes that is held out, rounded down to whole likes, but one at least;
        0 to less than 1.
    least : int, default=5
        Likes that a user must have to give some away; at least 2.
    seed : int

    Returns
    -------
    train, test : scipy.sparse.csr_array of float32, shape (users, things)
        Every like is in exactly one of them, and every user keeps at least one in `train`.

    Raises
    ------
    ValueError
        If the share or the least number of likes is outside its range.
    """
    if not 0 < share < 1 or least < 2:
        raise ValueError(f"a share of {share} of at least {least} likes cannot be held out")
    users, things = likes_of(matrix)
    counts = np.diff(matrix.indptr)
    # Rounded first: 0.7 * 10 likes are seven, and not a little less.
    wanted = np.floor(np.round(share * counts, 9)).astype(np.int64)
    wanted = np.where(counts >= least, np.clip(wanted, 1, counts - 1), 0)
    draw = np.random.default_rng(seed).random(len(users))
    order = np.lexsort((draw, users))
    place = np.empty(len(users), dtype=np.int64)
    place[order] = np.arange(len(users)) - np.asarray(matrix.indptr)[users]
    held_out = place < wanted[users]
    return (
        like_matrix(users[~held_out], things[~held_out], matrix.shape),
        like_matrix(users[held_out], things[held_out], matrix.shape),
    )


def holdout(
    matrix: csr_array, *, share: float = TEST_SHARE, least: int = FEWEST_LIKES, seed: int
) -> Holdout:
    """Hold out likes for the test, and of the others likes to choose parameters by.

    Parameters
    ----------
    matrix, share, least, seed
        As for `liked_split`, which is applied twice.
    """
    for_test, for_validation = np.random.SeedSequence(seed).generate_state(2).tolist()
    train, test = liked_split(matrix, share=share, least=least, seed=for_test)
    fit, validation = liked_split(train, share=share, least=least, seed=for_validation)
    return Holdout(fit=fit, validation=validation, train=train, test=test)


def cold_start_split(matrix: csr_array, *, share: float = 0.1, seed: int) -> ColdStart:
    """Hold out a share of the things with all of their likes.

    A user who likes nothing else is not known by anything, and their likes are in neither part.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array of float32, shape (users, things)
        Canonical.
    share : float, default=0.1
        Share of the things that have likes, rounded down, but one at least; 0 to less than 1.
    seed : int

    Raises
    ------
    ValueError
        If the share is outside its range, or less than two things have likes.
    """
    users, things = likes_of(matrix)
    liked = np.unique(things)
    if not 0 < share < 1 or len(liked) < 2:
        raise ValueError(f"a share of {share} of {len(liked)} liked things cannot be held out")
    number = max(1, int(share * len(liked)))
    chosen = np.random.default_rng(seed).choice(liked, size=number, replace=False)
    cold = np.isin(things, chosen)
    train = like_matrix(users[~cold], things[~cold], matrix.shape)
    judged = cold & (np.diff(train.indptr) > 0)[users]
    return ColdStart(
        train=train,
        test=like_matrix(users[judged], things[judged], matrix.shape),
        things=np.sort(chosen).astype(np.intp),
    )
