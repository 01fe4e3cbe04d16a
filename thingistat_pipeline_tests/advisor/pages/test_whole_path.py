"""The whole path of a designer, in a real browser, on a wide and on a narrow screen."""

import re

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from thingistat_pipeline_tests.advisor.pages.drafting import (
    NARROW,
    WIDE,
    is_advice,
    is_wider_than_its_window,
    open_draft,
    opened,
    sent,
    shown_downloads,
    written,
)


def drop_pictures(page: Page, pictures: list[FilePayload]) -> None:
    page.set_input_files("#pictures", pictures)
    page.wait_for_selector(".candidate .speaks")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_post_is_prepared_from_an_empty_form_to_the_page_of_a_look_alike(
    browser: Browser, address: str, pictures: list[FilePayload], size: tuple[int, int]
):
    with opened(browser, size) as page:
        open_draft(page, address)
        at_first = page.locator("#summary-words").inner_text()

        page.fill("#title", "Spiral vase for dried flowers")
        page.select_option("#category", index=1)
        page.fill("#description", "Three sizes. Prints without supports in four hours.")
        page.fill("#creator\\.followers", "250")
        drop_pictures(page, pictures)
        headings = page.locator(".candidate .judged h3").all_inner_texts()
        assert [words.split()[0] for words in headings] == ["1st", "2nd", "3rd"]
        assert page.locator(".candidate.best").count() == 1
        for word in ("contrast", "saturation", "sharpness", "brightness"):
            expect(page.locator(".candidate.best .speaks")).to_contain_text(word)
        expect(page.locator("#alike-basis")).to_contain_text("nearly the same pictures come first")
        expect(page.locator("#uplift")).to_contain_text("against a random one")
        expect(page.locator(".candidate.best input[name=cover]")).to_be_checked()

        suggestion = page.locator("#suggested button").first
        suggestion.wait_for()
        tag = suggestion.locator("bdi").inner_text()
        with page.expect_response(
            lambda answer: is_advice(answer) and tag in sent(answer.request).get("tags", [])
        ) as advised:
            suggestion.click()
        expect(page.locator("#tags")).to_contain_text(tag)
        draft = sent(advised.value.request)
        assert draft["photographs"] == 3
        assert draft["cover"]
        assert draft["creator"]["followers"] == 250
        forecasts = {each["days"]: each for each in advised.value.json()["forecasts"]}
        expect(page.locator(".row.headline > b")).to_have_text(
            written(forecasts[90]["downloads"]["value"])
        )
        assert page.locator("#summary-words").inner_text() != at_first
        assert not is_wider_than_its_window(page)

        look_alike = page.locator(".candidate.best .alike a").first
        name = look_alike.locator("bdi").inner_text()
        with page.context.expect_page() as followed:
            look_alike.click()
        thing = followed.value
        expect(thing.locator("h1")).to_have_text(name)
        expect(thing.locator(".facts")).to_contain_text("Downloads")
        expect(thing.locator(".ribbon")).to_contain_text("SANDBOX")
        assert not is_wider_than_its_window(thing)
        thing.get_by_role("link", name="Start a draft from it").click()
        expect(thing.locator("#existing-said")).to_contain_text("Started from")
        expect(thing.locator("#title")).to_have_value(name)


def test_what_is_left_out_is_not_told_but_what_is_emptied_of_a_known_thing_is(
    browser: Browser, address: str
):
    texts = {"title", "description", "instructions", "tags"}
    with opened(browser) as page:
        with page.expect_request("**/api/v1/advice") as empty:
            page.goto(f"{address}/")
        assert not texts & sent(empty.value).keys()
        with page.expect_request("**/api/v1/advice") as titled:
            page.fill("#title", "Box")
        assert texts & sent(titled.value).keys() == {"title"}

        page.goto(f"{address}/browse")
        page.locator(".tile a").first.click()
        page.get_by_role("link", name="Start a draft from it").click()
        expect(page.locator("#existing-said")).to_contain_text("Started from")
        with page.expect_request(lambda request: request.url.endswith("/advice")) as emptied:
            page.fill("#title", "")
        assert sent(emptied.value)["title"] == ""
        assert texts <= sent(emptied.value).keys()


