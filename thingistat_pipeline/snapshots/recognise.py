"""Tell by its content which published data set a path holds."""

from pathlib import Path

from thingistat_pipeline.snapshots.source import Options, SnapshotError, SnapshotSource
from thingistat_pipeline.snapshots.thingistat_sqlite import SQLITE_MAGIC, ThingiStatDatabase

ACCEPTED = "ThingiStat's SQLite database (in its schema of August 2022 or the later one)"


def recognise(path: Path, options: Options) -> SnapshotSource:
    """Return a reader for the data set at `path`.

    Raises
    ------
    SnapshotError
        When there is nothing at `path` or it is none of the accepted kinds.
    """
    if not path.exists():
        raise SnapshotError(f"There is nothing to import at {path}: no such file.")
    if path.is_dir():
        raise SnapshotError(
            f"{path} is a folder. Name the file of the data set itself. Accepted: {ACCEPTED}."
        )
    try:
        with path.open("rb") as stream:
            beginning = stream.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from None
    if beginning == SQLITE_MAGIC:
        return ThingiStatDatabase(path, options)
    what = "is empty" if not beginning else "does not begin like any of them"
    hint = ""
    if beginning.startswith(b"version https://"[: len(SQLITE_MAGIC)]):
        hint = " It is a git-lfs pointer: fetch the file itself with `git lfs pull`."
    raise SnapshotError(
        f"{path} is no data set that can be imported: it {what}. Accepted: {ACCEPTED}.{hint} An "
        "encrypted or compressed file has to be decrypted or unpacked first."
    )
