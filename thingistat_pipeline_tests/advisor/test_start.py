"""A server that has just started: what it imports, and what it answers before all is loaded."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from thingistat_pipeline.advisor.asked import DraftPost, TagsAsked
from thingistat_pipeline.advisor.picture_ranking import PictureJudge
from thingistat_pipeline.advisor.published import Publications
from thingistat_pipeline.settings import Settings

SECONDS = 120
HEAVY = ("sklearn", "skops", "optuna", "scipy.stats", "plotly.graph_objects", "dagster")
ADVISING = """
import sys
from pathlib import Path
from thingistat_pipeline.advisor import serving
from thingistat_pipeline.advisor.advice import Adviser
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.asked import DraftPost
from thingistat_pipeline.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]))
adviser = Adviser.load(settings, Database(settings.published_file))
assert adviser.advice(DraftPost(title="A vase")).available
print(*[name for name in sys.argv[2:] if name in sys.modules])
"""


def until(happened: Callable[[], object]) -> None:
    """Wait until something has happened; it is a failure if it never does."""
    end = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def test_what_takes_long_to_import_is_not_needed_to_advise(world: Settings):
    done = subprocess.run(
        [sys.executable, "-c", ADVISING, str(world.data_dir), *HEAVY],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_pages_and_advice_do_not_wait_for_the_rest(
    world: Settings, monkeypatch: pytest.MonkeyPatch
):
    go_on = threading.Event()
    load = PictureJudge.load

    def slowly(*given: Any) -> PictureJudge:
        assert go_on.wait(SECONDS)
        return load(*given)

    monkeypatch.setattr(PictureJudge, "load", slowly)
    with Publications(world, look_again_seconds=3_600) as publications:
        try:
            with publications.use() as early:
                assert publications.loading
                assert early.catalogue.search("").total > 0
                assert early.adviser.advice(DraftPost(title="A vase")).available
                tags = early.tagger.suggestions(TagsAsked(title="A vase"))
                ranking = early.judge.ranked([], [], early.catalogue.cards)
                assert (tags.available, tags.loading) == (False, True)
                assert (ranking.available, ranking.loading) == (False, True)
                assert [(state.available, state.loading) for state in early.status.models] == [
                    (True, False),
                    (False, True),
                    (False, True),
                ]
                go_on.set()
                publications.load_rest()
                assert early.catalogue.search("").total > 0, "it is open as long as it is used"
        finally:
            go_on.set()
        with publications.use() as whole:
            assert all(model.available for model in whole.status.models)
            assert not any(model.loading for model in whole.status.models)
            tags = whole.tagger.suggestions(TagsAsked(title="A vase"))
            assert (tags.available, tags.loading) == (True, False)
            ranking = whole.judge.ranked([], [], whole.catalogue.cards)
            assert (ranking.available, ranking.loading) == (True, False)


def test_what_could_not_be_loaded_beside_the_pages_is_tried_again(
    world: Settings, monkeypatch: pytest.MonkeyPatch
):
    load, tried = PictureJudge.load, []

    def at_the_second_time(*given: Any) -> PictureJudge:
        tried.append(given)
        if len(tried) == 1:
            raise MemoryError
        return load(*given)

    monkeypatch.setattr(PictureJudge, "load", at_the_second_time)
    with Publications(world, look_again_seconds=0.05) as publications:
        until(lambda: len(tried) == 2 and not publications.loading)
        assert publications.problem is None
        assert all(model.available for model in publications.current().status.models)
