"""What went wrong, as clients are told it."""

from pathlib import Path

import pytest

from thingistat_pipeline.advisor.reasons import reason_of
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.settings import Settings


def test_a_reason_does_not_tell_where_the_data_are(tmp_path: Path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    problem = ThingistatError(f"{real}/models holds nothing, nor does {link}/models.")
    told = reason_of(problem, Settings(data_dir=link))
    assert told == "the data folder/models holds nothing, nor does the data folder/models."


def test_a_folder_that_is_told_by_its_name_only_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert reason_of("no data in data/models", Settings()) == "no data in data/models"


def test_a_reason_is_told_as_it_is_where_the_folder_is_the_root():
    assert reason_of("a/b", Settings(data_dir=Path("/"))) == "a/b"
