"""Models that are turned, exchanged or broken while they are served."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from thingistat_pipeline.advisor.asked import DraftPost, TagsAsked
from thingistat_pipeline.advisor.links import MODELS, links_now
from thingistat_pipeline.advisor.published import Publications
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import make_latest
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.working import working_connection

RECOMMENDER, ADVISOR = "recommender", "advisor_forest"
VASE = TagsAsked(title="A vase for flowers")
TAGS_OF = ("similar_things", "tag_things", "suggested_tags", "tag_neighbours")


def copied(world: Settings, folder: Path) -> Settings:
    """Return settings of a folder of the test's own with all that is served, and the warehouse."""
    settings = Settings(data_dir=folder)
    folder.mkdir()
    for name in ("models", "features", "published", "warehouse"):
        shutil.copytree(world.data_dir / name, folder / name, symlinks=True)
    link = world.published_file.readlink()
    settings.published_file.symlink_to(link)
    return settings


def publish_as(settings: Settings, model: str, version: str, tables: tuple[str, ...]) -> None:
    """Publish what the tables hold of a model as what another version of it found."""
    with working_connection(settings.warehouse_file, must_exist=True) as con:
        for table in tables:
            con.execute(
                f"UPDATE {table} SET version = $version WHERE model = $model",
                {"version": version, "model": model},
            )
    publish(settings.warehouse_file, settings.published_dir, settings.published_file)


def another_version(settings: Settings, model: str, version: str) -> Path:
    """Store a copy of a model's latest version under another name, and make it the latest."""
    latest = (settings.models_dir / model / "latest").resolve()
    copy = latest.with_name(version)
    shutil.copytree(latest, copy)
    make_latest(copy)
    return copy


@pytest.fixture
def settings(world: Settings, tmp_path: Path) -> Settings:
    return copied(world, tmp_path / "data")


@pytest.fixture
def publications(settings: Settings) -> Iterator[Publications]:
    with Publications(settings, look_again_seconds=3_600) as opened:
        opened._left.set()  # the watcher's work is done by hand here
        opened.load_rest()
        yield opened


def state_of(publications: Publications, model: str) -> str | None:
    """Return the version of a model that is served."""
    (state,) = (each for each in publications.current().status.models if each.name == model)
    return state.version if state.available else None


def test_every_model_of_the_world_is_served(publications: Publications):
    assert [
        (model.name, model.available, model.reason)
        for model in publications.current().status.models
    ] == [(ADVISOR, True, None), ("picture_choice", True, None), (RECOMMENDER, True, None)]


def test_a_model_that_was_stored_waits_until_what_it_found_is_published(
    settings: Settings, publications: Publications
):
    old = state_of(publications, RECOMMENDER)
    served = links_now(settings, publications.current().database)
    another_version(settings, RECOMMENDER, "newer")
    assert links_now(settings, publications.current().database) == served
    publish_as(settings, RECOMMENDER, "newer", TAGS_OF)
    assert links_now(settings, publications.current().database) != served
    assert state_of(publications, RECOMMENDER) == old
    assert publications.renew()
    assert state_of(publications, RECOMMENDER) == "newer"


def test_a_broken_model_keeps_everything_as_it_was_until_it_is_mended(
    settings: Settings, publications: Publications
):
    before = publications.current()
    vectors = another_version(settings, RECOMMENDER, "newer") / "vectors.npy"
    whole = vectors.read_bytes()
    vectors.write_bytes(whole[:-8])
    publish_as(settings, RECOMMENDER, "newer", TAGS_OF)
    assert not publications.renew()
    problem = publications.problem or ""
    assert "vectors.npy is not the file that was written" in problem
    with publications.use() as served:
        assert served.status.version == before.status.version
        assert served.status.problem == problem
        assert served.tagger.suggestions(VASE).suggested
    vectors.write_bytes(whole)
    assert publications.renew()
    assert publications.problem is None
    assert state_of(publications, RECOMMENDER) == "newer"


def test_a_model_for_which_there_is_too_little_takes_the_place_of_one_and_says_why(
    settings: Settings, publications: Publications
):
    newer = another_version(settings, ADVISOR, "newer")
    (newer / "metrics.json").write_text(json.dumps({"fitted": False, "reason": "Too few things."}))
    with working_connection(settings.warehouse_file, must_exist=True) as con:
        con.execute("DELETE FROM advice")
    publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    assert publications.renew()
    assert publications.problem is None
    with publications.use() as served:
        answer = served.adviser.advice(DraftPost())
    assert not answer.available
    assert answer.reason is not None
    assert "Too few things." in answer.reason


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_is_broken_from_the_start_leaves_the_others(model: str, settings: Settings):
    folder = (settings.models_dir / model / "latest").resolve()
    files = [path for path in folder.iterdir() if path.suffix != ".skops"]  # its trees are read
    largest = max(files, key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])
    with Publications(settings) as publications:
        publications.load_rest()
        states = {state.name: state for state in publications.current().status.models}
        for name in (ADVISOR, RECOMMENDER):
            assert states[name].available == (name != model)
            assert (states[name].reason is None) == (name != model)
        assert states["picture_choice"].available == (model in (ADVISOR, RECOMMENDER))
        with publications.use() as served:
            assert served.catalogue.search("").total > 0


def test_an_old_version_that_is_pruned_while_it_is_served_goes_on_to_answer(
    settings: Settings, publications: Publications
):
    shutil.rmtree((settings.models_dir / RECOMMENDER / "latest").resolve())
    shutil.rmtree((settings.models_dir / ADVISOR / "latest").resolve())
    with publications.use() as served:
        assert served.tagger.suggestions(VASE).suggested
        assert served.adviser.advice(DraftPost(title="A vase")).available
