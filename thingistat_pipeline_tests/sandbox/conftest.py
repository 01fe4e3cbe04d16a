"""A world to look at, and a sandbox to talk to."""

from collections.abc import Iterator

import numpy as np
import pytest
import requests

from thingistat_pipeline.sandbox import catalogue
from thingistat_pipeline.sandbox.embedded import Sandbox, running_sandbox
from thingistat_pipeline.sandbox.pieces import World

SEED = 12


@pytest.fixture(scope="session")
def world() -> World:
    return World(SEED, catalogue.DEFAULT_TODAY, "http://127.0.0.1:5000")


@pytest.fixture(scope="session")
def live() -> np.ndarray:
    """Every 37th id that is live, in order: a systematic sample of about 71,000."""
    ids = np.arange(1, catalogue.NEWEST_ID + 1, 37, dtype=np.int64)
    return catalogue.live_ids(ids, SEED, catalogue.DEFAULT_TODAY)


@pytest.fixture(scope="session")
def things(live: np.ndarray) -> dict[str, np.ndarray]:
    return catalogue.describe_things(live, SEED, catalogue.DEFAULT_TODAY)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(seed=SEED) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.token}"
        yield session
