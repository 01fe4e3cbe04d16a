"""What one load (a night or a snapshot) consists of: its parts, its counts, its manifest.

A load is a folder with parts ``things-0000.jsonl.zst`` … (one `Record` a line) and a
``manifest.json`` that is written last: a folder without one is not finished, and nobody but the
code that is filling it looks inside. What belongs here: writing and reading parts and manifests,
and the rule that real and simulated things never share a data folder. What does not: how records
come about (`sampling`, `snapshots`) and what becomes of them (`warehouse`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

import msgspec
import zstandard
from msgspec import Struct, field

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import sha256_of, whole_file, write_whole
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.records import FORMAT_VERSION, Record

MANIFEST = "manifest.json"
PLAN = "plan.json"
PART_PATTERN = "things-*.jsonl.zst"
COMPRESSION_LEVEL = 4
"""Level 6 takes more than twice the time for parts that are 4 % smaller."""

Kind = Literal["night", "snapshot"]
Source = Literal["sandbox", "thingiverse", "snapshot"]

_LINES_AT_ONCE = 500
_MATERIAL_COUNTS = ("attempted", "ok", "gone", "private", "moderated", "retry", "quarantined")


class Part(Struct, kw_only=True, frozen=True):
    """One compressed file of records: its name, SHA-256, size in bytes and number of lines."""

    name: str
    sha256: str
    bytes: int
    lines: int


class Counts(Struct, kw_only=True, frozen=True):
    """How many ids came to which end.

    `attempted` is the number of ids tried, the sum of the six outcomes; `incomplete` counts those
    ``ok`` things for which an answer that was asked for is missing or was not understood;
    `not_understood` counts the things, ``ok`` or quarantined, with such an answer in quarantine;
    `requests` is what a night cost; `rejected` is the rows that a snapshot's importer refused.
    """

    attempted: int = 0
    ok: int = 0
    gone: int = 0
    private: int = 0
    moderated: int = 0
    retry: int = 0
    quarantined: int = 0
    incomplete: int = 0
    requests: int = 0
    rejected: int = 0
    not_understood: int = 0


class Frame(Struct, kw_only=True, frozen=True):
    """The part of the frame that a night finished: ids up to `newest_id` with a hash up to `tau`.

    `seed` keys the hash. `tau` is an unsigned 64-bit number.
    """

    seed: int
    newest_id: int
    tau: int


class Retry(Struct, kw_only=True, frozen=True):
    """An id that could not be decided yet: how often it failed, and when to ask again."""

    thing_id: int
    attempts: int
    next_at: str
    panel: bool = False


class Manifest(Struct, kw_only=True, frozen=True):
    """All that is known of a finished load.

    `observed_on` is the day of the server's clock on which a night was sampled; `panel` are the ids
    in the panel's hash range that were visited, without those drawn at random that are no live
    things; `panel_gone` are all in that range that were found not to exist. `origin` is free-form:
    for a snapshot its files, schema and dates.
    """

    kind: Kind
    name: str
    source: Source
    content_hash: str
    parts: list[Part]
    counts: Counts
    started_at: str
    finished_at: str
    format: int = FORMAT_VERSION
    frame: Frame | None = None
    retries: list[Retry] = field(default_factory=list)
    late: bool = False
    observed_on: str | None = None
    panel: list[int] = field(default_factory=list)
    panel_gone: list[int] = field(default_factory=list)
    origin: dict[str, Any] = field(default_factory=dict)


class _Header(Struct):
    """The one field that plans and manifests share and that tells the world they belong to."""

    source: Source


def content_hash(parts: Iterable[Part], counts: Counts) -> str:
    """Return what identifies a load's content as 64 hexadecimal digits.

    Only names and hashes of the parts and the outcome counts go in: a night that was interrupted
    and asked one request twice has the same content as one that was not.
    """
    pairs = sorted((part.name, part.sha256) for part in parts)
    material = {name: getattr(counts, name) for name in (*_MATERIAL_COUNTS, "rejected")}
    return hashlib.sha256(msgspec.json.encode([pairs, material])).hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """Return a folder's manifest, or ``None`` while the load is not finished.

    Raises
    ------
    ThingistatError
        When the file is there and cannot be understood.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(content, type=Manifest)
    except NO_JSON as error:
        raise ThingistatError(
            f"The manifest {path} cannot be read ({error}). It was written by another version or "
            "changed by hand. Restore it from a backup, or delete it: the load then counts as "
            "unfinished and is closed again from its journal or imported again."
        ) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a folder's manifest, after which the load counts as finished."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    write_whole(folder / MANIFEST, content + b"\n")


def loads_in(parent_folder: Path) -> list[tuple[Path, Manifest]]:
    """Return the finished loads below a folder, sorted by name."""
    if not parent_folder.is_dir():
        return []
    loads = []
    for folder in sorted(path for path in parent_folder.iterdir() if path.is_dir()):
        manifest = read_manifest(folder)
        if manifest is not None:
            loads.append((folder, manifest))
    return loads