def test_suggestions_come_by_themselves_once_they_are_loaded(browser: Browser, address: str):
    loading = {
        "available": False, "loading": True, "reason": "Not yet.", "suggested": [], "known": {}
    }  # fmt: skip
    with opened(browser) as page:
        page.route("**/api/v1/tags", lambda route: route.fulfill(json=loading), times=2)
        open_draft(page, address)
        page.fill("#title", "Vase")
        expect(page.locator("#suggested")).to_contain_text("Not yet.")
        page.locator("#suggested button").first.wait_for()


def test_the_prediction_stays_in_sight_while_the_form_is_filled(browser: Browser, address: str):
    for size, place in ((WIDE, ".row.headline"), (NARROW, "#summary")):
        with opened(browser, size) as page:
            open_draft(page, address)
            page.locator("#weekday").scroll_into_view_if_needed()
            page.focus("#weekday")
            expect(page.locator(place)).to_be_in_viewport()


def test_nothing_jumps_while_answers_come(browser: Browser, address: str):
    with opened(browser) as page:
        open_draft(page, address)
        page.fill("#title", "Box for pens")
        with page.expect_response(is_advice):
            page.select_option("#category", index=2)
        page.wait_for_timeout(500)
        assert page.evaluate("window.shifted") < 0.1  # "good" in Web Vitals


def test_a_narrow_screen_leads_from_the_summary_to_the_reasons(browser: Browser, address: str):
    with opened(browser, NARROW) as page:
        open_draft(page, address)
        page.click("#summary")
        expect(page.locator("#result-title")).to_be_in_viewport()


def test_a_picture_that_is_taken_away_counts_no_more(
    browser: Browser, address: str, pictures: list[FilePayload]
):
    with opened(browser) as page:
        open_draft(page, address)
        drop_pictures(page, pictures[:2])
        with page.expect_response(
            lambda answer: is_advice(answer) and sent(answer.request)["photographs"] == 1
        ):
            page.get_by_role("button", name=re.compile("^Remove ball")).first.click()
        assert page.locator(".candidate").count() == 1


def test_another_cover_is_what_the_advice_is_about(
    browser: Browser, address: str, pictures: list[FilePayload]
):
    with opened(browser) as page:
        open_draft(page, address)
        with page.expect_response(
            lambda answer: is_advice(answer) and sent(answer.request)["cover"] is not None
        ) as best:
            drop_pictures(page, pictures[:2])
        with page.expect_response(is_advice) as other:
            page.locator("input[name=cover]").nth(1).check()
        assert sent(other.value.request)["cover"] != sent(best.value.request)["cover"]


def test_what_is_no_picture_is_turned_down_in_words(browser: Browser, address: str):
    with opened(browser, may_fail=True) as page:
        open_draft(page, address)
        page.set_input_files(
            "#pictures", {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
        )
        expect(page.locator("#pictures-said")).to_contain_text("a.svg is no JPEG, PNG or WebP")
        page.set_input_files(
            "#pictures", {"name": "b.png", "mimeType": "image/png", "buffer": b"not a picture"}
        )
        expect(page.locator(".candidate .refused")).not_to_be_empty()


def test_a_draft_comes_back_after_a_reload_and_goes_when_started_over(
    browser: Browser, address: str
):
    with opened(browser) as page:
        open_draft(page, address)
        page.fill("#title", "Box for pens")
        page.fill("#tag", "pens")
        page.press("#tag", "Enter")
        page.reload()
        expect(page.locator("#title")).to_have_value("Box for pens")
        expect(page.locator("#tags")).to_contain_text("pens")
        page.click("#clear")
        expect(page.locator("#title")).to_have_value("")
        expect(page.locator("#tags")).to_be_empty()


def test_an_error_says_what_to_do_and_leaves_the_old_figures(browser: Browser, address: str):
    with opened(browser, may_fail=True) as page:
        open_draft(page, address)
        before = shown_downloads(page)
        answer = {"error": "The advisor rests.", "hint": "Try `make run`."}
        page.route("**/api/v1/advice", lambda route: route.fulfill(status=422, json=answer))
        page.fill("#title", "Box")
        expect(page.locator("#trouble")).to_contain_text("The advisor rests.")
        expect(page.locator("#trouble code")).to_have_text("make run")
        assert shown_downloads(page) == before
