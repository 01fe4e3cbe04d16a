"""The files of a stored model, and what can be read of them without rebuilding an estimator.

`store` writes them and says what they are; here is what those need who have no time to import
scikit-learn: which file is which, and the trees as plain arrays.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thingistat_pipeline.stored_versions import (
    LATEST,
    METRICS_FILE,
    PROVENANCE_FILE,
    ModelRefusedError,
    read_description,
    version_folder,
)

MODEL_FILE = "model.skops"
WINNER_FILE = "winner.skops"
TREES_FILE = "trees.npz"
SPLIT_FILE = "split.parquet"
"""Where a model's folder keeps which things it was fitted on."""
DIGESTS = {
    MODEL_FILE: "model_sha256",
    WINNER_FILE: "winner_sha256",
    TREES_FILE: "trees_sha256",
}
"""Where the provenance keeps the SHA-256 of each file."""


def load_trees(models_dir: Path, name: str, *, version: str = LATEST) -> bytes | None:
    """Return the file of packed trees of a stored model, or None if it was stored without.

    Raises
    ------
    ModelRefusedError
        If it is not what was written.
    """
    folder = version_folder(models_dir, name, version)
    provenance = description_of(folder)[1]
    return (
        content_of(folder / TREES_FILE, provenance) if DIGESTS[TREES_FILE] in provenance else None
    )


def description_of(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said about a stored model: its metrics and its provenance."""
    try:
        return read_description(folder)
    except (OSError, ValueError) as problem:
        raise _unreadable(folder, problem) from problem


def content_of(path: Path, provenance: Mapping[str, Any]) -> bytes:
    """Return a model's file, if its SHA-256 is the one that was written down."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise _unreadable(path.parent, problem) from problem
    if hashlib.sha256(content).hexdigest() != provenance.get(DIGESTS[path.name]):
        raise ModelRefusedError(
            f"{path} is not the file that was written: its SHA-256 differs from the one in "
            f"{PROVENANCE_FILE}. It was damaged or exchanged, and is not loaded. Fit the model "
            "again, or bring back the folder from a backup."
        )
    return content


def _unreadable(folder: Path, problem: Exception) -> ModelRefusedError:
    return ModelRefusedError(
        f"The stored model in {folder} cannot be read: {type(problem).__name__}. A complete model "
        f"is {MODEL_FILE}, {METRICS_FILE} and {PROVENANCE_FILE}; fit it again to get one."
    )
