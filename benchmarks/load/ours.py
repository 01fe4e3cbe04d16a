"""Our side: load the warehouse, publish it."""

import shutil
from pathlib import Path

from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published


def prepare(inputs: Inputs) -> Task:
    """Clear the folder that the databases are going to be in."""
    folder = inputs.warehouse.parent
    shutil.rmtree(folder, ignore_errors=True)

    def work() -> Path:
        load_warehouse(inputs.warehouse, inputs.nights, folder / "no snapshots", run_id="benchmark")
        return publish(inputs.warehouse, folder / "published", inputs.published).path

    def facts(published: Path) -> Facts:
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
        }

    return Task(work, facts)
