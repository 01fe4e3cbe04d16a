"""The web app at the size of the real data: start, latency under load, and memory."""

from benchmarks.stage import Facts

TITLE = "the advisor, a web app"
REFERENCE = None
NEEDS: tuple[str, ...] = ()
AT_THINGS = 150_000
"""The aims are for so many things, two cores and twenty requests a second."""
MOST_SECONDS = {
    "start": 5.0,
    "advice": 0.2,
    "browse": 0.1,
    "ranking of five pictures": 2.0,
}
"""Of the start, and of 95 % of the answers."""
MOST_MIB = 1_024


def remarks(facts: Facts, figures: dict[str, float]) -> list[str]:
    """Say how long answers took, how much memory there was, and whether the aims are met."""
    del figures
    size = "" if facts["rows"] >= AT_THINGS else f", which are for {AT_THINGS:,} things"
    under_load, alone = facts["under_load"], facts["alone"]
    aims = [
        ("start", facts["started_in"], MOST_SECONDS["start"]),
        *(
            (f"{kind}, 95 %", under_load[kind]["p95"], MOST_SECONDS[kind])
            for kind in MOST_SECONDS
            if kind in under_load
        ),
    ]
    said = [
        f"{name} {_seconds(value)} of at most {_seconds(most)} ({_met(value <= most)})"
        for name, value, most in aims
    ]
    memory = facts["peak_mib"]
    said.append(f"memory {memory:,.0f} of at most {MOST_MIB:,} MiB ({_met(memory <= MOST_MIB)})")
    others = facts["others_busy"]
    return [
        f"The aims{size}: {'; '.join(said)}.",
        f"{facts['requests']:,} requests at {facts['a_second']:g} a second, "
        f"{facts['failed']:,} of them not answered with 200"
        + ("" if others is None else f"; all other programs kept {others:.2f} cores busy")
        + ".",
        f"Under that load, median, 95 % and longest: {_times(under_load)}.",
        f"One after the other, the same: {_times(alone)}.",
        "CPU milliseconds of an answer: "
        + ", ".join(f"{kind} {taken:.0f}" for kind, taken in facts["cpu_milliseconds"].items())
        + ".",
        f"First advice after {_seconds(facts['first_advice'])}, first five pictures after "
        f"{_seconds(facts['first_pictures'])}. Of what its processes share, counted once, the most "
        f"memory was {facts['peak_shared_once_mib']:,.0f} MiB.",
        f"The forest has {facts['forest']}. What looks alike, who likes what, and vectors are "
        "drawn by lot.",
    ]


def _times(kinds: dict[str, dict[str, float]]) -> str:
    return "; ".join(
        f"{kind} ({int(found['count']):,}) "
        + ", ".join(_seconds(found[name]) for name in ("median", "p95", "longest"))
        for kind, found in kinds.items()
    )


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value >= 1 else f"{1_000 * value:.0f} ms"


def _met(met: bool) -> str:
    return "met" if met else "**not met**"
