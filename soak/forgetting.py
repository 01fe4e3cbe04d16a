"""A forgetting that is killed before each of its steps, and finished by whoever comes next."""

from pathlib import Path
from typing import Any

from soak.lines import lines_of
from thingistat_pipeline_tests.forgetting.world import build

Told = dict[str, Any]


def forgetting(tries: int, scratch: Path) -> Told:
    """Kill a forgetting at `tries` of its steps (0: at every one), and return the figures."""
    original = build(scratch / "original")
    rounds = scratch / "rounds"
    rounds.mkdir()
    words = ["-m", "thingistat_pipeline_tests.forgetting.killed"]
    return outcome(lines_of([*words, str(original.data_dir), str(rounds), str(tries)]))


def outcome(told: list[Told]) -> Told:
    """Return what came of the kills, as `thingistat_pipeline_tests` told it."""
    figures = {
        "steps at which it was not killed": sum(not each["killed"] for each in told),
        "published file not to be opened": sum(not each["readable"] for each in told),
        "not finished afterwards": sum("left" not in each for each in told),
        "traces left": sum(len(each.get("left", ())) for each in told),
    }
    return {
        "name": "kill -9 of a forgetting",
        "rounds": len(told),
        "where": {"steps": len(told)},
        "figures": figures,
        "passed": bool(told) and not any(figures.values()),
        "told": told,
    }
