"""The published database, asked by many at once and out of reach of everything else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from thingistat_pipeline.advisor.database import Database, served_version
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import ModelRefusedError
from thingistat_pipeline_tests.advisor.small_worlds import publish_night, rows_of, small_world
from thingistat_pipeline_tests.warehouse.support import live

NEIGHBOURS = {"neighbour_id": 2, "rank": 1, "score": 0.5, "basis": "likes"}


def stored(settings: Settings, version: str, model: str = "recommender") -> Path:
    return save_version(
        settings.models_dir,
        model,
        arrays={},
        metrics={"fitted": False},
        provenance={"version": version, "source": "sandbox"},
        version=version,
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_world(
        tmp_path / "data",
        [live(1, tags=["robot"]), live(2)],
        results={"similar_things": rows_of({"thing_id": 1, **NEIGHBOURS}, version="one")},
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings.published_file)
    yield opened
    opened.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, database: Database) -> Database:
    """A database that takes the name of a query for the query itself."""
    monkeypatch.setattr("thingistat_pipeline.advisor.database._query", lambda sql: sql)
    return database


def test_a_query_is_found_by_its_name_and_given_its_parameters(database: Database):
    assert database.rows("thing_tags", thing=1) == [{"tag": "robot"}]
    assert database.frame("thing_tags", thing=1).rows() == [("robot",)]
    assert database.rows("thing_tags", thing=2) == []


def test_it_knows_its_version_its_source_and_of_which_models_its_results_are(
    settings: Settings, database: Database
):
    assert settings.published_file.resolve().name == f"thingistat-{database.version}.duckdb"
    assert database.sources == ("sandbox",)
    assert database.synthetic
    assert database.model_versions == {"recommender": "one"}


def test_data_of_the_site_are_not_called_synthetic(tmp_path: Path):
    settings = small_world(tmp_path / "data", [live(1)], source="thingiverse")
    with closing(Database(settings.published_file)) as database:
        assert not database.synthetic


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO published.things (id) VALUES (9)",
        "CREATE TABLE published.main.another (x INTEGER)",
        "SELECT * FROM read_text('{secret}')",
        "COPY (SELECT 1) TO '{secret}'",
        "ATTACH '{secret}'",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET memory_limit = '8GB'",
        "INSTALL httpfs",
    ],
)
def test_a_query_can_neither_write_nor_reach_a_file_nor_unlock_itself(
    sql: str, asked: Database, tmp_path: Path
):
    secret = tmp_path / "secret"
    secret.write_text("token")
    with pytest.raises(duckdb.Error):
        asked.rows(sql.format(secret=secret))
    assert secret.read_text() == "token"


def test_many_threads_ask_at_once_and_each_gets_its_own_answer(asked: Database):
    def answer(number: int) -> list[int]:
        rows = asked.rows("SELECT id * $by AS n FROM things ORDER BY id", by=number)
        return [row["n"] for row in rows]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(answer, range(200)))
    assert answers == [[number, 2 * number] for number in range(200)]


def test_the_version_that_was_opened_is_read_to_the_end_even_once_it_is_removed(
    settings: Settings, database: Database
):
    old = settings.published_file.resolve()
    publish_night(settings, [live(3)])
    old.unlink()
    assert [row["things"] for row in database.rows("status")] == [2]
    with closing(Database(settings.published_file)) as newer:
        assert [row["things"] for row in newer.rows("status")] == [3]


def test_a_closed_database_answers_no_more(database: Database):
    database.close()
    with pytest.raises(duckdb.Error):
        database.rows("status")


def test_where_nothing_is_published_it_says_what_to_do(empty: Settings):
    with pytest.raises(ThingistatError, match="Run `thingistat run` first"):
        Database(empty.published_file)


@pytest.mark.parametrize("content", [b"", b"no database", b"\0" * 10_000])
def test_a_damaged_file_is_refused_with_what_to_do(content: bytes, tmp_path: Path):
    path = tmp_path / "thingistat-1.duckdb"
    path.write_bytes(content)
    with pytest.raises(ThingistatError, match="delete it and run `thingistat run` again"):
        Database(path)


def test_a_database_of_another_program_is_refused(tmp_path: Path):
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE things (id BIGINT)")
    with pytest.raises(ThingistatError, match="another version of this program wrote it"):
        Database(path)


def test_the_version_of_a_model_that_the_database_names_is_served_and_not_a_newer_one(
    settings: Settings, database: Database
):
    stored(settings, "one")
    stored(settings, "two")
    assert served_version(settings, database, "recommender") == "one"


def test_once_that_version_is_gone_the_latest_is_served(settings: Settings, database: Database):
    stored(settings, "two")
    assert served_version(settings, database, "recommender") == "two"


def test_of_a_model_that_the_database_does_not_name_the_latest_is_served(
    settings: Settings, database: Database
):
    stored(settings, "seven", "photograph")
    assert served_version(settings, database, "photograph") == "seven"


def test_a_model_that_was_never_stored_is_refused_with_what_to_do(
    settings: Settings, database: Database
):
    with pytest.raises(ModelRefusedError, match="make run"):
        served_version(settings, database, "photograph")
