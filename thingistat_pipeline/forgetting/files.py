"""Rewriting lines and removing files, so that nothing half-done is taken for whole."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from thingistat_pipeline.files import flush_to_disk, whole_file
from thingistat_pipeline.thingiverse.manifest import compressed_lines, read_compressed_lines

Keep = Callable[[bytes], bytes | None]
"""Returns a line (without its end) as it shall be, or None where it shall go."""


def rewrite_lines(path: Path, keep: Keep) -> int:
    """Rewrite a file of lines where any is to change, and return how many do."""
    changes = sum(line != kept for line, kept in _pairs(_lines(path), keep))
    if changes:
        with whole_file(path) as draft, draft.open("wb") as out:
            out.writelines(
                kept + b"\n" for _, kept in _pairs(_lines(path), keep) if kept is not None
            )
    return changes


def rewrite_compressed_lines(path: Path, keep: Keep) -> int:
    """Do the same with a zstd file."""
    changes = sum(line != kept for line, kept in _pairs(read_compressed_lines(path), keep))
    if changes:
        with compressed_lines(path) as out:
            for _, kept in _pairs(read_compressed_lines(path), keep):
                if kept is not None:
                    out.write(kept + b"\n")
    return changes


def drop(paths: Iterable[Path]) -> int:
    """Remove files, links and whole folders, and return how many there were.

    A folder is renamed first, so that what is half removed is not taken for what it was.
    """
    gone = 0
    for path in sorted(paths):
        if path.is_dir() and not path.is_symlink():
            doomed = path.with_name(f".{path.name.lstrip('.')}.removed")
            shutil.rmtree(doomed, ignore_errors=True)
            path.rename(doomed)
            shutil.rmtree(doomed)
        else:
            path.unlink(missing_ok=True)
        flush_to_disk(path.parent)
        gone += 1
    return gone


def _pairs(lines: Iterable[bytes], keep: Keep) -> Iterator[tuple[bytes, bytes | None]]:
    return ((line, keep(line)) for line in lines)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        for raw in stream:
            yield raw[:-1] if raw.endswith(b"\n") else raw
