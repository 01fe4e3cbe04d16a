"""Whether the data folder is well: nights, runs, what was left behind, what was last published.

`health` looks, `write_health` puts the answer where an operator's monitor can read it:
``health.json`` in the data folder, replaced whole after each run.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import write_whole
from thingistat_pipeline.forgetting.lock import is_unfinished
from thingistat_pipeline.leftovers import leftovers, remove_leftovers
from thingistat_pipeline.orchestration.forget import finish_interrupted
from thingistat_pipeline.orchestration.instance import prepare_dagster_home
from thingistat_pipeline.orchestration.runners import UNFINISHED, Runner, at_work, is_free
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.answers import iso_z
from thingistat_pipeline.thingiverse.manifest import MANIFEST, PLAN, loads_in

DAY = 86_400.0
STUCK_DAYS = 2
HANGING_DAYS = 1
FAILURES_OVER_DAYS = 7
LEFT_BEHIND_SECONDS = 3_600.0

Report = dict[str, Any]


def health(settings: Settings, *, now: float | None = None) -> Report:
    """Return how the data folder is, as JSON can hold it.

    Parameters
    ----------
    settings : Settings
    now : float, optional
        Seconds since the epoch; our clock by default.

    Returns
    -------
    dict
        `healthy`; `problems`, each with `subject`, `found` and `mend`; `last_night` and
        `last_publish`, None where there is none yet; `runs`; `free_bytes`; `checked_at`.
    """
    now = time.time() if now is None else now
    runs = _runs(settings.dagster_home, now)
    problems = [
        *_stuck_nights(settings.nights_dir, now),
        *_unfinished(settings.raw_dir, now),
        *_troubled_runs(runs),
        *_left_behind(settings, now),
    ]
    return {
        "checked_at": _iso(now),
        "healthy": not problems,
        "problems": problems,
        "last_night": _last_night(settings.nights_dir),
        "last_publish": _last_publish(settings.published_file),
        "runs": runs,
        "free_bytes": _free_bytes(settings.data_dir),
    }


def write_health(settings: Settings) -> None:
    """Write ``health.json``; a disk that cannot take it must not hide what the run ended with."""
    with contextlib.suppress(OSError, ThingistatError):
        write_whole(settings.health_file, json.dumps(health(settings), indent=1) + "\n")


@contextlib.contextmanager
def health_written_after(settings: Settings) -> Iterator[None]:
    """Write the health when the block has ended, however it ended."""
    try:
        yield
    finally:
        write_health(settings)


def mend(settings: Settings) -> list[str]:
    """Clear away what killed processes left, and return what was done, in words.

    Raises
    ------
    ThingistatError
        When a run or the UI is at work.
    """
    home = prepare_dagster_home(settings.dagster_home)
    before = len(_runs(home, time.time())["dead"])
    with at_work(home, Runner.COMMAND), at_work(home, Runner.UI):  # which buries dead runs
        forgotten = finish_interrupted(settings)
        removed = remove_leftovers(settings.data_dir)
    write_health(settings)
    done = [
        (removed, f"removed {removed} half-written files"),
        (before, f"ended {before} runs whose process was killed"),
        (forgotten is not None, "finished a forgetting that was interrupted"),
    ]
    return [said for happened, said in done if happened]


def _problem(subject: str, found: str, mend: str) -> dict[str, str]:
    return {"subject": subject, "found": found, "mend": mend}


def _stuck_nights(nights_dir: Path, now: float) -> Iterator[dict[str, str]]:
    for plan in sorted(nights_dir.glob(f"*/{PLAN}")):
        days = (now - plan.stat().st_mtime) / DAY
        if days > STUCK_DAYS and not (plan.parent / MANIFEST).exists():
            night = plan.parent.name
            yield _problem(
                "nights",
                f"the night {night} was planned {days:.0f} days ago and never finished",
                f"`thingistat sample --night {night}` goes on where it stopped",
            )


def _unfinished(raw_dir: Path, now: float) -> Iterator[dict[str, str]]:
    if is_unfinished(raw_dir):
        yield _problem(
            "forgetting", "a forgetting was interrupted", "`thingistat forget` finishes it"
        )
    for folder in sorted(raw_dir.glob(".importing-*")):
        if now - folder.stat().st_mtime > STUCK_DAYS * DAY:
            yield _problem(
                "imports",
                f"the import {folder.name.removeprefix('.importing-')} was broken off",
                f"import the same file again to go on, or remove {folder}",
            )


def _troubled_runs(runs: Report) -> Iterator[dict[str, str]]:
    if runs["dead"]:
        yield _problem(
            "runs",
            f"{len(runs['dead'])} runs count as started, but their process is gone",
            "the next run frees them; `thingistat doctor --mend` does it now",
        )
    for run in runs["hanging"]:
        yield _problem(
            "runs",
            f"the run {run} has been going on for more than {HANGING_DAYS} day",
            "look at it in `thingistat ui`, and end it there or by its process",
        )
    failure = runs["last_failure"]
    if failure and failure["at"] > (runs["last_success"] or {}).get("at", ""):
        yield _problem(
            "runs",
            f"the last run ({failure['job']}, {failure['at']}) failed",
            "`thingistat ui` shows why; the same command goes on where it stopped",
        )


def _left_behind(settings: Settings, now: float) -> Iterator[dict[str, str]]:
    old = []
    for path in leftovers(settings.data_dir):
        with contextlib.suppress(FileNotFoundError):  # a run has just renamed it
            if now - path.lstat().st_mtime > LEFT_BEHIND_SECONDS:
                old.append(path)
    if old:
        yield _problem(
            "leftovers",
            f"{len(old)} half-written files of processes that were killed, such as {old[0]}",
            "`thingistat doctor --mend` removes them",
        )


def _runs(home: Path, now: float) -> Report:
    found: Report = {
        "dead": [],
        "hanging": [],
        "failed_in_7_days": 0,
        "last_failure": None,
        "last_success": None,
    }
    if not (home / "dagster.yaml").exists():
        return found
    nobody = all(is_free(home, runner) for runner in Runner)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
            began = record.start_time or record.create_timestamp.timestamp()
            if nobody:
                found["dead"].append(record.dagster_run.run_id)
            elif now - began > HANGING_DAYS * DAY:
                found["hanging"].append(record.dagster_run.run_id)
        since = datetime.fromtimestamp(now - FAILURES_OVER_DAYS * DAY, UTC)
        failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since)
        found["failed_in_7_days"] = len(instance.get_run_records(failed))
        for name, status in (
            ("last_failure", dg.DagsterRunStatus.FAILURE),
            ("last_success", dg.DagsterRunStatus.SUCCESS),
        ):
            for record in instance.get_run_records(dg.RunsFilter(statuses=[status]), limit=1):
                at = record.end_time or record.update_timestamp.timestamp()
                job = record.dagster_run.job_name
                found[name] = {"run": record.dagster_run.run_id, "job": job, "at": _iso(at)}
    return found


def _last_night(nights_dir: Path) -> Report | None:
    nights = [manifest for _, manifest in loads_in(nights_dir)]
    last = max(nights, key=lambda each: (each.finished_at, each.name), default=None)
    if last is None:
        return None
    counts = last.counts
    return {
        "night": last.name,
        "finished_at": last.finished_at,
        "live_things": counts.ok,
        "requests": counts.requests,
        "to_retry": counts.retry,
        "quarantined": counts.quarantined,
    }


def _last_publish(link: Path) -> Report | None:
    if not link.exists():
        return None
    file = link.resolve()
    return {"at": _iso(file.stat().st_mtime), "file": file.name, "bytes": file.stat().st_size}


def _free_bytes(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _iso(seconds: float) -> str:
    return iso_z(datetime.fromtimestamp(seconds, UTC))
