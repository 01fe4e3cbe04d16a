"""The file of one of ThingiStat's databases: opened without changing it, refused if not sound."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from thingistat_pipeline.snapshots.source import SnapshotError

_COLUMNS_NEEDED = {
    "things": ("id", "name", "added", "like_count", "download_count", "likes_ids", "creator_id"),
    "creators": ("id",),
    "tags": ("tag",),
}


class DatabaseFile:
    """An SQLite database with ThingiStat's tables.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    columns : dict
        The names of the columns by table, in their order.

    Raises
    ------
    SnapshotError
        When it is damaged, not ThingiStat's, or has changes that are not in the file yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._refuse_unsaved_changes()
        with self.opened() as con:
            try:
                self.columns = _tables_of(con)
            except UnicodeDecodeError as error:
                raise self._damaged(error) from None
        self._require_thingistat()

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that hands over texts as bytes, so that bad ones can be told.

        Nothing is written beside the file, not even for a database in WAL mode. Errors of SQLite
        within the block become a `SnapshotError`.
        """
        address = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as con:
                con.text_factory = bytes
                yield con
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from None

    def require_sound(self, con: sqlite3.Connection) -> None:
        """Have SQLite go through the whole file."""
        finding = con.execute("PRAGMA quick_check(1)").fetchone()[0]
        if finding != b"ok":
            raise self._damaged(finding.decode(errors="replace"))

    def _require_thingistat(self) -> None:
        missing = [table for table in _COLUMNS_NEEDED if table not in self.columns]
        if not missing:
            missing = [
                f"{table}.{name}"
                for table, names in _COLUMNS_NEEDED.items()
                for name in names
                if name not in self.columns[table]
            ]
        if missing:
            found = ", ".join(sorted(self.columns)) or "none"
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

    def _damaged(self, finding: object) -> SnapshotError:
        return SnapshotError(
            f"{self._path} is a damaged or encrypted SQLite database ({finding}). Fetch the file "
            "again and compare its size and checksum with what its publisher states."
        )


def _tables_of(con: sqlite3.Connection) -> dict[str, list[str]]:
    con.execute("PRAGMA cell_size_check = ON")
    names = [
        name.decode()
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    return {
        name: [
            column.decode()
            for (column,) in con.execute("SELECT name FROM pragma_table_info(?)", (name,))
        ]
        for name in names
        if not name.startswith("sqlite_")
    }
