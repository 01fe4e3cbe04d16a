"""The working file into the published one."""

from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published


def prepare(inputs: Inputs) -> Task:
    """Nothing to prepare."""

    def work() -> None:
        publish(inputs.warehouse, inputs.warehouse.parent / "published", inputs.published)

    def facts(_: None) -> Facts:
        with open_published(inputs.published) as con:
            ((rows,),) = con.sql("SELECT count(*) FROM things").fetchall()
        return {"rows": rows, "bytes": inputs.published.resolve().stat().st_size}

    return Task(work, facts)
