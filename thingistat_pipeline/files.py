"""Files that are either whole or absent: temporary file, fsync, rename.

What belongs here: the few file operations on which the promise "nothing half-written is ever
visible" rests. What does not: anything that knows what is inside a file.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHUNK = 1 << 20


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target` that becomes `target` when the block succeeds.

    Parameters
    ----------
    target : Path
        Where the finished file shall stand. Its folder is made if it is missing.

    Yields
    ------
    Path
        A path in the same folder to write to. When the block ends, the file is flushed to disk
        and renamed over `target`; when it raises, the temporary file is removed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        flush_to_disk(temporary)
        temporary.replace(target)
        flush_to_disk(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(target: Path, content: bytes | str) -> None:
    """Write `content` to `target` so that a reader sees the old file or the new, never a part."""
    data = content.encode() if isinstance(content, str) else content
    with whole_file(target) as temporary:
        temporary.write_bytes(data)


def point_link(link: Path, target: Path) -> None:
    """Make `link` a relative symbolic link to `target` in one atomic step.

    Parameters
    ----------
    link : Path
        The link's path; an existing link is replaced, an existing folder or file is not.
    target : Path
        What it shall point to.
    """
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(f".{link.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(os.path.relpath(target, link.parent))
    temporary.replace(link)
    flush_to_disk(link.parent)


def flush_to_disk(path: Path) -> None:
    """Ask the operating system to put a file's (or a folder's) content on disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
