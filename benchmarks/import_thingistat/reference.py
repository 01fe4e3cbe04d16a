"""The reference's side: every row as it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.thingiverse.manifest import compressed_lines
from thingistat_pipeline_tests.generators.thingistat_sqlite import TABLES


def prepare(inputs: Inputs) -> Task:
    """Make the folder for the lines."""
    folder = Path(inputs.work) / "rows"
    folder.mkdir(exist_ok=True)

    def work() -> int:
        encoder = msgspec.json.Encoder()
        rows = {}
        with closing(sqlite3.connect(inputs.snapshot)) as con:
            for table in TABLES["later"]:
                rows[table] = 0
                with compressed_lines(folder / f"{table}.jsonl.zst") as stream:
                    for row in con.execute(f"SELECT * FROM {table}"):
                        stream.write(encoder.encode(row) + b"\n")
                        rows[table] += 1
        return rows["things"]

    def facts(things: int) -> Facts:
        return {"rows": things, "bytes": inputs.snapshot.stat().st_size}

    return Task(work, facts)
