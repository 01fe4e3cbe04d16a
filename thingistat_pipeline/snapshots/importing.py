"""Import a published data set as a snapshot: a load of its own beside the nights."""

import hashlib
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from thingistat_pipeline.files import flush_to_disk
from thingistat_pipeline.snapshots.checkpoints import (
    DUPLICATE,
    REJECTS,
    Checkpoint,
    Identity,
    Tally,
    Unfinished,
    working_folder,
)
from thingistat_pipeline.snapshots.ids import write_ids
from thingistat_pipeline.snapshots.recognise import recognise
from thingistat_pipeline.snapshots.screen import Screen
from thingistat_pipeline.snapshots.source import (
    Batch,
    Options,
    Reject,
    SnapshotError,
    SnapshotSource,
)
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.manifest import (
    Counts,
    Manifest,
    content_hash,
    loads_in,
    write_manifest,
    write_part,
)
from thingistat_pipeline.thingiverse.records import FORMAT_VERSION, Record

RECORDS_PER_PART = 5000
Progress = Callable[[str, int, int], None]

_CHUNK = 1 << 20


def import_snapshot(
    path: Path,
    snapshots_dir: Path,
    *,
    liker_key: bytes,
    observed_on: date | None = None,
    keep_personal_data: bool = False,
    name: str | None = None,
    forgotten: Forgotten | None = None,
    progress: Progress | None = None,
    records_per_part: int = RECORDS_PER_PART,
) -> Manifest:
    """Bring a published data set into the raw folder, completely or not at all.

    An import that is broken off at whatever point goes on there when it is started again with the
    same files and options, and comes to the same result as if nothing had happened.

    Parameters
    ----------
    path : Path
        The data set, recognised by its content.
    snapshots_dir : Path
        Folder of snapshots; the new one appears in it, finished, as ``<name>/``.
    liker_key : bytes
        Key with which users who like a thing are hashed.
    observed_on : date, optional
        The day on which the data were fetched, where neither the rows nor the file's name say.
    keep_personal_data : bool
        Keep creators' real names and places.
    name : str, optional
        Name of the snapshot; otherwise the file's name without its ending.
    forgotten : Forgotten, optional
        What is passed over, without a line in the ledger.
    progress : callable, optional
        Called with what is being counted (``MB checked``, then the source's unit), how much of it
        is done and how much there is.
    records_per_part : int
        A part has as many records at least, but for the last one; it ends with a batch.

    Returns
    -------
    Manifest
        Of the new snapshot, or of the one that an earlier import of the same files with the same
        options made: then nothing is done.

    Raises
    ------
    SnapshotError
        When the data set is not recognised, damaged, or its date unknown; when it changes while it
        is read; when the name is taken, or another process is importing under it.
    """
    tell = progress or _silence
    options = Options(
        liker_key=liker_key, observed_on=observed_on, keep_personal_data=keep_personal_data
    )
    source = recognise(path, options)
    name = _checked_name(name or re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem))
    unchanged = _Unchanged(path, source)
    origin: dict[str, Any] = {
        "kind": source.kind,
        "files": _hashed(path, source.files, tell),
        "options": {
            "observed_on": observed_on.isoformat() if observed_on else None,
            "keep_personal_data": keep_personal_data,
        },
    }
    target = snapshots_dir / name
    with working_folder(snapshots_dir, name) as folder:
        earlier = _earlier_import(target, origin)
        if earlier is not None:
            return earlier
        identity = Identity(
            name=name,
            kind=source.kind,
            version=source.version,
            format=FORMAT_VERSION,
            files=origin["files"],
            options=origin["options"],
            liker_key=hashlib.blake2b(b"which key", digest_size=16, key=liker_key).hexdigest(),
            records_per_part=records_per_part,
        )
        unfinished = Unfinished(folder, identity, _now())
        screen = Screen(forgotten or Forgotten())
        _write_parts(source, unfinished, unchanged, records_per_part, screen=screen, tell=tell)
        manifest = _finish(source, unfinished, name, origin, screen)
        unchanged.require()
        earlier = _earlier_import(target, origin)  # by another process, under another name
        if earlier is not None:
            return earlier
        snapshots_dir.mkdir(parents=True, exist_ok=True)
        unfinished.snapshot.rename(target)
        flush_to_disk(snapshots_dir)
    return manifest


