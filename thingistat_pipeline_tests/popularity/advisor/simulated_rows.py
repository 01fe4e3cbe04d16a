"""Advisor rows made by hand."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows


def rows_with(
    y: ArrayLike, *, age_days: ArrayLike | None = None, creators: ArrayLike | None = None, **X: Any
) -> AdvisorRows:
    """Return rows with the given targets and columns; by default all of one age, other creators."""
    target = np.asarray(y, dtype=np.float64)
    n = len(target)
    ages = np.full(n, 100.0) if age_days is None else np.asarray(age_days, dtype=np.float64)
    columns = {"log_age_days": np.log1p(ages), **X}
    return AdvisorRows(
        ids=np.arange(n),
        creators=np.arange(n) if creators is None else np.asarray(creators),
        X=np.column_stack(list(columns.values())).astype(np.float32),
        y=target,
        age_days=ages,
        added=np.datetime64("2024-01-01", "us") - ages.astype("timedelta64[D]"),
        features=list(columns),
        left_out={},
        rows_dropped={},
    )
