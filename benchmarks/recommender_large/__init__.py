"""The recommender at many times the seed's size: time and memory."""

from benchmarks.stage import Facts

TITLE = "the recommender at 500,000 users"
REFERENCE = None
NEEDS: tuple[str, ...] = ()
MOST_PEAK_MIB = 8 * 1024


def remarks(facts: Facts, figures: dict[str, float]) -> list[str]:
    """Say what was learned from, and whether the memory sufficed."""
    peak = figures["peak_mib"]
    met = "met" if peak <= MOST_PEAK_MIB else "**not met**"
    return [facts["data"], f"Peak {peak:,.0f} MiB of at most {MOST_PEAK_MIB:,} ({met})."]