def _silence(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class _Unchanged:
    """The files of a source as they are now, and the demand that they stay so."""

    def __init__(self, path: Path, source: SnapshotSource) -> None:
        self._path = path
        self._files = source.files
        self._states = self._look()

    def require(self) -> None:
        if self._look() != self._states:
            raise SnapshotError(f"{self._path} changed while it was read. Import it again.")

    def _look(self) -> list[tuple[int, int] | None]:
        return [_state(file) for file in self._files]


def _state(file: Path) -> tuple[int, int] | None:
    try:
        state = file.stat()
    except FileNotFoundError:
        return None
    return state.st_size, state.st_mtime_ns


def _hashed(path: Path, files: tuple[Path, ...], tell: Progress) -> list[dict[str, str]]:
    total = sum(file.stat().st_size for file in files) // _CHUNK
    done = 0
    hashed = []
    for file in files:
        digest = hashlib.sha256()
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                done += len(chunk)
                tell("MB checked", done // _CHUNK, total)
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        hashed.append({"name": name, "sha256": digest.hexdigest()})
    return hashed


def _write_parts(
    source: SnapshotSource,
    unfinished: Unfinished,
    unchanged: _Unchanged,
    records_per_part: int,
    *,
    screen: Screen,
    tell: Progress,
) -> None:
    """Read the batches that are missing and keep a checkpoint after every part of them."""
    total, done = source.size(), unfinished.total.rows
    tell(source.unit, done, total)
    records: list[Record] = []
    stretch = Tally()
    batch_number = unfinished.next_batch
    with (unfinished.snapshot / REJECTS).open("ab") as ledger:

        def keep() -> None:
            part = write_part(unfinished.snapshot, len(unfinished.parts), records)
            unchanged.require()
            _flush(ledger)
            unfinished.keep(
                Checkpoint(
                    part=part, stretch=stretch, ledger_bytes=ledger.tell(), next_batch=batch_number
                )
            )

        for batch in source.batches(batch_number):
            batch_number += 1
            done += batch.rows
            records += _sorted_out(batch, unfinished.total, stretch, ledger, screen)
            if len(records) >= records_per_part:
                keep()
                records, stretch = [], Tally()
            tell(source.unit, min(done, total), total)
        if records:
            keep()
        else:
            unfinished.total.add(stretch)
        _flush(ledger)


def _sorted_out(
    batch: Batch, total: Tally, stretch: Tally, ledger: IO[bytes], screen: Screen
) -> list[Record]:
    """Return the records of a batch that count; the rows that do not go to the ledger."""
    stretch.rows += batch.rows
    stretch.findings.add(batch.findings)
    records = []
    for reject in screen.rejects(batch.rejects):
        _reject(reject, stretch, ledger)
    for record in screen.records(batch.records):
        if total.holds(record.thing_id) or stretch.holds(record.thing_id):
            _reject(Reject(row={"id": record.thing_id}, reason=DUPLICATE), stretch, ledger)
        else:
            stretch.take_record(record)
            records.append(record)
    return records


def _reject(reject: Reject, tally: Tally, ledger: IO[bytes]) -> None:
    tally.take_reject(reject)
    ledger.write(msgspec.json.encode(reject) + b"\n")


def _finish(
    source: SnapshotSource,
    unfinished: Unfinished,
    name: str,
    origin: dict[str, Any],
    screen: Screen,
) -> Manifest:
    """Write what comes after the last part: the ledger's end, the ids and the manifest."""
    folder, total = unfinished.snapshot, unfinished.total
    with (folder / REJECTS).open("ab") as ledger:
        for reject in screen.rejects(source.leftovers(total.findings)):
            _reject(reject, total, ledger)
        _flush(ledger)
    write_ids(folder, total.live | total.others, total.live)
    counts = Counts(
        attempted=sum(total.outcomes.values()),
        rejected=sum(total.rejects.values()),
        **total.outcomes,
    )
    observed = total.findings.spans.get("observed")
    manifest = Manifest(
        kind="snapshot",
        name=name,
        source="snapshot",
        content_hash=content_hash(unfinished.parts, counts),
        parts=unfinished.parts,
        counts=counts,
        started_at=unfinished.started_at,
        finished_at=_now(),
        observed_on=None if observed is None else observed[1][:10],
        origin={**origin, **source.origin(total.findings), "rejects": total.rejects},
    )
    write_manifest(folder, manifest)
    return manifest


def _flush(ledger: IO[bytes]) -> None:
    ledger.flush()
    os.fsync(ledger.fileno())


def _earlier_import(target: Path, origin: dict[str, Any]) -> Manifest | None:
    """Return the manifest of an earlier import of the same, and see that the name is free."""
    for folder, manifest in loads_in(target.parent):
        if _hashes(manifest.origin) != _hashes(origin):
            continue
        if manifest.origin.get("options") == origin["options"]:
            return manifest
        raise SnapshotError(
            f"This data set was imported before, as {manifest.name}, with other options "
            f"({manifest.origin.get('options')}). Delete the folder {folder} to import it anew."
        )
    if target.exists():
        raise SnapshotError(
            f"There is another snapshot called {target.name} ({target}). Give this one another "
            "name with --name, or delete that folder if it is no longer wanted."
        )
    return None


def _hashes(origin: dict[str, Any]) -> list[str]:
    return [file["sha256"] for file in origin.get("files", [])]


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise SnapshotError(
            f"A snapshot cannot be called {name!r}: letters, digits, dots, dashes and underscores "
            "make a name. Give another one with --name."
        )
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        raise SnapshotError(
            f"A snapshot cannot be called {name}, because nights are named like that. Give "
            "another name with --name."
        )
    return name


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
