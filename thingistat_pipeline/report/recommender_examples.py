"""Examples of what the recommender offers, chosen by rule: a reader shall judge it by looking.

None is chosen for looking good: the most liked thing of each category, the tag that stands out in
each, things drawn by lot. Things marked as not safe for work are passed over. Pictures are made
small and are bounded altogether, so that a page that holds them stays light.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from duckdb import DuckDBPyConnection

from thingistat_pipeline.visual.pictures import PictureRefusedError, small_picture

PIXELS = 112
LARGEST_PICTURE = 16_000
MOST_PICTURE_BYTES = 420_000
"""Bytes of all pictures together; written into a page they take a third more."""
SIMILAR_EXAMPLES, SIMILAR_THINGS = 5, 6
TAG_EXAMPLES, TAG_THINGS, FEWEST_BEARERS = 5, 6, 5
SUGGESTION_EXAMPLES, SUGGESTIONS, FEWEST_OWN_TAGS, MOST_OWN_TAGS = 6, 6, 3, 8


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


@dataclass(frozen=True, slots=True)
class SimilarThings:
    """A thing and those most similar to it, with the basis of the likeness (`similar_things`)."""

    thing: Thing
    neighbours: tuple[tuple[Thing, str], ...]


@dataclass(frozen=True, slots=True)
class TagThings:
    """A tag, on how many things it is, and the things closest to it, with whether they bear it."""

    tag: str
    things: int
    closest: tuple[tuple[Thing, bool], ...]


@dataclass(frozen=True, slots=True)
class TagSuggestions:
    """A thing, tags it bears, and those suggested to it, with how many things bear them."""

    thing: Thing
    tags: tuple[str, ...]
    suggested: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Examples of each kind; a kind is empty where nothing was published of it."""

    similar: tuple[SimilarThings, ...] = ()
    tags: tuple[TagThings, ...] = ()
    suggestions: tuple[TagSuggestions, ...] = ()


def read_examples(
    con: DuckDBPyConnection, picture: Callable[[int], bytes | None], *, seed: int
) -> Examples:
    """Choose examples from the published tables; the same ones for the same tables and seed.

    Parameters
    ----------
    con : DuckDBPyConnection
        Open on a published database.
    picture : callable
        Returns the thumbnail of a thing, of any size and format, or None.
    seed : int
        Of the lot by which things with suggested tags are drawn.
    """
    similar = _rows(con, "example_similar", examples=SIMILAR_EXAMPLES, neighbours=SIMILAR_THINGS)
    closest = _rows(
        con, "example_tags", examples=TAG_EXAMPLES, closest=TAG_THINGS, fewest=FEWEST_BEARERS
    )
    offered = _rows(
        con, "example_suggestions", examples=SUGGESTION_EXAMPLES, suggestions=SUGGESTIONS,
        fewest=FEWEST_OWN_TAGS, borne=MOST_OWN_TAGS, seed=seed,
    )  # fmt: skip
    ids = [
        *(row[name] for row in similar for name in ("thing_id", "neighbour_id")),
        *(row["thing_id"] for row in (*closest, *offered)),
    ]
    things = _things(con, dict.fromkeys(ids), picture)
    return Examples(
        similar=tuple(
            SimilarThings(
                thing=things[rows[0]["thing_id"]],
                neighbours=tuple((things[row["neighbour_id"]], row["basis"]) for row in rows),
            )
            for rows in _grouped(similar)
        ),
        tags=tuple(
            TagThings(
                tag=rows[0]["tag"],
                things=rows[0]["things"],
                closest=tuple((things[row["thing_id"]], row["bears"]) for row in rows),
            )
            for rows in _grouped(closest)
        ),
        suggestions=tuple(
            TagSuggestions(
                thing=things[row["thing_id"]],
                tags=tuple(row["tags"]),
                suggested=tuple((each["tag"], each["things"]) for each in row["suggested"]),
            )
            for row in offered
        ),
    )


@dataclass
class _Pictures:
    """Small pictures, until there are enough."""

    picture: Callable[[int], bytes | None]
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


def _things(
    con: DuckDBPyConnection, ids: Iterable[int], picture: Callable[[int], bytes | None]
) -> dict[int, Thing]:
    """Return what is shown of things; pictures are spent in the order of the ids."""
    order = list(ids)
    told = {row["id"]: row for row in _rows(con, "example_things", ids=order)}
    pictures = _Pictures(picture, MOST_PICTURE_BYTES)
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


def _grouped(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the rows of each example, in order."""
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["example"], []).append(row)
    return list(groups.values())


def _rows(con: DuckDBPyConnection, query: str, **params: object) -> list[dict[str, Any]]:
    """Run one of this package's queries."""
    sql = files("thingistat_pipeline.report").joinpath("sql", f"{query}.sql").read_text("utf-8")
    rows: list[dict[str, Any]] = con.sql(sql, params=params).pl().to_dicts()
    return rows
