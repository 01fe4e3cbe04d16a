"""What happened in a night, line by line, in a file that survives being killed.

Every answer is appended as soon as it has arrived, and a last line per id says what came of it.
A line is handed to the operating system at once, so that killing the process loses at most the
answer that was on its way; the disk is asked to confirm every few seconds and at the end, so that a
power cut loses at most these seconds. Both leave at worst one torn line at the end, which is cut
off when the night goes on.

The answers are kept as received, without personal data, so that records can be decoded from them
again when the payload models learn something new.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import msgspec
from msgspec import Raw, Struct
from zstandard import ZstdError

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.thingiverse.answers import NO_JSON, PERSONAL_KEYS, scrub
from thingistat_pipeline.thingiverse.manifest import compressed_lines, read_compressed_lines
from thingistat_pipeline.thingiverse.records import LONGEST_TEXT, Outcome, Resource

JOURNAL = "journal.jsonl"
CLOSED_JOURNAL = "journal.jsonl.zst"
LOCK = ".sampling.lock"

_SYNC_SECONDS = 5.0

_PERSONAL_MARKS = tuple(f'"{key}":'.encode() for key in sorted(PERSONAL_KEYS))

NO_TREE = Raw(b"null")  # a union of raw text and None is not possible

Why = Literal["frame", "panel", "retry"]


class Answered(Struct, kw_only=True, frozen=True, tag="answer", omit_defaults=True):
    """One answer about a thing.

    `outcome` is the verdict in words. `tree` is the JSON value without personal data, absent when
    there was no usable answer (then `reason` says why). A page of likes has keyed hashes in
    `likers` instead, in `next_page` the query of the page that follows, and `cut` when some of the
    page were left out at the cap.
    """

    thing_id: int
    resource: Resource
    observed_at: str
    outcome: str = "ok"
    status: int = 0
    reason: str | None = None
    tree: Raw = NO_TREE
    likers: list[int] | None = None
    next_page: dict[str, str] | None = None
    cut: bool = False

    @property
    def has_tree(self) -> bool:
        """Whether there was a usable answer."""
        return bytes(self.tree) != bytes(NO_TREE)

    @property
    def is_missing(self) -> bool:
        """Whether there was no answer, for a reason that may pass."""
        return self.outcome == "transient"

    @property
    def is_strange(self) -> bool:
        """Whether there was an answer of which nothing could be written down."""
        if self.resource == "likes":
            return self.likers is None and self.status == 200
        return self.outcome == "ok" and not self.has_tree

    @property
    def text(self) -> str | None:
        """The answer as text, as far as a record may quote it."""
        return bytes(self.tree).decode("utf-8", "replace")[:LONGEST_TEXT] if self.has_tree else None


class Tried(Struct, kw_only=True, frozen=True, tag="tried", omit_defaults=True):
    """What came of an id: the last line about it in this attempt."""

    thing_id: int
    why: Why
    outcome: Outcome
    observed_at: str
    fetched_at: str
    requests: int
    attempts: int = 1
    panel: bool = False
    status: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class Visit:
    """An attempt at an id and the answers that it brought."""

    tried: Tried
    answers: tuple[Answered, ...]


class Journal:
    """A night's open journal; `open_journal` makes one."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self.path = path
        self._stream = stream
        self._encoder = msgspec.json.Encoder()
        self._synced = time.monotonic()

    def append(self, line: Answered | Tried) -> None:
        """Write a line so that it survives the end of this process."""
        self._stream.write(self._encoder.encode(line) + b"\n")
        self._stream.flush()
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Wait until everything written is on disk."""
        os.fsync(self._stream.fileno())
        self._synced = time.monotonic()


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """Open a night's journal for appending, its torn tail cut off."""
    path = folder / JOURNAL
    folder.mkdir(parents=True, exist_ok=True)
    cut_torn_tail(path)
    with path.open("ab") as stream:
        journal = Journal(stream, path)
        try:
            yield journal
        finally:
            stream.flush()
            journal.sync()


def cut_torn_tail(path: Path) -> int:
    """Cut an incomplete last line off a journal and return how many bytes went.

    A last line counts as incomplete when its end is missing or it is no journal line; a damaged
    line anywhere else is not ours to repair and is found when the journal is read.
    """
    if not path.exists():
        return 0
    end, start, last = 0, 0, b""
    with path.open("r+b") as stream:
        for line in stream:
            start, end, last = end, end + len(line), line
        if not last or (last.endswith(b"\n") and _decoded_or_none(last) is not None):
            return 0
        stream.truncate(start)
    return end - start


