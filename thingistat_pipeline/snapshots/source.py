"""What a reader of one kind of snapshot offers to the importer.

A reader knows its data set, not how far an import has come: it yields numbered batches, the same
ones every time, and each batch says what was found in it. So an import can stop after any batch
and go on later, in another process, with the same result.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct, field

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.thingiverse.records import Record


class SnapshotError(ThingistatError):
    """A snapshot cannot be recognised or imported; the message says why and what to do."""


class Reject(Struct, kw_only=True, frozen=True):
    """A row that did not become a record, as the ledger ``rejects.jsonl`` keeps it.

    `row` holds what identifies the row and the value at fault, never personal data. `reason` is
    the same for all rows with the same fault, because the manifest counts the rows by reason; what
    differs from row to row stands in `row` or in brackets at the end of `reason`.
    """

    row: dict[str, Any]
    reason: str


class Options(Struct, kw_only=True, frozen=True):
    """What the user decides about an import."""

    liker_key: bytes
    observed_on: date | None
    keep_personal_data: bool


class Findings(Struct, kw_only=True):
    """What a stretch of a data set showed; those of two stretches can be put together.

    Attributes
    ----------
    counts : dict
        How often something was met that the manifest shall tell (texts 'NULL', unmapped fields).
    spans : dict
        The earliest and the latest of times in ISO 8601 (``added``, ``observed``).
    used : dict
        Keys of the data set's own directories (tags, categories) that records refer to.
    """

    counts: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[str, str]] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)

    def count(self, what: str, times: int = 1) -> None:
        """Note that something was met."""
        self.counts[what] = self.counts.get(what, 0) + times

    def widen(self, span: str, first: str, last: str | None = None) -> None:
        """Make a span reach to a time, or to a first and a last one."""
        last = first if last is None else last
        known = self.spans.get(span, (first, last))
        self.spans[span] = (min(known[0], first), max(known[1], last))

    def use(self, directory: str, key: str) -> None:
        """Note that a record refers to a key."""
        self.used.setdefault(directory, set()).add(key)

    def add(self, other: "Findings") -> None:
        """Take in what another stretch showed."""
        for what, times in other.counts.items():
            self.count(what, times)
        for span, (first, last) in other.spans.items():
            self.widen(span, first, last)
        for directory, keys in other.used.items():
            self.used.setdefault(directory, set()).update(keys)


class Batch(Struct, kw_only=True):
    """A stretch of a data set, read: every row of it is a record or a reject.

    `rows` is how far the stretch brings the progress, in the unit of `SnapshotSource.size`.
    """

    records: list[Record]
    rejects: list[Reject]
    findings: Findings
    rows: int


class SnapshotSource(Protocol):
    """One published data set, recognised and open for reading."""

    kind: str
    """Name of the format, for the manifest."""

    version: int
    """Raised when the same files make other records than before, or other batches."""

    files: tuple[Path, ...]
    """The files it consists of, which the manifest identifies by name and SHA-256."""

    unit: str
    """What `size` counts, for the progress: rows, files."""

    def size(self) -> int:
        """Return how much there is to read, in units."""

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield the batches from number `start` on (0 is the first); streaming."""

    def leftovers(self, findings: Findings) -> Iterator[Reject]:
        """Yield the rows that no batch held, given what all batches together showed."""

    def origin(self, findings: Findings) -> dict[str, Any]:
        """Return what the manifest shall say of the source, given what all batches showed.

        Among it ``observed`` and ``added`` (first and last time), ``columns`` (where every field
        went), ``unmapped`` (the fields that are not carried over) and ``notes``.
        """
