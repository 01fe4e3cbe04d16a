"""The API over real HTTP, on a data folder that a whole run made."""

import html
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from thingistat_pipeline.advisor import answered
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.served import UNLIMITED, served
from thingistat_pipeline_tests.visual.picture_files import jpeg

SECONDS = 120
DRAFT: dict[str, Any] = {
    "title": "Box for pens",
    "description": "A box that holds pens on a desk. Prints without supports.",
    "tags": ["box", "pen"],
    "files": {"stl": 2},
    "weekday": 6,
    "hour": 18,
}


@pytest.fixture(scope="module")
def url(world: Settings) -> Iterator[str]:
    with served(world.with_changes(serve_requests_per_minute=UNLIMITED)) as address:
        yield address


@pytest.fixture(scope="module")
def api(url: str) -> str:
    return f"{url}/api/v1"


@pytest.fixture(scope="module")
def thing(api: str) -> int:
    """A thing with a picture."""
    found = got(f"{api}/search", q="a")["things"]
    return next(int(card["id"]) for card in found if card["has_picture"])


def got(url: str, **params: object) -> Any:
    reply = requests.get(url, params={k: str(v) for k, v in params.items()}, timeout=SECONDS)
    assert reply.status_code == 200, reply.text
    return reply.json()


def posted(url: str, **body: object) -> Any:
    reply = requests.post(url, json=body, timeout=SECONDS)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_the_status_says_what_the_figures_rest_on(api: str):
    status = answered.Status.model_validate(got(f"{api}/status"))
    assert status.synthetic
    assert status.things > 0
    assert {model.name for model in status.models} >= {"advisor_forest", "recommender"}
    assert "associated" in status.notice
    assert "not what causes" in status.notice


def test_a_draft_gets_advice_that_changes_with_it(api: str):
    before = answered.Advice.model_validate(posted(f"{api}/advice", **DRAFT))
    assert before.available, before.reason
    assert [forecast.days for forecast in before.forecasts] == [30, 90, 365]
    for forecast in before.forecasts:
        assert 0 <= forecast.downloads.low <= forecast.downloads.value <= forecast.downloads.high
    famous = {"followers": 5000, "designs": 200, "earlier_median_downloads": 5000}
    after = answered.Advice.model_validate(posted(f"{api}/advice", **DRAFT, creator=famous))
    assert after.forecasts != before.forecasts


def test_an_empty_draft_gets_advice_too(api: str):
    advice = answered.Advice.model_validate(posted(f"{api}/advice"))
    assert advice.available
    assert advice.assumed


def test_what_the_options_offer_is_accepted_in_a_draft(api: str):
    options = answered.Options.model_validate(got(f"{api}/options"))
    assert options.categories
    draft = {
        "category": options.categories[0].key,
        "licence": options.licences[0].key,
        "files": {kind.key: 1 for kind in options.file_kinds},
        "print_settings": [setting.key for setting in options.print_settings],
    }
    assert posted(f"{api}/advice", **draft)["available"]


def test_tags_are_suggested_for_a_draft(api: str):
    asked = {name: DRAFT[name] for name in ("title", "description", "tags")}
    suggestions = answered.TagSuggestions.model_validate(posted(f"{api}/tags", **asked))
    assert suggestions.available, suggestions.reason
    assert suggestions.suggested
    assert not {each.tag for each in suggestions.suggested} & set(DRAFT["tags"])


def test_pictures_come_back_in_the_order_in_which_they_were_sent(api: str):
    names = ["first.jpg", "../../second.jpg", "<b>third.jpg"]
    files = [("pictures", (name, jpeg(320, 240, shade))) for shade, name in enumerate(names)]
    reply = requests.post(f"{api}/pictures", files=files, timeout=SECONDS)
    ranking = answered.PictureRanking.model_validate(reply.json())
    assert [picture.number for picture in ranking.pictures] == [0, 1, 2]
    assert [picture.name for picture in ranking.pictures] == [
        "first.jpg",
        "second.jpg",
        "<b>third.jpg",
    ]
    cover = ranking.pictures[0].measures
    assert cover
    assert posted(f"{api}/advice", **DRAFT, cover=cover)["available"]


def test_a_thing_is_found_by_its_name_its_number_and_its_address(api: str, thing: int):
    page = answered.ThingPage.model_validate(got(f"{api}/things/{thing}"))
    by_name = answered.Found.model_validate(got(f"{api}/search", q=page.card.name))
    assert by_name.total > 0
    for asked in (thing, f"https://www.thingiverse.com/thing:{thing}"):
        assert got(f"{api}/search", q=asked)["thing"] == thing


