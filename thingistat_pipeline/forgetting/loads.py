"""The parts of a load and what its manifest says of them, without what is forgotten."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.manifest import (
    MANIFEST,
    PART_PATTERN,
    Part,
    read_compressed_lines,
    write_part,
)
from thingistat_pipeline.thingiverse.records import Record

_NUMBER = re.compile(r"\d+")


@dataclass
class Rewritten:
    """What the parts of a load hold now.

    Attributes
    ----------
    parts : list of Part
        Those that hold anything.
    outcomes : Counter
        Numbers of records by outcome.
    incomplete : int
        How many of the live ones bear a reason.
    not_understood : int
        How many have an answer in quarantine.
    changes : int
        Records that went or lost something, this time.
    """

    parts: list[Part] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    incomplete: int = 0
    not_understood: int = 0
    changes: int = 0


def rewrite_parts(folder: Path, forgotten: Forgotten) -> Rewritten:
    """Take what is forgotten out of a load's parts, one after the other.

    A part without any record stays as an empty file, to be removed by `drop_empty_parts` when the
    manifest does not name it any more.
    """
    decoder = msgspec.json.Decoder(Record)
    now = Rewritten()
    for path in sorted(folder.glob(PART_PATTERN)):
        before = [decoder.decode(line) for line in read_compressed_lines(path)]
        after = [kept for record in before if (kept := forgotten.record(record)) is not None]
        changes = len(before) - len(after)
        if before != after:
            changes = max(changes, 1)
            number = _NUMBER.search(path.name)
            write_part(folder, int(number[0]) if number else 0, after)
        now.changes += changes
        now.outcomes.update(record.outcome for record in after)
        now.not_understood += sum(bool(record.quarantined) for record in after)
        now.incomplete += sum(r.outcome == "ok" and r.reason is not None for r in after)
        if after:
            part = Part(
                name=path.name,
                sha256=sha256_of(path),
                bytes=path.stat().st_size,
                lines=len(after),
            )
            now.parts.append(part)
    return now


def drop_empty_parts(folder: Path, parts: list[Part]) -> None:
    """Remove the parts of a finished load that its manifest does not name."""
    named = {part.name for part in parts}
    if (folder / MANIFEST).exists():
        for path in folder.glob(PART_PATTERN):
            if path.name not in named:
                path.unlink()
