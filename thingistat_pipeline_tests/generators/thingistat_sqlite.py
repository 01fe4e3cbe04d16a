"""ThingiStat's SQLite database, filled with generated things, in both of its schemas.

Sources: ``src/db_structure.py`` and ``src/db_utils.py`` of javathejhut/ThingiStat, in their first
and their later form: texts, counts, and lists as JSON text in one wide table. The first one wrote
the text 'NULL' for what is empty, counted the likers it got, and let a tag be stored again and
again; the later one has real NULLs, the time of access, and categories.
"""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from thingistat_pipeline.thingiverse.likers import hash_liker
from thingistat_pipeline.thingiverse.records import Creator, Record, Thing
from thingistat_pipeline_tests.generators.things import user_of

Schema = Literal["later", "early"]
Row = tuple[Any, ...]

_CREATORS = (
    "id INT PRIMARY KEY, name TEXT, first_name TEXT, last_name TEXT, public_url TEXT, "
    "count_of_followers INT, count_of_following INT, count_of_designs INT, accepts_tips INT, "
    "location TEXT"
)
_SHARED = (
    "id INT PRIMARY KEY, name TEXT, thumbnail TEXT, public_url TEXT, added TEXT, modified TEXT, "
    "is_wip INT, is_featured INT, is_nsfw INT, like_count INT, collect_count INT, "
    "comment_count INT, description TEXT, instructions TEXT, details TEXT, license TEXT, "
    "allows_derivatives INT, file_count INT, print_history_count INT, download_count INT, "
    "view_count INT, remix_count INT, make_count INT, root_comment_count INT, is_derivative INT, "
    "can_comment INT, added_images_count INT, "
)
_CREATOR_KEY = "FOREIGN KEY(creator_id) REFERENCES creators (id)"
TABLES: dict[Schema, dict[str, str]] = {
    "early": {
        "things": f"{_SHARED}likes_count INT, likes_ids TEXT, average_download_count INT, "
        f"tags TEXT, ancestor_ids TEXT, creator_id INT, {_CREATOR_KEY}",
        "creators": _CREATORS,
        "tags": "name TEXT, tag TEXT, absolute_url TEXT, count INT",
    },
    "later": {
        "things": f"{_SHARED}likes_ids TEXT, average_download_count INT, tags TEXT, "
        f"ancestor_ids TEXT, creator_id INT, accessed TEXT, categories TEXT, {_CREATOR_KEY}",
        "creators": _CREATORS,
        "tags": "name TEXT PRIMARY KEY, tag TEXT, absolute_url TEXT, count INT",
        "categories": "id INT PRIMARY KEY, name TEXT, count INT, slug TEXT",
    },
}
"""The columns of each table, in the order in which ThingiStat makes them."""

_BATCH = 1_000
_NOT_IN_THE_DATABASE = (
    *("default_image_url", "is_published", "is_ai", "is_private", "app_count", "app_id"),
    *("print_settings", "moderation"),
)


@dataclass(frozen=True)
class ThingiStatFile:
    """A database that was written, and how many rows each of its tables has."""

    path: Path
    schema: Schema
    rows: dict[str, int]


