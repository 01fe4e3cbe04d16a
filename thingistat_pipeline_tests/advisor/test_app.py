"""The app with all its guards in place, over real HTTP, with nothing published."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from thingistat_pipeline.advisor.answered import Problem
from thingistat_pipeline.advisor.guards import HEADERS
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.served import served

SECONDS = 60
TOKEN = "correct horse battery staple"
PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a data folder in which nothing was ever run."""
    return Settings(data_dir=tmp_path_factory.mktemp("empty"), serve_requests_per_minute=500)


@pytest.fixture(scope="module")
def unguarded(nothing: Settings) -> Iterator[str]:
    """The address of an app without a token."""
    with served(nothing) as url:
        yield url


@pytest.fixture(scope="module")
def guarded(nothing: Settings) -> Iterator[str]:
    """The address of an app that asks for a token."""
    with served(nothing.with_changes(serve_token=TOKEN)) as url:
        yield url


def asked(url: str, method: str = "GET", **more: Any) -> requests.Response:
    return requests.request(method, url, timeout=SECONDS, allow_redirects=False, **more)


def test_before_the_first_run_the_api_says_what_to_do(unguarded: str):
    reply = asked(f"{unguarded}/api/v1/status")
    assert reply.status_code == 503
    assert "make run" in Problem.model_validate(reply.json()).hint


def test_before_the_first_run_the_page_says_what_to_do(unguarded: str):
    reply = asked(unguarded, headers=PAGE)
    assert reply.status_code == 503
    assert reply.headers["content-type"].startswith("text/html")
    assert "make run" in reply.text
    assert "Look again" in reply.text
    assert 'class="button" href="/"' not in reply.text, "it would lead to this very page"


def test_before_the_first_run_whoever_runs_the_server_sees_that(unguarded: str):
    reply = asked(f"{unguarded}/health")
    assert reply.status_code == 503
    assert reply.json()["state"] == "nothing published"


@pytest.mark.parametrize("path", ["/report", "/model-card"])
def test_before_the_first_run_there_is_no_report(unguarded: str, path: str):
    reply = asked(unguarded + path)
    assert reply.status_code == 404
    assert reply.json()["error"] == "There is no report yet."
    assert "thingistat run" in reply.json()["hint"]
    page = asked(unguarded + path, headers=PAGE).text
    assert "<code>thingistat run</code>" in page
    assert "Search for it" not in page


def test_every_answer_carries_the_protecting_headers(unguarded: str):
    advice = f"{unguarded}/api/v1/advice"
    replies = {
        200: asked(f"{unguarded}/api/v1/openapi.json"),
        403: asked(advice, "POST", json={}, headers={"sec-fetch-site": "cross-site"}),
        404: asked(f"{unguarded}/nothing", headers=PAGE),
        405: asked(f"{unguarded}/api/v1/status", "DELETE"),
        413: asked(advice, "POST", data=bytes(300_000)),
        421: asked(unguarded, headers={"host": "evil.example"}),
        422: asked(advice, "POST", json={"weekday": 8}),
        503: asked(unguarded),
    }
    for status, reply in replies.items():
        assert reply.status_code == status
        for name, value in HEADERS.items():
            assert reply.headers[name] == value, f"{name} of {status}"
        assert "server" not in reply.headers


def test_a_guard_answers_a_browser_with_a_page(unguarded: str):
    reply = asked(unguarded, headers={**PAGE, "host": "evil.example"})
    assert reply.status_code == 421
    assert reply.headers["content-type"].startswith("text/html")


def test_another_site_may_not_read_answers(unguarded: str):
    origin = {"origin": "http://evil.example"}
    reply = asked(f"{unguarded}/api/v1/openapi.json", headers=origin)
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]
    preflight = {**origin, "access-control-request-method": "POST"}
    assert asked(f"{unguarded}/api/v1/advice", "OPTIONS", headers=preflight).status_code == 405


