"""A result as a Markdown page: the table, what the references are, what was found equal."""

from typing import Any

_QUIET = 0.15
"""Cores that the rest of the machine may keep busy before the page says so."""


def markdown(result: dict[str, Any]) -> str:
    """Return the page for a result of `run.result_of`."""
    stages = result["stages"]
    lines = [
        _heading(result),
        "",
        "| stage | rows | CPU s: reference → ours | ratio | wall s | ratio | peak MiB | ratio |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_row(stage) for stage in stages),
        "",
        *(f"- {remark}" for stage in stages for remark in stage["remarks"]),
        f"- {_disturbance(stages)}",
        "",
        "The reference of each stage:",
        "",
        *(f"- *{stage['title']}*: {stage['reference_is']}." for stage in stages),
    ]
    return "\n".join(lines) + "\n"


def _heading(result: dict[str, Any]) -> str:
    machine, options = result["machine"], result["options"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    times = "once" if options["repeat"] == 1 else f"{options['repeat']} times (medians)"
    return (
        f"{options['things']:,} things, seed {options['seed']}, each side run {times}, "
        f"{result['started_at'][:10]}. {machine['cores']} cores of {machine['processor']}, "
        f"{machine['memory_gib']:.1f} GiB, {machine['system']}. {versions}."
    )


def _row(stage: dict[str, Any]) -> str:
    ours, reference, ratios = stage["ours"], stage["reference"], stage["ratios"]
    cells = [stage["title"], f"{stage['rows']:,}"]
    for name, digits in (("cpu_seconds", 2), ("wall_seconds", 2), ("peak_mib", 0)):
        cells.append(f"{reference[name]:,.{digits}f} → {ours[name]:,.{digits}f}")
        cells.append(f"{ratios[name]:.{1 if ratios[name] >= 1 else 2}f}x")
    return f"| {' | '.join(cells)} |"


def _disturbance(stages: list[dict[str, Any]]) -> str:
    """Say how busy the machine was with other things, by the worst of all runs."""
    seen = [
        (run["others_busy"], stage["title"])
        for stage in stages
        for side in ("ours", "reference")
        for run in stage[side]["runs"]
        if run["others_busy"] is not None
    ]
    if not seen:
        return "How busy the machine was with other things is not known here."
    worst, where = max(seen)
    if worst <= _QUIET:
        return f"The machine was quiet: everything else kept {worst:.2f} cores busy at most."
    return (
        f"The machine was *not* quiet: everything else kept up to {worst:.2f} cores busy during a "
        f"run ({where}). Wall times and their ratios mean little then, and CPU times are somewhat "
        "too long; measure again on an idle machine."
    )
