"""Read ThingiStat's SQLite database, in both of its schemas, as a stream of records.

Read with Python's own sqlite3, in immutable read-only mode: nothing is written beside the file,
and DuckDB's SQLite extension, which would have to be downloaded, is not needed.

Source of the schemas and of what the cells mean: ThingiStat's ``src/db_structure.py`` and
``src/db_utils.py`` (javathejhut/ThingiStat).
"""

import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from thingistat_pipeline.snapshots.source import Batch, Findings, Options, Reject, SnapshotError
from thingistat_pipeline.snapshots.thingistat_columns import (
    CREATOR_COLUMNS,
    MAPPING,
    NULL_TEXT,
    OTHER_COLUMNS,
    OWN_COLUMNS,
    PERSONAL,
    Cell,
    RowReader,
    UnreadableCell,
    fits_64_bits,
    identity,
)
from thingistat_pipeline.snapshots.thingistat_directory import (
    Directory,
    has_row_numbers,
    reject_of,
    shown,
)
from thingistat_pipeline.snapshots.thingistat_file import DatabaseFile
from thingistat_pipeline.thingiverse.likers import hash_likers
from thingistat_pipeline.thingiverse.records import Category, Creator, Record, Tag, Thing

SQLITE_MAGIC = b"SQLite format 3\x00"
ROWS_PER_BATCH = 1000

_FILE_NAME_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_OTHERS_AT = 1 + len(OWN_COLUMNS)  # a row begins with the id
_CREATOR_AT = _OTHERS_AT + len(OTHER_COLUMNS)


