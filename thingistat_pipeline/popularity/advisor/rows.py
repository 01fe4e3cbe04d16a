"""The rows of the advisor's model: what was known when a thing was posted, how old it is, how well.

Only content, the creator at the time and circumstances may enter; the registry's families decide.
Unknown values stay unknown (NaN), because the trees can tell "unknown" from any number. A thing is
left out only where its downloads, its age or its day of publication are unknown, and is counted.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.registry import Family, columns_of, require_families
from thingistat_pipeline.popularity.evaluation import Floats

ADVISOR = "advisor_forest"
ADVISOR_FAMILIES = (Family.CONTENT, Family.CREATOR_AT_PUBLISH, Family.CONTEXT)
MOSTLY_UNKNOWN = 0.98
"""A column unknown for more of the things than this is left out."""

LOG_AGE = "log_age_days"
"""The column that stands for the age."""
_AGE = "age_days"
_NOBODY = -(2**62)  # below any number of a creator, with room for all ids below it
_NEEDED = {
    "download_count": "downloads unknown",
    "age_days": "age unknown",
    "added": "day of publication unknown",
}


@dataclass(frozen=True, eq=False, slots=True)
class AdvisorRows:
    """Things as arrays, sorted by id.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
    creators : ndarray of int64, shape (n,)
        Who published it. A thing of unknown creator is a group of its own.
    X : ndarray of float32, shape (n, p)
        NaN where unknown, truth values as 0 and 1.
    y : ndarray of float64, shape (n,)
        ln(1 + downloads).
    age_days : ndarray of float64, shape (n,)
    added : ndarray of datetime64[us], shape (n,)
        When it was published.
    features : list of str, length p
    left_out : dict
        Why each other column of the allowed families is not used.
    rows_dropped : dict
        Number of things left out, by reason.
    """

    ids: NDArray[np.int64]
    creators: NDArray[np.int64]
    X: NDArray[np.float32]
    y: Floats
    age_days: Floats
    added: NDArray[np.datetime64]
    features: list[str]
    left_out: dict[str, str]
    rows_dropped: dict[str, int]

    def taken(self, positions: ArrayLike) -> "AdvisorRows":
        """Return the rows at `positions`, with the same features."""
        chosen = np.asarray(positions)
        return replace(
            self,
            ids=self.ids[chosen],
            creators=self.creators[chosen],
            X=self.X[chosen],
            y=self.y[chosen],
            age_days=self.age_days[chosen],
            added=self.added[chosen],
        )

    def column(self, name: str) -> NDArray[np.float32]:
        """Return one feature of all rows.

        Raises
        ------
        ThingistatError
            If it is not among the features.
        """
        if name not in self.features:
            raise ThingistatError(f"{name!r} is not among the features of these rows.")
        return self.X[:, self.features.index(name)]

    def training_hash(self) -> str:
        """Return a SHA-256 over features and rows: the version of the training data."""
        digest = hashlib.sha256("\n".join(self.features).encode())
        for array, dtype in (
            (self.ids, "<i8"),
            (self.creators, "<i8"),
            (self.added.astype(np.int64), "<i8"),
            (self.X, "<f4"),
            (self.y, "<f8"),
            (self.age_days, "<f8"),
        ):
            digest.update(np.ascontiguousarray(array, dtype=dtype).tobytes())
        return digest.hexdigest()


def advisor_rows(frame: pl.DataFrame, *, features: Sequence[str] | None = None) -> AdvisorRows:
    """Turn a popularity frame into the advisor's rows.

    Parameters
    ----------
    frame : polars.DataFrame
        What `features.frame.popularity_frame` returns.
    features : sequence of str, optional
        Exactly these columns, in this order, as when a stored model is asked again. By default all
        columns of the allowed families that vary and are known for at least 2 % of the things; the
        logarithm of the age stands for the age.

    Raises
    ------
    FeatureFamilyError
        If one of `features` belongs to another family: a consequence of popularity.
    ThingistatError
        If the frame lacks a column.
    """
    if features is not None:
        require_families(features, ADVISOR_FAMILIES)
    _require_columns(frame, ["id", "creator_id", *_NEEDED, *(features or [LOG_AGE])])
    lacks = pl.coalesce(
        pl.when(pl.col(name).is_null()).then(pl.lit(reason)) for name, reason in _NEEDED.items()
    )
    judged = frame.sort("id").with_columns(lacks=lacks)
    dropped = judged.drop_nulls("lacks").group_by("lacks").len().sort("lacks")
    rows = judged.filter(pl.col("lacks").is_null())
    offered = columns_of(frame.columns, *ADVISOR_FAMILIES)
    if features is None:
        left_out = {name: why for name in offered if (why := _why_left_out(rows, name))}
        features = [name for name in offered if name not in left_out]
    else:
        left_out = {name: "not asked for" for name in offered if name not in features}
    ids = rows["id"].to_numpy()
    return AdvisorRows(
        ids=ids,
        creators=_groups(ids, rows["creator_id"]),
        X=feature_matrix(rows, features),
        y=np.log1p(rows["download_count"].cast(pl.Float64).to_numpy()),
        age_days=rows["age_days"].cast(pl.Float64).to_numpy(),
        added=rows["added"].cast(pl.Datetime("us")).to_numpy(),
        features=list(features),
        left_out=left_out,
        rows_dropped=dict(dropped.iter_rows()),
    )


def feature_matrix(frame: pl.DataFrame, features: Sequence[str]) -> NDArray[np.float32]:
    """Return columns as the matrix that a model is fitted on or asked with, NaN where unknown.

    An infinite value, or one beyond 32 bits, is no measurement and counts as unknown.

    Raises
    ------
    ThingistatError
        If the frame lacks one of them.
    """
    _require_columns(frame, features)
    X = np.empty((frame.height, len(features)), dtype=np.float32)
    for place, name in enumerate(features):
        values = frame[name].cast(pl.Float32).fill_null(float("nan")).to_numpy()
        X[:, place] = np.where(np.isfinite(values), values, np.nan)
    return X


def _why_left_out(rows: pl.DataFrame, name: str) -> str | None:
    """Say why a column is of no use, or None if it is of use."""
    if name == _AGE:
        return "its logarithm is used"
    numbers = rows[name].cast(pl.Float32)
    values = numbers.filter(numbers.is_finite())
    unknown = 1.0 - len(values) / max(rows.height, 1)
    if not len(values):
        return "unknown for all"
    if unknown > MOSTLY_UNKNOWN:
        return f"unknown for {unknown:.1%}"
    if values.min() == values.max() and unknown == 0.0:
        return "the same for all"
    return None


def _groups(ids: NDArray[np.int64], creator_ids: pl.Series) -> NDArray[np.int64]:
    """Return whose each thing is; a thing of an unknown creator has a number that nobody has.

    The number depends on the thing alone, so that such things keep their role night after night.
    """
    known = creator_ids.cast(pl.Int64)
    groups = known.fill_null(0).to_numpy().astype(np.int64)
    unknown = known.is_null().to_numpy()
    groups[unknown] = _NOBODY - ids[unknown]
    return groups


def _require_columns(frame: pl.DataFrame, names: Sequence[str]) -> None:
    if absent := [name for name in names if name not in frame.columns]:
        raise ThingistatError(
            f"The features lack {', '.join(absent)}, which the advisor's model needs. They were "
            "made by another version or from other data; make the features again, and fit the "
            "model again if it is older than they are."
        )
