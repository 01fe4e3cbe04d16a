"""Pages for everybody: axe-core's rules in light and dark, and the keyboard alone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no stubs
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
ONLY_FINDINGS = {"resultTypes": ["violations"]}
OF_COLOURS = {**ONLY_FINDINGS, "runOnly": ["color-contrast"]}
"""The one rule that may find something else in the dark."""


def serious_findings(page: Page) -> list[str]:
    """Return what axe finds on the page as it stands, in light and in dark."""
    page.emulate_media(color_scheme="light")
    found = Axe().run(page, options=ONLY_FINDINGS).response["violations"]
    page.emulate_media(color_scheme="dark")
    found += Axe().run(page, options=OF_COLOURS).response["violations"]
    return [
        f"{page.url}: {each['id']}: {each['help']}: {[node['html'] for node in each['nodes']][:3]}"
        for each in found
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_has_a_serious_finding(
    browser: Browser,
    address: str,
    pictures: list[FilePayload],
    size: tuple[int, int],
):
    with opened(browser, size, may_fail=True) as page:
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
            lambda answer: is_advice(answer) and len(sent(answer.request).get("tags", [])) == 2
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