class ThingiStatDatabase:
    """One of ThingiStat's databases, open for reading; a `SnapshotSource`."""

    kind = "thingistat_sqlite"
    version = 1
    unit = "rows"

    def __init__(self, path: Path, options: Options) -> None:
        self._path = path
        self._options = options
        self.files: tuple[Path, ...] = (path,)
        self._file = DatabaseFile(path)
        self._columns = self._file.columns
        with self._file.opened() as con:
            self._rows = {
                table: int(con.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                for table in MAPPING
                if table in self._columns
            }
            self._fallback_date, self._date_source = self._date_where_rows_say_none(con)
        self._reader = RowReader(
            chain(
                [("things.id", identity)],
                ((f"things.{name}", read) for name, read in OWN_COLUMNS.items()),
                ((f"things.{name}", read) for name, read in OTHER_COLUMNS.items()),
                ((f"creators.{name}", read) for name, read in CREATOR_COLUMNS.items()),
            )
        )
        self._tags_made: dict[str, Tag] = {}
        self._categories_made: dict[str, Category] = {}

    def size(self) -> int:
        """Return the number of things."""
        return self._rows["things"]

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield the things in the order of the file."""
        with self._file.opened() as con:
            self._file.require_sound(con)
            rows = con.execute(self._joined_query(con), (start * ROWS_PER_BATCH,))
            while some := rows.fetchmany(ROWS_PER_BATCH):
                yield self._batch(some)

    def leftovers(self, findings: Findings) -> Iterator[Reject]:
        """Yield what nothing refers to, and the rows of tags and categories that are in doubt."""
        tags, categories = self._directories
        yield from tags.leftovers(findings.used.get("tags", set()), "no thing bears this tag")
        yield from categories.leftovers(
            findings.used.get("categories", set()), "no thing is in this category"
        )
        with self._file.opened() as con:
            yield from self._creators_left_over(con)

    def origin(self, findings: Findings) -> dict[str, Any]:
        """Return schema, dates, where every column went, and what could not be carried over."""
        told = Findings()
        for part in (*(directory.findings for directory in self._directories), findings):
            told.add(part)
        told.count("tags repeated in the table", self._directories[0].repeated)
        return {
            "schema": "later" if "accessed" in self._columns["things"] else "2022-08",
            "rows": self._rows,
            "observed_at": self._date_source,
            "observed": _range(findings, "observed"),
            "added": _range(findings, "added"),
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
            if self._options.keep_personal_data
            else [f"creators.{name}" for name in PERSONAL if name in self._columns["creators"]],
            "null_texts": {
                what.removeprefix(NULL_TEXT): times
                for what, times in told.counts.items()
                if what.startswith(NULL_TEXT)
            },
            "notes": {
                what: times
                for what, times in told.counts.items()
                if times and not what.startswith(NULL_TEXT)
            },
        }

    def _batch(self, rows: list[tuple[Cell, ...]]) -> Batch:
        batch = Batch(records=[], rejects=[], findings=Findings(), rows=len(rows))
        for row in rows:
            try:
                batch.records.append(self._record(row, batch.findings))
            except UnreadableCell as cell:
                batch.rejects.append(reject_of("things", row[0], cell))
        things = [record.thing for record in batch.records if record.thing is not None]
        added = [thing.added for thing in things if thing.added is not None]
        observed = [record.observed_at for record in batch.records]
        for span, times in (("added", added), ("observed", observed)):
            if times:
                batch.findings.widen(span, min(times), max(times))
        return batch

    def _record(self, row: tuple[Cell, ...], findings: Findings) -> Record:
        values = self._reader.read(row, findings)
        thing_id = values[0]
        own = dict(zip(OWN_COLUMNS, values[1:_OTHERS_AT], strict=True))
        (accessed, likes, tags, ancestors, categories, added_images, creator_id) = values[
            _OTHERS_AT:_CREATOR_AT
        ]
        observed_at = accessed or self._fallback_time()
        self._check_date(thing_id, own["added"], accessed, observed_at)
        like_count = own["like_count"]
        if likes is None and like_count == 0:
            # The request for likes is one of its own: without it a thing that is liked has no list.
            likes = []
        thing = Thing(
            id=thing_id,
            **own,
            image_count=_image_count(added_images, own["file_count"], findings),
            creator=_creator(creator_id, values[_CREATOR_AT:], findings),
            # An empty list was written as NULL; the thing's own answer always names these two.
            tags=self._tags(tags or [], findings),
            ancestors=ancestors or [],
        )
        return Record(
            thing_id=thing_id,
            observed_at=observed_at,
            outcome="ok",
            thing=thing,
            categories=None if categories is None else self._categories(categories, findings),
            likers=None if likes is None else hash_likers(likes, self._options.liker_key),
            likers_truncated=None
            if likes is None or like_count is None
            else len(likes) < like_count,
        )

    def _tags(self, keys: list[str], findings: Findings) -> list[Tag]:
        findings.used.setdefault("tags", set()).update(keys)
        made = self._tags_made
        for key in keys:
            if key not in made:
                entry = self._directories[0].entries.get(key, {})
                made[key] = Tag(
                    name=entry.get("name") or key,
                    tag=key,
                    absolute_url=entry.get("absolute_url"),
                    count=entry.get("count"),
                )
        return [made[key] for key in keys]

    def _categories(self, names: list[str], findings: Findings) -> list[Category]:
        findings.used.setdefault("categories", set()).update(names)
        made = self._categories_made
        for name in names:
            if name not in made:
                entry = self._directories[1].entries.get(name, {})
                made[name] = Category(
                    name=name,
                    slug=entry.get("slug"),
                    id=entry.get("id"),
                    count=entry.get("count"),
                )
        return [made[name] for name in names]

    def _check_date(
        self, thing_id: int, added: str | None, accessed: str | None, observed_at: str
    ) -> None:
        if added is None or added[:10] <= observed_at[:10]:
            return
        if accessed:
            why = f"is after the time of access ({accessed})"
            raise UnreadableCell("things.added", added, why)
        raise SnapshotError(
            f"{self._path} cannot be of {observed_at[:10]} ({self._date_source}): its "
            f"thing {thing_id} was published on {added[:10]}. Give the day on which the "
            "data were fetched with --observed-on YYYY-MM-DD."
        )

    def _fallback_time(self) -> str:
        # Only the day is known; noon is at most half a day off.
        assert self._fallback_date is not None  # noqa: S101  the constructor saw to it
        return f"{self._fallback_date.isoformat()}T12:00:00Z"

    def _joined_query(self, con: sqlite3.Connection) -> str:
        kept = {*CREATOR_COLUMNS} - ({*()} if self._options.keep_personal_data else {*PERSONAL})
        selected = [
            f'{table}."{name}"' if name in self._columns[table] and name in wanted else "NULL"
            for table, names, wanted in (
                ("things", ("id", *OWN_COLUMNS, *OTHER_COLUMNS), MAPPING["things"].keys()),
                ("creators", CREATOR_COLUMNS, kept),
            )
            for name in names
        ]
        order = "ORDER BY things.rowid" if has_row_numbers(con, "things") else ""
        return (
            f"SELECT {', '.join(selected)} FROM things "
            "LEFT JOIN (SELECT * FROM creators GROUP BY id) AS creators "  # one row a creator
            f"ON creators.id = things.creator_id {order} LIMIT -1 OFFSET ?"
        )

    @cached_property
    def _directories(self) -> tuple[Directory, Directory]:
        with self._file.opened() as con:
            return (
                Directory(con, self._columns, "tags", "tag"),
                Directory(con, self._columns, "categories", "name"),
            )

    def _creators_left_over(self, con: sqlite3.Connection) -> Iterator[Reject]:
        repeated = (
            "SELECT id, count(*) AS times FROM creators WHERE id IS NOT NULL "
            "GROUP BY id HAVING times > 1"
        )
        for creator_id, times in con.execute(repeated):
            yield from [
                Reject(
                    row={"table": "creators", "id": shown(creator_id)},
                    reason="the id occurs twice; one row counts",
                )
            ] * (times - 1)
        query = (
            "SELECT id FROM creators WHERE id IS NULL OR id NOT IN "
            "(SELECT creator_id FROM things WHERE creator_id IS NOT NULL)"
        )
        for (creator_id,) in con.execute(query):
            yield Reject(
                row={"table": "creators", "id": shown(creator_id)},
                reason="nobody's thing is in the database",
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


def _creator(creator_id: int | None, row: list[Any], findings: Findings) -> Creator | None:
    if creator_id is None:
        return None
    own = dict(zip(CREATOR_COLUMNS, row, strict=True))
    if own["id"] is None:
        findings.count("things whose creator has no row")
    own["id"] = creator_id
    own["name"] = own["name"] or ""
    return Creator(**own)


def _image_count(added_images: int | None, files: int | None, findings: Findings) -> int | None:
    if added_images is None or files is None:
        return None
    if added_images + files < 0:
        # ThingiStat subtracted the files it listed, which can be more than file_count says.
        findings.count("image_count unknown because added_images_count + file_count is negative")
        return None
    if not fits_64_bits(added_images + files):
        findings.count("image_count unknown because added_images_count + file_count is too large")
        return None
    return added_images + files


def _range(findings: Findings, span: str) -> dict[str, str] | None:
    if span not in findings.spans:
        return None
    first, last = findings.spans[span]
    return {"first": first, "last": last}
