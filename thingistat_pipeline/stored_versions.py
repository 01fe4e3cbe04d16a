"""Versions of models on disk: folders that appear whole, and a link to the latest.

A stored version is a folder `models/<name>/<version>/` with `metrics.json`, `provenance.json` and
whatever else a kind of model needs. It appears complete, by rename, and is never changed, because
reports refer to it; `models/<name>/latest` is a link turned afterwards. Old versions are removed
(`prune_versions`); of models whose past is told, what they say of themselves stays in
`models/<name>/.pruned/<version>/`.

What belongs here: what every kind of model does alike. What does not: anything that opens a model.
"""

import contextlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import flush_to_disk, point_link

METRICS_FILE = "metrics.json"
PROVENANCE_FILE = "provenance.json"
LATEST = "latest"
PRUNED = ".pruned"
"""Folder of what versions that were removed said of themselves."""
RECIPE = "recipe"
"""Key of a provenance: what made the version, in one word."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


class ModelRefusedError(ThingistatError):
    """A stored model is missing, damaged, or not of a kind that we load."""


@dataclass(frozen=True)
class StoredVersion:
    """What a stored version says of itself: its `metrics.json` and its `provenance.json`."""

    metrics: Mapping[str, Any]
    provenance: Mapping[str, Any]

    @property
    def fitted(self) -> bool:
        """Whether there was enough to fit a model on."""
        return bool(self.metrics.get("fitted", True))

    @property
    def version(self) -> str:
        """Its version."""
        return str(self.provenance["version"])

    @property
    def source(self) -> str:
        """World of the things that it was fitted on."""
        return str(self.provenance["source"])


def version_folder(models_dir: Path, name: str, version: str = LATEST) -> Path:
    """Return the folder of a version.

    Raises
    ------
    ThingistatError
        If a name is not plain: letters, digits, dot, plus, hyphen and underscore.
    """
    return models_dir / _plain(name) / _plain(version)


def make_latest(folder: Path) -> None:
    """Turn the link to the latest version of a model over to this one."""
    point_link(folder.parent / LATEST, folder)
    os.utime(folder)


def prune_versions(models_dir: Path, name: str, *, keep: int = 3, told: bool = False) -> list[Path]:
    """Remove all but the versions of a model that were the latest last.

    Parameters
    ----------
    models_dir : Path
        Folder of all models.
    name : str
    keep : int, default=3
        How many versions stay. The one that is the latest is among them in any case.
    told : bool, default=False
        Whether the model's past is told: then the metrics and the provenance of what is removed
        stay, to be read by `described_versions`.

    Returns
    -------
    list of Path
        The folders that were removed.
    """
    folder = models_dir / _plain(name)
    latest = (folder / LATEST).resolve()
    versions = _version_folders(folder)
    versions.sort(
        key=lambda path: (path.resolve() == latest, path.stat().st_mtime_ns), reverse=True
    )
    removed = versions[max(keep, 1) :]
    for path in removed:
        _remove(path, told=told)
    return removed


def drop_versions(models_dir: Path, name: str, *, told: bool = False) -> list[Path]:
    """Remove all versions of a model, the latest too; parameters as `prune_versions`."""
    folder = models_dir / _plain(name)
    (folder / LATEST).unlink(missing_ok=True)
    removed = sorted(_version_folders(folder))
    for path in removed:
        _remove(path, told=told)
    return removed


def described_versions(models_dir: Path, name: str) -> dict[str, StoredVersion]:
    """Return what all versions of a model say of themselves, by version, removed ones included.

    What cannot be read (a folder that someone copied halfway, say) is passed over: a history with
    a gap is worth more than none.
    """
    folder = models_dir / _plain(name)
    described = {}
    for path in sorted((*folder.glob(f"{PRUNED}/*"), *_version_folders(folder))):
        with contextlib.suppress(ModelRefusedError):
            described[path.name] = _description(path, name)
    return dict(sorted(described.items()))


def _version_folders(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.glob("*")
        if path.is_dir() and not path.is_symlink() and _PLAIN_NAME.fullmatch(path.name)
    ]


def _remove(path: Path, *, told: bool) -> None:
    if told:
        _keep_description(path)
    # Renamed first: what is half removed is no version.
    doomed = path.with_name(f".{path.name}.removed")
    shutil.rmtree(doomed, ignore_errors=True)  # left behind by a process that was killed
    path.rename(doomed)
    shutil.rmtree(doomed)


def _keep_description(path: Path) -> None:
    target = path.parent / PRUNED / path.name
    contents = {
        name: (path / name).read_bytes()
        for name in (METRICS_FILE, PROVENANCE_FILE)
        if (path / name).exists()
    }
    if contents and not target.exists():
        write_folder(target, contents)


def version_made_by(models_dir: Path, name: str, recipe: str) -> str | None:
    """Return the stored version that a recipe made, or None.

    Parameters
    ----------
    recipe : str
        What tells everything that a version was made from and with from anything else, as its
        provenance has it.
    """
    for path in sorted((models_dir / _plain(name)).glob(f"*/{PROVENANCE_FILE}")):
        if not _PLAIN_NAME.fullmatch(path.parent.name) or path.parent.is_symlink():
            continue
        try:
            provenance = read_description(path.parent)[1]
        except (OSError, ValueError):
            continue  # it is not whole, and not taken for anything
        if provenance.get(RECIPE) == recipe:
            return path.parent.name
    return None


def write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make a folder of files appear complete, or not at all.

    Parameters
    ----------
    folder : Path
        Which does not exist yet.
    contents : Mapping of str to bytes
        By the name of the file.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for file_name, content in contents.items():
            (temporary / file_name).write_bytes(content)
            flush_to_disk(temporary / file_name)
        temporary.chmod(0o755)
        flush_to_disk(temporary)
        temporary.rename(folder)
        flush_to_disk(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def held_already(folder: Path) -> ThingistatError:
    """Return the error for another model that is to be stored under a version that is taken."""
    return ThingistatError(
        f"{folder} holds another model already. A stored version is never changed, because "
        "reports refer to it; save under a new version, or remove that folder first."
    )


def read_version(models_dir: Path, name: str, *, version: str = LATEST) -> StoredVersion:
    """Return what a stored version of a model says of itself, without opening the model.

    Raises
    ------
    ModelRefusedError
        If there is none, or it cannot be read.
    ThingistatError
        If a name is not plain, see `version_folder`.
    """
    return _description(version_folder(models_dir, name, version), name)


def _description(folder: Path, name: str) -> StoredVersion:
    try:
        metrics, provenance = read_description(folder)
        if not (metrics.keys() and {"version", "source"} <= provenance.keys()):
            raise ValueError("it does not say what it is")
    except (OSError, ValueError) as problem:
        raise ModelRefusedError(
            f"The stored model in {folder} cannot be read: {type(problem).__name__}. Materialize "
            f"{name} to have one."
        ) from problem
    return StoredVersion(metrics, provenance)


def read_metrics(models_dir: Path, name: str, *, version: str = LATEST) -> dict[str, Any]:
    """Return a stored model's metrics without opening the model.

    Raises
    ------
    ModelRefusedError
        If there are none that can be read.
    """
    path = version_folder(models_dir, name, version) / METRICS_FILE
    try:
        metrics: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise ModelRefusedError(
            f"{path} cannot be read: {type(problem).__name__}. Fit the model again."
        ) from problem
    return metrics


def read_description(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said about a stored model: its metrics and its provenance.

    Raises
    ------
    OSError
        If a file is missing.
    ValueError
        If one is not JSON, or the metrics are no mapping.
    """
    metrics, provenance = (
        json.loads((folder / name).read_bytes()) for name in (METRICS_FILE, PROVENANCE_FILE)
    )
    if not isinstance(metrics, dict):
        raise ValueError("the metrics are no mapping")
    return metrics, provenance if isinstance(provenance, dict) else {}


def json_text(content: Mapping[str, Any]) -> str:
    """Return a mapping as JSON that is the same text for the same content.

    Raises
    ------
    ValueError
        If a number is not finite, which JSON cannot hold.
    """
    return json.dumps(content, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as the content of a Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _plain(name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise ThingistatError(
            f"{name!r} cannot be the name or version of a model. Use letters, digits, dots, "
            "hyphens, plus signs and underscores, and begin with a letter or digit."
        )
    return name
