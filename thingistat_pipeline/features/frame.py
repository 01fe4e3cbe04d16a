"""One row a thing, one column a registered feature: what the popularity models are fitted on.

Lengths and counts are computed by DuckDB, family by family (`sql/`), and joined in one query, so
that the texts never leave the database. Unknown stays null all the way: which rows a model leaves
out, and why, is the model's decision and is reported there.
"""

import re
from dataclasses import dataclass
from importlib.resources import files

import duckdb
import polars as pl

from thingistat_pipeline.features.registry import CATEGORY_PREFIX, Family

_IDENTITY = "SELECT id, creator_id, added, observed_at FROM things"


@dataclass(frozen=True, slots=True)
class TopCategory:
    """A category that many things are filed under.

    Attributes
    ----------
    name : str
        As the site writes it.
    slug : str
        Lower-case letters, digits and hyphens; unique among the top categories.
    things : int
        How many of the sampled things it holds.
    """

    name: str
    slug: str
    things: int

    @property
    def column(self) -> str:
        """Name of its one-hot column."""
        return CATEGORY_PREFIX + self.slug


def query_named(name: str) -> str:
    """Return the text of one of this package's SQL files."""
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def table_of(
    con: duckdb.DuckDBPyConnection, query: str, **params: str | int | float
) -> pl.DataFrame:
    """Return a query's answer as a Polars frame; `params` fill its named placeholders."""
    answer: pl.DataFrame = con.sql(query, params=params).pl()
    return answer


def popularity_frame(con: duckdb.DuckDBPyConnection, *, categories: int = 10) -> pl.DataFrame:
    """Return the features of every live thing, sorted by id.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Open on a published database.
    categories : int, default=10
        How many of the most frequent categories become one-hot columns. A thing of which no
        category is known counts as being in none of them, as in ThingiStat's notebook.

    Returns
    -------
    polars.DataFrame
        `id`, `creator_id`, `added`, `observed_at`, every feature of the registry (Int64, Float64
        or Boolean; null where unknown) and one Boolean column for each top category.
    """
    joined = "".join(
        f"JOIN ({query_named(family.value)}) AS {family.value} USING (id)\n" for family in Family
    )
    frame = table_of(
        con,
        f"FROM ({_IDENTITY}) AS identity\n{joined}"
        f"LEFT JOIN ({query_named('things_categories')}) AS categories USING (id)\n"
        "ORDER BY id",
    )
    membership = [
        pl.col("own_categories").list.contains(top.name).fill_null(value=False).alias(top.column)
        for top in top_categories(con, n=categories)
    ]
    return frame.with_columns(membership).drop("own_categories")


def top_categories(con: duckdb.DuckDBPyConnection, n: int = 10) -> tuple[TopCategory, ...]:
    """Return the `n` categories that hold most of the sampled things, the largest first.

    Equals are ordered by name, so that a data set always gives the same columns.
    """
    rows = table_of(con, query_named("top_categories"), n=n).rows()
    taken: set[str] = set()
    found = []
    for name, slug, things in rows:
        unique = _unused(_plain_slug(slug or name), taken)
        taken.add(unique)
        found.append(TopCategory(name=name, slug=unique, things=things))
    return tuple(found)


def _plain_slug(text: str) -> str:
    """Reduce a slug or a name to lower-case ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"


def _unused(slug: str, taken: set[str]) -> str:
    """Return `slug`, numbered where another category has it already."""
    number, candidate = 1, slug
    while candidate in taken:
        number += 1
        candidate = f"{slug}-{number}"
    return candidate
