"""The outcome of a soak as a Markdown table."""

from typing import Any

Told = dict[str, Any]


def markdown(result: Told) -> str:
    """Return the page: what was tried, how often, what was found."""
    lines = [
        "| trial | rounds | killed in | found |",
        "|---|---|---|---|",
        *(_row(trial) for trial in result["trials"]),
        "",
        f"{result['seconds'] / 60:.0f} minutes; "
        + ("nothing went wrong." if result["passed"] else "SOMETHING WENT WRONG, see the JSON."),
        "",
    ]
    return "\n".join(lines)


def _row(trial: Told) -> str:
    where = ", ".join(f"{stage} {times}" for stage, times in trial["where"].items())
    found = "; ".join(f"{what}: {number}" for what, number in trial["figures"].items())
    return f"| {trial['name']} | {trial['rounds']} | {where} | {found} |"
