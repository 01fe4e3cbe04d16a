"""Who likes what, as a sparse matrix: all that the recommender learns from.

A like is implicit feedback: it says that a user met a thing and liked it; its absence says nothing
of the sort, most users have never seen most things. Users with a handful of likes tell little of
their taste and things with a handful little of their public, so both are left out below a
threshold, again and again until nobody falls below it any more. What remains does not depend on the
order of leaving out: it is the largest part in which everybody has enough (Ahmed, Batagelj, Fu,
Hong, Merrick and Mrvar, "Visualisation and analysis of the Internet movie database", APVIS 2007,
call it the (p, q)-core of a two-mode network).
"""

from dataclasses import dataclass
from importlib.resources import files

import duckdb
import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

Ids = NDArray[np.int64]
Positions = NDArray[np.intp]

FEWEST_TO_LEARN = 10
"""With fewer users or fewer things, nothing is learned and nothing could be judged: an interval
over users needs ten of them."""


@dataclass(frozen=True, eq=False, slots=True)
class Interactions:
    """Likes between users and things, both known by their position.

    Attributes
    ----------
    matrix : scipy.sparse.csr_array of float32, shape (users, things)
        1 where the user likes the thing; canonical: sorted indices, no duplicates.
    users : ndarray of int64, shape (users,)
        Keyed hashes of the users, ascending.
    things : ndarray of int64, shape (things,)
        Ids of the things, ascending.
    truncated : ndarray of bool, shape (things,)
        Whether likers are known to be missing from the thing's list.
    """

    matrix: csr_array
    users: Ids
    things: Ids
    truncated: NDArray[np.bool_]

    @property
    def size(self) -> "Size":
        """How many users, things and likes there are."""
        return Size(len(self.users), len(self.things), int(self.matrix.nnz))


@dataclass(frozen=True, slots=True)
class Size:
    """Extent of a matrix of likes: how many users, things and likes."""

    users: int
    things: int
    likes: int

    @property
    def sparsity(self) -> float | None:
        """Share of the pairs of a user and a thing that are likes, in percent; None of none.

        The seed printed it by this name, though it is the smaller the sparser the matrix.
        """
        pairs = self.users * self.things
        return 100.0 * self.likes / pairs if pairs else None


@dataclass(frozen=True, slots=True)
class ThresholdReport:
    """What leaving out users and things with too few likes came to.

    Attributes
    ----------
    least_by_user, least_by_thing : int
        Likes that a user and a thing needed.
    before, after : Size
    truncated : int
        Things among those that remain whose list of likers is incomplete.
    rounds : int
        How often users, then things, were looked through; nobody was left out in the last round.
    """

    least_by_user: int
    least_by_thing: int
    before: Size
    after: Size
    truncated: int
    rounds: int

    @property
    def not_enough(self) -> str | None:
        """Why nothing can be learned from what remains, for people to read; None where it can."""
        if min(self.after.users, self.after.things) >= FEWEST_TO_LEARN:
            return None
        return (
            f"Not enough likes to learn from: of {_described(self.before)}, "
            f"{_described(self.after)} remain once every user has at least {self.least_by_user} "
            f"and every thing at least {self.least_by_thing}. At least {FEWEST_TO_LEARN} users and "
            f"{FEWEST_TO_LEARN} things are needed. Sample more things, fetch the likers of each "
            "(THINGISTAT_SUBRESOURCES, THINGISTAT_LIKERS_PER_THING), or lower the thresholds."
        )


def query_named(name: str) -> str:
    """Return the text of one of this package's SQL files."""
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def like_matrix(users: ArrayLike, things: ArrayLike, shape: tuple[int, int]) -> csr_array:
    """Return the canonical matrix of some likes.

    Parameters
    ----------
    users, things : array-like of int, shape (n,)
        Positions; a pair given twice is one like.
    shape : tuple of int
        How many users and how many things there are.

    Returns
    -------
    scipy.sparse.csr_array of float32, shape `shape`
        Ones, with sorted indices of int32.
    """
    rows, columns = np.asarray(users, dtype=np.int32), np.asarray(things, dtype=np.int32)
    matrix = csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def likes_of(matrix: csr_array) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the positions of the user and of the thing of each like, in the matrix's order."""
    users = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(matrix.indptr))
    return users, np.asarray(matrix.indices, dtype=np.int32)


def interactions_from(
    users: ArrayLike, things: ArrayLike, *, truncated: ArrayLike = ()
) -> Interactions:
    """Arrange likes, one entry each, as a matrix.

    Parameters
    ----------
    users, things : array-like of int, shape (n,)
        Who likes what, in any order; a pair told twice is one like.
    truncated : array-like of int
        Ids of things whose list of likers is incomplete; others may be among them.
    """
    known_users, rows = np.unique(np.asarray(users, dtype=np.int64), return_inverse=True)
    known_things, columns = np.unique(np.asarray(things, dtype=np.int64), return_inverse=True)
    return Interactions(
        matrix=like_matrix(rows, columns, (len(known_users), len(known_things))),
        users=known_users,
        things=known_things,
        truncated=np.isin(known_things, np.asarray(truncated, dtype=np.int64)),
    )


def read_interactions(con: duckdb.DuckDBPyConnection) -> Interactions:
    """Return all likes of a published database.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Open on a published database.

    Returns
    -------
    Interactions
        Of the users and things that have any likes; likes of things that are not among the live
        ones are passed over.
    """
    likes: pl.DataFrame = con.sql(query_named("likes")).pl()
    cut: pl.DataFrame = con.sql(query_named("truncated_lists")).pl()
    return interactions_from(
        likes["liker"].to_numpy(), likes["thing_id"].to_numpy(), truncated=cut["thing_id"]
    )


def with_enough(
    interactions: Interactions, *, least_by_user: int = 5, least_by_thing: int = 5
) -> tuple[Interactions, ThresholdReport]:
    """Leave out users and things with too few likes until all that remain have enough.

    Parameters
    ----------
    interactions : Interactions
    least_by_user, least_by_thing : int, default=5
        Fewest likes among what remains.

    Returns
    -------
    Interactions
        May be empty; `ThresholdReport.not_enough` says whether anything can be learned from it.
    ThresholdReport
    """
    users, things = likes_of(interactions.matrix)
    n_users, n_things = interactions.matrix.shape
    rounds, left = 0, -1
    while left != len(users):
        rounds, left = rounds + 1, len(users)
        enough = np.bincount(users, minlength=n_users)[users] >= least_by_user
        users, things = users[enough], things[enough]
        enough = np.bincount(things, minlength=n_things)[things] >= least_by_thing
        users, things = users[enough], things[enough]
    kept = interactions_from(
        interactions.users[users],
        interactions.things[things],
        truncated=interactions.things[interactions.truncated],
    )
    return kept, ThresholdReport(
        least_by_user=least_by_user,
        least_by_thing=least_by_thing,
        before=interactions.size,
        after=kept.size,
        truncated=int(kept.truncated.sum()),
        rounds=rounds,
    )


def _described(size: Size) -> str:
    return (
        f"{size.likes:,} like{'s' * (size.likes != 1)} between {size.users:,} "
        f"user{'s' * (size.users != 1)} and {size.things:,} thing{'s' * (size.things != 1)}"
    )
