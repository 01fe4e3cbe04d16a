"""A publish in the middle of a load of requests: none fails, and the new version is served."""

import shutil
import threading
import time
from pathlib import Path

import requests

from thingistat_pipeline.files import point_link
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.served import UNLIMITED, served

SECONDS = 120
CLIENTS = 3
VERSIONS = ("000000000000000a", "000000000000000b")


def publish_again(settings: Settings, version: str) -> None:
    """Publish the same database under another version, and remove the file of the old one."""
    old = settings.published_file.resolve()
    new = old.with_name(f"thingistat-{version}.duckdb")
    shutil.copyfile(old, new)
    point_link(settings.published_file, new)
    old.unlink()


class Client(threading.Thread):
    """Asks one thing after the other until it is told to stop."""

    def __init__(self, url: str, thing: int) -> None:
        super().__init__(daemon=True)
        self.replies: list[tuple[str, int]] = []
        self.stop = threading.Event()
        self._url = url
        self._thing = thing

    def run(self) -> None:
        paths = ("status", "search?q=box", f"things/{self._thing}", "advice", "tags")
        with requests.Session() as session:
            while not self.stop.is_set():
                for path in paths:
                    method = "POST" if path in {"advice", "tags"} else "GET"
                    body = {"title": "Box for pens"} if method == "POST" else None
                    reply = session.request(
                        method, f"{self._url}/{path}", json=body, timeout=SECONDS
                    )
                    self.replies.append((path, reply.status_code))


def wait_for(url: str, version: str) -> None:
    deadline = time.monotonic() + SECONDS
    while requests.get(f"{url}/status", timeout=SECONDS).json()["version"] != version:
        assert time.monotonic() < deadline, f"{version} was never served"
        time.sleep(0.1)


def test_no_request_fails_while_new_versions_are_published(world: Settings, tmp_path: Path):
    shutil.copytree(world.data_dir, tmp_path / "data", symlinks=True)
    own = world.with_changes(data_dir=tmp_path / "data", serve_requests_per_minute=UNLIMITED)
    with served(own) as address:
        url = f"{address}/api/v1"
        found = requests.get(f"{url}/search", params={"q": "a"}, timeout=SECONDS).json()
        clients = [Client(url, found["things"][0]["id"]) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            for version in VERSIONS:
                publish_again(own, version)
                wait_for(url, version)
        finally:
            for client in clients:
                client.stop.set()
            for client in clients:
                client.join(SECONDS)
    replies = [reply for client in clients for reply in client.replies]
    assert {status for _, status in replies} == {200}, replies
    assert len(replies) >= 5 * CLIENTS
