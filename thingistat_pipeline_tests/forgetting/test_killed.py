"""A forgetting that is killed is finished by whoever comes next."""

import json
import subprocess
import sys
from pathlib import Path

from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.forgetting.world import OTHER, REMIX

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
