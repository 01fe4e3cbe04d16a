"""A result as a Markdown page: the table, what the references are, what was found equal."""

from typing import Any

_QUIET = 0.15
"""Cores that the rest of the machine may keep busy before the page says so."""


def markdown(result: dict[str, Any]) -> str:
    """Return the page for a result of `run.result_of`."""
    stages, chains = result["stages"], result["chains"]
    busy = [
        (run["others_busy"], stage["title"])
        for stage in stages
        for side in ("ours", "reference")
        for run in stage[side]["runs"]
    ]
    busy += [(run["others_busy"], chain["title"]) for chain in chains for run in chain["runs"]]
    lines = [_heading(result), ""]
    for chain in chains:
        lines += [*_chain_lines(chain), ""]
    lines += _stage_lines(stages) if stages else []
    return "\n".join([*lines, f"- {disturbance(busy)}"]) + "\n"


def _stage_lines(stages: list[dict[str, Any]]) -> list[str]:
    return [
        "| stage | rows | CPU s: reference → ours | ratio | wall s | ratio | peak MiB | ratio |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(row for stage in stages for row in _rows(stage)),
        "",
        *(f"- {remark}" for stage in stages for remark in stage["remarks"]),
        "",
        "The reference of each stage:",
        "",
        *(f"- *{stage['title']}*: {stage['reference_is']}." for stage in stages),
        "",
    ]


def _chain_lines(chain: dict[str, Any]) -> list[str]:
    """Return the table of a chain's steps, with the whole as its last line."""
    whole = {**chain, "title": "**together**"}
    return [
        f"{chain['title']}, {chain['rows']:,} things".capitalize() + ":",
        "",
        "| step | CPU s | wall s | peak MiB so far |",
        "|---|---:|---:|---:|",
        *(
            f"| {step['title']} | {step['cpu_seconds']:,.1f} | {step['wall_seconds']:,.1f} | "
            f"{step['peak_mib']:,.0f} |"
            for step in (*chain["steps"], whole)
        ),
        "",
        *(f"- {remark}" for remark in chain["remarks"]),
    ]


def _heading(result: dict[str, Any]) -> str:
    options = result["options"]
    times = "once" if options["repeat"] == 1 else f"{options['repeat']} times (medians)"
    return (
        f"{options['things']:,} things, seed {options['seed']}, each side run {times}, "
        f"{machine_line(result)}"
    )


def machine_line(result: dict[str, Any]) -> str:
    """Return when, on what and with what a result was measured."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return (
        f"{result['started_at'][:10]}. {machine['cores']} cores of {machine['processor']}, "
        f"{machine['memory_gib']:.1f} GiB, {machine['system']}. {versions}."
    )


def _rows(stage: dict[str, Any]) -> list[str]:
    """Return a line for each part of our side that has one, and that of the whole stage."""
    return [_row(stage, side) for side in (*stage["parts"], stage)]


def _row(stage: dict[str, Any], side: dict[str, Any]) -> str:
    ours, reference, ratios = side["ours"], stage["reference"], side["ratios"]
    cells = [side["title"], f"{stage['rows']:,}"]
    for name, digits in (("cpu_seconds", 2), ("wall_seconds", 2), ("peak_mib", 0)):
        about = "≈" if stage["estimate"] and name != "peak_mib" else ""
        cells.append(f"{about}{reference[name]:,.{digits}f} → {ours[name]:,.{digits}f}")
        cells.append(f"{about}{ratios[name]:.{1 if ratios[name] >= 1 else 2}f}x")
    return f"| {' | '.join(cells)} |"


def disturbance(runs: list[tuple[float | None, str]]) -> str:
    """Say how busy the machine was with other things, by the worst of all runs.

    `runs` holds, for every run, how many cores everything else kept busy, and its stage.
    """
    seen = [(busy, where) for busy, where in runs if busy is not None]
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
