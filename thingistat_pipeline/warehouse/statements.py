"""SQL that is longer than a line lives in ``sql/*.sql``; this reads it."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """Return the SQL of ``sql/<name>.sql``."""
    return files("thingistat_pipeline.warehouse").joinpath(f"sql/{name}.sql").read_text("utf-8")
