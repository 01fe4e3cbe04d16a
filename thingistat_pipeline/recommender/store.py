"""What the recommender learned, on disk: arrays of numbers and frames, nothing that runs.

A version's folder (`stored_versions`) holds a `<name>.npy` for each array and a `<name>.parquet`
for each frame beside its metrics and its provenance, which keeps the SHA-256 of every one of them.
Arrays are opened where they lie, without being read into memory as a whole, and never with pickle.

The SHA-256 tells damage and mix-ups. It is no signature: someone who can write to the folder can
write both files, so a data folder deserves the care that one's code gets.
"""

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.mapped_files import let_go
from thingistat_pipeline.stored_versions import (
    LATEST,
    METRICS_FILE,
    PROVENANCE_FILE,
    ModelRefusedError,
    StoredVersion,
    held_already,
    json_text,
    make_latest,
    parquet_bytes,
    read_description,
    version_folder,
    write_folder,
)

Arrays = Mapping[str, NDArray[Any]]

_FILES = "files"
_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
_NUMBERS = "biuf"
"""NumPy's kinds of dtype that are numbers or flags: all that an array on disk may hold."""
_NUMBERS_AT_ONCE = 1 << 22


@dataclass(frozen=True, eq=False)
class Stored(StoredVersion):
    """A stored version with all that it holds.

    Attributes
    ----------
    arrays : Mapping of str to ndarray
        By name, read-only, paged in from the disk as they are used.
    folder : Path
    """

    arrays: Arrays
    folder: Path
    _frames: Mapping[str, Path] = field(repr=False)

    def frame(self, name: str) -> pl.DataFrame:
        """Return one of the frames.

        Raises
        ------
        ModelRefusedError
            If this version has no frame of that name.
        """
        if name not in self._frames:
            raise ModelRefusedError(
                f"{self.folder} has no frame {name!r}; it has "
                f"{', '.join(sorted(self._frames)) or 'none at all'}. It was stored by another "
                "version of this program, or because there was too little to learn from."
            )
        return pl.read_parquet(self._frames[name])


def save_version(
    models_dir: Path,
    name: str,
    *,
    arrays: Arrays,
    frames: Mapping[str, pl.DataFrame] = MappingProxyType({}),
    beside: Mapping[str, bytes] = MappingProxyType({}),
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    version: str,
) -> Path:
    """Store what was learned, and make it the latest.

    Saving a version that is stored already, with equal content, leaves it as it is, so that a step
    which died after saving can be run again.

    Parameters
    ----------
    models_dir : Path
        Folder of all models.
    name, version : str
        Plain names: letters, digits, dot, plus, hyphen and underscore.
    arrays : Mapping of str to ndarray
        Finite numbers or flags; names of small letters, digits and underscores. None where there
        was too little to learn from, which the metrics tell.
    frames : Mapping of str to polars.DataFrame, optional
    beside : Mapping of str to bytes, optional
        Files for other programs, by their names. They are never read here and no part of what
        makes contents equal, so they may hold a time.
    metrics, provenance : Mapping
        What JSON can hold; `files` is added to the provenance.

    Returns
    -------
    Path
        The version's folder.

    Raises
    ------
    ThingistatError
        If a name is not plain, an array holds other things than finite numbers, or other content
        is stored under this version.
    """
    folder = version_folder(models_dir, name, version)
    for each in (*arrays, *frames, *(file.replace(".", "_") for file in beside)):
        _require_plain(each)
    contents = {f"{each}.npy": _array_bytes(each, array) for each, array in arrays.items()}
    contents |= {f"{each}.parquet": parquet_bytes(frame) for each, frame in frames.items()}
    digests = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    metrics_text = json_text(metrics)
    if folder.exists():
        _require_same(folder, metrics_text, digests)
    else:
        described = {
            METRICS_FILE: metrics_text.encode(),
            PROVENANCE_FILE: json_text({**provenance, _FILES: digests}).encode(),
        }
        write_folder(folder, {**beside, **contents, **described})
    make_latest(folder)
    return folder


def load_version(models_dir: Path, name: str, *, version: str = LATEST) -> Stored:
    """Return a stored version after checking that it is what was written.

    Raises
    ------
    ModelRefusedError
        If a file is missing, is not the one that was written, or holds anything but finite
        numbers.
    """
    folder = version_folder(models_dir, name, version).resolve()
    try:
        metrics, provenance = read_description(folder)
        digests: dict[str, str] = dict(provenance[_FILES])
        damaged = [file for file in digests if sha256_of(folder / file) != digests[file]]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ModelRefusedError(
            f"What was stored in {folder} cannot be read: {type(problem).__name__}. A complete "
            f"version is {METRICS_FILE}, {PROVENANCE_FILE} and the files that the latter names. "
            f"Materialize {name} to have one."
        ) from problem
    if damaged:
        raise ModelRefusedError(
            f"{folder / damaged[0]} is not the file that was written: its SHA-256 differs from "
            f"the one in {PROVENANCE_FILE}. It was damaged or exchanged, and is not loaded. "
            f"Materialize {name} again, or bring back the folder from a backup."
        )
    paths = [folder / file for file in sorted(digests)]
    return Stored(
        arrays={path.stem: _array_in(path) for path in paths if path.suffix == ".npy"},
        metrics=metrics,
        provenance=provenance,
        folder=folder,
        _frames={path.stem: path for path in paths if path.suffix == ".parquet"},
    )


def _array_in(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as problem:
        raise ModelRefusedError(
            f"{path} is not an array of numbers ({problem}) and is not loaded. Arrays of other "
            "things are pickles, which can run code when they are opened."
        ) from problem
    if fault := _fault(array):
        raise ModelRefusedError(
            f"{path} holds {fault}, and nothing can be answered from it. Learn again, and look at "
            "what it is learned from."
        )
    return array


def _array_bytes(name: str, array: NDArray[Any]) -> bytes:
    if fault := _fault(array):
        raise ThingistatError(
            f"The array {name} cannot be stored: it holds {fault}. Look at what it was learned "
            "from, and with which parameters."
        )
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _fault(array: NDArray[Any]) -> str | None:
    """Return what is wrong with an array, or None; without having all of it in memory."""
    if array.dtype.kind not in _NUMBERS:
        return f"{array.dtype} instead of numbers"
    bad, rows = 0, max(1, _NUMBERS_AT_ONCE * len(array) // max(1, array.size))
    for start in range(0, len(array), rows):
        bad += int((~np.isfinite(array[start : start + rows])).sum())
        let_go(array)
    return f"{bad:,} numbers that are not finite" if bad else None


def _require_plain(name: str) -> None:
    if not _PLAIN.fullmatch(name):
        raise ThingistatError(
            f"{name!r} cannot be the name of an array or a frame. Use small letters, digits and "
            "underscores, and begin with a letter."
        )


def _require_same(folder: Path, metrics_text: str, digests: Mapping[str, str]) -> None:
    """Accept a stored version only if it is whole and holds the same."""
    try:
        noted = read_description(folder)[1][_FILES]
        same = noted == dict(digests)
        same &= (folder / METRICS_FILE).read_text(encoding="utf-8") == metrics_text
        same &= all(sha256_of(folder / file) == digest for file, digest in digests.items())
    except (OSError, ValueError, KeyError):
        same = False
    if not same:
        raise held_already(folder)
