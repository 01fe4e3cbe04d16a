"""The small tables of ThingiStat's database (tags, categories), held by key while things stream."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from thingistat_pipeline.snapshots.source import Findings, Reject
from thingistat_pipeline.snapshots.thingistat_columns import (
    MAPPING,
    Cell,
    RowReader,
    UnreadableCell,
    count,
    text,
)

_LONGEST_VALUE_KEPT = 200
_PRIVATE = ("likes", "creators.")


class Directory:
    """The tags or categories of a database by their key.

    In the schema of 2022 a tag has one row for every use; the last row of a key counts. Rows that
    cannot be carried over wait in `leftovers`.

    Attributes
    ----------
    entries : dict
        The columns of every row that counts, by its key.
    repeated : int
        How many rows bear a key that an earlier one has.
    findings : Findings
        The texts 'NULL' of the table.
    """

    def __init__(
        self, con: sqlite3.Connection, columns: dict[str, list[str]], table: str, key: str
    ) -> None:
        self._table = table
        self._rejects: list[Reject] = []
        self.entries: dict[str, dict[str, Any]] = {}
        self.repeated = 0
        self.findings = Findings()
        known = [name for name in columns.get(table, ()) if name in MAPPING[table]]
        if key not in known:
            return
        reader = RowReader(
            (f"{table}.{name}", count if name in ("id", "count") else text) for name in known
        )
        quoted = ", ".join(f'"{name}"' for name in known)
        order = "ORDER BY rowid" if has_row_numbers(con, table) else ""  # otherwise by the key
        for row in con.execute(f"SELECT {quoted} FROM {table} {order}"):
            try:
                entry = dict(zip(known, reader.read(row, self.findings), strict=True))
            except UnreadableCell as cell:
                self._rejects.append(reject_of(table, row[known.index(key)], cell))
            else:
                self._add(entry, entry[key])

    def leftovers(self, used: set[str], reason: str) -> Iterator[Reject]:
        """Yield the rows that no record carries, unused ones with the given reason."""
        yield from self._rejects
        for key, entry in self.entries.items():
            if key not in used:
                yield Reject(row={"table": self._table, **entry}, reason=reason)

    def _add(self, entry: dict[str, Any], key: str | None) -> None:
        if key is None:
            self._rejects.append(Reject(row={"table": self._table, **entry}, reason="has no key"))
            return
        earlier = self.entries.get(key)
        if earlier is not None:
            self.repeated += 1
            if earlier.get("name") != entry.get("name"):
                self._rejects.append(
                    Reject(
                        row={"table": self._table, **earlier},
                        reason="another spelling of a tag; a later row counts",
                    )
                )
        self.entries[key] = entry


def has_row_numbers(con: sqlite3.Connection, table: str) -> bool:
    """Tell whether a table has the column ``rowid``, which one made WITHOUT ROWID lacks."""
    try:
        con.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


def reject_of(table: str, key: Cell, cell: UnreadableCell) -> Reject:
    """Return the ledger's line for a row with a cell that cannot be read."""
    row: dict[str, Any] = {"table": table, "id": shown(key), "column": cell.column}
    # Who likes what, and what belongs to a creator, stays out of the ledger.
    if not any(private in cell.column for private in _PRIVATE):
        row["value"] = shown(cell.value)
    return Reject(row=row, reason=str(cell))


def shown(cell: Cell) -> Any:  # noqa: ANN401
    """Return a cell's value as JSON can hold it, long texts cut."""
    if isinstance(cell, bytes):
        cell = cell.decode(errors="replace")
    return cell if isinstance(cell, int | float | None) else str(cell)[:_LONGEST_VALUE_KEPT]
