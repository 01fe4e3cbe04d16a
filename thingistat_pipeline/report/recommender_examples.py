"""Examples of what the recommender offers, chosen by rule: a reader shall judge it by looking.

None is chosen for looking good: the most liked thing of each category, the tag that stands out in
each, things drawn by lot. Things marked as not safe for work are passed over.
"""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from thingistat_pipeline.report.shown_things import (
    Picture,
    Thing,
    by_example,
    queried,
    shown_things,
)

MOST_PICTURE_BYTES = 420_000
"""Bytes of all pictures together; written into a page they take a third more."""
SIMILAR_EXAMPLES, SIMILAR_THINGS = 5, 6
TAG_EXAMPLES, TAG_THINGS, FEWEST_BEARERS = 5, 6, 5
SUGGESTION_EXAMPLES, SUGGESTIONS, FEWEST_OWN_TAGS, MOST_OWN_TAGS = 6, 6, 3, 8


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


def read_examples(con: DuckDBPyConnection, picture: Picture, *, seed: int) -> Examples:
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
    similar = queried(con, "example_similar", examples=SIMILAR_EXAMPLES, neighbours=SIMILAR_THINGS)
    closest = queried(
        con, "example_tags", examples=TAG_EXAMPLES, closest=TAG_THINGS, fewest=FEWEST_BEARERS
    )
    offered = queried(
        con, "example_suggestions", examples=SUGGESTION_EXAMPLES, suggestions=SUGGESTIONS,
        fewest=FEWEST_OWN_TAGS, borne=MOST_OWN_TAGS, seed=seed,
    )  # fmt: skip
    ids = [
        *(row[name] for row in similar for name in ("thing_id", "neighbour_id")),
        *(row["thing_id"] for row in (*closest, *offered)),
    ]
    things = shown_things(con, ids, picture, most_bytes=MOST_PICTURE_BYTES)
    return Examples(
        similar=tuple(
            SimilarThings(
                thing=things[rows[0]["thing_id"]],
                neighbours=tuple((things[row["neighbour_id"]], row["basis"]) for row in rows),
            )
            for rows in by_example(similar)
        ),
        tags=tuple(
            TagThings(
                tag=rows[0]["tag"],
                things=rows[0]["things"],
                closest=tuple((things[row["thing_id"]], row["bears"]) for row in rows),
            )
            for rows in by_example(closest)
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
