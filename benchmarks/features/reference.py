"""The reference's side: read everything, then compute in Python."""

import json
import sqlite3
from collections import Counter
from contextlib import closing

import polars as pl

from benchmarks.features import COMPARED, TOP
from benchmarks.features.facts import facts_of
from benchmarks.stage import Facts, Inputs, Task


def prepare(inputs: Inputs) -> Task:
    """Nothing to prepare: opening the file is part of the work."""

    def work() -> pl.DataFrame:
        with closing(sqlite3.connect(inputs.sqlite)) as con:
            things, creators = _table(con, "things"), _table(con, "creators")
        known = creators.select("id", "count_of_followers", "count_of_designs")
        joined = things.join(known, left_on="creator_id", right_on="id", how="left")
        return joined.with_columns(_lengths(things) + _top_categories(things))

    def facts(frame: pl.DataFrame) -> Facts:
        return facts_of(frame, features=len(COMPARED) + TOP)

    return Task(work, facts)


def _table(con: sqlite3.Connection, name: str) -> pl.DataFrame:
    rows = con.execute(f"SELECT * FROM {name}")
    columns = [column[0] for column in rows.description]
    return pl.DataFrame(rows.fetchall(), schema=columns, orient="row", infer_schema_length=None)


def _lengths(things: pl.DataFrame) -> list[pl.Series]:
    return [
        pl.Series(f"{name}_length", [len(text or "") for text in things[name].to_list()])
        for name in ("description", "instructions")
    ]


def _top_categories(things: pl.DataFrame) -> list[pl.Series]:
    lists = [json.loads(text or "[]") for text in things["categories"].to_list()]
    often = Counter(name for names in lists for name in names).most_common(TOP)
    return [pl.Series(f"category_{top}", [top in names for names in lists]) for top, _ in often]
