"""What is served while something else is published."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from thingistat_pipeline.advisor import published
from thingistat_pipeline.advisor.asked import DraftPost, TagsAsked
from thingistat_pipeline.advisor.links import links_now
from thingistat_pipeline.advisor.published import NothingPublishedError, Publications
from thingistat_pipeline.files import point_link
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.warehouse.publish import PublishedDatabase, publish
from thingistat_pipeline_tests.advisor.small_worlds import publish_night, small_world
from thingistat_pipeline_tests.warehouse.support import live

SOON = 0.05
PATIENCE = 60.0


def until(happened: Callable[[], object]) -> None:
    """Wait until something has happened; it is a failure if it never does."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def break_database(settings: Settings) -> None:
    """Publish a file that is none."""
    broken = settings.published_dir / "thingistat-broken.duckdb"
    broken.write_bytes(b"half of it")
    point_link(settings.published_file, broken)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_world(tmp_path / "data", [live(1), live(2)])


@pytest.fixture
def watched(settings: Settings) -> Iterator[Publications]:
    with Publications(settings, look_again_seconds=SOON) as publications:
        yield publications


@pytest.fixture
def unwatched(settings: Settings) -> Iterator[Publications]:
    with Publications(settings, look_again_seconds=3_600) as publications:
        publications._left.set()  # the watcher's work is done by hand here
        publications.load_rest()
        yield publications


def serves(publications: Publications, made: PublishedDatabase) -> Callable[[], bool]:
    return lambda: publications.current().status.version == made.version


def things(publications: Publications) -> int:
    with publications.use() as served:
        return served.catalogue.search("").total


def test_where_nothing_was_ever_run_it_says_what_to_do(empty: Settings):
    with Publications(empty) as publications:
        with pytest.raises(NothingPublishedError, match="run `make run` first"):
            publications.current()
        with pytest.raises(NothingPublishedError), publications.use():
            pass


def test_what_is_published_first_is_picked_up_without_a_restart(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "data")
    with Publications(settings, look_again_seconds=SOON) as publications:
        publish_night(settings, [live(1)])
        until(lambda: publications.problem is None)
        assert things(publications) == 1


def test_a_new_publish_is_picked_up_without_a_restart(settings: Settings, watched: Publications):
    made = publish_night(settings, [live(3)])
    until(serves(watched, made))
    assert things(watched) == 3
    assert watched.problem is None


def test_status_says_what_everything_rests_on(unwatched: Publications, settings: Settings):
    status = unwatched.current().status
    assert (status.source, status.synthetic, status.things) == ("sandbox", True, 2)
    assert status.version == settings.published_file.resolve().stem.removeprefix("thingistat-")
    assert str(status.observed_from) == str(status.observed_to) == "2026-09-01 12:00:00+00:00"
    assert [model.name for model in status.models] == [
        "advisor_forest", "picture_choice", "recommender",
    ]  # fmt: skip


def test_without_any_model_every_answer_gives_the_reason(tmp_path: Path):
    settings = small_world(tmp_path, [live(1)], source="snapshot")
    with Publications(settings) as publications, publications.use() as served:
        assert served.status.source == "a published data set"
        assert not served.status.synthetic
        for model in served.status.models:
            assert not model.available
            assert model.reason
        for answer in (
            served.adviser.advice(DraftPost(title="Robot")),
            served.judge.ranked([], [], served.catalogue.cards),
            served.tagger.suggestions(TagsAsked(title="Robot")),
        ):
            assert not answer.available
            assert answer.reason


def test_a_request_keeps_what_it_began_with_until_its_end(
    settings: Settings, unwatched: Publications
):
    with unwatched.use() as old:
        publish_night(settings, [live(3)])
        assert unwatched.renew()
        with unwatched.use() as new:
            assert new.catalogue.search("").total == 3
        assert old.catalogue.search("").total == 2
        assert old.database.rows("status")[0]["things"] == 2
    with pytest.raises(duckdb.Error):
        old.database.rows("status")


def test_what_nobody_uses_is_closed_as_soon_as_it_is_replaced(
    settings: Settings, unwatched: Publications
):
    old = unwatched.current()
    publish_night(settings, [live(3)])
    assert unwatched.renew()
    with pytest.raises(duckdb.Error):
        old.database.rows("status")


def test_everything_is_closed_in_the_end(settings: Settings):
    with Publications(settings) as publications:
        last = publications.current()
    with pytest.raises(duckdb.Error):
        last.database.rows("status")
    with pytest.raises(NothingPublishedError):
        publications.current()


