"""A forgetting that is killed is finished by whoever comes next."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from thingistat_pipeline.forgetting.course import begin
from thingistat_pipeline.forgetting.search import find_thing
from thingistat_pipeline.orchestration.forget import NOT_SURELY_NOTED, finish_interrupted
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline_tests.forgetting.world import OTHER, REMIX, THING, settings_of

TRIES = 4


def test_killed_at_any_step_it_is_finished_and_readers_never_fail(
    original: Settings, tmp_path: Path
):
    words = ["-m", "thingistat_pipeline_tests.forgetting.killed", original.data_dir, tmp_path]
    ended = subprocess.run(
        [sys.executable, *map(str, words), str(TRIES)],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stderr
    rounds = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(rounds) >= TRIES
    assert all(each["killed"] and each["readable"] for each in rounds), rounds
    assert [each["left"] for each in rounds] == [[]] * len(rounds), ended.stderr
    assert all(each["rows"] == [[OTHER], [REMIX]] for each in rounds)


def test_a_request_killed_before_it_was_noted_is_asked_for_again(
    original: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    shutil.copytree(original.data_dir, tmp_path / "data", symlinks=True)
    settings = settings_of(tmp_path / "data")
    with (
        mock.patch.object(Forgotten, "remember", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        begin(settings, find_thing(settings, THING))
    finish_interrupted(settings)
    assert NOT_SURELY_NOTED in caplog.messages
    caplog.clear()
    begin(settings, find_thing(settings, THING))
    finish_interrupted(settings)
    assert caplog.messages == []
