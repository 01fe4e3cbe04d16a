"""The small tables of ThingiStat's database (tags, categories), held by key while things stream."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from thingistat_pipeline.snapshots.source import Reject
from thingistat_pipeline.snapshots.thingistat_columns import MAPPING, Cells, UnreadableCell

_LONGEST_VALUE_KEPT = 200
_PRIVATE = ("likes", "creators.")


class Directory:
    """The tags or categories of a database by their key, and which of them were used.

    In the schema of 2022 a tag has one row for every use; the last row of a key counts. Rows that
    cannot be carried over wait in `leftovers`.
    """

    def __init__(
        self,
        con: sqlite3.Connection,
        columns: dict[str, list[str]],
        table: str,
        key: str,
        null_texts: dict[str, int],
    ) -> None:
        self._table = table
        self._rejects: list[Reject] = []
        self._entries: dict[str, dict[str, Any]] = {}
        self._used: set[str] = set()
        self.repeated = 0
        known = [name for name in columns.get(table, ()) if name in MAPPING[table]]
        if key not in known:
            return
        quoted = ", ".join(f'"{name}"' for name in known)
        for row in con.execute(f"SELECT {quoted} FROM {table}{_in_order(con, table)}"):
            self._add(Cells(table, dict(row), null_texts), row, key, known)

    def used(self, key: str) -> dict[str, Any]:
        """Return what is known of a key (nothing, if it has no row) and remember its use."""
        self._used.add(key)
        return self._entries.get(key, {})

    def leftovers(self, reason: str) -> Iterator[Reject]:
        """Yield the rows that no record carries, unused ones with the given reason."""
        yield from self._rejects
        for key, entry in self._entries.items():
            if key not in self._used:
                yield Reject(row={"table": self._table, **entry}, reason=reason)

    def _add(self, cells: Cells, row: sqlite3.Row, key: str, known: list[str]) -> None:
        try:
            entry: dict[str, Any] = {
                name: cells.count(name) if name in ("id", "count") else cells.text(name)
                for name in known
            }
        except UnreadableCell as cell:
            self._rejects.append(reject_of(self._table, row[key], cell))
            return
        if entry[key] is None:
            self._rejects.append(Reject(row={"table": self._table, **entry}, reason="has no key"))
            return
        earlier = self._entries.get(entry[key])
        if earlier is not None:
            self.repeated += 1
            if earlier.get("name") != entry.get("name"):
                self._rejects.append(
                    Reject(
                        row={"table": self._table, **earlier},
                        reason="another spelling of a tag; a later row counts",
                    )
                )
        self._entries[entry[key]] = entry


def _in_order(con: sqlite3.Connection, table: str) -> str:
    try:
        con.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except sqlite3.OperationalError:  # a table WITHOUT ROWID comes in the order of its key
        return ""
    return " ORDER BY rowid"


def reject_of(table: str, key: object, cell: UnreadableCell) -> Reject:
    """Return the ledger's line for a row with a cell that cannot be read."""
    row: dict[str, Any] = {"table": table, "id": shown(key), "column": cell.column}
    # Who likes what, and what belongs to a creator, stays out of the ledger.
    if not any(private in cell.column for private in _PRIVATE):
        row["value"] = shown(cell.value)
    return Reject(row=row, reason=str(cell))


def shown(value: object) -> Any:  # noqa: ANN401
    """Return a cell's value as JSON can hold it, long texts cut."""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    return value if isinstance(value, int | float | None) else str(value)[:_LONGEST_VALUE_KEPT]
