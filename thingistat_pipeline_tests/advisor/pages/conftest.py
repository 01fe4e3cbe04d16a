"""A real browser, and the web app served for it from the sandbox's world."""

import io
import shutil
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, FilePayload, expect, sync_playwright

from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.pages.drafting import SECONDS
from thingistat_pipeline_tests.advisor.served import UNLIMITED, served

NO_BROWSER = (
    "NO BROWSER: the web app's pages are NOT tested. Install chromium (apt install chromium)."
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, for one module: its event loop must not outlive the module's tests."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip(NO_BROWSER)
    expect.set_options(timeout=1000 * SECONDS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(world: Settings) -> Iterator[str]:
    """Where the web app is served."""
    with served(world.with_changes(serve_requests_per_minute=UNLIMITED)) as url:
        yield url


@pytest.fixture(scope="session")
def pictures() -> list[FilePayload]:
    """Three pictures of a ball, from pale and off the middle to rich and in the middle."""
    return [_ball(place, shade) for place, shade in ((120, 225), (200, 150), (260, 60))]


def _ball(place: int, shade: int) -> FilePayload:
    picture = Image.new("RGB", (640, 480), (240, 236, 230))
    box = (place - 90, 150, place + 190, 430)
    ImageDraw.Draw(picture).ellipse(box, fill=(220, shade, 80))
    stream = io.BytesIO()
    picture.save(stream, "JPEG")
    return {"name": f"ball-{place}.jpg", "mimeType": "image/jpeg", "buffer": stream.getvalue()}
