"""A hostile site's night through the real command: no secret gets out, and no text is obeyed."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page

from thingistat_pipeline.doctor import Finding
from thingistat_pipeline.warehouse.read import connect
from thingistat_pipeline_tests.advisor.served import UNLIMITED, served
from thingistat_pipeline_tests.command import Shell
from thingistat_pipeline_tests.forgetting.traces import traces
from thingistat_pipeline_tests.hostile_texts import FIRED, FOREIGN, HOSTILE, PATHS
from thingistat_pipeline_tests.security.conftest import (
    SECONDS,
    SERVE_TOKEN,
    THINGS,
    TOKEN,
    Night,
)
from thingistat_pipeline_tests.test_terminal import obeyed

pytestmark = pytest.mark.timeout(2 * SECONDS)

OURS = re.compile(r"[A-Za-z0-9._+-]+")
HARMLESS = {"table", "thead", "tbody", "tr", "th", "td", "p", "br", "ul", "ol", "li", "code", "img"}


def hidden(text: str) -> None:
    """Fail, without showing it, where a text holds a token."""
    for token in (TOKEN, SERVE_TOKEN):
        assert text.count(token) == 0, "a token is shown"


# The token ----------------------------------------------------------------------------------------


def test_the_night_is_stopped_and_then_completed(night: Night):
    assert night.stopped.returncode == 1
    assert "does not accept the token (Unauthorized: Bearer [token]" in night.stopped.stderr
    assert night.done.returncode == 0, night.done.stderr
    assert pl_count(night, "things") == THINGS


def test_the_token_is_in_no_file_though_the_site_repeats_it_everywhere(night: Night):
    folder = night.settings.data_dir
    where_repeated = {path.split(":")[0] for path in traces(folder, numbers=(), words=("[token]",))}
    for part in ("raw/things", "warehouse/", "published/", "dagster/"):
        assert any(path.startswith(part) for path in where_repeated), part
    assert [path.split(":")[0] for path in traces(folder, numbers=(), words=(TOKEN,))] == []
    assert [path.split(":")[0] for path in traces(folder, numbers=(), words=(SERVE_TOKEN,))] == []


def test_no_output_shows_the_token_even_in_a_traceback(night: Night):
    assert "Traceback" in night.stopped.stderr, "--debug was to show one"
    for ended in (night.stopped, night.done):
        hidden(ended.stdout + ended.stderr)


def test_no_process_has_the_token_among_its_arguments(night: Night):
    assert any("thingistat_pipeline run" in line for line in night.arguments)
    hidden("\n".join(night.arguments))


def test_nobody_follows_a_redirect_with_the_token(night: Night):
    assert night.site.troubles >= 4, "each kind of trouble was met"
    assert night.site.followed == []


def test_the_doctor_shows_no_token(
    night: Night, thingistat: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        "thingistat_pipeline.doctor._sandbox", lambda _: Finding("sandbox", True, "")
    )
    for more in ((), ("--json",)):
        ended = thingistat("doctor", *more, **night.environment)
        assert "[token]" in ended.out, "the site's headers were looked at"
        hidden(ended.out + ended.err)
    hidden(night.settings.health_file.read_text())


def test_settings_show_no_token(night: Night):
    hidden(repr(night.settings) + str(night.settings) + night.settings.model_dump_json())


# Texts --------------------------------------------------------------------------------------------


def pl_count(night: Night, table: str) -> int:
    with connect(night.settings.data_dir) as con:
        return int(con.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def column(night: Night, name: str) -> list[str]:
    with connect(night.settings.data_dir) as con:
        return sorted(text for (text,) in con.sql(f"SELECT DISTINCT {name}").fetchall() if text)


def as_kept(text: str) -> str:
    """A text as the database can hold it."""
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text.replace("\0", ""))


def test_what_strangers_wrote_is_kept_to_the_letter(night: Night):
    corpus = {as_kept(text) for text in HOSTILE}
    names = column(night, "name FROM things")
    assert len(names) >= THINGS / 2
    assert set(names) <= corpus
    assert {text.strip() for text in corpus} >= {
        t.strip() for t in column(night, "name FROM creators")
    }
    assert len(corpus & set(column(night, "name FROM tags"))) > 30


def test_no_file_is_named_by_a_stranger_or_lies_outside_the_folder(night: Night):
    folder = night.settings.data_dir
    assert [path.name for path in folder.parent.iterdir()] == ["data"]
    assert all(OURS.fullmatch(part.name) for part in folder.rglob("*"))
    strays = {Path(text).name for text in PATHS} & {path.name for path in folder.rglob("*")}
    assert strays == set()


def test_answers_of_the_database_are_no_formulas_and_tell_the_terminal_nothing(
    night: Night, thingistat: Shell
):
    question = "SELECT name, description FROM things UNION ALL SELECT name, tag FROM tags"
    table = thingistat("query", question, **night.environment)
    listed = thingistat("query", question, "--csv", **night.environment)
    assert (table.code, listed.code) == (0, 0)
    assert obeyed(table.out) == obeyed(listed.out) == set()
    rows = list(csv.reader(io.StringIO(listed.out, newline="")))
    assert {len(row) for row in rows} == {2}
    assert len(rows) > THINGS
    starts = {cell.lstrip()[:1] for row in rows for cell in row}
    assert "'" in starts
    assert not starts & set("=+-@＝")


# Pages --------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def markdown(night: Night) -> list[str]:
    """All Markdown that Dagster was told to show, as pages."""
    texts: list[str] = []
    with dg.DagsterInstance.from_config(str(night.settings.dagster_home)) as instance:
        for run in instance.get_runs():
            for log in instance.all_logs(run.run_id):
                texts += _markdown_in(log.dagster_event)
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [renderer.render(text) for text in texts]


def _markdown_in(event: dg.DagsterEvent | None) -> Iterator[str]:
    told = event.event_specific_data if event else None
    told = getattr(told, "materialization", told)
    for value in (getattr(told, "metadata", None) or {}).values():
        if isinstance(value, dg.MarkdownMetadataValue):
            yield value.value or ""


def test_what_dagster_is_told_to_show_holds_no_element_of_a_stranger(markdown: list[str]):
    assert any("script" in page for page in markdown), "hostile text was to be in a preview"
    for page in markdown:
        for tag, attributes in Tags(page).found:
            assert tag in HARMLESS
            assert not [name for name in attributes if name not in ("src", "alt", "style", "start")]
            assert (attributes.get("src") or "data:image/").startswith("data:image/")


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[Page]:
    """Yield a page on which nothing may happen that a stranger wants."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(120_000)
        happened: list[str] = []
        asked: list[str] = []

        def note(line: ConsoleMessage) -> None:
            if line.type == "error" and not line.text.startswith("Failed to load resource"):
                happened.append(line.text)

        def refuse(dialog: Dialog) -> None:
            happened.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", refuse)
        page.on("console", note)
        page.on("pageerror", lambda error: happened.append(str(error)))
        context.on("request", lambda request: asked.append(request.url))
        yield page
        page.wait_for_timeout(300)
        assert happened == []
        own = (address, "data:", "blob:", "about:")
        assert [url for url in asked if not url.startswith(own)] == []


