"""Imports that are killed at every step which touches the disk or tells of progress.

A step is a call of one of the functions below or of the progress callback. Every import runs in a
process of its own, forked from this one, and is ended by SIGKILL just before its n-th step. Run as
a module, with a database and a scratch folder; prints a JSON object for every n.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from thingistat_pipeline.snapshots import thingistat_sqlite
from thingistat_pipeline.snapshots.importing import import_snapshot

KEY = b"a key for tests"
_STEPS = ("fsync", "rename", "replace", "truncate", "unlink", "rmdir", "mkdir")
_MOST_STEPS = 1000


def run_import(database: Path, folder: Path) -> None:
    """Import in batches of two rows and parts of at least three records."""
    thingistat_sqlite.ROWS_PER_BATCH = 2
    import_snapshot(
        database, folder / "snapshots", liker_key=KEY, progress=_told, records_per_part=3
    )


def result_in(folder: Path) -> dict[str, Any]:
    """Return all that an import left, with a file's SHA-256 for its content."""
    left: dict[str, Any] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        if path.name == "manifest.json":
            manifest = json.loads(path.read_bytes())
            del manifest["started_at"], manifest["finished_at"]
            left[name] = manifest
        else:
            left[name] = sha256(path.read_bytes()).hexdigest()
    return left


def was_killed(work: Callable[[], None], at_step: int | None = None) -> bool:
    """Run work in a process of its own and tell whether it was killed before its n-th step."""
    pid = os.fork()
    if pid == 0:
        if at_step is not None:
            _arm(at_step)
        work()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise SystemExit(f"an import ended with {status}")
    return status != 0


def _told(_what: str, _done: int, _total: int) -> None:
    """Be a step."""
    _step()


def _step() -> None:
    """Do nothing, until `_arm` replaces it."""


def _arm(at_step: int) -> None:
    left = at_step

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            step()
            return function(*args, **kwargs)

        return call

    globals()["_step"] = step
    for name in _STEPS:
        setattr(os, name, stepping(getattr(os, name)))


def main(database: Path, scratch: Path) -> None:
    """Kill at the first step, at the second, …, until an import comes through; repeat each."""
    for n in range(1, _MOST_STEPS):
        folder = scratch / str(n)
        work = partial(run_import, database, folder)
        killed = was_killed(work, n)
        after = result_in(folder)
        was_killed(work)
        print(json.dumps({"killed": killed, "after": after, "repeated": result_in(folder)}))
        if not killed:
            return
    raise SystemExit("the import never came through")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
