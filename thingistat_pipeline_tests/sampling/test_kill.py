"""A real process is killed in mid-night, again and again, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from thingistat_pipeline.thingiverse.manifest import read_manifest, read_records
from thingistat_pipeline_tests.sampling.conftest import Harvest, Site
from thingistat_pipeline_tests.thingiverse.fake_api import TOKEN, FakeApi, Reply

SAMPLER = """
import sys
from pathlib import Path
from pydantic import SecretStr
from thingistat_pipeline.sampling.harvest import harvest_night
from thingistat_pipeline.sampling.progress import SilentProgress
from thingistat_pipeline.thingiverse.budget import request_budget
from thingistat_pipeline.thingiverse.client import ThingiverseClient
url, folder = sys.argv[1:]
client = ThingiverseClient(
    url, SecretStr(sys.stdin.readline().strip()), budget=request_budget(10**6), contact="x"
)
harvest_night(
    client, Path(folder), "2026-09-01", source="sandbox", target_live=40, liker_key=b"k" * 32,
    frame_seed=12, panel_fraction=0.0, progress=SilentProgress(),
)
"""

KILLS = 5


def test_a_night_killed_again_and_again_ends_as_if_nothing_had_been(
    site: Site, api: FakeApi, harvest: Harvest, tmp_path: Path
) -> None:
    undisturbed = harvest(target_live=40)
    once = Counter(api.asked)
    assert set(once.values()) == {1}
    api.asked.clear()

    kills_at = [len(once) * (index + 1) // (KILLS + 1) for index in range(KILLS)]
    running: list[subprocess.Popen[str]] = []

    def deadly(path: str) -> Reply:
        # The answer to this request is on its way or lost; everything before it is journaled.
        if kills_at and len(api.asked) >= kills_at[0]:
            kills_at.pop(0)
            running[-1].send_signal(signal.SIGKILL)
            time.sleep(0.05)
        return site.reply(path)

    api.fallback = deadly
    folder = tmp_path / "killed"
    for _ in range(KILLS + 1):
        process = subprocess.Popen(
            [sys.executable, "-c", SAMPLER, api.url, str(folder)],
            stdin=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        running.append(process)
        process.communicate(TOKEN + "\n", timeout=120)
    assert [process.returncode for process in running] == [-signal.SIGKILL] * KILLS + [0]

    night = folder / "2026-09-01"
    manifest = read_manifest(night)
    assert manifest is not None
    assert manifest.content_hash == undisturbed.content_hash
    assert list(read_records(night)) == list(read_records(tmp_path / "things" / "2026-09-01"))
    asked = Counter(api.asked)
    assert set(asked) == set(once)
    assert asked.total() - once.total() <= KILLS  # at most one request repeated a kill
