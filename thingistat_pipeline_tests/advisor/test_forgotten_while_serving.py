"""A forgetting while the web app serves: what is forgotten is served no more, nor held."""

import shutil
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from thingistat_pipeline.advisor import advice, picture_models, tagging
from thingistat_pipeline.advisor.asked import DraftPost, TagsAsked
from thingistat_pipeline.advisor.links import MODELS
from thingistat_pipeline.advisor.published import Publications
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.orchestration.forget import find, forget
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import drop_versions
from thingistat_pipeline_tests.advisor.served import UNLIMITED, served
from thingistat_pipeline_tests.advisor.test_publish_while_serving import (
    SECONDS,
    publish_again,
)
from thingistat_pipeline_tests.visual.picture_files import jpeg

SOON = 0.05
READERS = {
    "advisor_forest": (advice, "load_served"),
    "recommender": (tagging, "load_version"),
    "looks": (picture_models, "load_version"),
    "photograph": (picture_models, "load_version"),
}
"""What reads each model, once it is known which version."""
HELD = Path("/proc/self/maps"), Path("/proc/self/fd")


def until(happened: Callable[[], object]) -> None:
    """Wait until something has happened; it is a failure if it never does."""
    end = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)


def got(url: str, path: str) -> requests.Response:
    return requests.get(f"{url}/{path}", timeout=SECONDS)


def held_though_removed(folder: Path) -> list[str]:
    """Return the files of a folder that this process has open or mapped and that are gone."""
    mapped = HELD[0].read_text().splitlines()
    opened = [str(each.readlink()) for each in HELD[1].iterdir() if each.is_symlink()]
    return [each for each in (*mapped, *opened) if str(folder) in each and "(deleted)" in each]


@pytest.fixture
def own(world: Settings, tmp_path: Path) -> Settings:
    """Settings of a copy of the whole data folder."""
    shutil.copytree(world.data_dir, tmp_path / "data", symlinks=True)
    return world.with_changes(data_dir=tmp_path / "data", serve_requests_per_minute=UNLIMITED)


def refitted(world: Settings, own: Settings) -> None:
    """Put models and frames where a run that follows a forgetting puts them."""
    for folder in (own.models_dir, own.features_dir):
        shutil.rmtree(folder)
        shutil.copytree(world.data_dir / folder.name, folder, symlinks=True)


@pytest.mark.skipif(not HELD[0].exists(), reason="NO /proc: what is held is NOT tested")
def test_after_a_forgetting_nothing_of_it_is_served_or_held_and_no_request_fails(
    world: Settings, own: Settings
):
    with served(own) as address:
        url = f"{address}/api/v1"
        before = got(url, "status").json()
        listed = [card for card in got(url, "search").json()["things"] if card["has_picture"]]
        forgotten, other = listed[0]["id"], listed[1]["id"]
        pages = (f"things/{forgotten}", f"things/{forgotten}/draft", f"things/{forgotten}/picture")
        assert [got(url, page).status_code for page in pages] == [200] * 3
        assert ranked(url)["available"]
        with ThreadPoolExecutor(1) as another:
            forgetting = another.submit(forget, own, find(own, str(forgotten), is_creator=False))
            until(lambda: answered(url, other) != before["version"])
        assert forgetting.result()["versions of models"] > 0

        status = got(url, "status").json()
        assert (status["things"], status["problem"]) == (before["things"] - 1, None)
        assert not any(model["available"] for model in status["models"])
        assert all("make run" in model["reason"] for model in status["models"])
        assert [got(url, page).status_code for page in pages] == [404] * 3
        assert got(address, "report").status_code == got(address, "model-card").status_code == 404
        until(lambda: held_though_removed(own.data_dir) == [])

        refitted(world, own)
        until(lambda: all(model["available"] for model in got(url, "status").json()["models"]))
        assert ranked(url)["available"]
        assert got(url, f"things/{forgotten}").status_code == 404
        assert got(url, "status").json()["problem"] is None


