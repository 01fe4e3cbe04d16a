"""The data that stages start from, made once for each size and seed and kept in the scratch folder.

What they look like and how they are calibrated: `thingistat_pipeline_tests.generators`.
"""

from pathlib import Path

from thingistat_pipeline_tests.generators.thingipano import write_thingipano
from thingistat_pipeline_tests.generators.thingistat_sqlite import write_thingistat
from thingistat_pipeline_tests.generators.things import night_of, records

__all__ = ["database_of", "designs_of", "night_of"]


def database_of(things: int, *, seed: int, scratch: Path) -> Path:
    """Return ThingiStat's database (the later schema) with the same things as the night."""
    nights = night_of(things, seed=seed, scratch=scratch)
    path = scratch / f"{nights.name}.db"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        write_thingistat(unfinished, records(things, seed=seed))
        unfinished.rename(path)
    return path


def designs_of(things: int, *, seed: int, scratch: Path) -> Path:
    """Return a folder of ThingiPano's files with the same things as the night, and their users."""
    nights = night_of(things, seed=seed, scratch=scratch)
    path = scratch / f"{nights.name}-thingipano"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        write_thingipano(unfinished, records(things, seed=seed))
        unfinished.rename(path)
    return path
