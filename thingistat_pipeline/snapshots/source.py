"""What a reader of one kind of snapshot offers to the importer."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.thingiverse.records import Record


class SnapshotError(ThingistatError):
    """A snapshot cannot be recognised or imported; the message says why and what to do."""


class Reject(Struct, kw_only=True, frozen=True):
    """A row that did not become a record, as the ledger ``rejects.jsonl`` keeps it.

    `row` holds what identifies the row and the value at fault, never personal data.
    """

    row: dict[str, Any]
    reason: str


class Options(Struct, kw_only=True, frozen=True):
    """What the user decides about an import."""

    liker_key: bytes
    observed_on: date | None
    keep_personal_data: bool


class SnapshotSource(Protocol):
    """One published data set, recognised and open for reading."""

    kind: str
    """Name of the format, for the manifest."""

    files: tuple[Path, ...]
    """The files it consists of, which the manifest identifies by SHA-256."""

    def size(self) -> int:
        """Return how many records to expect (for progress)."""

    def records(self) -> Iterator[Record | Reject]:
        """Yield every row once, as a record or with the reason why it is none; streaming."""

    def origin(self) -> dict[str, Any]:
        """Return what the manifest shall say of the source; complete once `records` has ended."""
