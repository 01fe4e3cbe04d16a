"""Run stages, each side in a process of its own, and put what was measured into one result."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import library_versions, machine_facts
from benchmarks.stage import SIDES, Facts, Inputs, Side, Stage, stage_named
from benchmarks.things import night_of
from benchmarks.training import write_training_rows

REPOSITORY = Path(__file__).resolve().parents[1]
FORMAT = 1


class SideFailed(Exception):  # noqa: N818
    """One side of a stage ended with an error, which it has written to the terminal."""


def result_of(
    stages: Sequence[str], *, things: int, seed: int, tuning_rows: int, repeat: int, scratch: Path
) -> dict[str, Any]:
    """Run stages and return what was measured, as JSON can hold it.

    Parameters
    ----------
    stages : sequence of str
        Names out of `STAGES`.
    things, seed, tuning_rows : int
        See `Inputs`.
    repeat : int
        How often each side runs; the two take turns. Medians are quoted.
    scratch : Path
        Folder for the things, which stay, and for the databases, which are removed at the end.
    """
    started = datetime.now(UTC)
    scratch.mkdir(parents=True, exist_ok=True)
    _say(f"{things} things in {scratch}")
    nights = night_of(things, seed=seed, scratch=scratch)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="run-") as work:
        inputs = Inputs(things, seed, tuning_rows, str(nights), work)
        measured = [_stage_result(stage_named(name), inputs, repeat) for name in stages]
    return {
        "format": FORMAT,
        "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "options": {"things": things, "seed": seed, "tuning_rows": tuning_rows, "repeat": repeat},
        "machine": machine_facts(),
        "versions": library_versions(),
        "stages": measured,
    }


def _stage_result(stage: Stage, inputs: Inputs, repeat: int) -> dict[str, Any]:
    for need in stage.needs:
        _provide(need, inputs)
    runs: dict[Side, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for _ in range(repeat):
        for side in SIDES:
            runs[side].append(_run(stage.name, side, inputs))
    facts: dict[Side, Facts] = {side: runs[side][-1].pop("facts") for side in SIDES}
    for each in (run for side in SIDES for run in runs[side]):
        each.pop("facts", None)
    figures = {side: _typical(runs[side]) for side in SIDES}
    return {
        "stage": stage.name,
        "title": stage.title,
        "reference_is": stage.reference,
        "rows": facts["ours"]["rows"],
        **{side: {**figures[side], "runs": runs[side]} for side in SIDES},
        "ratios": {
            name: figures["reference"][name] / max(figures["ours"][name], 1e-9)
            for name in figures["ours"]
        },
        "remarks": stage.agreement(facts["ours"], facts["reference"]),
    }


def _typical(runs: list[dict[str, Any]]) -> dict[str, float]:
    return {
        name: median(run[name] for run in runs)
        for name in ("cpu_seconds", "wall_seconds", "peak_mib")
    }


def _provide(need: str, inputs: Inputs) -> None:
    """Make what a stage starts from where no stage before it has."""
    if not inputs.published.exists():
        _run("load", "ours", inputs)
    if need == "databases" and not inputs.sqlite.exists():
        _run("load", "reference", inputs)
    if need == "training" and not inputs.training.exists():
        write_training_rows(inputs)


def _run(stage: str, side: Side, inputs: Inputs) -> dict[str, Any]:
    """Run one side and return what it wrote, with the CPU of the process as a whole."""
    out = Path(inputs.work) / "measured.json"
    command = [sys.executable, "-m", "benchmarks.side", stage, side]
    process = subprocess.Popen([*command, json.dumps(asdict(inputs)), str(out)], cwd=REPOSITORY)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SideFailed(f"{stage}, {side}: the process ended with {process.returncode}.")
    run: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    run["process_cpu_seconds"] = usage.ru_utime + usage.ru_stime
    _say(
        f"{stage}, {side}: {run['cpu_seconds']:.2f} s CPU, {run['wall_seconds']:.2f} s, "
        f"{run['peak_mib']:.0f} MiB"
    )
    return run


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
