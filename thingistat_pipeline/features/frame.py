"""One row a thing, one column a registered feature: what the popularity models are fitted on.

Lengths and counts are computed by DuckDB, part by part (`sql/`), and joined in one query, so that
the texts never leave the database. Unknown stays null all the way: which rows a model leaves out,
and why, is the model's decision and is reported there.
"""

import re
from dataclasses import dataclass
from importlib.resources import files

import duckdb
import numpy as np
import polars as pl

from thingistat_pipeline.features.registry import CATEGORY_PREFIX

MOST_CATEGORIES = 200
"""The site has about 80; more columns than this would come from a damaged database."""

_IDENTITY = "SELECT id, creator_id, added, observed_at FROM things"
_PARTS = (
    "content_words",
    "content_language",
    "content_page",
    "content_declared",
    "content_tags",
    "content_files",
    "content_pictures",
    "creator_at_publish",
    "context",
    "engagement",
    "outcome",
)
"""Queries that give each thing one row, named after the family of their columns."""


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
    con: duckdb.DuckDBPyConnection, query: str, **params: str | int | float | list[str]
) -> pl.DataFrame:
    """Return a query's answer as a Polars frame; `params` fill its named placeholders."""
    answer: pl.DataFrame = con.sql(query, params=params).pl()
    return answer


def popularity_frame(
    con: duckdb.DuckDBPyConnection, *, categories: int = MOST_CATEGORIES
) -> pl.DataFrame:
    """Return the features of every live thing, sorted by id.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Open on a published database.
    categories : int, default=200
        How many of the most frequent categories become one-hot columns. A thing of which no
        category is known counts as being in none of them, as in ThingiStat's notebook.

    Returns
    -------
    polars.DataFrame
        `id`, `creator_id`, `added`, `observed_at`, every feature of the registry (Int64, Float64
        or Boolean; null where unknown) and one Boolean column for each category, the most frequent
        first.
    """
    frame = table_of(con, _IDENTITY).sort("id")
    for part in _PARTS:
        columns = table_of(con, query_named(part)).sort("id")
        frame = pl.concat([frame, columns.drop("id")], how="horizontal")
    return frame.hstack(_membership(con, frame["id"], categories))


def _membership(con: duckdb.DuckDBPyConnection, ids: pl.Series, n: int) -> list[pl.Series]:
    """Return the one-hot columns of the `n` most frequent categories for sorted ids."""
    tops = top_categories(con, n)
    members = table_of(con, query_named("category_members"), names=[top.name for top in tops])
    table = np.zeros((len(tops), len(ids)), dtype=np.bool_)
    table[members["place"], np.searchsorted(ids, members["thing_id"])] = True
    return [pl.Series(top.column, row) for top, row in zip(tops, table, strict=True)]


def top_categories(con: duckdb.DuckDBPyConnection, n: int = 10) -> tuple[TopCategory, ...]:
    """Return the `n` categories that hold most of the sampled things, the largest first.

    Equals are ordered by name, so that a data set always gives the same columns.
    """
    return named_categories(table_of(con, query_named("top_categories"), n=n))


def named_categories(rows: pl.DataFrame) -> tuple[TopCategory, ...]:
    """Return categories with the names of their columns.

    Parameters
    ----------
    rows : polars.DataFrame
        name, slug, things; those with most things first.
    """
    taken: set[str] = set()
    found = []
    for name, slug, things in rows.select("name", "slug", "things").iter_rows():
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
