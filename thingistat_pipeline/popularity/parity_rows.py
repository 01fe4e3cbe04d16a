"""The rows of ThingiStat's model: which columns it looks at, and which things have all of them.

Nothing is imputed and nothing is dropped in silence: every thing that is left out is counted
under the first column that it lacks, and every column that most things lack is named.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.registry import CATEGORY_PREFIX, feature_named
from thingistat_pipeline.popularity.evaluation import Floats

PARITY_OUTCOME = "download_count"
PARITY_FEATURES = (
    "like_count",
    "collect_count",
    "comment_count",
    "description_length",
    "instructions_length",
    "file_count",
    "remix_count",
    "make_count",
    "root_comment_count",
    "is_derivative",
    "added_images_count",
    "count_of_followers",
    "count_of_designs",
)
"""The notebook's selected features, in its order; the one-hot categories follow them."""
PARITY_CATEGORIES = 10
"""ThingiStat looked at the ten most frequent categories; the frame has all, these first."""

LEAST_ROWS = 4
_MOSTLY_UNKNOWN = 0.5


class TooFewRowsError(ThingistatError):
    """There are not enough complete rows to fit and to try a model."""


@dataclass(frozen=True, eq=False, slots=True)
class ParityRows:
    """Complete rows as arrays, sorted by id, and why the others are not among them.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
    X : ndarray of float32, shape (n, p)
        What scikit-learn's trees work on.
    y : ndarray of float64, shape (n,)
        Downloads.
    age_days : ndarray of float64, shape (n,)
        NaN where unknown; for the baseline, not for the model.
    features : list of str, length p
    left_out : dict
        Share of unknown values of each column that was left out for having too many.
    rows_dropped : dict
        Number of things left out, by reason.
    """

    ids: NDArray[np.int64]
    X: NDArray[np.float32]
    y: Floats
    age_days: Floats
    features: list[str]
    left_out: dict[str, float]
    rows_dropped: dict[str, int]


def complete_rows(frame: pl.DataFrame) -> ParityRows:
    """Turn a frame into arrays; columns unknown for more than half of the things are left out.

    Raises
    ------
    TooFewRowsError
        If fewer than four things have every needed column.
    """
    categories = [name for name in frame.columns if name.startswith(CATEGORY_PREFIX)]
    offered = [*PARITY_FEATURES, *categories[:PARITY_CATEGORIES]]
    shares = {name: frame[name].null_count() / max(frame.height, 1) for name in offered}
    left_out = {name: share for name, share in shares.items() if share > _MOSTLY_UNKNOWN}
    features = [feature_named(name).name for name in offered if name not in left_out]
    needed = [PARITY_OUTCOME, *features]
    # A row that lacks several columns is counted once, under the first of them.
    lacks = pl.coalesce(
        pl.when(pl.col(name).is_null()).then(pl.lit(f"{name} unknown")) for name in needed
    )
    judged = frame.sort("id").with_columns(lacks.alias("lacks"))
    dropped = judged.drop_nulls("lacks").group_by("lacks").len().sort("lacks")
    rows = judged.filter(pl.col("lacks").is_null())
    if rows.height < LEAST_ROWS:
        raise TooFewRowsError(
            f"A model of downloads needs at least {LEAST_ROWS} things with every needed column; "
            f"of {frame.height} there are {rows.height}. "
            + "".join(f"{n} left out: {reason}. " for reason, n in dropped.iter_rows())
            + "Sample or import more things and run again."
        )
    X, y = features_and_outcome(rows, features)
    return ParityRows(
        ids=rows["id"].to_numpy(),
        X=X,
        y=y,
        age_days=rows["age_days"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        features=features,
        left_out=left_out,
        rows_dropped=dict(dropped.iter_rows()),
    )


def features_and_outcome(
    rows: pl.DataFrame, features: list[str]
) -> tuple[NDArray[np.float32], Floats]:
    """Return a frame's complete rows as the arrays that a forest is fitted on or tried on."""
    X = rows.select(pl.col(features).cast(pl.Float32)).to_numpy(order="c")
    return X, rows[PARITY_OUTCOME].cast(pl.Float64).to_numpy()


def training_hash(rows: ParityRows) -> str:
    """Return a SHA-256 over the feature names and the rows: the version of the training data."""
    digest = hashlib.sha256("\n".join(rows.features).encode())
    for array, dtype in ((rows.ids, "<i8"), (rows.X, "<f4"), (rows.y, "<f8")):
        digest.update(np.ascontiguousarray(array, dtype=dtype).tobytes())
    return digest.hexdigest()
