"""A data folder that a whole run of the sandbox made, for all tests of the web app to read."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.orchestration.run import run_job, usual_night
from thingistat_pipeline.settings import Settings

THINGS = 360
"""Enough for the advisor's model, which needs 300."""
LIKES = 2
"""Among so few things hardly anybody likes five."""
PAIRS = 40
"""Pairs of pictures that are enough to judge by; there are about 60 among so few things."""

SECONDS_TO_MAKE = 1800
"""For tests that wait for the world: beside others on a busy machine it takes ten minutes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of the world the time to make it: a test's timeout counts its fixtures' too."""
    here = Path(__file__).parent
    for item in items:
        needed = item.fixturenames if isinstance(item, pytest.Function) else ()
        if "world" in needed and item.path.is_relative_to(here):
            item.add_marker(pytest.mark.timeout(SECONDS_TO_MAKE))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Settings:
    """Settings of a data folder with a published database and every model fitted: only read it.

    It is made once for all workers of a test run, which takes about two minutes. Whoever runs the
    tests again and again can keep one: with WORLD_TO_KEEP in the environment, a folder, it is made
    there and used by later runs as it is, until it is removed.
    """
    kept = os.environ.get("WORLD_TO_KEEP")
    base = tmp_path_factory.getbasetemp()
    shared = Path(kept) if kept else base if worker_id == "master" else base.parent
    shared.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        data_dir=shared / "advisor-world",
        things_per_night=THINGS,
        likes_per_user=LIKES,
        likes_per_thing=LIKES,
    )
    whole = shared / "advisor-world.whole"
    with FileLock(shared / "advisor-world.lock"):
        if not whole.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("thingistat_pipeline.visual.choice_trial.FEWEST_PAIRS", PAIRS)
                run_job(settings, "whole_lineage", night=usual_night(settings))
            whole.touch()
    return settings


@pytest.fixture(scope="session")
def database(world: Settings) -> Iterator[Database]:
    """The world's published database."""
    opened = Database(world.published_file)
    yield opened
    opened.close()


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Settings of a data folder in which nothing was ever run."""
    return Settings(data_dir=tmp_path / "empty")