def journal_lines(folder: Path) -> Iterator[Answered | Tried]:
    """Yield the lines of a night's journal, open or closed; none when there is no journal.

    Raises
    ------
    ThingistatError
        When a line is damaged; an incomplete last line of an open journal is passed over.
    """
    closed, opened = folder / CLOSED_JOURNAL, folder / JOURNAL
    if closed.exists():
        source, path = read_compressed_lines(closed), closed
    elif opened.exists():
        source, path = _plain_lines(opened), opened
    else:
        return
    number, damaged = 0, 0
    try:
        for number, raw in enumerate(source, start=1):
            if damaged:
                break
            line = _decoded_or_none(raw)
            if line is None:
                damaged = number
            else:
                yield line
    except ZstdError:
        damaged = number + 1
    if damaged and (number > damaged or path == closed):
        raise ThingistatError(
            f"{path} is damaged at line {damaged}. Restore the file from a backup, or move the "
            "night's folder away: the night is then sampled anew."
        )


def visits(folder: Path) -> Iterator[Visit]:
    """Yield the finished attempts of a night in their order, each with its answers.

    An attempt that fills the holes of an earlier one comes with the answers that stayed.
    """
    pending: dict[int, list[Answered]] = {}
    for line in journal_lines(folder):
        if isinstance(line, Answered):
            pending.setdefault(line.thing_id, []).append(line)
        else:
            answers = pending.pop(line.thing_id, [])
            yield Visit(line, tuple(answers))
            if has_holes(line, answers):
                pending[line.thing_id] = answers_that_stay(answers)


def has_holes(tried: Tried, answers: Iterable[Answered]) -> bool:
    """Whether a thing is live and something else about it could not be had."""
    return tried.outcome == "ok" and any(each.is_missing for each in answers)


def answers_that_stay(answers: Iterable[Answered]) -> list[Answered]:
    """Return what another attempt at a thing with holes need not ask for again."""
    return [each for each in answers if not each.is_missing]


def close_journal(folder: Path, *, keep_personal_data: bool = False) -> None:
    """Make the compressed journal, after which nothing is appended any more.

    Parameters
    ----------
    folder : Path
        The night's folder. Where the journal is closed already, it is written anew.
    keep_personal_data : bool
        Otherwise creators' names and places are left out that an interrupted call may have kept.

    Raises
    ------
    ThingistatError
        When the journal is damaged.
    """
    encoder = msgspec.json.Encoder()
    with compressed_lines(folder / CLOSED_JOURNAL) as stream:
        for line in journal_lines(folder):
            kept = line if keep_personal_data else _without_people(line)
            stream.write(encoder.encode(kept) + b"\n")


def _without_people(line: Answered | Tried) -> Answered | Tried:
    if isinstance(line, Tried) or not any(key in bytes(line.tree) for key in _PERSONAL_MARKS):
        return line
    try:
        kept = scrub(msgspec.json.decode(line.tree))
        return msgspec.structs.replace(line, tree=Raw(msgspec.json.encode(kept)))
    except (ValueError, RecursionError) as error:  # rather nothing than somebody's name
        return msgspec.structs.replace(line, tree=NO_TREE, reason=f"no longer readable: {error}")


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone; the system lets go of it however the process ends.

    Raises
    ------
    ThingistatError
        When another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    with path.open("a+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stream.seek(0)
            holder = stream.read(20).decode("ascii", "replace").strip() or "unknown"
            raise ThingistatError(
                f"Another process (id {holder}) is sampling into {folder}. Two at once would "
                "exceed the request limit and fetch the same things. Wait until it has finished, "
                "or stop it: whatever it has fetched is kept."
            ) from None
        stream.truncate(0)
        stream.write(f"{os.getpid()}\n".encode())
        stream.flush()
        yield


def _plain_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        for line in stream:
            yield line.rstrip(b"\n")


_DECODER: msgspec.json.Decoder[Answered | Tried] = msgspec.json.Decoder(Answered | Tried)


def _decoded_or_none(raw: bytes) -> Answered | Tried | None:
    try:
        return _DECODER.decode(raw)
    except NO_JSON:
        return None
