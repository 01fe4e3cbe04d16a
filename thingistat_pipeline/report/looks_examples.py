"""Examples of things that look alike, chosen by lot: a reader shall judge them by looking.

One thing a category, and things whose picture is nearly that of another. Things marked as not safe
for work are passed over.
"""

from dataclasses import dataclass, field

from duckdb import DuckDBPyConnection

from thingistat_pipeline.report.shown_things import (
    Picture,
    Thing,
    by_example,
    queried,
    shown_things,
)

MOST_PICTURE_BYTES = 210_000
"""Bytes of all pictures together; written into a page they take a third more."""
EXAMPLES, NEIGHBOURS = 5, 6
DUPLICATES, REPETITIONS = 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LookCounts:
    """What was counted of things that look alike.

    Attributes
    ----------
    things : int
        Compared by their cover pictures.
    repeated : int
        Of these, with nearly the same picture as another.
    pairs, pairs_of_two_creators : int
        Pairs of nearly the same picture, and those whose things are by different creators.
    judged, same_category : int
        Things whose category is known, as is that of the thing that looks most like it without
        being nearly the same picture; those for which it is the same.
    by_lot : float or None
        Chance that two of the things judged, drawn by lot, are of the same category.
    """

    things: int = 0
    repeated: int = 0
    pairs: int = 0
    pairs_of_two_creators: int = 0
    judged: int = 0
    same_category: int = 0
    by_lot: float | None = None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A thing that looks like another: cosine of their pictures, and whether nearly the same."""

    thing: Thing
    similarity: float
    duplicate: bool


@dataclass(frozen=True, slots=True)
class AlikeThings:
    """A thing and those that look most like it, the most alike first."""

    thing: Thing
    neighbours: tuple[LookAlike, ...]


@dataclass(frozen=True, slots=True)
class RepeatedPicture:
    """A thing and later ones with nearly the same picture, and whether its creator's own."""

    thing: Thing
    others: tuple[tuple[Thing, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookExamples:
    """Examples of each kind, none where nothing was published, and what was counted of all."""

    alike: tuple[AlikeThings, ...] = ()
    repeated: tuple[RepeatedPicture, ...] = ()
    counts: LookCounts = field(default_factory=LookCounts)


def read_look_examples(con: DuckDBPyConnection, picture: Picture, *, seed: int) -> LookExamples:
    """Choose examples from the published table; the same ones for the same table and seed.

    Parameters
    ----------
    con : DuckDBPyConnection
        Open on a published database.
    picture : callable
        Returns the thumbnail of a thing, of any size and format, or None.
    seed : int
        Of the lot.
    """
    alike = queried(con, "example_look_alikes", examples=EXAMPLES, neighbours=NEIGHBOURS, seed=seed)
    repeated = queried(
        con, "example_duplicates", examples=DUPLICATES, neighbours=REPETITIONS, seed=seed
    )
    ids = [row[name] for row in (*alike, *repeated) for name in ("thing_id", "neighbour_id")]
    things = shown_things(con, ids, picture, most_bytes=MOST_PICTURE_BYTES)
    (counts,) = queried(con, "look_counts")
    return LookExamples(
        alike=tuple(
            AlikeThings(
                thing=things[rows[0]["thing_id"]],
                neighbours=tuple(
                    LookAlike(things[row["neighbour_id"]], row["similarity"], row["duplicate"])
                    for row in rows
                ),
            )
            for rows in by_example(alike)
        ),
        repeated=tuple(
            RepeatedPicture(
                thing=things[rows[0]["thing_id"]],
                others=tuple((things[row["neighbour_id"]], row["same_creator"]) for row in rows),
            )
            for rows in by_example(repeated)
        ),
        counts=LookCounts(**counts),
    )
