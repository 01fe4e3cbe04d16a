"""Pages made on the server, from answers that hold what strangers wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from thingistat_pipeline.advisor import pages
from thingistat_pipeline.advisor.answered import (
    Card,
    Choice,
    Found,
    ModelState,
    Observation,
    Options,
    Problem,
    Status,
    TagPage,
    ThingPage,
)
from thingistat_pipeline.advisor.desk import Desk

EVIL = "<script>window.pwned=1</script>"
CARD = Card(
    id=7, name=EVIL, creator=EVIL, downloads=1234, likes=1, published=None, has_picture=False,
    url="https://www.thingiverse.com/thing:7",
)  # fmt: skip
TAG = Choice(key="a/b?c=<d>", label=EVIL, things=3)
MODEL = ModelState(name="advisor_forest", available=False, version=None, reason="Do `make run`.")
STATUS = Status(
    source="sandbox", synthetic=True, things=2000, observed_from=datetime(2026, 9, 1, tzinfo=UTC),
    observed_to=datetime(2026, 9, 2, tzinfo=UTC), version="abc", models=[MODEL],
)  # fmt: skip


def seen(day: int) -> Observation:
    moment = datetime(2026, 1, day, tzinfo=UTC)
    return Observation(observed_at=moment, downloads=day, likes=None, makes=0, comments=0)


class Catalogue:
    """Knows one thing, observed as often as it is told, and one tag."""

    def __init__(self) -> None:
        self.observations = [seen(1)]

    def search(self, text: str, page: int) -> Found:
        if text.isdigit():
            return Found(query=text, thing=int(text))
        return Found(query=text, tags=[TAG], things=[CARD], total=49, page=page, pages=3)

    def thing(self, number: int) -> ThingPage | None:
        if number != CARD.id:
            return None
        return ThingPage(
            card=CARD, category=[EVIL], licence=None, description=EVIL, tags=[TAG],
            observations=self.observations, liked_too=[CARD], liked_too_basis="By likes.",
            looks_like=[CARD], synthetic=True,
        )  # fmt: skip

    def tag(self, name: str) -> TagPage | None:
        if name != TAG.key:
            return None
        return TagPage(
            tag=name, things=3, closest=[CARD], basis=".", neighbours=[TAG], synthetic=True
        )


class Publications:
    """Always the same, with one catalogue."""

    def __init__(self) -> None:
        nothing = Options(categories=[TAG], licences=[], file_kinds=[], print_settings=[])
        adviser = SimpleNamespace(options=lambda: nothing, state=lambda: MODEL)
        self.published = SimpleNamespace(status=STATUS, catalogue=Catalogue(), adviser=adviser)

    @contextmanager
    def use(self) -> Iterator[SimpleNamespace]:
        yield self.published


@pytest.fixture
def publications() -> Publications:
    return Publications()


@pytest.fixture
def client(publications: Publications) -> TestClient:
    app = FastAPI()
    app.state.desk = Desk(publications, None)  # type: ignore[arg-type]  # pages open no picture
    app.include_router(pages.router)
    return TestClient(app, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/", "/browse?q=<script>", "/things/7", "/tags/a%2Fb%3Fc=%3Cd%3E"]
)
def test_text_of_strangers_is_escaped(client: TestClient, path: str):
    page = client.get(path)
    assert page.status_code == 200
    assert EVIL not in page.text
    assert "&lt;script&gt;" in page.text


@pytest.mark.parametrize(
    "path", ["/", "/browse", "/things/7", "/tags/a%2Fb%3Fc=%3Cd%3E", "/things/8"]
)
def test_every_page_says_what_data_which_models_and_how_to_read_them(client: TestClient, path: str):
    text = client.get(path).text
    assert "SANDBOX" in text
    assert "2,000 things" in text
    assert "1 September 2026 to 2 September 2026" in text
    assert "<b>Downloads</b> Do <code>make run</code>." in text
    assert "associated with more downloads, not what causes them" in text
    assert 'href="/report"' in text
    assert 'href="/model-card"' in text


@pytest.mark.parametrize("path", ["/", "/browse", "/things/7", "/things/8"])
def test_every_page_says_where_the_newest_results_are_not_shown(
    client: TestClient, publications: Publications, path: str
):
    assert "newest results" not in client.get(path).text
    problem = "The file is damaged. Do `make run`."
    publications.published.status = STATUS.model_copy(update={"problem": problem})
    text = client.get(path).text
    assert text.index("The newest results are not shown.") < text.index("<h1")
    assert "The file is damaged. Do <code>make run</code>." in text


@pytest.mark.parametrize("path", ["/", "/browse", "/things/7", "/login"])
def test_no_page_holds_a_script_or_a_style_of_its_own(client: TestClient, path: str):
    text = client.get(path).text
    assert " style=" not in text
    assert "<style" not in text
    assert "<script" not in text.replace('<script src="/static/', "")


def test_a_number_or_address_leads_to_the_thing(client: TestClient):
    answer = client.get("/browse?q=7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/things/7")


def test_a_tag_that_looks_like_an_address_keeps_its_own_page(client: TestClient):
    assert 'href="/tags/a%2Fb%3Fc%3D%3Cd%3E"' in client.get("/things/7").text
    assert client.get("/tags/a%2Fb%3Fc%3D%3Cd%3E").status_code == 200


def test_results_lead_on_with_the_same_words(client: TestClient):
    text = client.get("/browse?q=a%26b&page=2").text
    assert 'href="/browse?q=a%26b&amp;page=1"' in text
    assert 'href="/browse?q=a%26b&amp;page=3"' in text


@pytest.mark.parametrize("path", ["/things/8", "/tags/unknown"])
def test_what_is_not_in_the_sample_is_a_404_with_a_way_out(client: TestClient, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "sample" in answer.text
    assert 'href="/browse"' in answer.text


def test_only_a_thing_that_was_seen_twice_is_drawn(client: TestClient, publications: Publications):
    assert "plotly" not in client.get("/things/7").text
    publications.published.catalogue.observations = [seen(1), seen(31)]
    text = client.get("/things/7").text
    assert "plotly.min.js" in text
    assert '<time datetime="2026-01-31T00:00:00+00:00">31 January 2026</time>' in text
    assert '<td class="number" data-value="31">31</td><td class="number">–</td>' in text


def test_files_of_the_pages_may_be_kept_for_ever_under_their_address(client: TestClient):
    text = client.get("/").text
    start = text.index("/static/")
    address = text[start : text.index('"', start)]
    folder = address.rsplit("/", 1)[0]
    script = client.get(f"{folder}/draft.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert client.get("/static/other/draft.js").headers["cache-control"] == "no-cache"
    assert "plotly.js" in client.get(f"{folder}/plotly.min.js").text[:100]


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fpages.py", "%2e%2e/asked.py"])
def test_nothing_else_is_served_from_the_folder(client: TestClient, name: str):
    assert client.get(f"/static/x/{name}").status_code == 404


def test_an_error_is_a_page_even_with_nothing_published():
    page = pages.error_page(Problem(error=EVIL, hint="Run `make run` first."), 503)
    text = bytes(page.body).decode()
    assert page.status_code == 503
    assert EVIL not in text
    assert "Run <code>make run</code> first." in text


def test_the_login_comes_back_to_where_one_was_going(client: TestClient):
    asked = client.get("/login?next=/tags/a%26b")
    assert asked.status_code == 200
    assert 'action="/login?next=/tags/a%26b"' in asked.text
    refused = client.get("/login?refused=true")
    assert refused.status_code == 401
    assert 'role="alert"' in refused.text
