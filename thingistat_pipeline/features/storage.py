"""Feature frames on disk: Parquet files named by their content, and a link to the latest.

`features/<name>/<version>.parquet`, where the version is a hash of the columns and the rows, so
that an equal frame is an equal version whenever and wherever it was made.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import point_link, whole_file

LATEST = "latest.parquet"
_HASH_DIGITS = 16


@dataclass(frozen=True, eq=False, slots=True)
class StoredFrame:
    """A frame, the version that its content gives it, and the file that holds it."""

    frame: pl.DataFrame
    version: str
    path: Path


def write_frame(
    features_dir: Path, name: str, frame: pl.DataFrame, *, keep: int = 3
) -> StoredFrame:
    """Store a frame as the latest of its name, and remove all but the newest `keep` versions."""
    version = content_version(frame)
    folder = features_dir / name
    path = folder / f"{version}.parquet"
    if path.exists():
        path.touch()
    else:
        with whole_file(path) as temporary:
            frame.write_parquet(temporary, compression="zstd")
    point_link(folder / LATEST, path)
    versions = [found for found in folder.glob("*.parquet") if not found.is_symlink()]
    versions.sort(key=lambda found: (found.stat().st_mtime_ns, found == path), reverse=True)
    for old in versions[keep:]:
        old.unlink()
    return StoredFrame(frame, version, path)


def read_frame(features_dir: Path, name: str) -> StoredFrame:
    """Return the latest stored frame of a name.

    Raises
    ------
    ThingistatError
        If there is none yet.
    """
    link = features_dir / name / LATEST
    if not link.exists():
        raise ThingistatError(
            f"There is no frame {name!r} in {features_dir} yet. Materialize the asset of that "
            "name first, or run `thingistat run`."
        )
    path = link.resolve()
    return StoredFrame(pl.read_parquet(path), path.stem, path)


def content_version(frame: pl.DataFrame) -> str:
    """Return a hash of a frame's column names, types and values, in their order."""
    digest = hashlib.sha256(repr(list(frame.schema.items())).encode())
    digest.update(frame.write_csv(null_value="\\N").encode())
    return digest.hexdigest()[:_HASH_DIGITS]
