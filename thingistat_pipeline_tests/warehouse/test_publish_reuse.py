"""A version of the same loads is copied and renewed, and nobody can tell it from a new one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from thingistat_pipeline.warehouse import publish as publishing
from thingistat_pipeline.warehouse.provenance import write_provenance
from thingistat_pipeline.warehouse.publish import PublishedDatabase, publish
from thingistat_pipeline.warehouse.results import write_results
from thingistat_pipeline.warehouse.schema import create
from thingistat_pipeline_tests.warehouse.support import (
    Places,
    contents,
    importances,
    live,
    write_load,
)

EVERYTHING_DECLARED = """
SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns()
WHERE NOT internal
UNION ALL
SELECT schema_name, table_name, 'TABLE', sql, comment FROM duckdb_tables()
UNION ALL
SELECT schema_name, view_name, 'VIEW', sql, comment FROM duckdb_views() WHERE NOT internal
ORDER BY ALL
"""


@pytest.fixture
def places(places: Places) -> Places:
    """A data folder with one night of three things, published."""
    write_load(
        places.nights,
        "2026-09-01",
        [live(3), live(1, tags=("vase", "art")), live(2, lists={"likers": [5, 4]})],
    )
    places.load()
    published(places)
    return places


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tables and views that publishing makes from now on."""
    names: list[str] = []

    def noting(con: duckdb.DuckDBPyConnection, relations: tuple[Any, ...]) -> None:
        names.extend(relation.path for relation in relations)
        create(con, relations)

    monkeypatch.setattr(publishing, "create", noting)
    return names


def published(places: Places, **options: int) -> PublishedDatabase:
    return publish(places.warehouse, places.published, places.link, **options)


def train(places: Places, version: str) -> None:
    """Write what a model writes after its training."""
    table = importances("m", version, "height", "age")
    write_results(places.warehouse, {"feature_importance": table}, models=["m"])
    write_provenance(
        places.warehouse,
        artefact="m",
        version=version,
        run_id="r",
        created_at="2026-09-01T12:00:00Z",
        record={},
    )


def declared(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(EVERYTHING_DECLARED).fetchall()


@pytest.mark.parametrize("trainings", [1, 2, 3])
def test_a_renewed_copy_is_what_writing_everything_gives(places: Places, made, trainings):
    for number in range(trainings):
        train(places, str(number))
        copy = published(places)
    assert 'main."things"' not in made
    made.clear()

    anew = publish(places.warehouse, places.folder / "elsewhere", places.folder / "other.duckdb")

    assert 'main."things"' in made
    assert copy.version == anew.version
    assert contents(copy.path, leave_out=()) == contents(anew.path, leave_out=())
    assert declared(copy.path) == declared(anew.path)
    held = contents(copy.path)
    assert [row[4] for row in held["main.feature_importance"]] == ["age", "height"]
    assert {row[1] for row in held["main.feature_importance"]} == {str(trainings - 1)}
    assert len(held["meta.provenance"]) == trainings


def test_a_renewed_copy_is_as_readable_and_as_protected_as_the_first(places: Places, made):
    first = places.link.resolve()
    train(places, "1")
    copy = published(places)

    assert 'main."things"' not in made
    assert set(places.published.iterdir()) == {first, copy.path}
    assert places.link.resolve() == copy.path
    assert oct(copy.path.stat().st_mode & 0o777) == oct(0o444)
    with duckdb.connect(str(copy.path), read_only=True) as con:
        assert con.execute(
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
        ).fetchall() == [("v1.2.0+",)]


def test_the_version_that_was_copied_stays_as_it_was(places: Places):
    first = places.link.resolve()
    before = first.read_bytes()
    train(places, "1")
    published(places)

    assert first.read_bytes() == before


def altered(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE things SET name = 'scribbled'")


def damaged_in_one_byte(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 2)
        (byte,) = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte ^ 1]))


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("harm", [altered, damaged_in_one_byte, cut_short, Path.unlink])
def test_a_version_that_is_no_longer_what_was_written_is_not_copied(
    places: Places, made, harm: Callable[[Path], None]
):
    first = places.link.resolve()
    first.chmod(0o644)
    harm(first)
    train(places, "1")

    held = contents(published(places).path)

    assert 'main."things"' in made
    assert [row[:2] for row in held["main.things"]] == [
        (1, "Thing 1"),
        (2, "Thing 2"),
        (3, "Thing 3"),
    ]


def test_a_version_of_other_loads_is_not_copied(places: Places):
    write_load(places.nights, "2026-09-01", [live(7)])
    places.load()
    train(places, "1")

    assert [row[0] for row in contents(published(places).path)["main.things"]] == [7]


def test_a_version_that_another_working_file_brought_is_not_copied(places: Places, made):
    places.warehouse.unlink()
    places.load()
    train(places, "1")
    published(places)

    assert 'main."things"' in made


def test_a_renewal_that_fails_leaves_the_old_version_and_no_rubbish(places: Places, monkeypatch):
    first = places.link.resolve()
    train(places, "1")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(publishing, "validate_tables", fail)
    with pytest.raises(OSError, match="disk full"):
        published(places)

    assert list(places.published.iterdir()) == [first]
    assert places.link.resolve() == first
    monkeypatch.undo()
    assert contents(published(places).path)["main.feature_importance"][0][1] == "1"
