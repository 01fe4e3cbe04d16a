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

from benchmarks.generated import database_of, designs_of, night_of
from benchmarks.machine import library_versions, machine_facts
from benchmarks.stage import SIDES, Chain, Facts, Inputs, Side, Stage, stage_named
from benchmarks.training import write_training_rows

REPOSITORY = Path(__file__).resolve().parents[1]
FORMAT = 2
_TIMES = ("cpu_seconds", "wall_seconds")


class SideFailed(Exception):  # noqa: N818
    """One side of a stage ended with an error, which it has written to the terminal."""


def result_of(
    stages: Sequence[str],
    *,
    things: int,
    seed: int,
    tuning_rows: int,
    jobs: int,
    reference_folds: int,
    repeat: int,
    scratch: Path,
) -> dict[str, Any]:
    """Run stages and return what was measured, as JSON can hold it.

    Parameters
    ----------
    stages : sequence of str
        Names out of `STAGES`.
    things, seed, tuning_rows, jobs, reference_folds : int
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
        inputs = Inputs(things, seed, tuning_rows, jobs, reference_folds, str(nights), work)
        measured: dict[str, dict[str, Any]] = {}
        chains: list[dict[str, Any]] = []
        for name in stages:
            match stage_named(name):
                case Chain() as chain:
                    chains.append(chain_result(chain, inputs, repeat))
                case Stage() as stage:
                    measured[name] = stage_result(stage, inputs, repeat, measured)
    return {
        "format": FORMAT,
        "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "options": {
            "things": things,
            "seed": seed,
            "tuning_rows": tuning_rows,
            "jobs": jobs,
            "reference_folds": reference_folds,
            "repeat": repeat,
        },
        "machine": machine_facts(),
        "versions": library_versions(),
        "stages": list(measured.values()),
        "chains": chains,
    }


def chain_result(chain: Chain, inputs: Inputs, repeat: int) -> dict[str, Any]:
    """Run a stage that has no reference and return what it took as a whole and step by step."""
    for need in chain.needs:
        _provide(need, inputs)
    runs = [run_side(chain.name, "ours", inputs) for _ in range(repeat)]
    facts = [run.pop("facts") for run in runs]
    figures = _typical(runs)
    titles = [step["title"] for step in facts[-1]["steps"]]
    return {
        "stage": chain.name,
        "title": chain.title,
        "rows": facts[-1]["rows"],
        **figures,
        "runs": runs,
        "steps": [
            {"title": title, **_typical([each["steps"][place] for each in facts])}
            for place, title in enumerate(titles)
        ],
        "remarks": chain.remarks(facts[-1], figures),
    }


def stage_result(
    stage: Stage, inputs: Inputs, repeat: int, measured: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Run both sides of a stage and return what was measured.

    `runs` are as they were measured; the figures of a reference that did only a share of its work
    are multiplied up, and those of the stages that it adds are in them. `measured` holds the
    results of the stages before.
    """
    for need in stage.needs:
        _provide(need, inputs)
    runs: dict[Side, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for _ in range(repeat):
        for side in SIDES:
            runs[side].append(run_side(stage.name, side, inputs))
    facts: dict[Side, list[Facts]] = {
        side: [run.pop("facts") for run in runs[side]] for side in SIDES
    }
    ours, reference = facts["ours"][-1], facts["reference"][-1]
    figures = {side: _typical(runs[side]) for side in SIDES}
    remarks = stage.agreement(ours, reference)
    multiplier = reference.get("times_multiplied_by", 1)
    for name in _TIMES:
        figures["reference"][name] *= multiplier
    for name in stage.adds:
        _add(figures["reference"], measured[name]["reference"])
    estimated = [measured[name]["title"] for name in stage.adds if measured[name]["estimate"]]
    if estimated:
        remarks.append(
            f"What the reference took in *{', '.join(estimated)}* is an estimate, so the sum that "
            f"*{stage.title}* is compared with is one too."
        )
    parts = {
        title: _typical([each["parts"][part] for each in facts["ours"]])
        for part, title in stage.parts
    }
    return {
        "stage": stage.name,
        "title": stage.title,
        "reference_is": stage.reference,
        "rows": ours["rows"],
        "estimate": multiplier != 1 or bool(estimated),
        **{side: {**figures[side], "runs": runs[side]} for side in SIDES},
        "ratios": _ratios(figures["reference"], figures["ours"]),
        "parts": [
            {"title": title, "ours": part, "ratios": _ratios(figures["reference"], part)}
            for title, part in parts.items()
        ],
        "remarks": remarks,
    }


def _ratios(reference: dict[str, float], ours: dict[str, float]) -> dict[str, float]:
    return {name: reference[name] / max(ours[name], 1e-9) for name in ours}


def _typical(runs: list[dict[str, Any]]) -> dict[str, float]:
    return {name: median(run[name] for run in runs) for name in (*_TIMES, "peak_mib")}


def _add(figures: dict[str, float], more: dict[str, Any]) -> None:
    """Add the times of another stage; of the peaks the higher one counts."""
    for name in _TIMES:
        figures[name] += more[name]
    figures["peak_mib"] = max(figures["peak_mib"], more["peak_mib"])


def _provide(need: str, inputs: Inputs) -> None:
    """Make what a stage starts from where no stage before it has."""
    scratch = inputs.nights.parent
    if need == "snapshot":
        database_of(inputs.things, seed=inputs.seed, scratch=scratch)
    if need == "designs":
        designs_of(inputs.things, seed=inputs.seed, scratch=scratch)
    if need in ("databases", "training", "published") and not inputs.published.exists():
        run_side("load", "ours", inputs)
    if need == "databases" and not inputs.sqlite.exists():
        run_side("load", "reference", inputs)
    if need == "training" and not inputs.training.exists():
        write_training_rows(inputs)


def run_side(stage: str, side: str, inputs: Inputs) -> dict[str, Any]:
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
