"""The known things, and what is typical among them.

What is typical is told by a sample of them: every so-many-th thing, and of each category as many as
make its median sure. The features of all others stay in the file.

A typical post has the median of each feature, the commonest where a median means nothing (a day of
the week), and leaves unknown what most posts leave unknown: who is in the sample for the first time
has no earlier downloads.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.registry import feature_named
from thingistat_pipeline.popularity.advisor.rows import feature_matrix
from thingistat_pipeline.popularity.evaluation import Floats

Row = NDArray[np.float32]
Places = NDArray[np.intp]
Where = tuple[str, float, float]
"""A feature, and the lowest and highest value of it."""

FEWEST_ALIKE = 30
"""Fewer posts than this are not asked what is typical."""
MOST_SAMPLED = 15_000
"""Things whose features are kept; all, where there are not more."""
MOST_OF_CATEGORY = 250
"""Things of each category that are among them at least, where it has as many."""
_MOST_ASKED = 2_000
"""More do not make a median surer by anything that shows."""
_COLUMNS_AT_ONCE = 8
_ROWS_KEPT = 256
_COMMONEST = ("day of the week", "hour")
_TAIL = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class Population:
    """The things of the published data, as the advisor's model sees them.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Ascending.
    sample : ndarray of intp, shape (m,)
        Rows of things whose features are at hand, ascending.
    X : ndarray of float32, shape (m, p)
        Their features, NaN where unknown.
    frame : polars.LazyFrame
        The features of all things, and their `id`, where they are stored.
    features : tuple of str, length p
    places : Mapping of str to int
        Column of each feature.
    downloads, age_days : ndarray of float64, shape (n,)
        NaN where unknown.
    members : Mapping of str to ndarray of intp
        Rows of each category, ascending.
    fitted : ndarray of bool, shape (n,)
        Whether the model was fitted on it.
    """

    ids: NDArray[np.int64]
    sample: Places
    X: NDArray[np.float32]
    frame: pl.LazyFrame
    features: tuple[str, ...]
    downloads: Floats
    age_days: Floats
    members: Mapping[str, Places]
    fitted: NDArray[np.bool_]
    places: Mapping[str, int] = field(init=False)
    _read: Callable[[int], Row | None] = field(init=False)
    _typical: dict[tuple[str | None, Where | None], Row] = field(default_factory=dict)
    _by_age: dict[str | None, tuple[Floats, Floats]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find where each feature is."""
        places = {name: place for place, name in enumerate(self.features)}
        object.__setattr__(self, "places", places)
        # The thing that a form starts from is asked for again with every change of the form.
        object.__setattr__(self, "_read", lru_cache(maxsize=_ROWS_KEPT)(self._read_row))

    def row(self, thing_id: int) -> Row | None:
        """Return the features of a thing, read from the file, or None if it is not among them.

        Raises
        ------
        ThingistatError
            If the file has gone.
        """
        found = self._read(thing_id)
        return None if found is None else found.copy()

    def enough(self, category: str | None) -> bool:
        """Say whether a category has things enough to tell what is typical of it."""
        return category is not None and len(self.members.get(category, ())) >= FEWEST_ALIKE

    def typical(self, category: str | None, where: Where | None = None) -> Row:
        """Return the typical post of a category.

        Parameters
        ----------
        category : str or None
            A name; None, or one of too few things, asks all things.
        where : (str, low, high), optional
            Asks only those of which this feature lies in that range: of all categories, where the
            category has too few such things.
        """
        key = (category, where)
        known = self._typical.get(key)
        if known is None:
            # Two threads may both find it; what they find is the same.
            known = _typical(self.X[self._asked(category, where)], self.features)
            self._typical[key] = known
        return known.copy()

    def by_age(self, category: str | None) -> tuple[Floats, Floats]:
        """Return the ages of a category's (or all) things, ascending, and their downloads."""
        found = self._by_age.get(category)
        if found is None:
            rows = np.arange(len(self.ids)) if category is None else self.members[category]
            ages, downloads = self.age_days[rows], self.downloads[rows]
            order = np.argsort(ages, kind="stable")
            order = order[~(np.isnan(ages) | np.isnan(downloads))[order]]
            found = ages[order], downloads[order]
            self._by_age[category] = found
        return found

    def ranges(self) -> tuple[Row, Row]:
        """Return between which values 98 % of the known ones lie that the model was fitted on."""
        X = self.X[_evenly(np.flatnonzero(self.fitted[self.sample]), MOST_SAMPLED)]
        ordered = np.sort(X, axis=0)
        known = (~np.isnan(X)).sum(axis=0)
        columns = np.arange(X.shape[1])
        ends = []
        for share in (_TAIL, 1.0 - _TAIL):
            place = np.clip(np.rint(share * (known - 1)), 0, None).astype(np.intp)
            ends.append(np.where(known > 0, ordered[place, columns], np.nan).astype(np.float32))
        return ends[0], ends[1]

    def column(self, name: str) -> Row:
        """Return one feature of the things in the sample."""
        return self.X[:, self.places[name]]

    def columns(self, names: Sequence[str]) -> NDArray[np.float32]:
        """Return features of all things, read from the file, float32 (n, len(names)).

        Raises
        ------
        ThingistatError
            If the file has gone.
        """
        return feature_matrix(_collected(self.frame.select(names)), names)

    def _read_row(self, thing_id: int) -> Row | None:
        place = int(np.searchsorted(self.ids, thing_id))
        if place == len(self.ids) or self.ids[place] != thing_id:
            return None
        wanted = self.frame.filter(pl.col("id") == thing_id).select(self.features)
        found: Row = feature_matrix(_collected(wanted), self.features)[0]
        return found

    def _asked(self, category: str | None, where: Where | None) -> Places:
        """Return rows of the sample."""
        everything = np.arange(len(self.sample))
        own = everything
        if category and self.enough(category):
            own = np.flatnonzero(np.isin(self.sample, self.members[category], assume_unique=True))
        for rows in (own, everything):
            asked = rows[self._lie(where, rows)] if where else rows
            if len(asked) >= FEWEST_ALIKE:
                return _evenly(asked, _MOST_ASKED)
        return _evenly(own, _MOST_ASKED)

    def _lie(self, where: Where, rows: Places) -> NDArray[np.bool_]:
        feature, low, high = where
        if feature not in self.places:
            return np.ones(len(rows), dtype=np.bool_)
        values = self.column(feature)[rows]
        within: NDArray[np.bool_] = (values >= low) & (values <= high)
        return within


