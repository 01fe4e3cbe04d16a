"""Our side: load the warehouse, publish it."""

import shutil
import time
from collections.abc import Callable

from benchmarks.side import cpu_seconds, peak_mib
from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published


def prepare(inputs: Inputs) -> Task:
    """Clear the folder that the databases are going to be in."""
    folder = inputs.warehouse.parent
    shutil.rmtree(folder, ignore_errors=True)

    def load() -> None:
        load_warehouse(inputs.warehouse, inputs.nights, folder / "no snapshots", run_id="benchmark")

    def publish_it() -> None:
        publish(inputs.warehouse, folder / "published", inputs.published)

    def work() -> dict[str, float]:
        loading = _measured(load)
        publish_it()
        return loading

    def facts(loading: dict[str, float]) -> Facts:
        published = inputs.published.resolve()
        with open_published(published) as con:
            ((rows, downloads),) = con.sql(
                "SELECT count(*), sum(download_count) FROM things"
            ).fetchall()
            ((creators,),) = con.sql("SELECT count(*) FROM creators").fetchall()
        return {
            "rows": rows,
            "creators": creators,
            "downloads": int(downloads),
            "bytes": published.stat().st_size,
            "working_bytes": inputs.warehouse.stat().st_size,
            "parts": {"load_warehouse": loading},
        }

    return Task(work, facts)


def _measured(part: Callable[[], None]) -> dict[str, float]:
    cpu, wall = cpu_seconds(), time.perf_counter()
    part()
    return {
        "cpu_seconds": cpu_seconds() - cpu,
        "wall_seconds": time.perf_counter() - wall,
        "peak_mib": peak_mib(),
    }
