"""What a page shows of things: their names, makers and pages, and pictures made small.

Pictures are bounded each and altogether, so that a page that holds them stays light.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from duckdb import DuckDBPyConnection

from thingistat_pipeline.visual.pictures import PictureRefusedError, small_picture

PIXELS = 112
LARGEST_PICTURE = 16_000

Picture = Callable[[int], bytes | None]
"""Returns the thumbnail of a thing, of any size and format, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What is shown of a thing.

    Attributes
    ----------
    id : int
    name, creator, url : str
        As the site gave them, unchecked; empty where unknown.
    likes : int or None
        Users who like it, as the site counts.
    picture : bytes or None
        A small JPEG; None where there is none.
    """

    id: int
    name: str
    creator: str
    url: str
    likes: int | None
    picture: bytes | None


@dataclass
class _Pictures:
    """Small pictures, until there are enough."""

    picture: Picture
    left: int

    def small(self, thing_id: int) -> bytes | None:
        content = self.picture(thing_id) if self.left > 0 else None
        if content is None:
            return None
        try:
            small = small_picture(content, PIXELS)
        except PictureRefusedError:
            return None
        if len(small) > min(LARGEST_PICTURE, self.left):
            return None
        self.left -= len(small)
        return small


def shown_things(
    con: DuckDBPyConnection, ids: Iterable[int], picture: Picture, *, most_bytes: int
) -> dict[int, Thing]:
    """Return what is shown of things; pictures are spent in the order of the ids.

    Parameters
    ----------
    con : DuckDBPyConnection
        Open on a published database.
    ids : iterable of int
        Each may come again, and is shown once.
    picture : callable
    most_bytes : int
        Of all pictures together; written into a page they take a third more.
    """
    order = list(dict.fromkeys(ids))
    told = {row["id"]: row for row in queried(con, "example_things", ids=order)}
    pictures = _Pictures(picture, most_bytes)
    return {
        thing_id: Thing(
            id=thing_id,
            name=told[thing_id]["name"] or "",
            creator=told[thing_id]["creator"] or "",
            url=told[thing_id]["public_url"] or "",
            likes=told[thing_id]["like_count"],
            picture=pictures.small(thing_id),
        )
        for thing_id in order
    }


def by_example(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the rows of each example, in order."""
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["example"], []).append(row)
    return list(groups.values())


def queried(con: DuckDBPyConnection, query: str, **params: object) -> list[dict[str, Any]]:
    """Return the rows of one of this package's queries."""
    sql = files("thingistat_pipeline.report").joinpath("sql", f"{query}.sql").read_text("utf-8")
    rows: list[dict[str, Any]] = con.sql(sql, params=params or None).pl().to_dicts()
    return rows
