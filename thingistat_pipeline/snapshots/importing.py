"""Import a published data set as a snapshot: a load of its own beside the nights."""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from thingistat_pipeline.files import flush_to_disk, sha256_of
from thingistat_pipeline.snapshots.recognise import recognise
from thingistat_pipeline.snapshots.source import Options, Reject, SnapshotError, SnapshotSource
from thingistat_pipeline.thingiverse.manifest import (
    Counts,
    Manifest,
    content_hash,
    loads_in,
    write_manifest,
    write_parts,
)
from thingistat_pipeline.thingiverse.records import Record

REJECTS = "rejects.jsonl"
Progress = Callable[[int, int], None]

_OUTCOMES = ("ok", "gone", "private", "moderated", "retry", "quarantined")


def import_snapshot(
    path: Path,
    snapshots_dir: Path,
    *,
    liker_key: bytes,
    observed_on: date | None = None,
    keep_personal_data: bool = False,
    name: str | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Bring a published data set into the raw folder, completely or not at all.

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
    progress : callable, optional
        Called with the numbers of rows read and to be read.

    Returns
    -------
    Manifest
        Of the new snapshot, or of the one that an earlier import of the same file with the same
        options made: then nothing is done.

    Raises
    ------
    SnapshotError
        When the data set is not recognised, damaged, or its date unknown; when the name is taken,
        also by another import that finishes while this one runs.
    """
    options = Options(
        liker_key=liker_key, observed_on=observed_on, keep_personal_data=keep_personal_data
    )
    source = recognise(path, options)
    name = _checked_name(name or re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem))
    target = snapshots_dir / name
    before = _states(source)
    origin = {
        "kind": source.kind,
        "files": [{"name": file.name, "sha256": sha256_of(file)} for file in source.files],
        "options": {
            "observed_on": observed_on.isoformat() if observed_on else None,
            "keep_personal_data": keep_personal_data,
        },
    }
    earlier = _earlier_import(snapshots_dir, origin)
    if earlier is not None:
        return earlier
    if target.exists():
        raise _name_taken(target)
    with _unfinished_folder(snapshots_dir.parent, name) as unfinished:
        manifest = _written(source, name, unfinished, origin, progress)
        if _states(source) != before:
            raise SnapshotError(f"{path} changed while it was read. Import it again.")
        snapshots_dir.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.rename(target)
        except OSError:
            if not target.exists():
                raise
            earlier = _earlier_import(snapshots_dir, origin)
            if earlier is not None:  # by another process, since the first look
                return earlier
            raise _name_taken(target) from None
        flush_to_disk(snapshots_dir)
    return manifest


@contextlib.contextmanager
def _unfinished_folder(parent: Path, name: str) -> Iterator[Path]:
    """Yield a folder of this import alone, and remove it and what killed imports left.

    It lies beside the snapshots, not among them, so that nobody takes it for one before it is
    finished. As long as it is in use it is locked.
    """
    parent.mkdir(parents=True, exist_ok=True)
    prefix = f".importing-{name}."
    for left in parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        with _locked(folder):
            folder.chmod(0o755)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _name_taken(target: Path) -> SnapshotError:
    return SnapshotError(
        f"There is another snapshot called {target.name} ({target}). Give this one another name "
        "with --name, or delete that folder if it is no longer wanted."
    )


def _written(
    source: SnapshotSource,
    name: str,
    folder: Path,
    origin: dict[str, Any],
    progress: Progress | None,
) -> Manifest:
    started_at = _now()
    tally = dict.fromkeys(("attempted", *_OUTCOMES, "rejected"), 0)
    with (folder / REJECTS).open("wb") as ledger:
        parts = write_parts(folder, _sorted_out(source, ledger, tally, progress))
    flush_to_disk(folder / REJECTS)
    counts = Counts(**tally)
    manifest = Manifest(
        kind="snapshot",
        name=name,
        source="snapshot",
        content_hash=content_hash(parts, counts),
        parts=parts,
        counts=counts,
        started_at=started_at,
        finished_at=_now(),
        origin={**origin, **source.origin()},
    )
    write_manifest(folder, manifest)
    return manifest


def _sorted_out(
    source: SnapshotSource,
    ledger: IO[bytes],
    tally: dict[str, int],
    progress: Progress | None,
) -> Iterator[Record]:
    total = source.size()
    for number, item in enumerate(source.records(), start=1):
        if isinstance(item, Reject):
            tally["rejected"] += 1
            ledger.write(msgspec.json.encode(item) + b"\n")
        else:
            tally["attempted"] += 1
            tally[item.outcome] += 1
            yield item
        if progress is not None:
            progress(min(number, total), total)


def _earlier_import(snapshots_dir: Path, origin: dict[str, Any]) -> Manifest | None:
    for folder, manifest in loads_in(snapshots_dir):
        if _hashes(manifest.origin) != _hashes(origin):
            continue
        if manifest.origin.get("options") == origin["options"]:
            return manifest
        raise SnapshotError(
            f"This data set was imported before, as {manifest.name}, with other options "
            f"({manifest.origin.get('options')}). Delete the folder {folder} to import it anew."
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


def _states(source: SnapshotSource) -> list[tuple[int, int]]:
    states = (file.stat() for file in source.files)
    return [(state.st_size, state.st_mtime_ns) for state in states]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
