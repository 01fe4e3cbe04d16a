"""Who is running things in a data folder, and what is left of those who were killed.

A run that is killed stays "started" in Dagster's history and keeps its pool's slot, and every
later run would wait for that slot. Dagster's run monitoring cannot see it: its default launcher
does not check workers. So whoever runs things holds a lock that the operating system lets go of
when the process ends, however it ends; whoever comes next and gets the lock knows that unfinished
runs of that kind are dead, and buries them.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import dagster as dg

from thingistat_pipeline.errors import ThingistatError

RUNNER_TAG = "thingistat/runner"
UNFINISHED = [
    status
    for status in dg.DagsterRunStatus
    if status
    not in {
        dg.DagsterRunStatus.SUCCESS,
        dg.DagsterRunStatus.FAILURE,
        dg.DagsterRunStatus.CANCELED,
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
    }
]


class Runner(StrEnum):
    """What started a run: the command line in its own process, or the UI with its daemon."""

    COMMAND = "command"
    UI = "ui"


@contextmanager
def at_work(home: Path, runner: Runner) -> Iterator[int]:
    """Hold the lock of one kind of runner, having buried the dead runs that earlier ones left.

    Parameters
    ----------
    home : Path
        Dagster's home.
    runner : Runner
        What is about to run things.

    Yields
    ------
    int
        File descriptor of the lock; a child process that inherits it keeps the lock held.

    Raises
    ------
    ThingistatError
        When another process of the kind is at work in the same data folder.
    """
    lock = _lock(home, runner)
    if lock is None:
        raise ThingistatError(
            f"Another `thingistat` {'UI' if runner is Runner.UI else 'run'} is at work in the data "
            f"folder {home.parent}. Wait for it to end, or stop it, or name another folder with "
            "--data-dir."
        )
    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            for kind in Runner:
                if kind is runner or is_free(home, kind):
                    _bury_dead_runs(instance, kind)
        yield lock
    finally:
        os.close(lock)


def _bury_dead_runs(instance: dg.DagsterInstance, runner: Runner) -> None:
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        if run.tags.get(RUNNER_TAG, Runner.UI) == runner:
            instance.report_run_failed(run, "The process that ran this was killed.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def is_free(home: Path, runner: Runner) -> bool:
    """Tell whether nobody of a kind is at work."""
    lock = _lock(home, runner)
    if lock is not None:
        os.close(lock)
    return lock is not None


def _lock(home: Path, runner: Runner) -> int | None:
    descriptor = os.open(home / f"{runner}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
