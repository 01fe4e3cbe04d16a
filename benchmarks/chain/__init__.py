"""From the published database to the report, both models, at the effort of a night."""

from benchmarks.stage import Facts

TITLE = "the models' chain, published database → report"
REFERENCE = None
NEEDS: tuple[str, ...] = ("published",)
MOST_CPU_SECONDS = 15 * 60
MOST_PEAK_MIB = 4 * 1024
AT_THINGS = 150_000
"""The aims are for so many things and two cores."""


def remarks(facts: Facts, figures: dict[str, float]) -> list[str]:
    """Say what the models were fitted on, and whether the aims are met."""
    size = "" if facts["rows"] >= AT_THINGS else f", which are for {AT_THINGS:,} things"
    aims = [
        f"{name} {said} of at most {most} ({'met' if value <= most else '**not met**'})"
        for name, said, value, most in (
            ("CPU", f"{figures['cpu_seconds']:,.0f} s", figures["cpu_seconds"], MOST_CPU_SECONDS),
            ("peak", f"{figures['peak_mib']:,.0f} MiB", figures["peak_mib"], MOST_PEAK_MIB),
        )
    ]
    return [f"The aims{size}: {'; '.join(aims)}.", facts["found"]]
