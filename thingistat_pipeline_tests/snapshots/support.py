"""ThingiStat's databases in both schemas, written by hand with invented rows.

Schemas: javathejhut/ThingiStat, ``src/db_structure.py`` in its first and its later form.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

COMMON = (
    "id INT PRIMARY KEY, name TEXT, thumbnail TEXT, public_url TEXT, added TEXT, modified TEXT, "
    "is_wip INT, is_featured INT, is_nsfw INT, like_count INT, collect_count INT, "
    "comment_count INT, description TEXT, instructions TEXT, details TEXT, license TEXT, "
    "allows_derivatives INT, file_count INT, print_history_count INT, download_count INT, "
    "view_count INT, remix_count INT, make_count INT, root_comment_count INT, is_derivative INT, "
    "can_comment INT, added_images_count INT, "
)
CREATORS = (
    "CREATE TABLE creators (id INT PRIMARY KEY, name TEXT, first_name TEXT, last_name TEXT, "
    "public_url TEXT, count_of_followers INT, count_of_following INT, count_of_designs INT, "
    "accepts_tips INT, location TEXT)"
)
EARLY = (
    f"CREATE TABLE things ({COMMON} likes_count INT, likes_ids TEXT, average_download_count INT, "
    "tags TEXT, ancestor_ids TEXT, creator_id INT, "
    "FOREIGN KEY(creator_id) REFERENCES creators (id))",
    CREATORS,
    "CREATE TABLE tags (name TEXT, tag TEXT, absolute_url TEXT, count INT)",
)
LATER = (
    f"CREATE TABLE things ({COMMON} likes_ids TEXT, average_download_count INT, tags TEXT, "
    "ancestor_ids TEXT, creator_id INT, accessed TEXT, categories TEXT, "
    "FOREIGN KEY(creator_id) REFERENCES creators (id))",
    CREATORS,
    "CREATE TABLE tags (name TEXT PRIMARY KEY, tag TEXT, absolute_url TEXT, count INT)",
    "CREATE TABLE categories (id INT PRIMARY KEY, name TEXT, count INT, slug TEXT)",
)

KEY = b"a key for tests"

ANN = {
    "id": 70,
    "name": "ann",
    "first_name": "Ann",
    "last_name": "Invented",
    "public_url": "https://example.org/ann",
    "count_of_followers": 4,
    "count_of_following": 0,
    "count_of_designs": 2,
    "accepts_tips": 1,
    "location": "Nowhere",
}


def thing(thing_id: int, **values: Any) -> dict[str, Any]:
    """Return a row of `things` in the form that both schemas share."""
    return {
        "id": thing_id,
        "name": f"Thing {thing_id}",
        "added": "2020-01-02T03:04:05+00:00",
        "modified": "2020-01-02T03:04:05+00:00",
        "is_wip": 0,
        "like_count": 0,
        "download_count": 10 * thing_id,
        "file_count": 2,
        "added_images_count": 1,
        "average_download_count": 5,
        "creator_id": 70,
        **values,
    }


def database(
    path: Path,
    schema: Iterable[str],
    *,
    things: Iterable[dict[str, Any]] = (),
    creators: Iterable[dict[str, Any]] = (ANN,),
    tags: Iterable[dict[str, Any]] = (),
    categories: Iterable[dict[str, Any]] = (),
) -> Path:
    """Write a database; missing columns are NULL."""
    with closing(sqlite3.connect(path)) as con, con:
        for statement in schema:
            con.execute(statement)
        tables = {"things": things, "creators": creators, "tags": tags, "categories": categories}
        for table, rows in tables.items():
            for row in rows:
                columns = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                con.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [*row.values()])
    return path
