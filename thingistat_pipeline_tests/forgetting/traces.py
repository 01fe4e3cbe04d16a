"""Search a whole data folder for a thing, whatever the format of its files."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import zstandard


def traces(folder: Path, *, numbers: tuple[int, ...], words: tuple[str, ...]) -> list[str]:
    """Return the files below a folder that hold one of the numbers or words, and which."""
    return sorted(
        f"{path.relative_to(folder)}: {trace}"
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
        for trace in set(_traces_in(path, numbers, words))
    )


def _traces_in(path: Path, numbers: tuple[int, ...], words: tuple[str, ...]) -> Iterator[str]:
    content = path.read_bytes()
    for word in words:  # also in free pages and blocks of databases, where nothing is compressed
        if word.encode() in content:
            yield word
    text = "\n".join(_texts(path, content))
    yield from (word for word in words if word in text)
    yield from (str(number) for number in numbers if re.search(rf"(?<!\d){number}(?!\d)", text))


def _texts(path: Path, content: bytes) -> Iterator[str]:
    match path.suffix:
        case ".zst":
            with zstandard.ZstdDecompressor().stream_reader(content) as stream:
                yield stream.read().decode()
        case ".parquet":
            yield str(pl.read_parquet(path).rows())
        case ".npy":
            array = np.load(path, allow_pickle=False)
            if array.dtype.kind in "iu" and array.dtype.itemsize > 1:
                yield str(array.tolist())
        case ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                yield str([arrays[name].tolist() for name in arrays])
        case ".duckdb" if content[8:12] == b"DUCK":
            with duckdb.connect(str(path), read_only=True) as con:
                for schema, table in con.execute(
                    "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal"
                ).fetchall():
                    yield str(con.execute(f'FROM {schema}."{table}"').fetchall())
        case ".db":
            with closing(sqlite3.connect(path)) as db:
                tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                for (table,) in tables.fetchall():
                    columns = db.execute(f'PRAGMA table_info("{table}")').fetchall()
                    kept = [c[1] for c in columns if c[2] == "TEXT"]
                    for column in kept:
                        yield str(db.execute(f'SELECT "{column}" FROM "{table}"').fetchall())
        case ".key" | ".lock" | ".jpg" | "":
            return
        case _:
            yield content.decode(errors="replace")
