"""The published database as the web app asks it: a few named queries, by many threads at once.

A file is opened once, read-only, in a DuckDB that can reach no other file and whose settings are
locked, as `warehouse.read.query` does. Every call gets a cursor of its own. The version that was
opened is read to the end, whatever is published meanwhile and even once its file is removed.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import polars as pl

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.frame import TopCategory, query_named, top_categories
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import ModelRefusedError, version_folder
from thingistat_pipeline.warehouse.read import published_version
from thingistat_pipeline.warehouse.schema import literal

_MEMORY_LIMIT = "256MB"
_THREADS = 2
_SUBJECTS = {
    "advisor_forest": "downloads",
    "recommender": "tags and likes",
    "picture_choice": "good pictures",
    "looks": "what covers look like",
    "photograph": "photographs",
}
"""What each model is of, in words."""


class Database:
    """A published version of the database, open for reading.

    Parameters
    ----------
    path : Path
        A published file, or the link to the newest, which is followed once.

    Raises
    ------
    ThingistatError
        When there is no such file, or it is no database of this program's.
    """

    def __init__(self, path: Path) -> None:
        self.version = published_version(path)
        """What the file is called: a hash of what it holds."""
        self._con = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": _MEMORY_LIMIT,
                "threads": _THREADS,
                "temp_directory": "",
                # What a query has freed would otherwise stay with the process.
                "allocator_background_threads": True,
            },
        )
        try:
            self._con.execute(f"ATTACH {literal(str(path.resolve()))} AS published (READ_ONLY)")
            self._con.execute("SET TimeZone = 'UTC'")
            self._con.execute("SET enable_external_access = false")
            self._con.execute("SET lock_configuration = true")
            self.sources = tuple(row["source"] for row in self.rows("sources"))
            """Worlds that the things come from: sandbox, snapshot, thingiverse."""
            self.model_versions: Mapping[str, str] = MappingProxyType(
                {row["model"]: row["version"] for row in self.rows("model_versions")}
            )
            """Of each model whose results are in this file: the version that they are of."""
            self._require_all_that_is_asked()
        except duckdb.Error as error:
            self._con.close()
            raise ThingistatError(
                f"The published database {path.resolve()} cannot be read: "
                f"{str(error).splitlines()[0]}. If it is damaged, or another version of this "
                "program wrote it, delete it and run `thingistat run` again: it is written anew "
                "from the warehouse."
            ) from None

    def frame(self, query_name: str, **params: object) -> pl.DataFrame:
        """Return what a query of `advisor/sql` finds, as a frame.

        Parameters
        ----------
        query_name : str
            Name of the file, without its ending.
        params : object
            By the names that the query has for them, as ``$name``.
        """
        with self._cursor() as cursor:
            found: pl.DataFrame = cursor.sql(_query(query_name), params=params or None).pl()
            return found

    def rows(self, query_name: str, **params: object) -> list[dict[str, Any]]:
        """Return the same as a list of rows; of few rows, in a third of the time."""
        with self._cursor() as cursor:
            cursor.execute(_query(query_name), params or None)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def top_categories(self, n: int) -> tuple[TopCategory, ...]:
        """Return the `n` categories that hold most things, as the features know them."""
        with self._cursor() as cursor:
            return top_categories(cursor, n)

    def close(self) -> None:
        """Let go of the file. No query may run any more."""
        self._con.close()

    @property
    def synthetic(self) -> bool:
        """Whether any of the things was made up by the sandbox."""
        return "sandbox" in self.sources

    def _require_all_that_is_asked(self) -> None:
        """Bind every query, so that what a file lacks shows now and not to a client."""
        with self._cursor() as cursor:
            for query in (*map(_query, _query_names()), query_named("top_categories")):
                cursor.execute(f"PREPARE asked AS {query}")

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = self._con.cursor()
        cursor.execute("USE published")
        return cursor


def served_version(settings: Settings, database: Database, model: str) -> str:
    """Return which stored version of a model goes with a published database.

    A run turns the links to the models and to the database at different moments. What the database
    holds of a model (advice, tags, look-alikes) is of one version, and that one is served for as
    long as it is on disk; a model of which the database holds nothing is served as it is now.

    Raises
    ------
    ModelRefusedError
        When no version of the model is stored.
    """
    named = database.model_versions.get(model)
    if named and version_folder(settings.models_dir, model, named).is_dir():
        return named
    latest = version_folder(settings.models_dir, model)
    if not latest.is_dir():
        raise ModelRefusedError(
            f"The model of {_SUBJECTS.get(model, 'this')} ({model}) is not there yet, or was "
            "removed. Run `make run` (or `thingistat run`) to have one."
        )
    return latest.resolve().name


@cache
def _query(name: str) -> str:
    return _queries().joinpath(f"{name}.sql").read_text("utf-8")


@cache
def _query_names() -> tuple[str, ...]:
    ending = ".sql"
    return tuple(
        sorted(
            each.name.removesuffix(ending)
            for each in _queries().iterdir()
            if each.name.endswith(ending)
        )
    )


def _queries() -> Traversable:
    return files("thingistat_pipeline.advisor").joinpath("sql")
