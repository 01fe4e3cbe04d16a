"""How far an import has come, on disk: what another process needs to go on where it stopped.

An import works in a hidden folder beside the snapshots, so that nobody takes it for one before it
is finished. In it lie ``import.json`` (what is imported, and how), ``checkpoints.jsonl`` (a line
after every part) and the snapshot itself as far as it has come.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import flush_to_disk, write_whole
from thingistat_pipeline.snapshots.source import Findings, Reject, SnapshotError
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.manifest import Part
from thingistat_pipeline.thingiverse.records import Record

REJECTS = "rejects.jsonl"
DUPLICATE = "the id occurs twice"

_PREFIX = ".importing-"
_BEGINNING = "import.json"
_JOURNAL = "checkpoints.jsonl"
_SNAPSHOT = "snapshot"


class Identity(Struct, kw_only=True, frozen=True):
    """All that the result of an import depends on.

    `files` has name and SHA-256 of each; `liker_key` tells two keys apart without giving them away.
    """

    name: str
    kind: str
    version: int
    format: int
    files: list[dict[str, str]]
    options: dict[str, Any]
    liker_key: str
    records_per_part: int


class Tally(Struct, kw_only=True):
    """What a stretch of a data set came to; those of two stretches can be put together.

    Attributes
    ----------
    rows : int
        How far it brings the progress.
    outcomes : dict
        Numbers of records by outcome.
    rejects : dict
        Numbers of rows in the ledger by reason.
    live, others : set of int
        Ids of the records, those with outcome ``ok`` and all others.
    findings : Findings
        What the reader found.
    """

    rows: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    live: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)
    findings: Findings = field(default_factory=Findings)

    def holds(self, thing_id: int) -> bool:
        """Tell whether an id has a record."""
        return thing_id in self.live or thing_id in self.others

    def take_record(self, record: Record) -> None:
        """Count a record."""
        self.outcomes[record.outcome] = self.outcomes.get(record.outcome, 0) + 1
        (self.live if record.outcome == "ok" else self.others).add(record.thing_id)

    def take_reject(self, reject: Reject) -> None:
        """Count a row of the ledger; what a reason has in brackets differs from row to row."""
        reason = reason_counted(reject)
        self.rejects[reason] = self.rejects.get(reason, 0) + 1

    def add(self, other: "Tally") -> None:
        """Take in another stretch."""
        self.rows += other.rows
        for mine, more in ((self.outcomes, other.outcomes), (self.rejects, other.rejects)):
            for what, times in more.items():
                mine[what] = mine.get(what, 0) + times
        self.live |= other.live
        self.others |= other.others
        self.findings.add(other.findings)


def reason_counted(reject: Reject) -> str:
    """Return the reason under which a row of the ledger is counted, the same for equal faults."""
    return reject.reason.partition(" (")[0]


class Checkpoint(Struct, kw_only=True):
    """A part that is on disk for good.

    `stretch` is what was read for it; `ledger_bytes` is the ledger's length after it, `next_batch`
    the number of the source's batch after it.
    """

    part: Part
    stretch: Tally
    ledger_bytes: int
    next_batch: int


class _Beginning(Struct, kw_only=True):
    identity: Identity
    started_at: str


class Unfinished:
    """An import on its way: the snapshot in the making and all its checkpoints.

    Parameters
    ----------
    folder : Path
        The working folder, locked. What is in it is taken up when it belongs to the same import
        and is sound, and thrown away otherwise.
    identity : Identity
        What is imported.
    now : str
        The time at which the import starts, if it does not go on with an earlier start.

    Attributes
    ----------
    snapshot : Path
        The folder that becomes the snapshot.
    started_at : str
        When the import was started for the first time.
    parts : list of Part
        On disk so far.
    total : Tally
        Of these parts.
    ledger_bytes, next_batch : int
        Where to go on.
    """

    def __init__(self, folder: Path, identity: Identity, now: str) -> None:
        self._journal = folder / _JOURNAL
        self.snapshot = folder / _SNAPSHOT
        beginning = _beginning_in(folder)
        if beginning is None or beginning.identity != identity or not self._take_up():
            for left in folder.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            self.snapshot.mkdir()
            beginning = _Beginning(identity=identity, started_at=now)
            write_whole(folder / _BEGINNING, msgspec.json.encode(beginning))
            self._take_up()
        self.started_at = beginning.started_at

    def keep(self, checkpoint: Checkpoint) -> None:
        """Note a part that is on disk, so that it is never made again."""
        with self._journal.open("ab") as journal:
            journal.write(msgspec.json.encode(checkpoint) + b"\n")
            journal.flush()
            os.fsync(journal.fileno())
        self._add(checkpoint)

    def _take_up(self) -> bool:
        """Load the checkpoints and bring the snapshot to where the last one was.

        Returns
        -------
        bool
            Whether everything is there that the checkpoints speak of.
        """
        self.parts: list[Part] = []
        self.total = Tally()
        self.ledger_bytes = 0
        self.next_batch = 0
        if not self.snapshot.is_dir():
            return False
        for checkpoint in _checkpoints_in(self._journal):
            self._add(checkpoint)
        ledger = self.snapshot / REJECTS
        ledger.touch()
        known = {part.name: part.bytes for part in self.parts}
        sizes = {path.name: path.stat().st_size for path in self.snapshot.iterdir()}
        if sizes[REJECTS] < self.ledger_bytes or any(
            sizes.get(name) != size for name, size in known.items()
        ):
            return False
        os.truncate(ledger, self.ledger_bytes)
        for name in sizes.keys() - known.keys() - {REJECTS}:
            (self.snapshot / name).unlink()
        return True

    def _add(self, checkpoint: Checkpoint) -> None:
        self.parts.append(checkpoint.part)
        self.total.add(checkpoint.stretch)
        self.ledger_bytes = checkpoint.ledger_bytes
        self.next_batch = checkpoint.next_batch


@contextlib.contextmanager
def working_folder(snapshots_dir: Path, name: str) -> Iterator[Path]:
    """Yield the folder in which a snapshot is made, for this process alone.

    It is removed afterwards, also when the import turned out to be impossible. It stays when the
    import was broken off or failed for a passing reason (a full disk): the next one goes on there.

    Raises
    ------
    SnapshotError
        When another process imports a snapshot of this name.
    """
    folder = snapshots_dir.parent / f"{_PREFIX}{name}"
    with _locked(folder):
        try:
            yield folder
        except ThingistatError:
            shutil.rmtree(folder)
            raise
        shutil.rmtree(folder)
    flush_to_disk(folder.parent)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        if not _lock(handle, folder):
            raise SnapshotError(
                f"Another import is making the snapshot {folder.name.removeprefix(_PREFIX)} at "
                f"this moment (in {folder}). Wait until it has ended; importing the same data set "
                "again then takes no time."
            )
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held the lock may have removed the folder meanwhile.
        return os.path.samestat(os.fstat(handle), folder.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _beginning_in(folder: Path) -> _Beginning | None:
    try:
        return msgspec.json.decode((folder / _BEGINNING).read_bytes(), type=_Beginning)
    except (FileNotFoundError, *NO_JSON):
        return None


def _checkpoints_in(journal: Path) -> Iterator[Checkpoint]:
    """Yield the checkpoints up to the first torn line, and cut the file there."""
    journal.touch()
    sound = 0
    decoder = msgspec.json.Decoder(Checkpoint)
    with journal.open("rb") as lines:
        for line in lines:
            try:
                checkpoint = decoder.decode(line)
            except NO_JSON:
                break
            if not line.endswith(b"\n"):
                break
            sound += len(line)
            yield checkpoint
    os.truncate(journal, sound)
