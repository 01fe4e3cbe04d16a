"""Where the model is good and where it is not: its scores by age, category and kind of creator.

A slice's scores are those among its own things: telling old things of one age apart is harder than
telling old from young, so that R² within a band of age is lower than over all of them.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.features.registry import CATEGORY_PREFIX
from thingistat_pipeline.popularity.advisor.intervals import AGE_BANDS, age_band, band_name
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.settings import Effort

METRICS_OF_SLICES = ("r2_log", "spearman", "mae_log")
MOST_CATEGORIES = 10
FEWEST_THINGS, FEWEST_CREATORS = 30, 10
"""A smaller slice is listed without scores."""

_EARLIER = "creator_earlier_designs"


def slices(
    rows: AdvisorRows, predicted: Floats, *, seed: int, effort: Effort = "quick"
) -> list[dict[str, Any]]:
    """Judge predictions within parts of the held-out things.

    Parameters
    ----------
    rows : AdvisorRows
        The held-out things.
    predicted : ndarray of float64, shape (n,)
        Their predicted ln(1 + downloads).
    seed : int
        Seed of the resampling of creators.
    effort : {"quick", "full"}
        500 or 4,000 resamples.

    Returns
    -------
    list of dict
        slice ("age", "category" or "creator"), value, n, n_creators, scores (a Score as a dict for
        each of METRICS_OF_SLICES) and bias (mean of observed minus predicted logs); both None where
        the slice is too small. A thing may be in several categories, and in none of the largest.
    """
    return [
        _judged(kind, value, rows.taken(inside), predicted[inside], seed=seed, effort=effort)
        for kind, value, inside in _parts(rows)
        if len(inside)
    ]


def _parts(rows: AdvisorRows) -> Iterator[tuple[str, str, NDArray[np.intp]]]:
    """Yield kind and name of each slice, with the positions of its rows."""
    bands = age_band(rows.age_days)
    for number, (start, end) in enumerate(zip(AGE_BANDS, [*AGE_BANDS[1:], None], strict=True)):
        yield "age", band_name(start, end), np.flatnonzero(bands == number)
    categories = [name for name in rows.features if name.startswith(CATEGORY_PREFIX)]
    members = {name: np.flatnonzero(rows.column(name) == 1) for name in categories}
    largest = sorted(categories, key=lambda name: (-len(members[name]), name))
    for name in largest[:MOST_CATEGORIES]:
        yield "category", name.removeprefix(CATEGORY_PREFIX).replace("-", " "), members[name]
    if _EARLIER in rows.features:
        earlier = rows.column(_EARLIER)
        yield "creator", "new to the sample", np.flatnonzero(earlier == 0)
        yield "creator", "with earlier designs", np.flatnonzero(earlier > 0)
        yield "creator", "unknown", np.flatnonzero(np.isnan(earlier))


def _judged(
    kind: str, value: str, rows: AdvisorRows, predicted: Floats, *, seed: int, effort: Effort
) -> dict[str, Any]:
    bootstrap = CreatorBootstrap(rows.creators, seed=seed, effort=effort)
    sizes = {"n": bootstrap.n_rows, "n_creators": bootstrap.n_creators}
    if bootstrap.n_rows < FEWEST_THINGS or bootstrap.n_creators < FEWEST_CREATORS:
        return {"slice": kind, "value": value, **sizes, "scores": None, "bias": None}
    scores = bootstrap.scores(rows.y, predicted, rows.age_days, metrics=METRICS_OF_SLICES)
    return {
        "slice": kind,
        "value": value,
        **sizes,
        "scores": {name: asdict(score) for name, score in scores.items()},
        "bias": asdict(bootstrap.mean(rows.y - predicted)),
    }
