"""What it means in plain words when a disk does not take what is written.

A full disk shows in many guises: as the operating system's own error, as DuckDB's, as SQLite's by
way of Dagster's history, and often as one of them while another is being handled.
"""

import errno
from collections.abc import Iterator

FULL = (
    "the disk is full. Free some space there (`thingistat doctor` names the folder), or move the "
    "data folder to a larger disk and name it with --data-dir"
)
FAILING = (
    "the disk is full or failing. Free some space there, and look at the system's log if there is "
    "enough; or move the data folder to another disk and name it with --data-dir"
)
READ_ONLY = (
    "the disk can only be read. Mount it so that it can be written to, or name another folder with "
    "--data-dir"
)
FORBIDDEN = (
    "this user may not write there. Give the folder and all in it to the user who runs this "
    "(chown -R), or name another folder with --data-dir"
)

_NUMBERS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EIO: FAILING,
    errno.EROFS: READ_ONLY,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
}
_WORDS = {
    "no space left on device": FULL,
    "disk quota exceeded": FULL,
    "file too large": FULL,
    "database or disk is full": FULL,
    "disk i/o error": FAILING,
    "read-only file system": READ_ONLY,
    "permission denied": FORBIDDEN,
    "attempt to write a readonly database": FORBIDDEN,
}
_DATABASES = ("sqlite3", "sqlalchemy", "duckdb", "_duckdb")
_DEEPEST = 20


def disk_trouble(error: BaseException) -> str | None:
    """Return what is wrong with the disk and what to do, or None where that is not the trouble.

    Parameters
    ----------
    error : BaseException
        What was raised; what it was raised from and what was being handled then count too.
    """
    troubles = [trouble for each in _chain(error) if (trouble := _trouble(each))]
    where = next((path for each in _chain(error) if (path := _path(each))), None)
    if not troubles:
        return None
    plainest = FULL if FULL in troubles else troubles[0]
    said = f"{where}: {plainest}" if where else plainest[0].upper() + plainest[1:]
    return (
        f"{said}. Then give the same command again: it goes on where it stopped. What was "
        "published before is as it was."
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    for _ in range(_DEEPEST):
        if each is None:
            return
        yield each
        each = each.__cause__ or each.__context__


def _trouble(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.errno in _NUMBERS:
        return _NUMBERS[error.errno]
    if type(error).__module__.split(".")[0] in _DATABASES:
        said = str(error).lower()
        return next((trouble for words, trouble in _WORDS.items() if words in said), None)
    return None


def _path(error: BaseException) -> str | None:
    name = getattr(error, "filename", None)
    return name if isinstance(error, OSError) and isinstance(name, str) else None
