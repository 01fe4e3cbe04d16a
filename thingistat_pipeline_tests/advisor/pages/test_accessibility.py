"""Pages for everybody: axe-core's rules in light and dark, and the keyboard alone."""

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, FilePayload, Page, expect

from thingistat_pipeline_tests.advisor.pages.drafting import (
    NARROW,
    WIDE,
    is_advice,
    open_draft,
    opened,
    sent,
)

SERIOUS = {"serious", "critical"}


def serious_findings(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {each['id']}: {each['help']}: {[node['html'] for node in each['nodes']][:3]}"
        for each in found
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_has_a_serious_finding(
    browser: Browser,
    address: str,
    pictures: list[FilePayload],
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
):
    with opened(browser, size, scheme, may_fail=True) as page:
        open_draft(page, address)
        found = serious_findings(page)
        page.fill("#title", "Spiral vase")
        page.fill("#tag", "vase")
        page.press("#tag", "Enter")
        page.set_input_files("#pictures", pictures)
        page.wait_for_selector(".candidate .speaks")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        found += serious_findings(page)

        page.goto(f"{address}/browse?q=e")
        found += serious_findings(page)
        page.locator(".chips a").first.click()
        found += serious_findings(page)
        page.locator(".tile a").first.click()
        found += serious_findings(page)
        for path in ("/browse?q=nothingiscalledthat", "/things/1", "/login?refused=true"):
            page.goto(f"{address}{path}")
            found += serious_findings(page)
        assert found == []


def tab_to(page: Page, wanted: Callable[[], bool], *, most: int = 80, key: str = "Tab") -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(most):
        page.keyboard.press(key)
        if wanted():
            return
    raise AssertionError(f"not reached within {most} presses of {key}")


def has_focus(page: Page, selector: str) -> Callable[[], bool]:
    return lambda: bool(page.evaluate("(it) => document.activeElement.matches(it)", selector))


def test_a_post_is_prepared_by_keyboard_alone(browser: Browser, address: str):
    with opened(browser) as page:
        open_draft(page, address)
        page.keyboard.press("Tab")
        assert has_focus(page, ".skip")()
        page.keyboard.press("Enter")
        tab_to(page, has_focus(page, "#title"))
        page.keyboard.type("Spiral vase")
        tab_to(page, has_focus(page, "#tag"))
        page.keyboard.type("vase")
        page.keyboard.press("Enter")
        expect(page.locator("#tags")).to_contain_text("vase")
        page.locator("#suggested button").first.wait_for()
        page.wait_for_timeout(600)  # suggestions for the new tag have come

        tab_to(page, has_focus(page, "#suggested button"), most=3)
        with page.expect_response(
            lambda answer: is_advice(answer) and len(sent(answer.request)["tags"]) == 2
        ):
            page.keyboard.press("Enter")
        assert has_focus(page, "#suggested button")(), "the next suggestion is at hand"

        tab_to(page, has_focus(page, "#tags button"), key="Shift+Tab", most=14)
        page.keyboard.press("Enter")
        expect(page.locator("#tags li")).to_have_count(1)
        assert has_focus(page, "#tags button, #tag")(), "the focus is not lost"

        tab_to(page, has_focus(page, "#pictures"))
        outline = page.evaluate(
            "getComputedStyle(document.querySelector('#pictures + label')).outlineStyle"
        )
        assert outline == "solid", "the drop zone shows that it has the focus"
        tab_to(page, has_focus(page, "#weekday"))
        with page.expect_response(
            lambda answer: is_advice(answer) and sent(answer.request)["weekday"] is not None
        ):
            page.keyboard.press("ArrowDown")
        tab_to(page, has_focus(page, "#reasons"), most=40)


def test_the_prediction_is_read_out(browser: Browser, address: str):
    with opened(browser) as page:
        open_draft(page, address)
        expect(page.locator("#spoken")).to_contain_text("downloads within 90 days")
