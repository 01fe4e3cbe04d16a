"""Text of strangers stays text, whatever it says, in the form as on every page."""

from typing import Any

from playwright.sync_api import Browser, FilePayload, Page, expect

from thingistat_pipeline_tests.advisor.pages.drafting import open_draft, opened
from thingistat_pipeline_tests.hostile_texts import ANSWERED

EVIL = ANSWERED

TAGS = {
    "available": True,
    "reason": None,
    "suggested": [{"tag": f"{EVIL}{rank}", "things": 3, "rank": rank} for rank in range(3)],
    "known": {EVIL: 1},
    "recovered": None,
    "things": 360,
    "synthetic": True,
}


def hostile(value: Any) -> Any:
    """Put the hostile text into every text of an answer, but for the few that are keys."""
    keys = {"evidence", "state", "speaks", "refused", "url", "feature", "key"}
    if isinstance(value, str):
        return EVIL
    if isinstance(value, list):
        return [hostile(each) for each in value]
    if isinstance(value, dict):
        return {key: each if key in keys else hostile(each) for key, each in value.items()}
    return value


def make_answers_hostile(page: Page) -> None:
    def spoil(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=hostile(answer.json()))

    page.route("**/api/v1/advice", spoil)
    page.route("**/api/v1/tags", lambda route: route.fulfill(json=TAGS))
    page.route("**/api/v1/pictures", spoil)
    page.route("**/api/v1/creators?*", spoil)


def test_no_answer_of_the_api_can_put_markup_on_the_page(
    browser: Browser, address: str, pictures: list[FilePayload]
):
    with opened(browser) as page:
        make_answers_hostile(page)
        open_draft(page, address)
        page.fill("#title", EVIL)
        page.fill("#tag", EVIL)
        page.press("#tag", "Enter")
        named: FilePayload = {**pictures[0], "name": f"{EVIL}.jpg"}
        page.set_input_files("#pictures", named)
        page.wait_for_selector(".candidate .speaks")
        page.fill("#creator", "a")
        page.press("#creator", "Enter")
        page.locator("#creators button").first.wait_for()
        expect(page.locator("#suggested")).to_contain_text(EVIL)
        expect(page.locator("#tags")).to_contain_text(EVIL)
        expect(page.locator("#pushes")).to_contain_text(EVIL)
        assert page.locator("main script, main [onerror], main [src=x]").count() == 0
        assert page.evaluate("window.pwned") is None


MARKUP = "<img src=x onerror='window.pwned=1'>"


def test_the_policy_lets_no_script_in_a_page_run(browser: Browser, address: str):
    with opened(browser, may_fail=True) as page:
        page.goto(f"{address}/browse")
        blocked = page.evaluate(
            """(markup) => new Promise((resolve) => {
                window.addEventListener("securitypolicyviolation", (event) => {
                    resolve(event.violatedDirective);
                });
                document.body.insertAdjacentHTML("beforeend", markup);
            })""",
            MARKUP,
        )
        assert blocked.startswith("script-src")
        assert page.evaluate("window.pwned") is None
