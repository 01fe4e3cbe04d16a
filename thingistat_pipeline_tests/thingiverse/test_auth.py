"""Where the token is found, and what is said when it is not."""

import json
import logging
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.thingiverse.auth import find_token


def auth_file(folder: Path, content: str) -> Path:
    path = folder / "auth.json"
    path.write_text(content)
    path.chmod(0o600)
    return path


def test_the_setting_goes_before_the_file(tmp_path: Path) -> None:
    path = auth_file(tmp_path, '{"access_token": "b"}')
    assert find_token(SecretStr("a"), path).get_secret_value() == "a"


@pytest.mark.parametrize(
    ("entries", "token"),
    [
        ({"access_token": "acc", "app_token": "app"}, "acc"),
        ({"client_id": "i", "client_secret": "s", "app_token": "app", "access_token": ""}, "app"),
        ({"app_token": " app\n", "access_token": None}, "app"),
    ],
)
def test_thingistats_file_is_read(
    tmp_path: Path, entries: dict[str, str | None], token: str
) -> None:
    path = auth_file(tmp_path, json.dumps(entries))
    assert find_token(None, path).get_secret_value() == token


def test_nothing_found_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ThingistatError, match=r"thingiverse\.com/apps.*THINGISTAT_TOKEN"):
        find_token(SecretStr(" "), tmp_path / "auth.json")


def test_a_file_without_tokens_says_what_to_do(tmp_path: Path) -> None:
    path = auth_file(tmp_path, '{"client_id": "x"}')
    with pytest.raises(ThingistatError, match="neither an access_token nor an app_token"):
        find_token(None, path)


@pytest.mark.parametrize(
    "content",
    ['{"app_token": "canary', '["canary"]', '{"app_token": {"canary": 1}}', "canary"],
)
def test_a_broken_file_is_not_quoted(tmp_path: Path, content: str) -> None:
    path = auth_file(tmp_path, content)
    with pytest.raises(ThingistatError) as caught:
        find_token(None, path)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("token", ["two words", "line\nend", "ümlaut"])
def test_what_cannot_be_a_token_is_refused_without_quoting_it(tmp_path: Path, token: str) -> None:
    with pytest.raises(ThingistatError, match="Copy it again") as caught:
        find_token(SecretStr(token), tmp_path / "auth.json")
    assert token not in str(caught.value)


def test_a_file_that_others_can_read_is_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = auth_file(tmp_path, '{"app_token": "canary"}')
    with caplog.at_level(logging.WARNING):
        find_token(None, path)
        assert caplog.text == ""
        path.chmod(0o644)
        find_token(None, path)
    assert "chmod 600" in caplog.text
    assert "canary" not in caplog.text
