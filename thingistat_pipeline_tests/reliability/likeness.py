"""Whether two data folders hold the same, but for what tells when and by which run it was made."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import polars as pl

from thingistat_pipeline.sampling.journal import Tried, journal_lines
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import read_records
from thingistat_pipeline.warehouse.tables import TABLES

PASSING = {
    "meta.loads": {"loaded_at", "run_id"},
    "meta.provenance": {"created_at", "run_id", "record"},
}
"""Columns that say when, and by which run."""
_RUN = re.compile(r"\b([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40})\b")
_PROVENANCE = {"run_id", "git_commit", "git_dirty", "model_sha256", "winner_sha256"}
"""skops names the arrays in its files by their addresses in memory."""


def differences(one: Settings, other: Settings) -> list[str]:
    """Return in what two folders differ: records, journals, tables, features, metrics, reports."""
    found = [*_of_nights(one, other), *_of_tables(one, other)]
    for folder in ("features", "models", "reports"):
        found += _of_files(one.data_dir / folder, other.data_dir / folder)
    return found


def journal_of(settings: Settings, night: str) -> list[str]:
    """Return a night's journal line by line, without the moments of our own clock."""
    return [
        msgspec.json.encode(_timeless(line)).decode()
        for line in journal_lines(settings.nights_dir / night)
    ]


def _timeless(line: Any) -> Any:
    changed = {"fetched_at": "", "requests": 0} if isinstance(line, Tried) else {}
    return msgspec.structs.replace(line, **changed)


def _of_nights(one: Settings, other: Settings) -> Iterator[str]:
    nights = {path.name for each in (one, other) for path in each.nights_dir.iterdir()}
    for night in sorted(name for name in nights if not name.startswith(".")):
        if journal_of(one, night) != journal_of(other, night):
            yield f"journal of {night}"
        if list(read_records(one.nights_dir / night)) != list(
            read_records(other.nights_dir / night)
        ):
            yield f"records of {night}"
        if _pictures(one, night) != _pictures(other, night):
            yield f"pictures of {night}"


def _pictures(settings: Settings, night: str) -> dict[int, Any]:
    file = settings.thumbnails_dir / night / "manifest.json"
    told = json.loads(file.read_bytes())["pictures"] if file.exists() else []
    return {each["thing_id"]: {**each, "tried_at": None} for each in told}


def _of_tables(one: Settings, other: Settings) -> Iterator[str]:
    with (
        duckdb.connect(str(one.published_file), read_only=True) as first,
        duckdb.connect(str(other.published_file), read_only=True) as second,
    ):
        for table in TABLES:
            name = f"{table.schema}.{table.name}"
            kept = PASSING.get(name, set())
            query = f"FROM {table.path} ORDER BY {table.order}"
            frames = [con.sql(query).pl().drop(*kept) for con in (first, second)]
            if not frames[0].equals(frames[1]):
                yield f"table {name}"


def _of_files(one: Path, other: Path) -> Iterator[str]:
    links = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_symlink())
    if links != sorted(path.relative_to(other) for path in other.rglob("*") if path.is_symlink()):
        yield f"what is the latest in {one.name}"
    for link in links:
        mine, theirs = (one / link).resolve(), (other / link).resolve()
        if mine.name != theirs.name:
            yield f"version of {one.name}/{link.parent}"
        elif mine.is_file():
            if not pl.read_parquet(mine).equals(pl.read_parquet(theirs)):
                yield f"content of {one.name}/{link.parent}"
        else:
            for path in sorted(mine.iterdir()):
                if _content(path) != _content(theirs / path.name):
                    yield f"{one.name}/{link.parent}/{path.name}"


def _content(path: Path) -> object:
    if path.name == "provenance.json":
        told = json.loads(path.read_bytes())
        return {name: value for name, value in told.items() if name not in _PROVENANCE}
    if path.suffix == ".skops":
        with zipfile.ZipFile(path) as model:
            arrays = [each for each in model.namelist() if each.endswith(".npy")]
            return sorted(model.read(each) for each in arrays)
    if path.suffix in (".html", ".md"):
        return _RUN.sub("", path.read_text())
    if path.suffix == ".parquet":
        return pl.read_parquet(path).to_dicts()
    return path.read_bytes()