def test_what_is_replaced_is_gone_from_memory_soon(own: Settings):
    with Publications(own, look_again_seconds=SOON) as publications:
        until(lambda: not publications.loading)
        with publications.use() as old:
            old.adviser.advice(DraftPost(title="A vase"))
            old.tagger.suggestions(TagsAsked(title="A vase"))
            parts = old.catalogue, old.database, old.judge, old.tagger, old.adviser.choices
            held: list[weakref.ref[Any]] = [weakref.ref(part) for part in parts]
            assert old.adviser.ready is not None
            held.append(weakref.ref(old.adviser.ready.known.X))
        del old, parts
        publish_again(own, "000000000000000a")
        until(lambda: publications.current().status.version == "000000000000000a")
        until(lambda: not publications.loading)
        until(lambda: all(each() is None for each in held))


@pytest.fixture
def publications(own: Settings) -> Iterator[Publications]:
    with Publications(own, look_again_seconds=3_600) as opened:
        opened._left.set()  # the watcher's work is done by hand here
        opened.load_rest()
        yield opened


def test_models_that_vanish_before_anything_is_published_leave_what_is_served(
    own: Settings, publications: Publications
):
    for model in MODELS:
        drop_versions(own.models_dir, model)
    assert not publications.renew()
    assert "make run" in (publications.problem or "")
    assert all(model.available for model in publications.current().status.models)
    publish_again(own, "000000000000000a")
    assert publications.renew()
    assert publications.problem is None
    assert not any(model.available for model in publications.current().status.models)


@pytest.mark.parametrize("model", ["advisor_forest", "recommender", "looks", "photograph"])
def test_a_model_that_vanishes_while_it_is_loaded_is_missing_and_nothing_fails(
    model: str, own: Settings, monkeypatch: pytest.MonkeyPatch
):
    module, reads = READERS[model]
    read = getattr(module, reads)

    def vanishing(*given: Any, **more: Any) -> object:
        drop_versions(own.models_dir, model)
        return read(*given, **more)

    monkeypatch.setattr(module, reads, vanishing)
    with Publications(own, look_again_seconds=3_600) as publications:
        publications.load_rest()
        with publications.use() as served_now:
            assert served_now.catalogue.search("").total > 0
            told = {state.name: state for state in served_now.status.models}
        concerned = told.get(model, told["picture_choice"])
        assert not concerned.available
        assert concerned.reason
        assert str(own.data_dir) not in concerned.reason


def test_frames_and_pictures_that_vanish_cost_no_more_than_what_needs_them(
    own: Settings, publications: Publications
):
    shutil.rmtree(own.features_dir)
    shutil.rmtree(own.thumbnails_dir)
    shutil.rmtree(own.models_dir / "looks")
    with publications.use() as still:
        (pictured, *_) = (card for card in still.catalogue.search("").things if card.has_picture)
        assert still.catalogue.picture(pictured.id) is None
        assert still.catalogue.thing(pictured.id) is not None
        assert still.adviser.advice(DraftPost(title="Vase")).available
        with pytest.raises(ThingistatError, match="are made anew"):  # a 503 in these words
            still.adviser.existing(pictured.id)
        picture = np.full((90, 120, 3), 200, dtype=np.uint8)
        ranking = still.judge.ranked(["a", "b"], [picture, picture // 2], still.catalogue.cards)
        assert ranking.available
        assert ranking.pictures[0].look_alikes


def test_a_report_that_is_removed_while_it_is_sent_is_sent_to_its_end(own: Settings):
    with served(own) as address:
        whole = requests.get(f"{address}/report", timeout=SECONDS).content
        with requests.get(f"{address}/report", timeout=SECONDS, stream=True) as reply:
            shutil.rmtree(own.reports_dir)
            assert reply.raw.read() == whole
        assert requests.get(f"{address}/report", timeout=SECONDS).status_code == 404


def answered(url: str, thing: int) -> str:
    """Ask one of everything, none of which may fail; return the version that is served."""
    for path in ("search?q=a", f"things/{thing}", f"things/{thing}/picture"):
        assert got(url, path).status_code == 200
    for path in ("advice", "tags"):
        reply = requests.post(f"{url}/{path}", json={"title": "Box"}, timeout=SECONDS)
        assert reply.status_code == 200
    return str(got(url, "status").json()["version"])


def ranked(url: str) -> Any:
    files = [("pictures", (f"{shade}.jpg", jpeg(320, 240, shade))) for shade in (1, 2)]
    return requests.post(f"{url}/pictures", files=files, timeout=SECONDS).json()
