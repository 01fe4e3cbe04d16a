"""Where an artefact came from: enough to make it again, or to see why it cannot be made again.

See Dagster's concept of data versions; this record holds what a version alone does not tell.
"""

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg

from thingistat_pipeline import __version__
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.warehouse.provenance import write_provenance

LIBRARIES = (
    "dagster",
    "duckdb",
    "numba",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "optuna",
    "pillow",
    "polars",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "skops",
)


@cache
def library_versions() -> dict[str, str]:
    """Return the installed versions of Python and of the libraries that shape results."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


@cache
def git_state() -> tuple[str | None, bool | None]:
    """Return the commit of this code and whether it was changed since; Nones outside a checkout."""
    folder = Path(__file__).parent

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603 (fixed words, no shell)
                ["git", "-C", str(folder), *words],  # noqa: S607 (git may live anywhere)
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    commit = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain", "--", str(folder))
    return commit, None if commit is None or changed is None else bool(changed)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What made an artefact.

    Attributes
    ----------
    artefact, version : str
        Name and content version of what was made.
    code_version : str
        Version of this package and of the asset's code.
    inputs : Mapping[str, str]
        Data versions of what it was made from.
    source : str
        ``sandbox``, ``thingiverse``, ``snapshot`` or several of them joined by ``+``.
    seed : int
        Seed of every random choice.
    effort : str
        ``quick`` or ``full``: the size of searches and bootstraps.
    parameters : Mapping[str, object]
        What the code was told, without secrets.
    row_counts : Mapping[str, int]
        Rows read or written.
    run_id : str
        Dagster's run.
    git_commit : str or None
        Commit of the code, None outside a checkout.
    git_dirty : bool or None
        Whether the checkout held uncommitted changes.
    libraries : Mapping[str, str]
        Installed versions, Python's included.
    """

    artefact: str
    version: str
    code_version: str
    inputs: Mapping[str, str]
    source: str
    seed: int
    effort: str
    run_id: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    row_counts: Mapping[str, int] = field(default_factory=dict)
    git_commit: str | None = field(default_factory=lambda: git_state()[0])
    git_dirty: bool | None = field(default_factory=lambda: git_state()[1])
    libraries: Mapping[str, str] = field(default_factory=library_versions)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain values that JSON can hold."""
        return asdict(self)


def made_by(
    context: dg.AssetExecutionContext,
    settings: Settings,
    artefact: str,
    *,
    version: str,
    code_version: str,
    inputs: Mapping[str, str],
    source: str,
    parameters: Mapping[str, object] | None = None,
    row_counts: Mapping[str, int],
) -> dict[str, Any]:
    """Return where something that an asset has made comes from; see `Provenance`."""
    return Provenance(
        artefact=artefact,
        version=version,
        code_version=package_code_version(code_version),
        inputs=inputs,
        source=source,
        seed=settings.seed,
        effort=settings.effort,
        parameters=parameters or {},
        row_counts=row_counts,
        run_id=context.run.run_id,
    ).as_dict()


@cache
def sources_version(*packages: str) -> str:
    """Return 12 hexadecimal digits that change when a file of this package's folders does.

    Parameters
    ----------
    *packages : str
        Folders and files below `thingistat_pipeline`: Python and SQL in them are looked at, once
        in a process, which goes on with the code that it began with.
    """
    root = Path(__file__).parents[1]
    found = [root / name for name in packages]
    files = [path for path in found if path.is_file()]
    files += [path for each in found for path in each.rglob("*") if path.suffix in {".py", ".sql"}]
    digests = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
    return version_of(digests)


def note(warehouse_file: Path, record: Mapping[str, Any]) -> None:
    """Write a record into the warehouse's table ``meta.provenance``."""
    write_provenance(
        warehouse_file,
        artefact=record["artefact"],
        version=record["version"],
        created_at=datetime.now(UTC),
        run_id=record["run_id"],
        record=dict(record),
    )


def package_code_version(asset_code_version: str) -> str:
    """Return the version of the package and of one asset's code as one word."""
    return f"{__version__}+{asset_code_version}"


def version_of(*parts: object) -> str:
    """Return 12 hexadecimal digits that change when any part changes.

    Parts are written as JSON with sorted keys, so equal contents give equal versions on every
    machine.
    """
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
