"""What a ranking is learned from: likes and features as sparse matrices, looked at before use."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array, issparse

from thingistat_pipeline.errors import ThingistatError

SparseMatrix = Any
"""Any of scipy.sparse's matrices and arrays; whether it is one is looked at."""


class RankingError(ThingistatError):
    """Likes, features, positions or options that no ranking can be learned or answered from."""


def distinct_likes(interactions: SparseMatrix) -> csr_array:
    """Return the likes as rows of users, each row's things in order and each thing in it once.

    Parameters
    ----------
    interactions : sparse matrix or array, shape (users, things)
        A like is a weight above zero: how much it counts. Given twice, the larger one counts.

    Returns
    -------
    csr_array of float32, with int32 indices

    Raises
    ------
    RankingError
        If it is no sparse matrix, has fewer than two users or two things, no likes, or a weight
        that is negative or not a number.
    """
    likes = _sparse(interactions, "The likes")
    users, things = likes.shape
    if users < 2 or things < 2:
        raise RankingError(
            f"A ranking cannot be learned from {users} users and {things} things: it tells apart "
            "what different people like, and needs two of each at the least. Gather more likes, "
            "or ask for fewer likes a user and a thing."
        )
    _refuse_broken(likes.data, "likes")
    if len(likes.data) and likes.data.min() < 0:
        raise RankingError(
            f"{(likes.data < 0).sum()} of the likes have a negative weight. A weight says how much "
            "a like counts; leave out what was disliked."
        )
    if not likes.has_canonical_format:
        likes = _largest_of_each(likes.tocoo())
    likes.eliminate_zeros()
    if likes.nnz == 0:
        raise RankingError(
            f"There is not a single like in the matrix of {users} users and {things} things, so "
            "there is nothing to learn a ranking from. Gather likes first."
        )
    if np.diff(likes.indptr)[np.diff(likes.indptr) > 0].min() == things:
        raise RankingError(
            f"Everybody who likes something likes all {things} things, so no thing is preferred to "
            "another and there is no ranking to learn. Gather likes of more things."
        )
    return likes


def feature_rows(features: SparseMatrix | None, rows: int, what: str) -> csr_array:
    """Return the features of users or things; where None are given, each is its own only one.

    Parameters
    ----------
    features : sparse matrix or array, shape (rows, n_features), or None
        Weights. A row may be without any.
    rows : int
        How many the likes have.
    what : str
        "users" or "things", for messages.

    Returns
    -------
    csr_array of float32, with int32 indices

    Raises
    ------
    RankingError
        If it is no sparse matrix, has another number of rows, no features, or a weight that is
        not a finite number.
    """
    if features is None:
        each = np.arange(rows)
        return _in_rows(each, each, np.ones(rows, np.float32), (rows, rows))
    given = _sparse(features, f"The features of {what}")
    if given.shape[0] != rows:
        raise RankingError(
            f"The features describe {given.shape[0]} {what}, but the likes have {rows}. Both must "
            "be in the same order and of the same number; leave a row empty where nothing is known."
        )
    if given.shape[1] == 0:
        raise RankingError(
            f"The matrix of features of {what} has no columns. Give none at all to learn each one "
            "by itself."
        )
    _refuse_broken(given.data, f"features of {what}")
    given.sum_duplicates()
    return given


def positions(asked: ArrayLike, beyond: int, what: str) -> NDArray[np.int64]:
    """Return positions as an array of one dimension; one that is out of range is an error."""
    array = np.atleast_1d(np.asarray(asked))
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise RankingError(
            f"Positions of {what} are whole numbers in a row; these have the shape {array.shape} "
            f"and the type {array.dtype}."
        )
    if array.size and not 0 <= array.min() <= array.max() < beyond:
        raise RankingError(
            f"There are {beyond} {what}, at positions 0 to {beyond - 1}; asked for were positions "
            f"{array.min()} to {array.max()}."
        )
    return array.astype(np.int64)


def _sparse(matrix: SparseMatrix, what: str) -> csr_array:
    """Return a copy in rows, of float32, duplicates kept."""
    is_sparse: bool = issparse(matrix)
    if not is_sparse or matrix.ndim != 2:
        raise RankingError(
            f"{what} must be a sparse matrix of two dimensions (scipy.sparse), not "
            f"{type(matrix).__name__}."
        )
    if matrix.dtype.kind not in "buif":
        raise RankingError(f"{what} must have weights that are numbers, not {matrix.dtype}.")
    if matrix.nnz >= 2**31:
        raise RankingError(f"{what} have {matrix.nnz} entries; at most 2,147,483,647 are possible.")
    rows = coo_array(matrix)
    order = np.argsort(rows.coords[0], kind="stable")
    # Not by coo's own tocsr, which adds up what is there twice.
    return _in_rows(
        rows.coords[0], rows.coords[1][order], rows.data[order].astype(np.float32), matrix.shape
    )


def _in_rows(
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
    values: NDArray[np.float32],
    shape: tuple[int, int],
) -> csr_array:
    """Return a matrix with indices of 32 bits; columns and values are in the order of the rows."""
    ends = np.cumsum(np.bincount(rows, minlength=shape[0]))
    pointers = np.concatenate([[0], ends]).astype(np.int32)
    return csr_array((values, columns.astype(np.int32), pointers), shape=shape)


def _largest_of_each(likes: coo_array) -> csr_array:
    """Return the likes with each pair of user and thing once, at its largest weight."""
    users, things = likes.coords
    order = np.lexsort((things, users))
    users, things, weights = users[order], things[order], likes.data[order]
    new = np.concatenate([[True], (users[1:] != users[:-1]) | (things[1:] != things[:-1])])
    largest = np.maximum.reduceat(weights, np.flatnonzero(new))
    return _in_rows(users[new], things[new], largest, likes.shape)


def _refuse_broken(weights: NDArray[np.float32], what: str) -> None:
    """Raise unless all weights are finite numbers."""
    broken = ~np.isfinite(weights)
    if broken.any():
        raise RankingError(
            f"{broken.sum()} of the {len(weights)} weights of {what} are not finite numbers (NaN "
            "or infinite, or too large for 32 bits). Leave those entries out or mend them where "
            "they are made."
        )
