"""What processes that were killed left behind: files half-written, folders half-removed.

Everything that this package writes appears by rename, so a kill leaves a hidden file or folder
beside its target and harms nothing; it only takes room, and holds a copy of what was to be written.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

_TEMPORARY = re.compile(r"\..+\.(tmp|removed)(\.wal)?")
_MODEL_IN_THE_MAKING = re.compile(r"\..+\.[a-z0-9_]{8}")
_LOG = re.compile(r"thingistat.*\.duckdb\.wal.*")


def leftovers(data_dir: Path) -> list[Path]:
    """Return the half-written files and folders in a data folder.

    While a run is at work, what it is writing is among them: ask whoever holds the locks first.
    The working database's own log is none: DuckDB plays it in when the file is opened.
    """
    return sorted(_found(data_dir, data_dir / "models"))


def remove_leftovers(data_dir: Path) -> int:
    """Remove them, and return how many there were. No run may be at work."""
    found = leftovers(data_dir)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(found)


def _found(folder: Path, models_dir: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        in_models = models_dir in path.parents
        if (
            _TEMPORARY.fullmatch(path.name)
            or _LOG.fullmatch(path.name)
            or (in_models and path.is_dir() and _MODEL_IN_THE_MAKING.fullmatch(path.name))
        ):
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _found(path, models_dir)
