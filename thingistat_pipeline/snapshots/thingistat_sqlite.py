"""Read ThingiStat's SQLite database, in both of its schemas, as a stream of records.

Read with Python's own sqlite3, in immutable read-only mode: nothing is written beside the file,
and DuckDB's SQLite extension, which would have to be downloaded, is not needed.

Source of the schemas and of what the cells mean: ThingiStat's ``src/db_structure.py`` and
``src/db_utils.py`` (javathejhut/ThingiStat).
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from thingistat_pipeline.snapshots.source import Options, Reject, SnapshotError
from thingistat_pipeline.snapshots.thingistat_columns import (
    CREATOR_COUNTS,
    CREATOR_TEXTS,
    MAPPING,
    PERSONAL,
    THING_COUNTS,
    THING_FLAGS,
    THING_TEXTS,
    THING_TIMES,
    Cells,
    UnreadableCell,
    fits_64_bits,
)
from thingistat_pipeline.snapshots.thingistat_directory import Directory, reject_of, shown
from thingistat_pipeline.thingiverse.likers import hash_liker
from thingistat_pipeline.thingiverse.records import Category, Creator, Record, Tag, Thing

SQLITE_MAGIC = b"SQLite format 3\x00"

_COLUMNS_NEEDED = {
    "things": ("id", "name", "added", "like_count", "download_count", "likes_ids", "creator_id"),
    "creators": ("id",),
    "tags": ("tag",),
}
_CREATOR = "creators."  # prefix of a creator's columns in the joined row
_FILE_NAME_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")


class ThingiStatDatabase:
    """One of ThingiStat's databases, open for reading; a `SnapshotSource`."""

    kind = "thingistat_sqlite"

    def __init__(self, path: Path, options: Options) -> None:
        self._path = path
        self._options = options
        self.files: tuple[Path, ...] = (path,)
        self._refuse_unsaved_changes()
        try:
            with closing(self._connection()) as con:
                self._columns = self._tables_of(con)
                self._require_thingistat()
                self._rows = {
                    table: int(con.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                    for table in MAPPING
                    if table in self._columns
                }
                self._fallback_date, self._date_source = self._date_where_rows_say_none(con)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise self._damaged(error) from None
        self._null_texts: dict[str, int] = {}
        self._notes: dict[str, int] = {}
        self._added: list[str] = []
        self._observed: list[str] = []

    def size(self) -> int:
        """Return the number of things."""
        return self._rows["things"]

    def records(self) -> Iterator[Record | Reject]:
        """Yield every thing, then what nothing refers to, in the order of the file."""
        try:
            with closing(self._connection()) as con:
                self._require_sound(con)
                tags = Directory(con, self._columns, "tags", "tag", self._null_texts)
                categories = Directory(con, self._columns, "categories", "name", self._null_texts)
                yield from self._things(con, tags, categories)
                yield from tags.leftovers("no thing bears this tag")
                yield from categories.leftovers("no thing is in this category")
                yield from self._creators_left_over(con)
                self._notes["tags repeated in the table"] = tags.repeated
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from None

    def origin(self) -> dict[str, Any]:
        """Return schema, dates, where every column went, and what could not be carried over."""
        kept = self._options.keep_personal_data
        return {
            "schema": "later" if "accessed" in self._columns["things"] else "2022-08",
            "rows": self._rows,
            "observed_at": self._date_source,
            "observed": self._range(self._observed),
            "added": self._range(self._added),
            "columns": {
                f"{table}.{column}": MAPPING[table][column]
                for table, column in self._all_columns()
                if column in MAPPING.get(table, {})
            },
            "unmapped": [
                f"{table}.{column}"
                for table, column in self._all_columns()
                if column not in MAPPING.get(table, {})
            ],
            "dropped_personal": []
            if kept
            else [f"creators.{name}" for name in PERSONAL if name in self._columns["creators"]],
            "null_texts": self._null_texts,
            "notes": {note: times for note, times in self._notes.items() if times},
        }

    def _things(
        self, con: sqlite3.Connection, tags: "Directory", categories: "Directory"
    ) -> Iterator[Record | Reject]:
        seen: set[int] = set()
        for row in con.execute(self._joined_query()):
            cells = Cells("things", dict(row), self._null_texts)
            try:
                record = self._record(cells, tags, categories)
            except UnreadableCell as cell:
                yield reject_of("things", row["id"], cell)
                continue
            if record.thing_id in seen:
                yield Reject(
                    row={"table": "things", "id": record.thing_id}, reason="the id occurs twice"
                )
                continue
            seen.add(record.thing_id)
            yield record

    def _record(self, cells: Cells, tags: "Directory", categories: "Directory") -> Record:
        thing_id = cells.identity("id")
        accessed = cells.time("accessed")
        observed_at = accessed or self._fallback_time()
        values: dict[str, Any] = {name: cells.text(name) for name in THING_TEXTS}
        values |= {name: cells.time(name) for name in THING_TIMES}
        values |= {name: cells.flag(name) for name in THING_FLAGS}
        values |= {name: cells.count(name) for name in THING_COUNTS}
        if accessed and values["added"] and values["added"][:10] > accessed[:10]:
            why = f"is after the time of access, {accessed}"
            raise UnreadableCell("things.added", values["added"], why)
        self._check_date(thing_id, values["added"], observed_at)
        likes = self._likes(cells, values["like_count"])
        category_names = cells.names("categories")
        thing = Thing(
            id=thing_id,
            **values,
            image_count=self._image_count(cells.whole("added_images_count"), values["file_count"]),
            creator=self._creator(cells),
            # An empty list was written as NULL; the thing's own answer always names these two.
            tags=[_tag(key, tags.used(key)) for key in cells.names("tags") or []],
            ancestors=cells.numbers("ancestor_ids") or [],
        )
        return Record(
            thing_id=thing_id,
            observed_at=observed_at,
            outcome="ok",
            thing=thing,
            categories=None
            if category_names is None
            else [_category(name, categories.used(name)) for name in category_names],
            likers=None
            if likes is None
            else [hash_liker(user, self._options.liker_key) for user in likes],
            likers_truncated=None
            if likes is None or values["like_count"] is None
            else len(likes) < values["like_count"],
        )

    def _likes(self, cells: Cells, like_count: int | None) -> list[int] | None:
        likes = cells.numbers("likes_ids")
        # The request for likes is one of its own: without it a thing that is liked has no list.
        return [] if likes is None and like_count == 0 else likes

    def _image_count(self, added_images: int | None, files: int | None) -> int | None:
        if added_images is None or files is None:
            return None
        if added_images + files < 0:
            # ThingiStat subtracted the files it listed, which can be more than file_count says.
            self._note("image_count unknown because added_images_count + file_count is negative")
            return None
        if not fits_64_bits(added_images + files):
            self._note("image_count unknown because added_images_count + file_count is too large")
            return None
        return added_images + files

    def _creator(self, cells: Cells) -> Creator | None:
        creator_id = cells.whole("creator_id")
        if creator_id is None:
            return None
        if cells.whole(f"{_CREATOR}id") is None:
            self._note("things whose creator has no row")
        personal = PERSONAL if self._options.keep_personal_data else ()
        values: dict[str, Any] = {
            name: cells.text(f"{_CREATOR}{name}") for name in (*CREATOR_TEXTS, *personal)
        }
        values |= {name: cells.count(f"{_CREATOR}{name}") for name in CREATOR_COUNTS}
        values["name"] = values["name"] or ""
        return Creator(id=creator_id, accepts_tips=cells.flag(f"{_CREATOR}accepts_tips"), **values)

    def _check_date(self, thing_id: int, added: str | None, observed_at: str) -> None:
        if added is not None:
            self._added = _widened(self._added, added)
            if added[:10] > observed_at[:10]:
                raise SnapshotError(
                    f"{self._path} cannot be of {observed_at[:10]} ({self._date_source}): its "
                    f"thing {thing_id} was published on {added[:10]}. Give the day on which the "
                    "data were fetched with --observed-on YYYY-MM-DD."
                )
        self._observed = _widened(self._observed, observed_at)

    def _fallback_time(self) -> str:
        # Only the day is known; noon is at most half a day off.
        assert self._fallback_date is not None  # noqa: S101  the constructor saw to it
        return f"{self._fallback_date.isoformat()}T12:00:00Z"

    def _joined_query(self) -> str:
        selected = [
            f'things."{name}"' for name in self._columns["things"] if name in MAPPING["things"]
        ]
        selected += [
            f'creators."{name}" AS "{_CREATOR}{name}"'
            for name in self._columns["creators"]
            if name in MAPPING["creators"]
            and (name not in PERSONAL or self._options.keep_personal_data)
        ]
        return (
            f"SELECT {', '.join(selected)} FROM things "
            "LEFT JOIN (SELECT * FROM creators GROUP BY id) AS creators "  # one row a creator
            "ON creators.id = things.creator_id"
        )

    def _creators_left_over(self, con: sqlite3.Connection) -> Iterator[Reject]:
        repeated = (
            "SELECT id, count(*) AS times FROM creators WHERE id IS NOT NULL "
            "GROUP BY id HAVING times > 1"
        )
        for row in con.execute(repeated):
            yield from [
                Reject(
                    row={"table": "creators", "id": shown(row["id"])},
                    reason="the id occurs twice; one row counts",
                )
            ] * (row["times"] - 1)
        query = (
            "SELECT id FROM creators WHERE id IS NULL OR id NOT IN "
            "(SELECT creator_id FROM things WHERE creator_id IS NOT NULL)"
        )
        for row in con.execute(query):
            yield Reject(
                row={"table": "creators", "id": shown(row["id"])},
                reason="nobody's thing is in the database",
            )

    def _connection(self) -> sqlite3.Connection:
        con = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        con.row_factory = sqlite3.Row
        con.text_factory = bytes
        return con

    def _tables_of(self, con: sqlite3.Connection) -> dict[str, list[str]]:
        con.execute("PRAGMA cell_size_check = ON")
        names = [
            row["name"].decode()
            for row in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: [
                row["name"].decode()
                for row in con.execute("SELECT name FROM pragma_table_info(?)", (name,))
            ]
            for name in names
            if not name.startswith("sqlite_")
        }

    def _require_thingistat(self) -> None:
        missing = [table for table in _COLUMNS_NEEDED if table not in self._columns]
        if not missing:
            missing = [
                f"{table}.{name}"
                for table, names in _COLUMNS_NEEDED.items()
                for name in names
                if name not in self._columns[table]
            ]
        if missing:
            found = ", ".join(sorted(self._columns)) or "none"
            raise SnapshotError(
                f"{self._path} is an SQLite database, but not ThingiStat's: it has no "
                f"{', '.join(missing)} (its tables: {found}). Only ThingiStat's database, in its "
                "schema of August 2022 or the later one, can be imported."
            )

    def _refuse_unsaved_changes(self) -> None:
        for ending in ("-wal", "-journal"):
            # Through a symbolic link SQLite looks beside the file itself.
            beside = self._path.resolve().with_name(self._path.resolve().name + ending)
            if beside.is_file() and beside.stat().st_size:
                raise SnapshotError(
                    f"{self._path} has changes that are not in the file itself yet, but in "
                    f"{beside} beside it. Close the program that has the database open; if "
                    f'none has, run: sqlite3 "{self._path}" "PRAGMA wal_checkpoint(TRUNCATE)"'
                )

    def _require_sound(self, con: sqlite3.Connection) -> None:
        finding = con.execute("PRAGMA quick_check(1)").fetchone()[0]
        if finding != b"ok":
            raise self._damaged(finding.decode(errors="replace"))

    def _damaged(self, finding: object) -> SnapshotError:
        return SnapshotError(
            f"{self._path} is a damaged or encrypted SQLite database ({finding}). Fetch the file "
            "again and compare its size and checksum with what its publisher states."
        )

    def _date_where_rows_say_none(self, con: sqlite3.Connection) -> tuple[date | None, str]:
        column = "accessed" in self._columns["things"]
        undated = (
            "SELECT count(*) FROM things WHERE accessed IS NULL OR accessed IN ('', 'NULL')"
            if column
            else "SELECT count(*) FROM things"
        )
        if column and not con.execute(undated).fetchone()[0]:
            return None, "the column accessed"
        first = "the column accessed, and where it is empty " if column else ""
        if self._options.observed_on is not None:
            return self._options.observed_on, f"{first}the option --observed-on"
        for found in _FILE_NAME_DATE.findall(self._path.name):
            try:
                return date.fromisoformat(found), f"{first}the date in the file's name"
            except ValueError:
                continue
        raise SnapshotError(
            f"{self._path} does not say when its data were fetched: neither its rows nor its name. "
            "Ages and growth depend on it, so give the day with --observed-on YYYY-MM-DD."
        )

    def _all_columns(self) -> list[tuple[str, str]]:
        return [(table, column) for table, columns in self._columns.items() for column in columns]

    def _note(self, note: str) -> None:
        self._notes[note] = self._notes.get(note, 0) + 1

    @staticmethod
    def _range(bounds: list[str]) -> dict[str, str] | None:
        return {"first": bounds[0], "last": bounds[1]} if bounds else None


def _tag(key: str, entry: dict[str, Any]) -> Tag:
    return Tag(
        name=entry.get("name") or key,
        tag=key,
        absolute_url=entry.get("absolute_url"),
        count=entry.get("count"),
    )


def _category(name: str, entry: dict[str, Any]) -> Category:
    return Category(name=name, slug=entry.get("slug"), id=entry.get("id"), count=entry.get("count"))


def _widened(bounds: list[str], value: str) -> list[str]:
    return [min(bounds[0], value), max(bounds[1], value)] if bounds else [value, value]