def test_dagsters_pages_run_nothing(browser: Browser, markdown: list[str]):
    with watched(browser, "about:") as page:
        page.set_content("".join(markdown))
        assert page.evaluate(f"window.{FIRED}") is None


@pytest.fixture(scope="module")
def address(night: Night) -> Iterator[str]:
    """Where the web app is served, with its own token."""
    settings = night.settings.with_changes(serve_requests_per_minute=UNLIMITED)
    with served(settings) as url:
        yield url


def test_every_page_of_the_web_app_shows_strangers_texts_as_texts(
    browser: Browser, night: Night, address: str
):
    things = column(night, "id FROM things")
    tags = [tag for tag in column(night, "tag FROM tags") if len(tag) < 90][::4]
    paths = ["/", "/browse", "/browse?q=a", "/report", "/model-card"]
    paths += [f"/browse?q={quote(text[:200].encode(errors='replace'))}" for text in HOSTILE[::12]]
    paths += [f"/things/{number}" for number in things[::3]]
    paths += [f"/tags/{quote(tag, safe='')}" for tag in tags]
    shown = ""
    with watched(browser, address) as page:
        page.goto(f"{address}/login")
        page.fill("#token", SERVE_TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/")
        for path in paths:
            answer = page.goto(f"{address}{path}")
            assert answer is not None
            assert answer.status in (200, 404), path  # rare tags have no page
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe-inline" not in policy.split("style-src")[0]
            assert page.evaluate(f"window.{FIRED}") is None, path
            assert page.evaluate("location.origin") == address
            hidden(page.content())
            shown += page.evaluate("document.body.innerText")
        hidden(str(page.context.cookies()))
    assert f"window.{FIRED}=1" in shown
    assert FOREIGN in shown
