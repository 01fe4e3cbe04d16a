"""A full run killed with SIGKILL fifteen times, from its first request to its report."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.command import Shell
from thingistat_pipeline_tests.reliability.likeness import differences

KILLS = {"sampling": 7, "load": 3, "publish": 3, "train": 1, "report": 1}
"""Late ones cost most: each of them is a run from the start to there."""

Told = dict[str, Any]

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kills")


@pytest.fixture(scope="module")
def told(scratch: Path) -> list[Told]:
    """What came of an undisturbed run, and of one that was killed again and again."""
    stages = ",".join(stage for stage, times in KILLS.items() for _ in range(times))
    words = ["-m", "thingistat_pipeline_tests.reliability.killed", str(scratch)]
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", *words, "--stages", stages, "--keep"],
        check=False,
        capture_output=True,
        text=True,
        timeout=1500,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def of(told: list[Told], what: str) -> list[Told]:
    return [each for each in told if each["what"] == what]


def test_a_run_is_killed_fifteen_times_from_the_first_request_to_the_report(told: list[Told]):
    kills = of(told, "kill")
    assert len(kills) == sum(KILLS.values()) == 15
    assert [each["status"] for each in kills] == [-9] * 15


def test_no_kill_loses_or_doubles_a_journal_line_or_what_is_published(told: list[Told]):
    assert [trouble for each in told for trouble in each["troubles"]] == []


def test_a_reader_outside_finds_a_published_file_all_the_time(told: list[Told]):
    (end,) = of(told, "end")
    assert end["reads"] > 0
    assert end["failed_reads"] == []


def test_at_most_one_request_is_repeated_for_each_kill(told: list[Told]):
    (end,) = of(told, "end")
    assert end["not_asked"] == []
    assert max(each["repeated"] for each in [*of(told, "kill"), end]) <= 1


def test_the_run_that_was_killed_ends_with_what_an_undisturbed_one_has(told: list[Told]):
    (end,) = of(told, "end")
    assert end["status"] == 0
    assert end["differences"] == []


def test_everything_right_of_raw_is_deleted_and_rebuilt_the_same(
    told: list[Told], scratch: Path, thingistat: Shell
):
    assert told[0]["status"] == 0
    first = Settings(data_dir=scratch / "undisturbed" / "data")
    again = Settings(data_dir=scratch / "again")
    shutil.copytree(first.raw_dir, again.raw_dir)
    ended = thingistat("run", "--things", 0, "--data-dir", again.data_dir)
    assert ended.code == 0, ended.err
    assert differences(first, again) == []
