"""A folder with a thing everywhere, made once and copied for every test."""

import shutil
from pathlib import Path

import pytest

from thingistat_pipeline.orchestration.forget import find, forget
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.forgetting.world import THING, build, settings_of


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return build(tmp_path_factory.mktemp("world") / "data")


@pytest.fixture
def world(original: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(original.data_dir, tmp_path / "data", symlinks=True)
    return settings_of(tmp_path / "data")


@pytest.fixture(scope="module")
def after(original: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The folder after a thing was forgotten; to be looked at only."""
    folder = tmp_path_factory.mktemp("after") / "data"
    shutil.copytree(original.data_dir, folder, symlinks=True)
    settings = settings_of(folder)
    forget(settings, find(settings, str(THING), is_creator=False))
    return settings
