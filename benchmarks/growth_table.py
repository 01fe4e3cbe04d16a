"""What measurements at several sizes say about growth, and the page that says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.growing import TITLES
from benchmarks.table import disturbance, machine_line

MEMORY_MIB = 8 * 1024
_LINEAR = 1.05
"""An exponent up to here counts as linear: measurements are no better than that."""


@dataclass(frozen=True)
class Growth:
    """How one stage grows.

    Attributes
    ----------
    things : int
        The largest size.
    time_exponent, memory_exponent : float
        Slope of log CPU seconds and of log peak memory against log things, by least squares over
        all sizes; 1 is linear. Fixed costs make it smaller, so `last_...` is the slope between the
        two largest sizes.
    last_time_exponent, last_memory_exponent : float
        See above.
    fits : int or None
        How many things would fit `MEMORY_MIB`, if the peak grew on as between the two largest
        sizes; ``None`` where it did not grow between them.
    """

    things: int
    time_exponent: float
    memory_exponent: float
    last_time_exponent: float
    last_memory_exponent: float
    fits: int | None

    @classmethod
    def of(cls, stage: str, runs: Sequence[dict[str, Any]]) -> "Growth":
        """Return the growth of a stage that was measured at two sizes or more."""
        own = sorted((run for run in runs if run["stage"] == stage), key=lambda run: run["things"])
        things = np.array([run["things"] for run in own], dtype=float)
        seconds = np.array([run["cpu_seconds"] for run in own])
        peaks = np.array([run["peak_mib"] for run in own])
        each = (peaks[-1] - peaks[-2]) / (things[-1] - things[-2])
        return cls(
            things=int(things[-1]),
            time_exponent=_slope(things, seconds),
            memory_exponent=_slope(things, peaks),
            last_time_exponent=_slope(things[-2:], seconds[-2:]),
            last_memory_exponent=_slope(things[-2:], peaks[-2:]),
            fits=int(things[-1] + (MEMORY_MIB - peaks[-1]) / each) if each > 0 else None,
        )


def _slope(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> float:
    """Return the slope of log y against log x; times below the clock's tick count as one tick."""
    return float(np.polyfit(np.log(x), np.log(np.maximum(y, 0.01)), 1)[0])


def growth_page(result: dict[str, Any]) -> str:
    """Return the Markdown page for a result of `growth.main`."""
    runs = result["runs"]
    sizes = sorted({run["things"] for run in runs})
    lines = [
        f"Our side only, each size and stage once in a process of its own, {machine_line(result)}",
        "",
        "| stage | " + " | ".join(f"{size:,}" for size in sizes) + " |",
        "|---|" + "---:|" * len(sizes),
        *(_row(stage, sizes, runs) for stage in TITLES if any(r["stage"] == stage for r in runs)),
        "",
        "CPU seconds / wall seconds / peak MiB.",
        "",
        *(f"- *{TITLES[stage]}*: {_finding(growth)}" for stage, growth in result["growth"].items()),
        f"- {disturbance([(run['others_busy'], TITLES[run['stage']]) for run in runs])}",
    ]
    return "\n".join(lines) + "\n"


def _row(stage: str, sizes: Sequence[int], runs: Sequence[dict[str, Any]]) -> str:
    found = {run["things"]: run for run in runs if run["stage"] == stage}
    cells = [
        f"{run['cpu_seconds']:,.1f} / {run['wall_seconds']:,.1f} / {run['peak_mib']:,.0f}"
        if (run := found.get(size))
        else "–"
        for size in sizes
    ]
    return f"| {TITLES[stage]} | {' | '.join(cells)} |"


def _finding(growth: dict[str, Any]) -> str:
    exponents = growth["last_time_exponent"], growth["last_memory_exponent"]
    time, memory = (
        "no faster than linearly" if exponent <= _LINEAR else "**faster than linearly**"
        for exponent in exponents
    )
    limit = (
        f"by extrapolation {growth['fits']:,} things fit 8 GiB"
        if growth["fits"] is not None
        else "the peak did not grow between the two largest sizes, so 8 GiB set no limit here"
    )
    return (
        f"CPU time grows {time} (exponent {growth['time_exponent']:.2f} over all sizes, "
        f"{exponents[0]:.2f} between the two largest), memory {memory} "
        f"({growth['memory_exponent']:.2f}, {exponents[1]:.2f}); {limit}."
    )