def test_a_flood_is_answered_with_when_to_come_back(nothing: Settings):
    with served(nothing.with_changes(serve_requests_per_minute=60)) as url:
        replies = [asked(f"{url}/health") for _ in range(61)]
        assert {reply.status_code for reply in replies[:60]} == {503}
        assert replies[60].status_code == 429
        assert 1 <= int(replies[60].headers["retry-after"]) <= 60
        forged = {"x-forwarded-for": "10.0.0.9", "forwarded": "for=10.0.0.9"}
        assert asked(f"{url}/health", headers=forged).status_code == 429


@pytest.mark.parametrize("path", ["/health", "/api/v1/status", "/api/v1/openapi.json", "/report"])
def test_with_a_token_nothing_is_told_without_it(guarded: str, path: str):
    assert asked(guarded + path).status_code == 401
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert asked(guarded + path, headers=bearer).status_code != 401


def test_an_upload_without_the_token_is_not_read(guarded: str):
    pictures = [("pictures", ("a.png", bytes(1000)))]
    assert asked(f"{guarded}/api/v1/pictures", "POST", files=pictures).status_code == 401


def test_a_person_logs_in_and_is_led_to_where_they_were_going(guarded: str):
    led = asked(f"{guarded}/browse?q=box", headers=PAGE)
    assert led.status_code == 303
    assert led.headers["location"] == "/login?next=/browse%3Fq%3Dbox"
    assert asked(f"{guarded}{led.headers['location']}", headers=PAGE).status_code == 200
    login = f"{guarded}{led.headers['location']}"
    reply = asked(login, "POST", data={"token": TOKEN})
    assert reply.status_code == 303
    assert reply.headers["location"] == "/browse?q=box"
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    assert TOKEN not in reply.headers["set-cookie"]
    inside = asked(f"{guarded}/api/v1/status", cookies=reply.cookies.get_dict())
    assert inside.status_code == 503


def test_behind_a_proxy_that_speaks_https_the_cookie_is_for_https_only(guarded: str):
    headers = {"x-forwarded-proto": "https"}
    reply = asked(f"{guarded}/login", "POST", data={"token": TOKEN}, headers=headers)
    assert "secure" in reply.headers["set-cookie"].lower()


@pytest.mark.parametrize("path", ["/api/v1/status", "/health", "/"])
def test_no_answer_tells_where_on_the_machine_the_data_are(
    unguarded: str, nothing: Settings, path: str
):
    said = asked(unguarded + path).text
    assert "Nothing is published in the data folder yet" in said
    assert str(nothing.data_dir) not in said


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "\u00e9" * 20])
def test_a_wrong_token_leads_back_to_the_login(guarded: str, token: str):
    reply = asked(f"{guarded}/login", "POST", data={"token": token})
    assert reply.status_code == 303
    assert reply.headers["location"].startswith("/login?refused=true")
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "x", "/\r\nx: y", ""]
)
def test_the_login_leads_nowhere_else(guarded: str, target: str):
    reply = asked(f"{guarded}/login", "POST", data={"token": TOKEN}, params={"next": target})
    assert reply.headers["location"] == "/"


def test_another_site_cannot_log_anybody_in(guarded: str):
    headers = {"origin": "http://evil.example"}
    reply = asked(f"{guarded}/login", "POST", data={"token": TOKEN}, headers=headers)
    assert reply.status_code == 403


def test_where_no_token_is_asked_for_the_login_leads_on(unguarded: str):
    reply = asked(f"{unguarded}/login", "POST", data={"token": ""})
    assert reply.headers["location"] == "/"
    assert "set-cookie" not in reply.headers


def test_a_report_without_a_policy_may_do_nothing(tmp_path: Path):
    folder = tmp_path / "reports" / "v1"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<script>alert(1)</script>")
    (folder.parent / "latest").symlink_to("v1")
    with served(Settings(data_dir=tmp_path)) as url:
        policy = asked(f"{url}/report").headers["content-security-policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"
