"""Logging in as a person does, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.pages.drafting import WIDE, opened
from thingistat_pipeline_tests.advisor.served import served

TOKEN = "correct horse battery staple"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """The address of an app that asks for a token, with nothing published."""
    with served(Settings(data_dir=tmp_path, serve_token=TOKEN)) as url:
        yield url


def test_a_person_who_knows_the_token_is_let_in(browser: Browser, guarded: str):
    with opened(browser, WIDE, may_fail=True) as page:
        page.goto(f"{guarded}/browse?q=box")
        expect(page.locator("h1")).to_contain_text("token")
        page.fill("#token", "something else")
        page.keyboard.press("Enter")
        expect(page.locator("[role=alert]")).to_contain_text("not the one")
        page.fill("#token", TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_url("**/browse?q=box")
        expect(page.locator("h1")).to_contain_text("nothing to show yet")
