"""Covers seen and compared: the network, what is measured of a picture, and who looks alike."""

from benchmarks.stage import Facts

TITLE = "the looks"
REFERENCE = None
NEEDS: tuple[str, ...] = ()
MOST_PEAK_MIB = 3 * 1024
LEAST_RECALL = 0.99
AT_THINGS = 150_000
"""The aims are for so many things and two cores."""


def remarks(facts: Facts, figures: dict[str, float]) -> list[str]:
    """Say what a picture costs, how fast and how rightly look-alikes are found, and the aims."""
    pictures, alike, index = facts["pictures"], facts["look_alikes"], facts["index"]
    size = "" if facts["rows"] >= AT_THINGS else f", which are for {AT_THINGS:,} things"
    costs = ", ".join(f"{name} {value:.1f}" for name, value in pictures["cpu_milliseconds"].items())
    recall = alike["recall"]
    aims = [
        ("peak", f"{figures['peak_mib']:,.0f} MiB of at most {MOST_PEAK_MIB:,}",
         figures["peak_mib"] <= MOST_PEAK_MIB),
        ("recall", f"{recall:.4f} of at least {LEAST_RECALL}", recall >= LEAST_RECALL),
    ]  # fmt: skip
    return [
        f"{pictures['count']:,} covers of {pictures['width']} by {pictures['height']} pixels, "
        f"drawn by the sandbox: {pictures['a_second']:.0f} a second end to end (decode, network, "
        f"measures, fingerprint). CPU milliseconds a picture: {costs}.",
        f"{facts['rows']:,} simulated vectors: the 10 nearest of all in "
        f"{alike['wall_seconds']:,.0f} s ({alike['cpu_seconds']:,.0f} s of CPU), recall "
        f"{recall:.4f} on {alike['judged_on']} of them.",
        f"One question: {facts['exact_milliseconds']:.1f} ms exactly, "
        f"{index['milliseconds']:.2f} ms by the index, which finds {index['recall']:.4f} of the "
        f"true ones and took {index['built_in']:,.0f} s to build (medians of wall times).",
        f"The aims{size}: "
        + "; ".join(
            f"{name} {said} ({'met' if met else '**not met**'})" for name, said, met in aims
        )
        + ".",
    ]
