"""What went wrong, as clients are told it."""

from pathlib import Path

import pytest

from thingistat_pipeline.advisor.reasons import reason_of, why_unusable
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


def test_what_was_not_foreseen_is_told_by_its_kind_and_logged_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    told = why_unusable(KeyError("secret"), "The stored model", Settings(data_dir=tmp_path))
    assert told.startswith("The stored model does not hold what this program expects (KeyError).")
    assert "make run" in told
    assert "secret" not in told
    assert "secret" in caplog.text


def test_what_says_itself_what_to_do_is_told_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    problem = ThingistatError(f"{tmp_path} is empty. Fill it.")
    told = why_unusable(problem, "The stored model", Settings(data_dir=tmp_path))
    assert told == "the data folder is empty. Fill it."
    assert not caplog.records
