"""The reference's side: thing by thing into SQLite, as ThingiStat does it.

Written from the description of ``src/db_utils.py`` in javathejhut/ThingiStat. What it inserts is
`generators.thingistat_sqlite.rows_of`; how, is here: a connection for every thing, the number of
columns asked of the database before every insert, one commit a thing.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.thingiverse.manifest import read_records
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.generators.thingistat_sqlite import create_tables, rows_of


def prepare(inputs: Inputs) -> Task:
    """Clear the folder that the database is going to be in."""
    shutil.rmtree(inputs.sqlite.parent, ignore_errors=True)
    inputs.sqlite.parent.mkdir(parents=True)
    (night,) = inputs.nights.iterdir()

    def work() -> None:
        with closing(_connection(inputs.sqlite)) as con:
            create_tables(con, "later")
            con.commit()
        for record in read_records(night):
            add_thing(inputs.sqlite, record)

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


def add_thing(path: Path, record: Record) -> None:
    """Add one thing with its creator, tags and categories."""
    rows = rows_of(record, "later")
    with closing(_connection(path)) as con:
        for table, row in rows:
            columns = con.execute(f"PRAGMA table_info({table})").fetchall()
            marks = ",".join("?" * len(columns))
            con.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
        con.commit()


def _connection(path: Path) -> sqlite3.Connection:
    con = sqlite3.connect(path)
    con.execute("PRAGMA foreign_keys = 1")
    return con
