"""The search for the ranker's parameters at full effort, without and with side information."""

from benchmarks.stage import Facts

TITLE = "the recommender's two searches, 100 trials each"
REFERENCE = None
NEEDS: tuple[str, ...] = ()


def remarks(facts: Facts, _figures: dict[str, float]) -> list[str]:
    """Say what was searched on and what came out."""
    return [facts["data"], *facts["found"]]
