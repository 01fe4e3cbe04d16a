"""A small made-up site, served over HTTP, and a way to harvest nights of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from thingistat_pipeline.sampling.harvest import harvest_night
from thingistat_pipeline.sampling.progress import SilentProgress
from thingistat_pipeline.thingiverse.client import ThingiverseClient
from thingistat_pipeline.thingiverse.manifest import Manifest
from thingistat_pipeline_tests.thingiverse.conftest import NOW, Clock, api, client, clock
from thingistat_pipeline_tests.thingiverse.fake_api import (
    FakeApi,
    Reply,
    gone,
    newest,
    ok,
    refusal,
)

__all__ = ["api", "client", "clock"]

KEY = b"k" * 32


@dataclass
class Site:
    """Ids divisible by 3 are live, 1 mod 3 gone, 2 mod 3 private; replies can be put in place."""

    clock: Clock
    newest_id: int = 300
    days: int = 0
    special: dict[str, Reply] = field(default_factory=dict)

    def later(self, days: int) -> None:
        """Move the server's clock and ours."""
        self.days += days
        self.clock.time += days * 86400

    @property
    def date(self) -> str:
        return format_datetime(datetime(2026, 9, 1, 12, tzinfo=UTC) + timedelta(self.days), True)

    def thing(self, thing_id: int) -> dict[str, Any]:
        return {
            "id": thing_id,
            "name": f"Thing {thing_id}",
            "creator": {
                "id": 77,
                "name": "nick",
                "first_name": "Firstcanary",
                "last_name": "Lastcanary",
                "email": "mailcanary@example.org",
                "location": "Placecanary",
            },
            "like_count": 2 if thing_id % 2 else 0,
            "file_count": 1,
            "download_count": thing_id,
        }

    def reply(self, target: str) -> Reply:
        path = urlsplit(target).path
        if target in self.special or path in self.special:
            reply = self.special.get(target) or self.special[path]
        elif path == "/search/":
            reply = newest(self.newest_id)
        else:
            _, _, number, *rest = path.split("/")
            reply = self._about(int(number), rest[0] if rest else "")
        return Reply(reply.status, reply.body, reply.kind, {"Date": self.date} | reply.headers)

    def _about(self, thing_id: int, what: str) -> Reply:
        if thing_id % 3 == 1 or thing_id > self.newest_id:
            return gone(thing_id)
        if thing_id % 3 == 2:
            return refusal(403, "Thing is private")
        users = [{"id": 990001, "name": "liker-a"}, {"id": 990002, "first_name": "Likercanary"}]
        answers: dict[str, Any] = {
            "": self.thing(thing_id),
            "categories": [{"name": "Art", "slug": "art", "id": 1}],
            "files": [{"id": thing_id * 10, "name": "a.stl", "size": 5, "download_count": 3}],
            "likes": users,
            "images": [{"id": 1, "name": "a.png", "url": "https://x/a.png"}],
        }
        return ok(answers[what])


@pytest.fixture
def site(api: FakeApi, clock: Clock) -> Site:
    made = Site(clock)
    api.fallback = made.reply
    return made


Harvest = Callable[..., Manifest]


@pytest.fixture
def harvest(site: Site, client: ThingiverseClient, tmp_path: Path) -> Harvest:
    def run(night: str = "2026-09-01", **changes: Any) -> Manifest:
        options: dict[str, Any] = {
            "source": "sandbox",
            "target_live": 20,
            "liker_key": KEY,
            "frame_seed": 12,
            "panel_fraction": 0.0,
            "progress": SilentProgress(),
            "now": lambda: NOW,
        }
        return harvest_night(client, tmp_path / "things", night, **(options | changes))

    return run
