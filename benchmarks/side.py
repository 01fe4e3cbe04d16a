"""One side of one stage, in a process of its own.

``python -m benchmarks.side STAGE SIDE INPUTS OUT`` is what `run` starts. Interpreter,
imports and preparations come first and are not counted in seconds, but the peak memory is that of
the whole process.
"""

import json
import os
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.stage import Inputs, Task

_STATUS = Path("/proc/self/status")
_MACHINE = Path("/proc/stat")
_READABLE = 0.5
"""Seconds from which the machine's clock, which ticks a hundred times a second, can be read."""


def main(stage: str, side: str, inputs: str, out: str) -> None:
    """Measure a side and write what was found as JSON."""
    task = import_module(f"benchmarks.{stage}.{side}").prepare(Inputs(**json.loads(inputs)))
    Path(out).write_text(json.dumps(measured(task)), encoding="utf-8")


def measured(task: Task) -> dict[str, Any]:
    """Do a task's work and return its seconds, its memory in MiB and its facts.

    `others_busy` is how many cores everything else on the machine kept busy meanwhile; ``None``
    where the system does not tell, or the work was too short for its clock.
    """
    memory_before = peak_mib()
    machine, cpu, wall = machine_seconds(), cpu_seconds(), time.perf_counter()
    result = task.work()
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    others = None
    if machine is not None and (after := machine_seconds()) is not None and wall > _READABLE:
        others = max(0.0, (after - machine - cpu) / wall)
    return {
        "cpu_seconds": cpu,
        "wall_seconds": wall,
        "peak_mib": peak_mib(),
        "peak_mib_before": memory_before,
        "others_busy": others,
        "facts": task.facts(result),
    }


def cpu_seconds() -> float:
    """Return what this process and its finished children have used, in user and system mode."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak_mib() -> float:
    """Return the most memory that this process ever had in use.

    Linux passes the resource usage of a parent on to a program that it starts, so there the
    process's own high-water mark is read instead.
    """
    if _STATUS.exists():
        fields = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def machine_seconds() -> float | None:
    """Return the seconds that all cores of the machine have been busy since it started."""
    if not _MACHINE.exists():
        return None
    user, nice, system, _idle, _waiting, *interrupts = _MACHINE.read_text().split()[1:9]
    ticks = sum(map(int, (user, nice, system, *interrupts)))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(*sys.argv[1:])
