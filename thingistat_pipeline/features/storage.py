"""Feature frames on disk: Parquet files named by their content, and a link to the latest.

`features/<name>/<version>.parquet`, where the version is a hash of the columns and the rows, so
that an equal frame is an equal version whenever and wherever it was made.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import point_link, whole_file

LATEST = "latest.parquet"
_HASH_DIGITS = 16
_PROVENANCE = "thingistat.provenance"


@dataclass(frozen=True, eq=False, slots=True)
class StoredFrame:
    """A frame, the version that its content gives it, the file that holds it, and what made it."""

    frame: pl.DataFrame
    version: str
    path: Path
    provenance: Mapping[str, Any] = field(default_factory=dict)


def write_frame(
    features_dir: Path,
    name: str,
    frame: pl.DataFrame,
    *,
    provenance: Mapping[str, Any] | None = None,
    keep: int = 3,
) -> StoredFrame:
    """Store a frame as the latest of its name, and remove all but the newest `keep` versions.

    Parameters
    ----------
    features_dir : Path
        Folder of all frames.
    name : str
        The frame's name, a subfolder.
    frame : polars.DataFrame
        Rows in an order that does not depend on chance.
    provenance : Mapping, optional
        What made it, kept in the file itself. A frame that is stored already keeps its first.
    keep : int
        How many versions stay.
    """
    provenance = dict(provenance or {})
    version = content_version(frame)
    folder = features_dir / name
    path = folder / f"{version}.parquet"
    if path.exists() and (_provenance_in(path) or not provenance):
        path.touch()
    else:
        with whole_file(path) as temporary:
            frame.write_parquet(
                temporary,
                compression="zstd",
                metadata={_PROVENANCE: json.dumps(provenance, sort_keys=True)},
            )
    point_link(folder / LATEST, path)
    versions = [found for found in folder.glob("*.parquet") if not found.is_symlink()]
    versions.sort(key=lambda found: (found.stat().st_mtime_ns, found == path), reverse=True)
    for old in versions[keep:]:
        old.unlink()
    return StoredFrame(frame, version, path, _provenance_in(path))


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
    return StoredFrame(pl.read_parquet(path), path.stem, path, _provenance_in(path))


def content_version(frame: pl.DataFrame) -> str:
    """Return a hash of a frame's column names, types and values, in their order."""
    digest = hashlib.sha256(repr(list(frame.schema.items())).encode())
    digest.update(frame.write_csv(null_value="\\N").encode())
    return digest.hexdigest()[:_HASH_DIGITS]


def _provenance_in(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pl.read_parquet_metadata(path).get(_PROVENANCE, "{}"))
    return found
