"""The reference's database: ThingiStat's four tables in SQLite, and how it fills them.

Written from the description of ThingiStat's way: texts, counts, and lists as JSON text in one wide
table; rows added with ``INSERT OR IGNORE``; one commit a thing. It is easier on the reference than
ThingiStat itself, which also opens the database anew for every thing and asks for the number of
columns before every insert.
"""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from thingistat_pipeline.thingiverse.records import Record, Thing

_TABLES = {
    "creators": "id INT PRIMARY KEY, name TEXT, first_name TEXT, last_name TEXT, public_url TEXT, "
    "count_of_followers INT, count_of_following INT, count_of_designs INT, accepts_tips INT, "
    "location TEXT",
    "tags": "name TEXT PRIMARY KEY, tag TEXT, absolute_url TEXT, count INT",
    "categories": "id INT PRIMARY KEY, name TEXT, count INT, slug TEXT",
    "things": "id INT PRIMARY KEY, name TEXT, thumbnail TEXT, public_url TEXT, added TEXT, "
    "modified TEXT, is_wip INT, is_featured INT, is_nsfw INT, like_count INT, collect_count INT, "
    "comment_count INT, description TEXT, instructions TEXT, details TEXT, license TEXT, "
    "allows_derivatives INT, file_count INT, print_history_count INT, download_count INT, "
    "view_count INT, remix_count INT, make_count INT, root_comment_count INT, is_derivative INT, "
    "can_comment INT, added_images_count INT, likes_ids TEXT, average_download_count INT, "
    "tags TEXT, ancestor_ids TEXT, creator_id INT REFERENCES creators (id), accessed TEXT, "
    "categories TEXT",
}
_SAME = (
    *("id", "name", "thumbnail", "public_url", "added", "modified", "is_wip", "is_featured"),
    *("is_nsfw", "like_count", "collect_count", "comment_count", "description", "instructions"),
    *("details", "license", "allows_derivatives", "file_count", "print_history_count"),
    *("download_count", "view_count", "remix_count", "make_count", "root_comment_count"),
    *("is_derivative", "can_comment"),
)
_CREATOR = (
    *("id", "name", "first_name", "last_name", "public_url", "count_of_followers"),
    *("count_of_following", "count_of_designs", "accepts_tips", "location"),
)
_USERS = 10_000_000
"""Real user numbers have at most seven digits or so, our keyed hashes nineteen."""


def fill(path: Path, records: Iterable[Record]) -> None:
    """Write things into a new database, one commit each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA foreign_keys = 1")
        for table, columns in _TABLES.items():
            con.execute(f"CREATE TABLE {table} ({columns})")
        con.commit()
        for record in records:
            if record.thing is not None:
                _add(con, record, record.thing)
                con.commit()


def _add(con: sqlite3.Connection, record: Record, thing: Thing) -> None:
    creator = thing.creator
    if creator is not None:
        _insert(
            con,
            "creators",
            tuple(getattr(creator, name) for name in _CREATOR),
        )
    _insert(con, "things", _thing_row(record, thing))
    for tag in thing.tags or []:
        _insert(con, "tags", (tag.name, tag.tag, tag.absolute_url, tag.count))
    for category in record.categories or []:
        _insert(con, "categories", (category.id, category.name, category.count, category.slug))


def _thing_row(record: Record, thing: Thing) -> tuple[Any, ...]:
    files, images = record.files or [], record.images or []
    downloads = [file.download_count for file in files if file.download_count is not None]
    return (
        *(getattr(thing, name) for name in _SAME),
        len(images) - len(files),
        _listed([liker % _USERS for liker in record.likers or []]),
        sum(downloads) // len(downloads) if downloads else 0,
        _listed([tag.tag for tag in thing.tags or []]),
        _listed(thing.ancestors or []),
        None if thing.creator is None else thing.creator.id,
        record.observed_at,
        _listed([category.name for category in record.categories or []]),
    )


def _listed(values: list[Any]) -> str | None:
    return json.dumps(values) if values else None


def _insert(con: sqlite3.Connection, table: str, row: tuple[Any, ...]) -> None:
    con.execute(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(row))})", row)
