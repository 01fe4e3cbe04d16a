"""Which rows a model is fitted on, and which it is tried on.

A split does not depend on the order in which a database happened to return the rows: it is decided
on rows ordered by id, or by a keyed hash of the creator. The hash has a second merit: a creator
stays on one side from night to night, whoever else joins the sample, so that the scores of two
nights are comparable and nothing held out yesterday is fitted on today.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import KFold, train_test_split

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.stored_files import SPLIT_FILE
from thingistat_pipeline.sampling.frame import hash_of, splitmix64

Positions = NDArray[np.intp]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many parts are done, and how many there are."""
TRAIN_SHARE, CALIBRATION_SHARE = 0.60, 0.15
"""Shares of the creators to fit on and to calibrate on; the others are the test."""

# Make the hashes of roles and of folds independent of each other and of the sampling frame's.
_ROLE_KEY = 0x726F6C65  # "role"
_FOLD_KEY = 0x666F6C64  # "fold"


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """Positions of the rows to fit on and of those held out."""

    train: Positions
    test: Positions


@dataclass(frozen=True, eq=False, slots=True)
class Roles:
    """Positions of the rows to fit on, to calibrate intervals on, and to judge by."""

    train: Positions
    calibration: Positions
    test: Positions


def random_split(ids: ArrayLike, *, seed: int, test_share: float = 0.25) -> Split:
    """Split at random, as scikit-learn's `train_test_split` does on the rows sorted by id.

    Parameters
    ----------
    ids : array-like of int, shape (n,)
        At least two, each once.
    seed : int
        `random_state` of `train_test_split`; ThingiStat's is 12.
    test_share : float, default=0.25
        Share held out, rounded up to whole rows.

    Returns
    -------
    Split
        Positions in `ids` (not the ids themselves), in the order that scikit-learn gives them.
    """
    by_id = np.argsort(np.asarray(ids), kind="stable")
    train, test = train_test_split(by_id, test_size=test_share, random_state=seed)
    return Split(train=train, test=test)


