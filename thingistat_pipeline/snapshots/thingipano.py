"""Read ThingiPano's metadata, a million designs in thousands of JSON files, as records.

One file is read at a time; of the users only numbers and counts are kept. The data set does not
say when it was fetched: the day is the user's, that in a name, or the newest publication's.

Source: Berman and Quek, "ThingiPano: A Large-Scale Dataset of 3D Printing Metadata, Images, and
Panoramic Renderings for Exploring Design Reuse" (2020), and its repository
(Alexander-Berman/ThingiPano).
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from thingistat_pipeline.snapshots.json_files import JsonFile, OpenFiles, UnreadableFile
from thingistat_pipeline.snapshots.json_lists import split_list
from thingistat_pipeline.snapshots.source import Batch, Findings, Options, Reject, SnapshotError
from thingistat_pipeline.snapshots.thingipano_designs import record_of
from thingistat_pipeline.snapshots.thingipano_fields import (
    MAPPING,
    UNKNOWN_FIELD,
    Number,
    UnreadableField,
    decode_user,
    unmapped_fields,
)
from thingistat_pipeline.snapshots.thingipano_users import Users
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.records import Record

_DATE_IN_NAME = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_PUBLISHED = re.compile(rb'"published_datetime"\s*:\s*"\s*(\d{4}-\d\d-\d\d)')
_LONGEST_VALUE_KEPT = 60
_UNKNOWN_FIELDS_TOLD = 200


class Observed(NamedTuple):
    """The day of which the data are, and how it is known."""

    day: date
    source: str


class _Identity(Struct):
    id: Number = None


_IDENTITY = msgspec.json.Decoder(_Identity)


class ThingiPano:
    """The designs and users of ThingiPano, or some of their files; a `SnapshotSource`.

    Parameters
    ----------
    path : Path
        What the user named; a date in its name counts as that of the data.
    designs, users : tuple of JsonFile
        The files, told apart by their content.
    others : dict
        How many other files lie there, by their ending.
    options : Options
        The day of the data and the key for hashing likers; personal data are never kept.
    """

    kind = "thingipano"
    version = 1
    unit = "files"

    def __init__(
        self,
        path: Path,
        designs: tuple[JsonFile, ...],
        users: tuple[JsonFile, ...],
        others: dict[str, int],
        options: Options,
    ) -> None:
        self._path = path
        self._designs = designs
        self._users = users
        self._others = others
        self._options = options
        # An archive stands for all of its members.
        self.files = tuple(dict.fromkeys(file.path for file in (*users, *designs)))

    def size(self) -> int:
        """Return the number of files of users and of designs."""
        return len(self._users) + len(self._designs)

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield one batch for every file, the users' first, which hold no records."""
        with OpenFiles() as opened:
            users = Users()
            for number, file in enumerate(self._users):
                batch = _read_users(opened, file, users)
                if number >= start:
                    yield batch
            for file in self._designs[max(start - len(self._users), 0) :]:
                yield self._read_designs(opened, file, users)

    def leftovers(self, findings: Findings) -> Iterator[Reject]:  # noqa: ARG002
        """Yield nothing: users are a directory, not rows; the notes say how many there are."""
        return iter(())

    def origin(self, findings: Findings) -> dict[str, Any]:
        """Return files, dates, where every field went, and what could not be carried over."""
        unknown = {
            name.removeprefix(UNKNOWN_FIELD): times
            for name, times in findings.counts.items()
            if name.startswith(UNKNOWN_FIELD)
        }
        told = sorted(unknown, key=lambda name: (-unknown[name], name))[:_UNKNOWN_FIELDS_TOLD]
        notes = {
            name: times
            for name, times in sorted(findings.counts.items())
            if not name.startswith(UNKNOWN_FIELD)
        }
        if len(told) < len(unknown):
            notes["further unknown fields"] = len(unknown) - len(told)
        return {
            "files_of": {"designs": len(self._designs), "users": len(self._users)},
            "not_read": self._others,
            "observed_at": self.observed.source,
            "observed": _span(findings, "observed"),
            "added": _span(findings, "added"),
            "columns": MAPPING,
            "unmapped": unmapped_fields() + sorted(told),
            "unknown_fields": {name: unknown[name] for name in told},
            "notes": notes,
        }

    @cached_property
    def observed(self) -> Observed:
        """The day of which the data are: looking for it can mean to read every file once."""
        if self._options.observed_on is not None:
            return Observed(self._options.observed_on, "the option --observed-on")
        for path in (self._path, *self.files):
            for found in _DATE_IN_NAME.findall(path.name):
                try:
                    return Observed(date.fromisoformat(found), f"the date in the name {path.name}")
                except ValueError:
                    continue
        newest = self._newest_publication()
        if newest is None:
            raise SnapshotError(
                f"{self._path} does not say when its data were fetched: there is no date in its "
                "name and none of its designs has a time of publication. Ages and growth depend on "
                "it, so give the day with --observed-on YYYY-MM-DD."
            )
        return Observed(
            newest, "the newest publication in the data, as no date of the crawl is given"
        )

    @cached_property
    def _observed_at(self) -> str:
        # Only the day is known; noon is at most half a day off.
        return f"{self.observed.day.isoformat()}T12:00:00Z"

    def _newest_publication(self) -> date | None:
        today = datetime.now(UTC).date().isoformat().encode()
        days: set[bytes] = set()
        with OpenFiles() as opened:
            for file in self._designs:
                try:
                    days.update(_PUBLISHED.findall(opened.read(file)))
                except UnreadableFile:
                    continue
        for day in sorted(days, reverse=True):
            if day <= today:
                try:
                    return date.fromisoformat(day.decode())
                except ValueError:
                    continue
        return None

    def _read_designs(self, opened: OpenFiles, file: JsonFile, users: Users) -> Batch:
        batch = Batch(records=[], rejects=[], findings=Findings(), rows=1)
        observed_at = self._observed_at
        for number, element in _elements(opened, file, batch):
            try:
                record = record_of(
                    element, users, self._options.liker_key, observed_at, batch.findings
                )
                self._check_date(record, file)
            except UnreadableField as error:
                batch.rejects.append(_reject(file, number, element, error))
                continue
            batch.records.append(record)
            batch.findings.widen("observed", observed_at)
            if record.thing is not None and record.thing.added is not None:
                batch.findings.widen("added", record.thing.added)
        return batch

    def _check_date(self, record: Record, file: JsonFile) -> None:
        added = None if record.thing is None else record.thing.added
        if added is None or added[:10] <= self._observed_at[:10]:
            return
        if added[:10] > datetime.now(UTC).date().isoformat():
            raise UnreadableField("is in the future", "published_datetime", added)
        raise SnapshotError(
            f"{self._path} cannot be of {self.observed.day} ({self.observed.source}): its thing "
            f"{record.thing_id} in {file.name} was published on {added[:10]}. Give the day on "
            "which the data were fetched with --observed-on YYYY-MM-DD."
        )


