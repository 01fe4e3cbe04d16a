"""A thing's figures over time, drawn by plotly under the pages' own policy."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from thingistat_pipeline.advisor.answered import ThingPage
from thingistat_pipeline.advisor.catalogue import Catalogue
from thingistat_pipeline_tests.advisor.pages.drafting import (
    NARROW,
    WIDE,
    is_wider_than_its_window,
    opened,
)


def seen_twice(found: ThingPage) -> ThingPage:
    last = found.observations[-1]
    first = last.model_copy(update={"observed_at": last.observed_at - timedelta(days=30)})
    return found.model_copy(update={"observations": [first, last]})


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_thing_that_was_seen_twice_has_a_chart_and_a_table(
    browser: Browser, address: str, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
):
    known = Catalogue.thing

    def thing(self: Catalogue, thing_id: int) -> ThingPage | None:
        found = known(self, thing_id)
        return None if found is None else seen_twice(found)

    monkeypatch.setattr(Catalogue, "thing", thing)
    with opened(browser, size) as page:  # nothing may be logged: the policy blocks nothing
        page.goto(f"{address}/browse")
        page.locator(".tile a").first.click()
        expect(page.locator("#history .scatterlayer .trace")).to_have_count(2)
        expect(page.locator("#history .main-svg").first).to_be_visible()
        expect(page.locator("#history .annotation-text").first).to_have_text("Downloads")
        assert page.evaluate("document.querySelector('#history .main-svg').clientHeight") == 320
        page.get_by_text("As a table").click()
        expect(page.locator("#observations tbody tr")).to_have_count(2)
        assert not is_wider_than_its_window(page)
