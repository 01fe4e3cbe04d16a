"""The guards, each before a tiny app."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from thingistat_pipeline.advisor import guards
from thingistat_pipeline_tests.advisor.asgi import Answer, answer, answered, greeting, refusal

TOKEN = "correct horse battery"
OWN_HOST = {"host": "127.0.0.1:8000"}


def test_every_answer_carries_the_protecting_headers():
    got = answer(guards.Armour(greeting, refusal))
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "same-origin"
    assert "camera=()" in got.headers["permissions-policy"]
    policy = dict(rule.split(" ", 1) for rule in got.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in got.headers["content-security-policy"]


def test_an_answer_that_has_a_policy_of_its_own_keeps_it():
    async def strict(scope: Scope, receive: Receive, send: Send) -> None:
        own = {"content-security-policy": "default-src 'none'", "cache-control": "private"}
        await PlainTextResponse("x", headers=own)(scope, receive, send)

    got = answer(guards.Armour(strict, refusal))
    assert got.headers["content-security-policy"] == "default-src 'none'"
    assert got.headers["cache-control"] == "private"


def test_a_crash_is_an_answer_that_gives_nothing_away(caplog: pytest.LogCaptureFixture):
    async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("/home/someone/secret")

    got = answer(guards.Armour(crashing, refusal), path="/x\ny")
    assert got.status == 500
    assert b"secret" not in got.body
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "KeyError" in caplog.text
    assert "/x\\ny" in caplog.text, "a path could write lines of its own into the log"


def test_a_client_that_left_is_no_crash(caplog: pytest.LogCaptureFixture):
    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnect

    assert answer(guards.Armour(reading, refusal)).status == 0
    assert not caplog.records


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "127.0.0.1"]
)
def test_loopback_is_known_by_all_its_names(host: str):
    guard = guards.KnownHosts(greeting, refusal, "127.0.0.1")
    assert answer(guard, headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "x@127.0.0.1",
        "127.0.0.1/x",
        "127.0.0.1:99999",
        "[::1",
        "192.168.0.7",
        "",
    ],
)
def test_another_host_name_is_turned_away(host: str):
    guard = guards.KnownHosts(greeting, refusal, "127.0.0.1")
    assert answer(guard, headers={"host": host}).status == 421


def test_no_host_and_two_hosts_are_turned_away():
    guard = guards.KnownHosts(greeting, refusal, "127.0.0.1")
    assert answer(guard).status == 421
    twice = [("host", "127.0.0.1"), ("host", "evil.example")]
    assert answer(guard, headers=twice).status == 421


def test_an_empty_name_in_the_settings_lets_in_no_nameless_host():
    guard = guards.KnownHosts(greeting, refusal, "", ("",))
    assert answer(guard, headers={"host": "x@y"}).status == 421
    assert answer(guard).status == 421


def test_beyond_loopback_addresses_and_listed_names_are_known_but_no_other_names():
    guard = guards.KnownHosts(greeting, refusal, "0.0.0.0", ("Models.example",))
    for host, status in {
        "192.168.0.7:8000": 200,
        "[2001:db8::1]": 200,
        "models.example": 200,
        "evil.example": 421,
    }.items():
        assert answer(guard, headers={"host": host}).status == status, host


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9000"},
        {"origin": "http://[bad"},
        {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
    ],
)
def test_what_another_sites_page_sends_is_turned_away(headers: dict[str, str]):
    guard = guards.SameSite(greeting, refusal)
    assert answer(guard, "POST", headers=OWN_HOST | headers).status == 403
    assert answer(guard, "GET", headers=OWN_HOST | headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8000"},
    ],
)
def test_own_pages_and_programs_may_send(headers: dict[str, str]):
    guard = guards.SameSite(greeting, refusal)
    assert answer(guard, "POST", headers=OWN_HOST | headers).status == 200


def statuses(app: ASGIApp, requests: Iterable[dict[str, Any]]) -> list[Answer]:
    """Return the answers to several requests of one loop, as a server has it."""

    async def all_of_them() -> list[Answer]:
        return [
            await answered(
                app,
                request.get("method", "GET"),
                request.get("path", "/"),
                {},
                [b""],
                request.get("client", ("127.0.0.1", 1)),
                "",
            )
            for request in requests
        ]

    return asyncio.run(all_of_them())


def test_a_client_may_ask_as_often_as_the_limit_says_and_is_told_when_to_come_back():
    guard = guards.RateLimit(greeting, refusal, 60)
    got = statuses(guard, [{}] * 62)
    assert [each.status for each in got] == [200] * 60 + [429] * 2
    assert 1 <= int(got[-1].headers["retry-after"]) <= 60


def test_one_clients_flood_does_not_shut_out_another():
    guard = guards.RateLimit(greeting, refusal, 60)
    got = statuses(guard, [{}] * 61 + [{"client": ("10.0.0.2", 1)}])
    assert [each.status for each in got[-2:]] == [429, 200]


def test_the_addresses_of_one_ipv6_network_are_one_client():
    guard = guards.RateLimit(greeting, refusal, 60)
    flood = [{"client": (f"2001:db8::{number:x}", 1)} for number in range(61)]
    got = statuses(guard, [*flood, {"client": ("2001:db8:0:1::1", 1)}])
    assert [each.status for each in got[-2:]] == [429, 200]


def test_old_addresses_on_a_socket_of_both_kinds_are_clients_of_their_own():
    guard = guards.RateLimit(greeting, refusal, 60)
    flood = [{"client": ("::ffff:10.0.0.1", 1)}] * 61
    got = statuses(guard, [*flood, {"client": ("::ffff:10.0.0.2", 1)}, {"client": ("10.0.0.1", 1)}])
    assert [each.status for each in got[-3:]] == [429, 200, 429]


def test_two_guesses_of_the_token_use_up_what_sixty_requests_do():
    guard = guards.RateLimit(greeting, refusal, 60)
    got = statuses(guard, [{"method": "POST", "path": "/login"}] * 3)
    assert [each.status for each in got] == [200, 200, 429]


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer  {TOKEN} "},
        {"cookie": f"a=b; thingistat={guards.session(TOKEN)}"},
    ],
)
def test_whoever_bears_the_token_is_let_in(headers: dict[str, str]):
    assert answer(guards.TokenGate(greeting, refusal, TOKEN), headers=headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong horse battery"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer \xff"},
        {"cookie": f"thingistat={TOKEN}"},
        {"cookie": "thingistat="},
    ],
)
def test_nobody_else_is(headers: dict[str, str]):
    got = answer(guards.TokenGate(greeting, refusal, TOKEN), headers=headers)
    assert got.status == 401
    assert got.headers["www-authenticate"] == "Bearer"
    assert TOKEN.encode() not in got.body


def test_a_person_without_the_token_is_led_to_the_login_and_back():
    guard = guards.TokenGate(greeting, refusal, TOKEN)
    got = answer(guard, path="/browse", query="q=a&page=2", headers={"accept": "text/html"})
    assert got.status == 303
    assert got.headers["location"] == "/login?next=/browse%3Fq%3Da%26page%3D2"


def test_the_login_page_and_its_style_need_no_token():
    guard = guards.TokenGate(greeting, refusal, TOKEN)
    assert answer(guard, path="/login").status == 200
    assert answer(guard, path="/static/x/style.css").status == 200
    assert answer(guard, path="/login/x").status == 401


def test_the_cookie_tells_nothing_of_the_token():
    assert TOKEN not in guards.session(TOKEN)
    assert guards.session(TOKEN) != guards.session(TOKEN + " ")