def _read_users(opened: OpenFiles, file: JsonFile, users: Users) -> Batch:
    batch = Batch(records=[], rejects=[], findings=Findings(), rows=1)
    for number, element in _elements(opened, file, batch):
        try:
            is_new = users.add(decode_user(element, batch.findings))
        except UnreadableField as error:
            batch.rejects.append(_reject(file, number, element, error))
            continue
        batch.findings.count(
            "users, of whom creators and likers are looked up"
            if is_new
            else "users whose name occurs again: the last one counts"
        )
    return batch


def _elements(opened: OpenFiles, file: JsonFile, batch: Batch) -> Iterator[tuple[int, bytes | Raw]]:
    """Yield the elements of a file's list with their numbers; what is wrong with it is rejected."""
    try:
        elements, fault = split_list(opened.read(file))
    except UnreadableFile as error:
        elements, fault = (), str(error)
    yield from enumerate(elements)
    if fault is not None:
        row = {"file": file.name, "elements_read": len(elements)}
        batch.rejects.append(Reject(row=row, reason=f"the file {fault}"))


def _reject(file: JsonFile, number: int, element: bytes | Raw, error: UnreadableField) -> Reject:
    """Return the ledger's line: where the element is, its id if it has one, the value at fault."""
    row: dict[str, Any] = {"file": file.name, "element": number}
    try:
        found = _IDENTITY.decode(element).id
        if found is not None:
            row["id"] = str(found)[:_LONGEST_VALUE_KEPT]
    except NO_JSON:
        pass
    if error.field is not None:
        row |= {"field": error.field, "value": _shown(error.value)}
    return Reject(row=row, reason=str(error))


def _shown(value: object) -> str | None:
    return None if value is None else str(value)[:_LONGEST_VALUE_KEPT]


def _span(findings: Findings, name: str) -> dict[str, str] | None:
    span = findings.spans.get(name)
    return None if span is None else {"first": span[0], "last": span[1]}