def read_population(
    path: Path, features: Sequence[str], members: pl.DataFrame, fitted_ids: NDArray[np.int64]
) -> Population:
    """Read the feature frame that a model was fitted on, a few columns at a time.

    Parameters
    ----------
    path : Path
        Parquet file of the popularity features, sorted by id.
    features : sequence of str
        Columns of the model.
    members : polars.DataFrame
        thing_id, category.
    fitted_ids : ndarray of int64
        Things that the model was fitted on.

    Raises
    ------
    ThingistatError
        If the frame cannot be read or lacks a column.
    """
    frame = pl.scan_parquet(path)
    outcome = _collected(frame.select("id", "download_count", "age_days"))
    ids = outcome["id"].to_numpy().astype(np.int64)
    downloads, ages = (
        outcome[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("download_count", "age_days")
    )
    categories = _members(ids, members)
    sample = _sampled(len(ids), categories.values())
    X = np.empty((len(sample), len(features)), dtype=np.float32)
    for start in range(0, len(features), _COLUMNS_AT_ONCE):
        names = list(features[start : start + _COLUMNS_AT_ONCE])
        part = _collected(frame.select(names))[sample]
        X[:, start : start + len(names)] = feature_matrix(part, names)
    return Population(
        ids=ids,
        sample=sample,
        X=X,
        frame=frame,
        features=tuple(features),
        downloads=downloads,
        age_days=ages,
        members=categories,
        fitted=np.isin(ids, fitted_ids),
    )


def _collected(wanted: pl.LazyFrame) -> pl.DataFrame:
    try:
        return wanted.collect()
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise ThingistatError(
            f"The features of the known things cannot be read ({type(problem).__name__}). Run "
            "`make run` again: they are made anew."
        ) from problem


def _members(ids: NDArray[np.int64], members: pl.DataFrame) -> dict[str, Places]:
    if not len(ids) or members.is_empty():
        return {}
    # Numbers all the way: hundreds of thousands of names would take up much memory for a moment.
    names = members["category"].unique().sort()
    numbers = members["category"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.intp)
    things = members["thing_id"].to_numpy()
    places = np.searchsorted(ids, things)
    known = places < len(ids)
    known[known] = ids[places[known]] == things[known]
    pairs = np.unique(numbers[known] * len(ids) + places[known])
    ends = np.searchsorted(pairs, np.arange(1, len(names)) * len(ids))
    groups = np.split(pairs % len(ids), ends)
    return {name: group for name, group in zip(names, groups, strict=True) if len(group)}


def _sampled(things: int, categories: Iterable[Places]) -> Places:
    """Return every so-many-th row, and some of each category."""
    chosen = np.zeros(things, dtype=np.bool_)
    chosen[_evenly(np.arange(things), MOST_SAMPLED)] = True
    for rows in categories:
        chosen[_evenly(rows, MOST_OF_CATEGORY)] = True
    return np.flatnonzero(chosen)


def _typical(X: NDArray[np.float32], features: Sequence[str]) -> Row:
    """Return the typical row: what most leave unknown is unknown, else the lower median."""
    if not len(X):
        return np.full(len(features), np.nan, dtype=np.float32)
    ordered = np.sort(X, axis=0)
    known = (~np.isnan(X)).sum(axis=0)
    middle = np.maximum(known - 1, 0) // 2
    row: Row = ordered[middle, np.arange(X.shape[1])]
    for place, name in enumerate(features):
        if feature_named(name).unit in _COMMONEST and known[place]:
            values, counts = np.unique(ordered[: known[place], place], return_counts=True)
            row[place] = values[counts.argmax()]
    row[2 * known <= len(X)] = np.nan
    return row


def _evenly(rows: Places, most: int) -> Places:
    """Return at most so many of the rows, evenly spaced."""
    wanted = min(len(rows), most)
    return rows[np.arange(wanted) * len(rows) // max(wanted, 1)]