def write_thingistat(
    path: Path, records: Iterable[Record], *, schema: Schema = "later"
) -> ThingiStatFile:
    """Write a new database in one transaction, as fast as SQLite takes it.

    Parameters
    ----------
    path : Path
        The file, replaced where it exists.
    records : iterable of Record
        Those without a thing, or whose thing has no creator, are passed over, as ThingiStat does.
    schema : {"later", "early"}
        ThingiStat's first schema, or the one with the time of access and categories.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA journal_mode = OFF")
        con.execute("PRAGMA synchronous = OFF")
        create_tables(con, schema)
        remaining = iter(records)
        while batch := list(islice(remaining, _BATCH)):
            _add(con, batch, schema)
        con.commit()
        rows = {
            table: int(con.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in TABLES[schema]
        }
    return ThingiStatFile(path, schema, rows)


def create_tables(con: sqlite3.Connection, schema: Schema) -> None:
    """Make the empty tables of a schema where they are not there yet."""
    for table, columns in TABLES[schema].items():
        con.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")


def _add(con: sqlite3.Connection, batch: list[Record], schema: Schema) -> None:
    rows: dict[str, list[Row]] = {table: [] for table in ("creators", *TABLES[schema])}
    for record in batch:
        for table, row in rows_of(record, schema):
            rows[table].append(row)
    for table, new in rows.items():
        if new:
            marks = ",".join("?" * len(new[0]))
            con.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", new)


def rows_of(record: Record, schema: Schema) -> list[tuple[str, Row]]:
    """Return the rows that ThingiStat inserts for a thing, each with its table, in its order."""
    thing = record.thing
    if thing is None or thing.creator is None:
        return []
    rows: list[tuple[str, Row]] = [
        ("creators", _creator_row(thing.creator)),
        ("things", _thing_row(record, thing, schema)),
        *(("tags", (tag.name, tag.tag, tag.absolute_url, tag.count)) for tag in thing.tags or []),
    ]
    if schema == "later":
        rows += [
            ("categories", (category.id, category.name, category.count, category.slug))
            for category in record.categories or []
        ]
    empty = None if schema == "later" else "NULL"
    return [(table, tuple(empty if cell == "" else cell for cell in row)) for table, row in rows]


def _creator_row(creator: Creator) -> Row:
    return (
        creator.id,
        creator.name,
        creator.first_name or "",
        creator.last_name or "",
        creator.public_url,
        creator.count_of_followers,
        creator.count_of_following,
        creator.count_of_designs,
        creator.accepts_tips,
        creator.location or "",
    )


def _thing_row(record: Record, thing: Thing, schema: Schema) -> Row:
    files, images, likers = record.files or [], record.images or [], record.likers or []
    likes = _listed([user_of(liker) for liker in likers])
    tags = _listed([tag.tag for tag in thing.tags or []])
    creator = None if thing.creator is None else thing.creator.id
    lists = (likes, average_downloads(record), tags, _listed(thing.ancestors or []), creator)
    shared = (
        thing.id,
        thing.name,
        thing.thumbnail,
        thing.public_url,
        _site_time(thing.added),
        _site_time(thing.modified),
        thing.is_wip,
        thing.is_featured,
        thing.is_nsfw,
        thing.like_count,
        thing.collect_count,
        thing.comment_count,
        thing.description,
        thing.instructions,
        thing.details,
        thing.license,
        thing.allows_derivatives,
        thing.file_count,
        thing.print_history_count,
        thing.download_count,
        thing.view_count,
        thing.remix_count,
        thing.make_count,
        thing.root_comment_count,
        thing.is_derivative,
        thing.can_comment,
        len(images) - len(files),
    )
    if schema == "early":
        return (*shared, len(likers), *lists)
    categories = _listed([category.name for category in record.categories or []])
    return (*shared, *lists, _site_time(record.observed_at), categories)


def average_downloads(record: Record) -> int:
    """Return the mean of the files' downloads, cut to a whole number; 0 where there are none."""
    downloads = [file.download_count for file in record.files or [] if file.download_count]
    return sum(downloads) // len(record.files) if record.files else 0


def as_imported(
    record: Record, *, schema: Schema, liker_key: bytes, observed_at: str | None = None
) -> Record:
    """Return what a faithful importer makes of the rows of a thing.

    Parameters
    ----------
    record : Record
        What the rows were written from.
    schema : {"later", "early"}
        Of the database.
    liker_key : bytes
        The importer's key.
    observed_at : str, optional
        The moment that the importer assumes where the rows name none (the early schema).
    """
    thing = record.thing
    assert thing is not None
    likes = [hash_liker(user_of(liker), liker_key) for liker in record.likers or []]
    texts = {name: getattr(thing, name) or None for name in ("description", "instructions")}
    # an empty list is stored as NULL, which says nothing where a request of its own was needed
    nobody = not likes and thing.like_count != 0
    return Record(
        thing_id=record.thing_id,
        observed_at=record.observed_at if observed_at is None else observed_at,
        outcome="ok",
        thing=replace(
            thing,
            **texts,
            **dict.fromkeys(_NOT_IN_THE_DATABASE),
            image_count=len(record.images or []),
            average_download_count=average_downloads(record),
        ),
        categories=(record.categories or None) if schema == "later" else None,
        likers=None if nobody else likes,
        likers_truncated=None if nobody else len(likes) < (thing.like_count or 0),
    )


def _site_time(time: str | None) -> str | None:
    return None if time is None else f"{time.removesuffix('Z')}+00:00"


def _listed(values: list[Any]) -> str:
    return json.dumps(values) if values else ""
