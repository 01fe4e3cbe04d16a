"""A real process is killed while it fetches pictures, again and again, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from thingistat_pipeline.visual.thumbnails import Thumbnails, read_night
from thingistat_pipeline_tests.thingiverse.fake_api import FakeApi, Reply, served
from thingistat_pipeline_tests.visual.picture_files import jpeg

FETCHER = """
import sys
from contextlib import contextmanager
from pathlib import Path
from thingistat_pipeline.visual.addresses import Cover, PictureHosts
from thingistat_pipeline.visual.download import PictureClient
from thingistat_pipeline.visual.obtain import obtain_night
url, folder, things = sys.argv[1:]

@contextmanager
def opened():
    with PictureClient(PictureHosts(loopback=url), contact="x", largest=10**6) as client:
        yield client.fetch

covers = [Cover(number, f"{url}/{number}.jpg") for number in range(1, int(things) + 1)]
obtain_night(Path(folder), "2026-09-01", covers, opened, source="sandbox", pixels=320)
"""

THINGS = 40
KILLS = 3


def test_pictures_fetched_by_a_process_killed_again_and_again_are_all_there(tmp_path: Path) -> None:
    kills_at = [THINGS * (index + 1) // (KILLS + 1) for index in range(KILLS)]
    running: list[subprocess.Popen[bytes]] = []
    api = FakeApi()

    def deadly(path: str) -> Reply:
        # The answer to this request is on its way or lost; everything before it is journaled.
        if kills_at and len(api.asked) >= kills_at[0]:
            kills_at.pop(0)
            running[-1].send_signal(signal.SIGKILL)
            time.sleep(0.05)
        return Reply(body=jpeg(shade=int(path.strip("/").removesuffix(".jpg"))), kind="image/jpeg")

    api.fallback = deadly
    codes = []
    with served(api):
        for _ in range(KILLS + 1):
            assert Thumbnails(tmp_path).things() == ()  # nothing is visible before all of it is
            process = subprocess.Popen(
                [sys.executable, "-c", FETCHER, api.url, str(tmp_path), str(THINGS)],
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
            running.append(process)
            codes.append(process.wait(timeout=60))
    assert codes == [-signal.SIGKILL] * KILLS + [0]

    manifest = read_night(tmp_path, "2026-09-01")
    assert manifest is not None
    assert [each.reason for each in manifest.pictures] == [None] * THINGS
    thumbnails = Thumbnails(tmp_path)
    assert thumbnails.things() == tuple(range(1, THINGS + 1))
    for number in thumbnails.things():
        assert thumbnails.picture(number) == jpeg(shade=number)
    asked = Counter(api.asked)
    assert len(asked) == THINGS
    assert asked.total() - THINGS <= KILLS  # at most one request repeated a kill
    assert not list(tmp_path.rglob("*.tmp"))