def folds(rows: int, *, wanted: int = 5) -> list[Split]:
    """Cut `rows` rows into consecutive folds, as `GridSearchCV(cv=5)` does for a regression.

    Where there are too few rows for `wanted` folds of two rows each, fewer are made, but no less
    than two.

    Parameters
    ----------
    rows : int
        At least 2.
    wanted : int, default=5
        How many folds there shall be.
    """
    count = max(2, min(wanted, rows // 2))
    return [Split(train=a, test=b) for a, b in KFold(count).split(np.empty(rows))]


def creator_roles(creators: ArrayLike, *, seed: int) -> Roles:
    """Give every creator, with all of their things, one role: train, calibration or test.

    A creator's role is decided by a keyed hash of the creator alone, so that it never changes
    while other creators and things come and go. The price is that the shares of a small sample
    are only about 60, 15 and 25 %.

    Parameters
    ----------
    creators : array-like of int, shape (n,)
        Who published each row.
    seed : int
        Key of the hash.

    Returns
    -------
    Roles
        Ascending positions; each row has exactly one role. `calibration` may be empty.

    Raises
    ------
    ThingistatError
        If no creator falls to the training or none to the test.
    """
    draw = _creator_hashes(creators, seed ^ _ROLE_KEY).astype(np.float64) / 2.0**64
    held_out = draw >= TRAIN_SHARE + CALIBRATION_SHARE
    roles = Roles(
        train=np.flatnonzero(draw < TRAIN_SHARE),
        calibration=np.flatnonzero((draw >= TRAIN_SHARE) & ~held_out),
        test=np.flatnonzero(held_out),
    )
    if not len(roles.train) or not len(roles.test):
        raise ThingistatError(
            f"The {_creator_count(creators)} of the sample cannot be divided into some to fit a "
            "model on and others to judge it by: each creator's side is drawn once and for all, "
            "and all fell on one side. Sample more things; a few dozen creators are enough to fill "
            "both sides, some hundred to learn from."
        )
    return roles


def creator_folds(creators: ArrayLike, *, seed: int, wanted: int = 3) -> list[Split]:
    """Cut rows into folds with all of a creator's things in one fold, by a keyed hash of them.

    Parameters
    ----------
    creators : array-like of int, shape (n,)
        Who published each row.
    seed : int
        Key of the hash; the folds are independent of the roles under the same seed.
    wanted : int, default=3
        How many folds there shall be; those that no creator falls into are left out.

    Returns
    -------
    list of Split
        At least two; each row is in the test of exactly one.

    Raises
    ------
    ThingistatError
        If all creators fall into one fold.
    """
    fold = _creator_hashes(creators, seed ^ _FOLD_KEY) % np.uint64(wanted)
    numbers = np.unique(fold)
    if len(numbers) < 2:
        raise ThingistatError(
            f"The {_creator_count(creators)} to fit on cannot be cut into folds to tune a model "
            "by: no creator may be on both sides, and all fell into one fold. Sample more things "
            "of more creators."
        )
    return [
        Split(train=np.flatnonzero(fold != number), test=np.flatnonzero(fold == number))
        for number in numbers
    ]


def time_split(added: ArrayLike, ids: ArrayLike, *, test_share: float = 0.25) -> Split:
    """Hold out the newest things: everything to fit on was published before all of the test.

    Things published at the moment of the cutoff all go to the test. Where they reach back to the
    very first moment, so that nothing would be left to fit on, the cutoff is the next later one
    and the test smaller than asked for.

    Parameters
    ----------
    added : array-like of datetime64, shape (n,)
        When each thing was published; all known.
    ids : array-like of int, shape (n,)
        Decide the order of the positions returned, and nothing else.
    test_share : float, default=0.25
        Share held out, rounded up to whole rows, before ties.

    Returns
    -------
    Split
        Positions of the rows, each in the order of publication, then id.

    Raises
    ------
    ThingistatError
        If all things were published at the same moment.
    """
    added = np.asarray(added)
    order = np.lexsort((np.asarray(ids), added))
    moments = added[order]
    if not len(moments) or moments[0] == moments[-1]:
        raise ThingistatError(
            "A split by time needs things published at two moments at least, and "
            + ("all of the sample were at the same." if len(moments) else "the sample is empty.")
            + " Sample more things, or look at whether their dates were read properly."
        )
    held_out = min(max(math.ceil(len(moments) * test_share), 1), len(moments))
    first = int(np.searchsorted(moments, moments[-held_out], side="left"))
    if first == 0:
        first = int(np.searchsorted(moments, moments[0], side="right"))
    return Split(train=order[:first], test=order[first:])


def _creator_hashes(creators: ArrayLike, key: int) -> NDArray[np.uint64]:
    numbers = np.asarray(creators, dtype=np.int64).view(np.uint64)
    return splitmix64(hash_of(key, 1), numbers)


def _creator_count(creators: ArrayLike) -> str:
    count = len(np.unique(np.asarray(creators)))
    return "one creator" if count == 1 else f"{count:,} creators"


def split_frame(ids: ArrayLike, split: Split) -> pl.DataFrame:
    """Return a split as a frame that can be stored with the model: id, split, sorted by id."""
    ids = np.asarray(ids)
    return pl.concat(
        pl.DataFrame({"id": ids[rows], "split": [name] * len(rows)})
        for name, rows in (("train", split.train), ("test", split.test))
    ).sort("id")


def read_split(folder: Path) -> pl.DataFrame:
    """Return the split stored in a model's folder: id, split.

    Raises
    ------
    ThingistatError
        If the folder has none.
    """
    path = folder / SPLIT_FILE
    if not path.is_file():
        raise ThingistatError(
            f"There is no {SPLIT_FILE} in {folder}, so nobody can tell which things the model was "
            "fitted on. Fit it again."
        )
    return pl.read_parquet(path)


def roles_in(split: pl.DataFrame, ids: ArrayLike) -> Roles:
    """Return the roles that things had when a model was fitted.

    Parameters
    ----------
    split : polars.DataFrame
        id, split (train, calibration, test), as `read_split` returns it.
    ids : array-like of int, shape (n,)
        Each once; a thing that was not there then has no role.
    """
    asked = pl.DataFrame({"id": np.asarray(ids)})
    role = asked.join(split, on="id", how="left", maintain_order="left")["split"]
    train, calibration, test = (
        np.flatnonzero((role == name).fill_null(value=False).to_numpy())
        for name in ("train", "calibration", "test")
    )
    return Roles(train=train, calibration=calibration, test=test)
