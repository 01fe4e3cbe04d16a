"""One night of a hostile site, sampled and built upon by real processes, for the tests to look at.

The site repeats the token wherever it can, and all that people could have written is hostile.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.pages.conftest import NO_BROWSER
from thingistat_pipeline_tests.security.spoilt_site import SpoiltSite, spoilt_site

TOKEN = "canary-0f9a7c31e5b2d846"
SERVE_TOKEN = "canary-of-the-web-app-77c1"
NIGHT = date(2026, 9, 1)
THINGS = 16
SECONDS = 1500


@dataclass(frozen=True)
class Night:
    """What there is to look at when all processes have ended."""

    settings: Settings
    site: SpoiltSite
    stopped: "subprocess.CompletedProcess[str]"
    done: "subprocess.CompletedProcess[str]"
    arguments: frozenset[str]
    """Command lines of all processes that there were meanwhile."""

    @property
    def environment(self) -> dict[str, str]:
        """The settings as the processes had them."""
        return environment(self.settings.data_dir, self.settings.api_url)


def environment(folder: Path, url: str) -> dict[str, str]:
    return {
        "THINGISTAT_DATA_DIR": str(folder),
        "THINGISTAT_SOURCE": "thingiverse",
        "THINGISTAT_TOKEN": TOKEN,
        "THINGISTAT_SERVE_TOKEN": SERVE_TOKEN,
        "THINGISTAT_API_URL": url,
        "THINGISTAT_REQUESTS_PER_5_MINUTES": "1000000",
        "THINGISTAT_PICTURES_PER_SECOND": "1000",
        "THINGISTAT_LIKERS_PER_THING": "30",
        "THINGISTAT_CONTACT": "tests@example.org",
    }


@contextmanager
def command_lines() -> Iterator[set[str]]:
    """Collect what everybody on this machine can see of its processes."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue  # it has ended

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield seen
    finally:
        over.set()
        watch.join()


@pytest.fixture(scope="package")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("hostile")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("THINGISTAT_", "DAGSTER_"))}
    with spoilt_site(TOKEN, today=NIGHT) as (url, site):
        told = environment(folder / "data", url)
        always = ("--things", str(THINGS), "--night", NIGHT.isoformat())

        def run(command: str, *words: str) -> "subprocess.CompletedProcess[str]":
            return subprocess.run(
                [sys.executable, "-m", "thingistat_pipeline", command, *always, *words],
                cwd=folder,
                env={**clean, **told},
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )

        with command_lines() as arguments:
            site.shut_after = 10
            stopped = run("sample", "--debug")
            site.shut_after = None
            done = run("run")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in told.items():
                patch.setenv(name, value)
            settings = Settings()
        yield Night(settings, site, stopped, done, frozenset(arguments))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, for one module: its event loop must not outlive the module's tests."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
