"""The reference's side: thing by thing into SQLite."""

import shutil
import sqlite3
from contextlib import closing

from benchmarks import thingistat_sqlite
from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.thingiverse.manifest import read_records


def prepare(inputs: Inputs) -> Task:
    """Clear the folder that the database is going to be in."""
    shutil.rmtree(inputs.sqlite.parent, ignore_errors=True)
    (night,) = inputs.nights.iterdir()

    def work() -> None:
        thingistat_sqlite.fill(inputs.sqlite, read_records(night))

    def facts(_: None) -> Facts:
        with closing(sqlite3.connect(inputs.sqlite)) as con:
            rows, downloads = con.execute(
                "SELECT count(*), sum(download_count) FROM things"
            ).fetchone()
            (creators,) = con.execute("SELECT count(*) FROM creators").fetchone()
        return {
            "rows": rows,
            "creators": creators,
            "downloads": downloads,
            "bytes": inputs.sqlite.stat().st_size,
            "raw_bytes": sum(part.stat().st_size for part in night.glob("*.zst")),
        }

    return Task(work, facts)