def test_a_things_picture_is_a_small_jpeg(api: str, thing: int):
    reply = requests.get(f"{api}/things/{thing}/picture", timeout=SECONDS)
    assert reply.headers["content-type"] == "image/jpeg"
    assert reply.content.startswith(b"\xff\xd8\xff")
    assert reply.headers["cache-control"].startswith("private")


def test_a_thing_as_a_draft_can_be_asked_advice_for(api: str, thing: int):
    existing = answered.ExistingDraft.model_validate(got(f"{api}/things/{thing}/draft"))
    assert existing.draft.based_on == thing
    assert posted(f"{api}/advice", **existing.draft.model_dump())["available"]


def test_a_tags_page_is_found_by_what_a_things_page_says(api: str):
    tag = got(f"{api}/search", q="a")["tags"][0]["key"]
    page = answered.TagPage.model_validate(got(f"{api}/tags/{quote(tag, safe='')}"))
    assert page.things > 0


def test_a_creator_is_found_by_the_name_on_a_card(api: str, thing: int):
    name = got(f"{api}/things/{thing}")["card"]["creator"]
    assert name in {each["name"] for each in got(f"{api}/creators", q=name)}


@pytest.mark.parametrize(
    "path", ["things/1", "things/1/draft", "things/1/picture", "tags/%00", "nothing/here"]
)
def test_what_is_not_there_is_a_problem_in_words(api: str, path: str):
    reply = requests.get(f"{api}/{path}", timeout=SECONDS)
    assert reply.status_code == 404
    assert answered.Problem.model_validate(reply.json()).hint


@pytest.mark.parametrize(
    "body",
    [
        b'{"weekday": 8}',
        b'{"unknown": 1}',
        b'{"megabytes": NaN}',
        b'{"megabytes": 1e999}',
        b'{"cover": {"picture_brightness": 1e300}}',
        b'{"title": "\\ud800"}',
        b'{"cover": {"no_such_measure": 1.0}}',
        b'{"tags": ["' + b'","'.join([b"x"] * 51) + b'"]}',
        b"[]",
        b"",
    ],
)
def test_a_draft_out_of_bounds_is_refused_with_the_reason(api: str, body: bytes):
    reply = requests.post(
        f"{api}/advice", data=body, headers={"content-type": "application/json"}, timeout=SECONDS
    )
    assert reply.status_code == 422, reply.text
    assert answered.Problem.model_validate(reply.json()).error


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"hour": ' + b"9" * 9000 + b"}", b'"\xff"'])
def test_a_body_that_no_reader_should_swallow_is_refused(api: str, body: bytes):
    reply = requests.post(
        f"{api}/advice", data=body, headers={"content-type": "application/json"}, timeout=SECONDS
    )
    assert 400 <= reply.status_code < 500
    assert answered.Problem.model_validate(reply.json()).error


def test_json_that_does_not_say_so_is_refused(api: str):
    reply = requests.post(
        f"{api}/advice", data="{}", headers={"content-type": "text/plain"}, timeout=SECONDS
    )
    assert reply.status_code == 422


def test_a_browser_gets_errors_as_pages_and_a_program_as_json(url: str):
    page = requests.get(f"{url}/nothing", headers={"accept": "text/html"}, timeout=SECONDS)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    other = requests.get(f"{url}/nothing", timeout=SECONDS)
    assert answered.Problem.model_validate(other.json()).error


def test_the_report_runs_its_own_scripts_and_nothing_else(url: str):
    reply = requests.get(f"{url}/report", timeout=SECONDS)
    policy = reply.headers["content-security-policy"]
    assert "<title>ThingiStat report" in reply.text
    assert policy.count("'sha256-") == 2
    own, _, added = policy.rpartition("; ")
    assert f'content="{own}"' in html.unescape(reply.text)
    assert added == "frame-ancestors 'none'"


def test_the_model_card_is_text(url: str):
    reply = requests.get(f"{url}/model-card", timeout=SECONDS)
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.text.startswith("#")


def test_whoever_runs_the_server_sees_that_it_is_well(url: str, api: str):
    version = got(f"{api}/status")["version"]
    assert got(f"{url}/health") == {"state": "ok", "version": version}


def test_no_path_leads_out_of_the_static_files(url: str):
    for path in ("/static/x/..%2f..%2fapp.py", "/static/../app.py", "/report/../../x"):
        request = requests.Request("GET", url).prepare()
        request.url = url + path
        with requests.Session() as session:
            reply = session.send(request, timeout=SECONDS)
        assert reply.status_code == 404, path
