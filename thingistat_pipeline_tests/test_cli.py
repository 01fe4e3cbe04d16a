"""The command: exit codes, and errors that say what to do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from thingistat_pipeline import cli
from thingistat_pipeline_tests.command import Shell

COMMANDS = {"run", "sample", "import", "sandbox", "ui", "serve", "query", "doctor", "forget"}


def test_help_lists_the_commands_that_there_are(thingistat: Shell):
    ended = thingistat("--help")
    assert ended.code == 0
    listed = {line.split()[0] for line in ended.out.split("Commands:")[1].splitlines() if line}
    assert listed == COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_takes_the_data_folder(thingistat: Shell, command: str):
    ended = thingistat(command, "--help")
    assert ended.code == 0
    assert "--data-dir" in ended.out


@pytest.mark.parametrize(
    "words",
    [
        ("fly",),
        ("run", "--things", "-3"),
        ("run", "--things", "many"),
        ("run", "--night", "yesterday"),
        ("run", "--source", "printables"),
        ("query",),
        ("query", " "),
    ],
)
def test_misuse_ends_with_exit_code_2_and_says_what_is_wrong(
    thingistat: Shell, words: tuple[str, ...]
):
    ended = thingistat(*words)
    assert ended.code == 2
    assert "Error" in ended.err
    assert "Traceback" not in ended.err


def test_a_bad_setting_is_named_as_the_variable_that_holds_it(thingistat: Shell):
    ended = thingistat("run", THINGISTAT_REQUESTS_PER_5_MINUTES="lots")
    assert ended.code == 2
    assert "THINGISTAT_REQUESTS_PER_5_MINUTES" in ended.err


def test_a_bad_token_setting_is_refused_without_being_shown(thingistat: Shell):
    ended = thingistat("run", THINGISTAT_TOKEN="s3cr3t", THINGISTAT_API_URL="http://example.org")
    assert ended.code == 2
    assert "THINGISTAT_API_URL" in ended.err
    assert "s3cr3t" not in ended.err + ended.out


def test_a_night_before_the_first_partition_is_misuse(thingistat: Shell):
    ended = thingistat("sample", "--night", "2020-01-01", "--things", "1")
    assert ended.code == 2
    assert "2026-09-01" in ended.err


def test_a_night_that_has_not_begun_is_misuse(thingistat: Shell):
    ended = thingistat("sample", "--night", "2999-01-01", "--things", "1")
    assert ended.code == 2
    assert "2999-01-01" in ended.err


def test_a_query_without_a_database_says_what_to_run_first(thingistat: Shell):
    ended = thingistat("query", "SELECT 1", "--data-dir", "nowhere")
    assert ended.code == 1
    assert "thingistat run" in ended.err
    assert "Traceback" not in ended.err


def test_the_real_site_without_a_token_says_where_to_get_one(thingistat: Shell):
    ended = thingistat("sample", "--source", "thingiverse", "--things", "1")
    assert ended.code == 1
    assert "THINGISTAT_TOKEN" in ended.err
    assert "Traceback" not in ended.err


def test_an_import_of_something_else_says_what_is_accepted(thingistat: Shell, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("not a database")
    ended = thingistat("import", "notes.txt")
    assert ended.code == 1
    assert "SQLite" in ended.err
    assert not list((tmp_path / "data").rglob("manifest.json"))


def test_a_traceback_is_shown_only_when_asked_for(tmp_path: Path):
    words = [sys.executable, "-m", "thingistat_pipeline", "query", "SELECT 1"]

    def ended(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*words, *more],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )

    plain, debug = ended(), ended("--debug")
    assert (plain.returncode, debug.returncode) == (1, 1)
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr


def test_a_list_that_is_no_json_is_misuse_and_an_example_is_given(thingistat: Shell):
    ended = thingistat("query", "SELECT 1", THINGISTAT_SUBRESOURCES="categories,likes")
    assert ended.code == 2
    assert '["categories", "likes"]' in ended.err


def test_the_list_as_the_readme_writes_it_is_accepted(thingistat: Shell):
    ended = thingistat("query", "SELECT 1", THINGISTAT_SUBRESOURCES='["categories","likes"]')
    assert ended.code == 1
    assert "thingistat run" in ended.err


def test_a_data_folder_that_is_a_file_is_misuse(thingistat: Shell, tmp_path: Path):
    (tmp_path / "afile").write_text("")
    ended = thingistat("run", THINGISTAT_DATA_DIR="afile")
    assert ended.code == 2
    assert "THINGISTAT_DATA_DIR" in ended.err


def test_a_contact_that_no_header_can_carry_is_misuse(thingistat: Shell):
    ended = thingistat("run", THINGISTAT_CONTACT="me\n@example.org")
    assert ended.code == 2
    assert "THINGISTAT_CONTACT" in ended.err


def test_a_folder_that_cannot_be_made_is_named(thingistat: Shell):
    ended = thingistat("run", "--things", 1, "--data-dir", "/proc/nowhere")
    assert ended.code == 1
    assert "/proc/nowhere" in ended.err
    assert "bug" not in ended.err


def test_a_polite_end_before_anything_has_begun_says_how_to_go_on(
    thingistat: Shell, monkeypatch: pytest.MonkeyPatch
):
    def be_ended(**_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)

    monkeypatch.setattr(cli, "thingistat", be_ended)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a failure must not end the tests
    try:
        ended = thingistat("run")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.code == 1
    assert "Run the same command again" in ended.err
