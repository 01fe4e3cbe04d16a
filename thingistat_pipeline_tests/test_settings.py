"""Settings come from one place and refuse what would be unsafe."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from thingistat_pipeline.settings import LARGEST_SEED, Settings
from thingistat_pipeline_tests.command import Shell


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)


def test_the_environment_is_read_with_its_prefix(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("THINGISTAT_THINGS_PER_NIGHT", "77")
    monkeypatch.setenv("THINGS_PER_NIGHT", "78")
    assert Settings().things_per_night == 77


def test_a_dotenv_file_in_the_working_folder_is_read(tmp_path: Path):
    (tmp_path / ".env").write_text("THINGISTAT_REQUESTS_PER_5_MINUTES=250\n")
    assert Settings().requests_per_5_minutes == 250


def test_the_environment_is_stronger_than_the_dotenv_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".env").write_text("THINGISTAT_SEED=1\n")
    monkeypatch.setenv("THINGISTAT_SEED", "2")
    assert Settings().seed == 2


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost:1", "https://api.thingiverse.com/"]
)
def test_https_and_loopback_addresses_are_accepted(url: str):
    assert Settings(api_url=url).api_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.thingiverse.com",
        "http://127.0.0.1.example.org",
        "ftp://x",
        "https://",
        "nonsense",
    ],
)
def test_an_address_that_would_send_the_token_in_the_clear_is_refused(url: str):
    with pytest.raises(ValidationError, match="https"):
        Settings(api_url=url)


def test_the_token_is_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("THINGISTAT_TOKEN", "s3cr3t-t0ken")
    settings = Settings()
    assert settings.token is not None
    assert settings.token.get_secret_value() == "s3cr3t-t0ken"
    assert "s3cr3t" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_changes_are_checked_like_the_first_values_and_keep_the_token():
    settings = Settings(token="s3cr3t")
    changed = settings.with_changes(things_per_night=5, source=None)
    assert (changed.things_per_night, changed.source) == (5, settings.source)
    assert changed.token == settings.token
    with pytest.raises(ValidationError):
        settings.with_changes(things_per_night=-1)


@pytest.mark.parametrize("seed", [2**33, 2**32 - 1, LARGEST_SEED + 1, -3])
def test_a_seed_that_does_not_fit_is_refused_on_the_command_line_with_the_range(
    thingistat: Shell, seed: int
):
    ended = thingistat("run", "--things", "0", THINGISTAT_SEED=str(seed))
    assert ended.code == 2
    assert "THINGISTAT_SEED" in ended.err
    assert f"from 0 to {2**32 - 1001}, because NumPy" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("seed", [0, LARGEST_SEED])
def test_the_smallest_and_the_largest_seed_are_taken(seed: int):
    assert Settings(seed=seed).seed == seed


def test_the_data_folder_is_absolute_so_that_a_changed_working_folder_does_no_harm(tmp_path: Path):
    assert Settings(data_dir=Path("here")).data_dir == tmp_path / "here"


def test_the_web_apps_token_is_in_no_text_of_the_settings():
    settings = Settings(serve_token="correct horse battery")
    assert settings.serve_token is not None
    assert settings.serve_token.get_secret_value() == "correct horse battery"
    assert "horse" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.with_changes(seed=1).serve_token == settings.serve_token


@pytest.mark.parametrize("token", ["", "x" * 15, "caf\u00e9 " * 5, "line\n" * 5])
def test_a_token_of_the_web_app_that_is_easy_to_guess_or_fits_no_header_is_refused(token: str):
    with pytest.raises(ValidationError, match="16 printable ASCII") as refused:
        Settings(serve_token=token)
    assert not token or token not in str(refused.value.errors(include_input=False))