def write_parts(
    folder: Path, records: Iterable[Record], *, lines_per_part: int = 5000
) -> list[Part]:
    """Write records into numbered, compressed parts and return what was written.

    Parameters
    ----------
    folder : Path
        The load's folder, made when missing. Parts of an earlier, unfinished attempt are replaced,
        those beyond the new last one removed.
    records : iterable of Record
        Taken one by one; one part's compressed bytes are in memory at most.
    lines_per_part : int
        Records in a part; the last one may have fewer. No record at all makes no part.

    Returns
    -------
    list of Part
        In the order of their names. Equal records give equal bytes.

    Raises
    ------
    ThingistatError
        See `write_part`.
    """
    parts: list[Part] = []
    remaining = iter(records)
    while batch := list(islice(remaining, lines_per_part)):
        parts.append(write_part(folder, len(parts), batch))
    written = {part.name for part in parts}
    for stale in folder.glob(PART_PATTERN):
        if stale.name not in written:
            stale.unlink()
    return parts


def write_part(folder: Path, number: int, records: Sequence[Record]) -> Part:
    """Write one part, every line of it checked, so that whoever loads it need not check again.

    Parameters
    ----------
    folder : Path
        The load's folder, made when missing.
    number : int
        Of the part, from 0 on.
    records : sequence of Record
        All of the part.

    Returns
    -------
    Part
        Equal records give equal bytes.

    Raises
    ------
    ThingistatError
        When a record is none in the strict sense (a wrong type, a number beyond 64 bits, a text
        that is not Unicode); the message names its thing. Nothing is written then.
    """
    path = folder / f"things-{number:04d}.jsonl.zst"
    with compressed_lines(path) as stream:
        for start in range(0, len(records), _LINES_AT_ONCE):
            stream.write(_checked_lines(records[start : start + _LINES_AT_ONCE]))
    return Part(
        name=path.name, sha256=sha256_of(path), bytes=path.stat().st_size, lines=len(records)
    )


def _checked_lines(records: Sequence[Record]) -> bytes:
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Record)
    lines = []
    for record in records:
        try:
            line = encoder.encode(record)
            decoder.decode(line)
        except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
            raise ThingistatError(
                f"The thing {record.thing_id} cannot be stored as a raw record: {error}. Values "
                "like that should have been sorted out before; please report this message."
            ) from None
        lines.append(line)
    return b"\n".join((*lines, b""))


def read_records(folder: Path) -> Iterator[Record]:
    """Yield a load's records in the order in which they were written, streaming.

    Raises
    ------
    ThingistatError
        When a part is missing, damaged, or holds a line that is no record.
    """
    manifest = read_manifest(folder)
    names = (
        [part.name for part in manifest.parts]
        if manifest is not None
        else sorted(path.name for path in folder.glob(PART_PATTERN))
    )
    decoder = msgspec.json.Decoder(Record)
    for name in names:
        done = 0
        try:
            for line in read_compressed_lines(folder / name):
                yield decoder.decode(line)
                done += 1
        except (OSError, zstandard.ZstdError, *NO_JSON) as error:
            raise ThingistatError(
                f"The part {folder / name} cannot be read at line {done + 1} ({error}). "
                "Restore it from a backup; a night can be rebuilt from its journal.jsonl.zst, a "
                "snapshot by importing it again."
            ) from None


def require_one_world(*parent_folders: Path, source: Source) -> None:
    """Refuse to let real and simulated things meet in one data folder.

    Parameters
    ----------
    *parent_folders : Path
        The folders of nights and of snapshots. Unfinished nights count too.
    source : {"sandbox", "thingiverse", "snapshot"}
        Where the next load would come from.

    Raises
    ------
    ThingistatError
        When there is a load from the other world.
    """
    for parent in parent_folders:
        if not parent.is_dir():
            continue
        for folder in sorted(path for path in parent.iterdir() if path.is_dir()):
            other = _source_of(folder)
            if other is not None and (other == "sandbox") != (source == "sandbox"):
                held = "simulated things" if other == "sandbox" else "real things"
                asked = "simulated ones" if source == "sandbox" else "real ones"
                raise ThingistatError(
                    f"The data folder already holds {held} ({folder}, source {other}), and this "
                    f"step would add {asked} (source {source}). A mixture would make every figure "
                    "meaningless. Use another data folder: give --data-dir or set "
                    "THINGISTAT_DATA_DIR."
                )


def _source_of(folder: Path) -> Source | None:
    for name in (MANIFEST, PLAN):
        try:
            return msgspec.json.decode((folder / name).read_bytes(), type=_Header).source
        except (FileNotFoundError, *NO_JSON):
            continue
    return None


@contextmanager
def compressed_lines(target: Path) -> Iterator[IO[bytes]]:
    """Yield a stream to write lines to, which become the zstd file `target` when all went well."""
    with whole_file(target) as temporary, temporary.open("wb") as raw:
        compressor = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL, write_checksum=True)
        with compressor.stream_writer(raw, closefd=False) as stream:
            yield stream


def read_compressed_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a zstd file one by one, without their line ends.

    Raises
    ------
    ZstdError
        When the file is damaged or cut off, which zstandard's own reader takes for an end.
    """
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    rest = b""
    with path.open("rb") as raw:
        while chunk := raw.read(1 << 16):
            *lines, rest = (rest + decompressor.decompress(chunk)).split(b"\n")
            yield from lines
    if not decompressor.eof:
        raise zstandard.ZstdError("the file is cut off")
