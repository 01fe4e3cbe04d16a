"""Feature frames on disk: Parquet files named by their content, and a link to the latest.

`features/<name>/<version>.parquet`, where the version is a hash of the columns and the rows, so
that an equal frame is an equal version whenever and wherever it was made. What is told of a frame
beside its rows is content too: two empty frames are equal only if they are empty for one reason.
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
_ROWS_TOGETHER = 4_096
"""Whoever reads one row of a frame that is sorted reads so many, and not all."""
_PROVENANCE, _TOLD = "thingistat.provenance", "thingistat.told"


@dataclass(frozen=True, eq=False, slots=True)
class StoredFrame:
    """A frame on disk.

    Attributes
    ----------
    frame : polars.DataFrame
    version : str
        As its content gives it.
    path : Path
        The file that holds it.
    provenance : Mapping
        What made it first.
    told : Mapping
        What is told of it beside its rows: part of its content.
    """

    frame: pl.DataFrame
    version: str
    path: Path
    provenance: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)


def write_frame(
    features_dir: Path,
    name: str,
    frame: pl.DataFrame,
    *,
    told: Mapping[str, Any] | None = None,
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
    told : Mapping, optional
        What JSON can hold and the rows do not show, as how many were left out. It is content:
        told otherwise, the same rows are another version.
    provenance : Mapping, optional
        What made it, kept in the file itself. A frame that is stored already keeps its first.
    keep : int
        How many versions stay.
    """
    provenance = dict(provenance or {})
    version = content_version(frame, told)
    folder = features_dir / name
    path = folder / f"{version}.parquet"
    if path.exists() and (_provenance_in(path) or not provenance):
        path.touch()
    else:
        with whole_file(path) as temporary:
            frame.write_parquet(
                temporary,
                compression="zstd",
                row_group_size=_ROWS_TOGETHER,
                metadata={
                    _PROVENANCE: json.dumps(provenance, sort_keys=True),
                    _TOLD: json.dumps(dict(told or {}), sort_keys=True),
                },
            )
    point_link(folder / LATEST, path)
    versions = [found for found in folder.glob("*.parquet") if not found.is_symlink()]
    versions.sort(key=lambda found: (found.stat().st_mtime_ns, found == path), reverse=True)
    for old in versions[keep:]:
        old.unlink()
    return StoredFrame(frame, version, path, _provenance_in(path), _noted(path, _TOLD))


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
    frame = pl.read_parquet(path)
    return StoredFrame(frame, path.stem, path, _provenance_in(path), _noted(path, _TOLD))


def content_version(frame: pl.DataFrame, told: Mapping[str, Any] | None = None) -> str:
    """Return a hash of a frame's column names, types and values, in their order.

    What is `told` of it beside that, if anything, is hashed with it.
    """
    digest = hashlib.sha256(repr(list(frame.schema.items())).encode())
    digest.update(frame.write_csv(null_value="\\N").encode())
    if told:
        digest.update(json.dumps(dict(told), sort_keys=True).encode())
    return digest.hexdigest()[:_HASH_DIGITS]


def _provenance_in(path: Path) -> dict[str, Any]:
    return _noted(path, _PROVENANCE)


def _noted(path: Path, what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pl.read_parquet_metadata(path).get(what, "{}"))
    return found
