"""Downloads a day between two observations of the same thing, as further targets.

The total that a thing has today mixes how good it is with how long it has been there. Where the
panel saw a thing twice, what came in between is free of that. It needs a panel of some size; until
there is one, the result says so.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.resources import files
from typing import Any

import duckdb
import numpy as np
import polars as pl

from thingistat_pipeline.popularity.advisor.rows import LOG_AGE, AdvisorRows
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap
from thingistat_pipeline.popularity.advisor.search import AdvisorParameters
from thingistat_pipeline.popularity.splits import Roles
from thingistat_pipeline.settings import Effort

PANEL_DAYS = (30, 90, 365)
LEAST_ROWS, LEAST_CREATORS = 300, 50
_SHORTEST, _LONGEST = 0.67, 1.5
"""How far a pair's spacing may be from the one wanted, as a share of it."""


def panel_rates(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return how fast the things that were seen twice were downloaded between the two times.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Open on a published database.

    Returns
    -------
    polars.DataFrame
        At most one row for each thing and spacing: id, days (30, 90 or 365), rate (downloads a
        day), first_observed, second_observed, spacing_days (what really lay between), age_days (at
        the first observation).
    """
    query = files(__package__).joinpath("sql", "panel_rates.sql").read_text(encoding="utf-8")
    answer: pl.DataFrame = con.sql(
        query, params={"days": list(PANEL_DAYS), "shortest": _SHORTEST, "longest": _LONGEST}
    ).pl()
    return answer


def panel_results(
    panel: pl.DataFrame,
    rows: AdvisorRows,
    roles: Roles,
    parameters: Callable[[int], AdvisorParameters],
    *,
    seed: int,
    effort: Effort,
    threads: int = 2,
) -> list[dict[str, Any]]:
    """Fit a forest of the rate for each spacing that has enough pairs, and judge it.

    Parameters
    ----------
    panel : polars.DataFrame
        From `panel_rates`.
    rows : AdvisorRows
        Their features serve; the age is that at the pair's first observation.
    roles : Roles
        Of these rows: fitted on all creators but the test's, judged on those.
    parameters : callable
        Gives the advisor's own for a number of rows; the pairs are too few for a search.

    Returns
    -------
    list of dict
        days, n_rows, n_creators, fitted, reason (a sentence where not fitted) and scores, of
        ln(1 + downloads in so many days).
    """
    return [
        _result(days, panel, rows, roles, parameters, seed=seed, effort=effort, threads=threads)
        for days in PANEL_DAYS
    ]


def panel_rows(panel: pl.DataFrame, days: int, rows: AdvisorRows) -> tuple[AdvisorRows, pl.Series]:
    """Return the things seen twice so many days apart, and where they are in `rows`.

    The target is ln(1 + downloads in that time), the age that at the first observation.
    """
    places = pl.DataFrame({"id": rows.ids}).with_row_index("place")
    pairs = panel.filter(days=days).join(places, on="id", validate="1:1").sort("id")
    some = rows.taken(pairs["place"].to_numpy())
    age_days = pairs["age_days"].cast(pl.Float64).to_numpy()
    if LOG_AGE in rows.features:
        some.column(LOG_AGE)[:] = np.log1p(age_days)
    target = np.log1p(pairs["rate"].cast(pl.Float64).to_numpy() * days)
    return replace(some, y=target, age_days=age_days), pairs["place"]


def _result(
    days: int,
    panel: pl.DataFrame,
    rows: AdvisorRows,
    roles: Roles,
    parameters: Callable[[int], AdvisorParameters],
    *,
    seed: int,
    effort: Effort,
    threads: int,
) -> dict[str, Any]:
    some, places = panel_rows(panel, days, rows)
    creators = len(np.unique(some.creators))
    found = {"days": days, "n_rows": len(some.y), "n_creators": creators}
    held_out = np.isin(places.to_numpy(), roles.test)
    if len(some.y) < LEAST_ROWS or creators < LEAST_CREATORS:
        reason = (
            f"{len(some.y):,} things of {creators:,} creators were seen twice about {days} days "
            f"apart; a model of what came in between needs {LEAST_ROWS} of {LEAST_CREATORS}."
        )
        return {**found, "fitted": False, "reason": reason, "scores": None}
    if not held_out.any() or held_out.all():
        reason = "The things seen twice are all on one side of the split."
        return {**found, "fitted": False, "reason": reason, "scores": None}
    train, test = some.taken(~held_out), some.taken(held_out)
    forest = parameters(len(train.y)).grown(train.X, train.y, seed=seed, threads=threads)
    bootstrap = CreatorBootstrap(test.creators, seed=seed, effort=effort)
    scores = bootstrap.scores(test.y, forest.predict(test.X), test.age_days)
    return {
        **found,
        "fitted": True,
        "reason": None,
        "scores": {name: asdict(score) for name, score in scores.items()},
    }
