"""Which rows a model is fitted on, and which it is tried on.

A split is decided on rows ordered by id, so that it does not depend on the order in which a
database happened to return them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import KFold, train_test_split

from thingistat_pipeline.errors import ThingistatError

Positions = NDArray[np.intp]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many parts are done, and how many there are."""
SPLIT_FILE = "split.parquet"
"""Where a model's folder keeps which things it was fitted on."""


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """Positions of the rows to fit on and of those held out."""

    train: Positions
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
