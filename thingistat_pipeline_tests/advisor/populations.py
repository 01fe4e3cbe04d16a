"""Known things made by hand."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from thingistat_pipeline.advisor.drafts import ReadDraft
from thingistat_pipeline.advisor.population import Population


def population(
    columns: Mapping[str, Sequence[float]],
    *,
    downloads: Sequence[float] | None = None,
    age_days: Sequence[float] | None = None,
    members: Mapping[str, Sequence[int]] | None = None,
) -> Population:
    """Return things numbered from 1, all of which the model was fitted on."""
    X = np.array(list(columns.values()), dtype=np.float32).T
    things = len(X)
    return Population(
        ids=np.arange(1, things + 1),
        sample=np.arange(things),
        X=X,
        frame=pl.LazyFrame({"id": range(1, things + 1), **columns}, strict=False),
        features=tuple(columns),
        downloads=np.array(downloads or np.zeros(things), dtype=np.float64),
        age_days=np.array(age_days or np.full(things, 100.0), dtype=np.float64),
        members={name: np.array(rows) for name, rows in (members or {}).items()},
        fitted=np.ones(things, dtype=np.bool_),
    )


def drafted(known: Population, values: Mapping[str, float], told: Sequence[str]) -> ReadDraft:
    """Return a draft of the given features, the others as usual, which tells the given parts."""
    typical = known.typical(None)
    row = typical.copy()
    for name, value in values.items():
        row[known.places[name]] = value
    return ReadDraft(row, typical, None, frozenset(told), [])
