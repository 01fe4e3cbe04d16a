"""ThingiStat: what makes a 3D model popular, from a random sample of Thingiverse to a report.

The folder reads as the pipeline: `thingiverse` asks the site, `sampling` decides which ids and
keeps the answers, `snapshots` brings in published data sets, `warehouse` loads both into DuckDB,
`features` makes frames, `popularity` models them, `report` writes the page, and `orchestration`
tells Dagster about all of it. `sandbox` is a simulated Thingiverse to try everything on.

Analysts need two functions of it:

>>> import thingistat_pipeline as ts          # doctest: +SKIP
>>> ts.read_table("things")                   # doctest: +SKIP
>>> ts.connect().sql("SELECT count(*) FROM things")  # doctest: +SKIP
"""

from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thingistat_pipeline.warehouse.read import connect, read_table

__version__ = version("thingistat-pipeline")
__all__ = ["__version__", "connect", "read_table"]


def __getattr__(name: str) -> object:
    """Import the analysts' helpers on first use, so that the command starts quickly."""
    if name in {"connect", "read_table"}:
        from thingistat_pipeline.warehouse import read  # noqa: PLC0415 (lazy on purpose)

        return getattr(read, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
