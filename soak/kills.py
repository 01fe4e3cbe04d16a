"""Full runs that are killed again and again, compared with one that was never disturbed."""

from collections import Counter
from pathlib import Path
from typing import Any

from soak.lines import lines_of

STAGES = (
    *("sampling",) * 10,
    *("load",) * 5,
    *("publish",) * 5,
    *("train",) * 3,
    *("report",) * 2,
)
"""Where each run is killed before it is left in peace: late kills cost a run each."""
KILLS_A_RUN = len(STAGES)

Told = dict[str, Any]


def kills(rounds: int, scratch: Path, *, things: int, seed: int) -> Told:
    """Kill full runs so often in all, and return the figures.

    Parameters
    ----------
    rounds : int
        Kills; at least as many are made, `KILLS_A_RUN` in each run. Fewer than that are spread
        over the stages of one run.
    scratch : Path
        A folder for the runs; one in which something was found stays.
    things : int
        Live things that a run samples.
    seed : int
        Of the moments.
    """
    runs = max(1, -(-rounds // KILLS_A_RUN))
    stages = STAGES if rounds >= KILLS_A_RUN else spread(rounds)
    words = ["-m", "thingistat_pipeline_tests.reliability.killed", str(scratch)]
    words += ["--stages", ",".join(stages), "--runs", str(runs)]
    told = lines_of([*words, "--things", str(things), "--seed", str(seed)])
    return outcome(told)


def spread(rounds: int) -> tuple[str, ...]:
    """Return the stages of so many kills, early ones first where they cannot be even."""
    step = KILLS_A_RUN / rounds
    return tuple(STAGES[int(number * step)] for number in range(rounds))


def outcome(told: list[Told]) -> Told:
    """Return what came of the kills and the runs, as `thingistat_pipeline_tests` told it."""
    killed = [each for each in told if each["what"] == "kill" and each["killed"]]
    ends = [each for each in told if each["what"] == "end"]
    troubles = [trouble for each in told for trouble in each["troubles"]]
    repeated = [each["repeated"] for each in told]
    figures = {
        "runs": len(ends),
        "journal lines lost or doubled, or other trouble": len(troubles),
        "requests repeated at most": max(repeated, default=0),
        "requests never made": sum(len(each["not_asked"]) for each in ends),
        "readings from outside": sum(each["reads"] for each in ends),
        "of them failed": sum(len(each["failed_reads"]) for each in ends),
        "runs that ended otherwise than undisturbed": sum(
            bool(each["differences"] or each["status"]) for each in ends
        ),
    }
    wrong = [name for name in figures if name not in ("runs", "readings from outside")]
    passed = all(figures[name] <= (name == "requests repeated at most") for name in wrong)
    return {
        "name": "kill -9 of full runs",
        "rounds": len(killed),
        "where": dict(Counter(each["stage"] for each in killed)),
        "figures": figures,
        "passed": passed and bool(ends),
        "told": told,
    }
