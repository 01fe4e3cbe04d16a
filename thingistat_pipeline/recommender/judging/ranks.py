"""Where a user's held-out things stand in a ranking, and who leads it: one pass over the scores.

To judge a ranking it need not be sorted. The rank of a held-out thing is known from how many
candidates score higher and how many score the same, and the first few are kept while passing. The
counts allow ties to be treated as what they are: every order of equals is as good as another, and
a measure is its mean over all of them (McSherry and Najork, "Computing information retrieval
performance measures efficiently in the presence of tied scores", ECIR 2008).

The function is compiled afresh in each process: numba's on-disk cache is a pickle, and we load
none.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int32]
Counts = NDArray[np.int64]

LIST_LENGTH = 10
"""How many things are recommended to a user at once."""


class Likes(NamedTuple):
    """The index arrays of a canonical CSR matrix of users by things.

    Attributes
    ----------
    ends : ndarray of int64, shape (users + 1,)
        User `u` likes ``things[ends[u]:ends[u + 1]]``.
    things : ndarray of int32, shape (likes,)
        Ascending within a user.
    """

    ends: Counts
    things: Indices


class Standing(NamedTuple):
    """How the held-out things of some users stand among each user's candidates.

    Attributes
    ----------
    higher : ndarray of int64, shape (held-out likes,)
        Candidates that score higher, in the order of the users and of each user's things.
    equal : ndarray of int64, shape (held-out likes,)
        Candidates that score the same, the thing itself included.
    candidates : ndarray of int64, shape (users,)
        Things that were ranked.
    leaders : ndarray of int32, shape (users, LIST_LENGTH)
        The highest scores' things, the highest first; of equals the one that comes first among
        the things. -1 where there are fewer candidates.
    finite : bool
        No score was NaN.
    """

    higher: Counts
    equal: Counts
    candidates: Counts
    leaders: Indices
    finite: bool


def _first_not_below(levels: NDArray[np.float32], score: np.float32) -> int:
    """Return the position of the first of some ascending levels that is not below the score."""
    low, high = 0, len(levels)
    while low < high:
        middle = (low + high) >> 1
        if levels[middle] < score:
            low = middle + 1
        else:
            high = middle
    return low


first_not_below = numba.njit(nogil=True)(_first_not_below)


def _ascending(scores: NDArray[np.float32], things: Indices) -> NDArray[np.float32]:
    """Return the scores of a few things in ascending order."""
    levels = np.empty(len(things), np.float32)
    for place in range(len(things)):
        score, at = scores[things[place]], place
        while at > 0 and levels[at - 1] > score:
            levels[at] = levels[at - 1]
            at -= 1
        levels[at] = score
    return levels


# Written out: numba takes four seconds to compile its own sorting.
ascending = numba.njit(nogil=True)(_ascending)


def _enlist(
    best: NDArray[np.float32], leaders: Indices, filled: int, score: np.float32, thing: int
) -> int:
    """Put a thing into its place among the `filled` best; return how many there are then."""
    place = min(filled, len(best) - 1)
    while place > 0 and best[place - 1] < score:
        best[place], leaders[place] = best[place - 1], leaders[place - 1]
        place -= 1
    best[place], leaders[place] = score, thing
    return min(filled + 1, len(best))


enlist = numba.njit(nogil=True)(_enlist)


def _standing(
    scores: NDArray[np.float32],
    users: Counts,
    known: Likes,
    held_out: Likes,
    passed_over: NDArray[np.bool_],
) -> tuple[Counts, Counts, Counts, Indices, bool]:
    """Return the fields of `Standing` for users whose scores are the rows of `scores`.

    `known` likes are not ranked. `passed_over` tells things that are candidates for nobody; it is
    written to, and restored.
    """
    total = 0
    for user in users:
        total += held_out.ends[user + 1] - held_out.ends[user]
    higher, equal = np.zeros(total, np.int64), np.zeros(total, np.int64)
    candidates = np.zeros(len(users), np.int64)
    leaders = np.full((len(users), LIST_LENGTH), -1, np.int32)
    best = np.empty(LIST_LENGTH, np.float32)
    finite = True
    done = 0
    for row in range(len(users)):
        user = users[row]
        liked = known.things[known.ends[user] : known.ends[user + 1]]
        held = held_out.things[held_out.ends[user] : held_out.ends[user + 1]]
        before = np.empty(len(liked), np.bool_)
        for place in range(len(liked)):
            before[place] = passed_over[liked[place]]
            passed_over[liked[place]] = True
        levels = ascending(scores[row], held)
        # Candidates between the levels, from below the lowest to above the highest; and on them,
        # the first of equal levels.
        between, on = np.zeros(len(levels) + 1, np.int64), np.zeros(len(levels), np.int64)
        filled = 0
        for thing in range(scores.shape[1]):
            if passed_over[thing]:
                continue
            score = scores[row, thing]
            finite &= not np.isnan(score)
            level = first_not_below(levels, score)
            if level < len(levels) and levels[level] == score:
                on[level] += 1
            else:
                between[level] += 1
            if filled < LIST_LENGTH or score > best[LIST_LENGTH - 1]:
                filled = enlist(best, leaders[row], filled, score, thing)
            candidates[row] += 1
        for place in range(len(liked)):
            passed_over[liked[place]] = before[place]

        for thing in held:
            level = first_not_below(levels, scores[row, thing])
            equal[done] = on[level]
            higher[done] = candidates[row]
            for lower in range(level + 1):
                higher[done] -= between[lower] + on[lower]
            done += 1
    return higher, equal, candidates, leaders, finite


standing = numba.njit(nogil=True)(_standing)
