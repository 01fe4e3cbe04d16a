"""What a designer does on the draft's page, for the tests to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

WIDE, NARROW = (1280, 900), (400, 850)
SECONDS = 60
"""Patience: the machine that tests may be busy."""

CLS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@contextmanager
def opened(
    browser: Browser,
    size: tuple[int, int] = WIDE,
    *,
    may_fail: bool = False,
) -> Iterator[Page]:
    """Open an empty page of its own, with nothing kept from before.

    It may log no error, but for those that the browser itself logs where requests `may_fail`.
    """
    width, height = size
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light"
    ) as context:
        context.set_default_timeout(1000 * SECONDS)
        context.add_init_script(CLS)
        page = context.new_page()
        errors: list[str] = []

        def is_error(line: ConsoleMessage) -> bool:
            excused = ("Failed to load", "Content Security Policy") if may_fail else ()
            return line.type == "error" and not any(words in line.text for words in excused)

        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if is_error(line) else None)
        yield page
        assert errors == []


def is_advice(response: Response) -> bool:
    return response.url.endswith("/api/v1/advice") and response.ok


def sent(request: Request) -> dict[str, Any]:
    draft = request.post_data_json
    assert isinstance(draft, dict)
    return draft


def open_draft(page: Page, address: str) -> None:
    """Open the draft's page and wait for the first prediction."""
    page.goto(f"{address}/")
    page.wait_for_selector(".row.headline")


def shown_downloads(page: Page) -> str:
    return page.locator(".row.headline > b").inner_text()


def written(downloads: float) -> str:
    """Write predicted downloads as the page does: three digits, whole ones."""
    if downloads < 10:
        return str(round_half_up(downloads))
    size = len(str(round_half_up(downloads)))
    unit = 10 ** max(0, size - 3)
    return f"{round_half_up(round_half_up(downloads) / unit) * unit:,}"


def round_half_up(value: float) -> int:
    return int(value + 0.5)


def is_wider_than_its_window(page: Page) -> bool:
    wider: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wider
