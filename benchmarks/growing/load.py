"""Raw parts into the working file."""

import shutil

from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.warehouse.load import LoadSummary, load_warehouse


def prepare(inputs: Inputs) -> Task:
    """Clear the folder that the databases are going to be in."""
    folder = inputs.warehouse.parent
    shutil.rmtree(folder, ignore_errors=True)

    def work() -> LoadSummary:
        return load_warehouse(
            inputs.warehouse, inputs.nights, folder / "no snapshots", run_id="benchmark"
        )

    def facts(summary: LoadSummary) -> Facts:
        return {"rows": summary.rows["things"], "bytes": inputs.warehouse.stat().st_size}

    return Task(work, facts)