def test_a_version_that_is_pruned_on_disk_is_served_until_the_next_one_is(
    settings: Settings, unwatched: Publications
):
    old = settings.published_file.resolve()
    publish_night(settings, [live(3)])
    old.unlink()
    assert things(unwatched) == 2
    assert unwatched.renew()
    assert things(unwatched) == 3


def test_a_broken_publish_keeps_the_old_one_and_says_so(settings: Settings, watched: Publications):
    break_database(settings)
    until(lambda: watched.problem)
    assert things(watched) == 2
    problem = watched.current().status.problem
    assert problem is not None
    assert "cannot be read" in problem


def test_a_publish_without_a_table_that_pages_need_is_not_served(
    settings: Settings, unwatched: Publications
):
    old = settings.published_file.resolve()
    lacking = old.with_name("thingistat-lacking.duckdb")
    shutil.copyfile(old, lacking)
    with duckdb.connect(str(lacking)) as con:
        con.execute("DROP TABLE similar_things")
    point_link(settings.published_file, lacking)
    assert not unwatched.renew()
    assert "similar_things" in str(unwatched.problem)
    with unwatched.use() as served:
        assert served.catalogue.thing(1) is not None


def test_whoever_runs_the_server_is_told_once_where_the_broken_publish_is(
    settings: Settings, unwatched: Publications, caplog: pytest.LogCaptureFixture
):
    break_database(settings)
    for _ in range(3):
        assert not unwatched.renew()
    (line,) = [record.getMessage() for record in caplog.records]
    assert str(settings.data_dir) in line
    assert str(settings.data_dir) not in str(unwatched.problem)


def test_once_a_broken_publish_is_mended_it_is_served_and_the_problem_gone(
    settings: Settings, watched: Publications
):
    break_database(settings)
    until(lambda: watched.problem)
    publish_night(settings, [live(3)])
    until(lambda: not watched.problem)
    assert watched.current().status.problem is None
    assert things(watched) == 3


def test_where_the_link_is_turned_back_nothing_is_wrong_any_more(
    settings: Settings, watched: Publications
):
    good = settings.published_file.resolve()
    break_database(settings)
    until(lambda: watched.problem)
    point_link(settings.published_file, good)
    until(lambda: not watched.problem)
    assert watched.current().status.problem is None


def test_a_data_folder_that_is_removed_leaves_what_is_served(
    settings: Settings, watched: Publications
):
    settings.data_dir.rename(settings.data_dir.with_name("away"))
    until(lambda: watched.problem)
    assert things(watched) == 2


def test_a_fault_of_ours_while_loading_keeps_the_old_one_too(
    settings: Settings, unwatched: Publications, monkeypatch: pytest.MonkeyPatch
):
    publish_night(settings, [live(3)])
    monkeypatch.setattr("thingistat_pipeline.advisor.published.Catalogue", lambda *_: 1 / 0)
    assert not unwatched.renew()
    assert unwatched.problem is not None
    assert "ZeroDivisionError" in unwatched.problem
    assert things(unwatched) == 2


def test_a_link_that_is_turned_while_it_is_loaded_is_followed_once_more(
    settings: Settings, unwatched: Publications, monkeypatch: pytest.MonkeyPatch
):
    publish_night(settings, [live(3)])
    load = published._opened
    turned: list[PublishedDatabase] = []

    def publish_meanwhile(*given: Any) -> object:
        if not turned:
            turned.append(publish_night(settings, [live(4)]))
        return load(*given)

    monkeypatch.setattr(published, "_opened", publish_meanwhile)
    assert unwatched.renew()
    assert unwatched.current().status.version == turned[0].version
    assert things(unwatched) == 4


def test_nothing_is_loaded_again_where_a_publish_changed_nothing(
    settings: Settings, unwatched: Publications
):
    database = unwatched.current().database
    before = links_now(settings, database)
    publish_night(settings, [])
    assert links_now(settings, database) != before
    assert unwatched.renew()
    before = links_now(settings, unwatched.current().database)
    publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    assert links_now(settings, unwatched.current().database) == before


def test_no_request_fails_while_one_publish_follows_another(
    settings: Settings, watched: Publications
):
    stop = threading.Event()

    def ask() -> list[int]:
        seen = []
        while not stop.is_set():
            with watched.use() as served:
                total = served.catalogue.search("").total
                assert served.database.rows("status")[0]["things"] == total
                assert served.status.things == total
                seen.append(total)
        return seen

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        try:
            for number in (3, 4, 5):
                made = publish_night(settings, [live(number)])
                until(serves(watched, made))
        finally:
            stop.set()
    for each in asking:
        seen = each.result()
        assert seen == sorted(seen)
        assert set(seen) <= {2, 3, 4, 5}
    assert things(watched) == 5
