"""A fake API and a client of it that never really sleeps."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from thingistat_pipeline.thingiverse.budget import request_budget
from thingistat_pipeline.thingiverse.client import Patience, ThingiverseClient
from thingistat_pipeline_tests.thingiverse.fake_api import TOKEN, FakeApi, served

NOW = 1788264000.0  # 2026-09-01T12:00:00Z


@dataclass
class Clock:
    """A clock that moves when somebody sleeps."""

    time: float = NOW
    pauses: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with served(FakeApi()) as running:
        yield running


@pytest.fixture
def client(api: FakeApi, clock: Clock) -> Iterator[ThingiverseClient]:
    with ThingiverseClient(
        api.url,
        SecretStr(TOKEN),
        budget=request_budget(1_000_000),
        contact="mailto:keeper@example.org",
        patience=Patience(connect=2, read=2, whole_answer=1),
        now=clock.now,
        sleep=clock.sleep,
        jitter=lambda: 1.0,
    ) as made:
        yield made
