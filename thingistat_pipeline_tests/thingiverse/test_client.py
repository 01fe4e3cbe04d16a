"""The client against a real server on loopback that behaves and misbehaves."""

import contextlib
import gzip
import json
import logging
import socket
import threading
import time
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from thingistat_pipeline.thingiverse import client as client_module
from thingistat_pipeline.thingiverse.budget import request_budget
from thingistat_pipeline.thingiverse.client import Patience, ThingiverseClient, next_page
from thingistat_pipeline.thingiverse.errors import (
    ApiError,
    Blocked,
    TokenRejected,
    Unavailable,
    Verdict,
)
from thingistat_pipeline_tests.thingiverse.conftest import Clock
from thingistat_pipeline_tests.thingiverse.fake_api import (
    DAY,
    TOKEN,
    FakeApi,
    Reply,
    gone,
    newest,
    ok,
    refusal,
    served,
)


def test_a_thing_comes_with_the_servers_time(api: FakeApi, client: ThingiverseClient) -> None:
    api.answer("/things/5", ok({"id": 5}))
    answer = client.thing(5)
    assert (answer.verdict, answer.tree, answer.observed_at) == (Verdict.OK, {"id": 5}, DAY)
    assert api.authorizations == [f"Bearer {TOKEN}"]
    assert api.agents[0].startswith("thingistat-pipeline/")
    assert "mailto:keeper@example.org" in api.agents[0]
    assert client.requests_sent == 1


@pytest.mark.parametrize("date", ["", "rubbish", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_our_clock_counts_when_the_servers_is_missing_or_in_the_future(
    api: FakeApi, client: ThingiverseClient, date: str
) -> None:
    api.answer("/things/5", ok({"id": 5}, Date=date))
    assert client.thing(5).observed_at == DAY


def test_the_newest_id_is_asked_of_the_search(api: FakeApi, client: ThingiverseClient) -> None:
    api.answer("/search/?type=things&per_page=1&sort=newest", newest(7_417_104))
    assert client.newest_id() == 7_417_104


@pytest.mark.parametrize("reply", [ok([]), ok({"hits": []}), ok({"x": 1}), refusal(404, "no")])
def test_a_search_without_a_hit_stops_the_night(
    api: FakeApi, client: ThingiverseClient, reply: Reply
) -> None:
    api.answer("/search/", reply)
    with pytest.raises(Unavailable, match="did not name the newest thing"):
        client.newest_id()


@pytest.mark.parametrize(("newest_id", "believed"), [(10**9, True), (10**9 + 1, False)])
def test_an_impossible_newest_id_is_not_believed(
    api: FakeApi, client: ThingiverseClient, newest_id: int, believed: bool
) -> None:
    api.answer("/search/", newest(newest_id))
    if believed:
        assert client.newest_id() == newest_id
    else:
        with pytest.raises(Unavailable, match="the newest thing is number 1000000001"):
            client.newest_id()


def test_a_token_that_is_told_back_is_taken_out(api: FakeApi) -> None:
    token = "canary/token+77"
    escaped = r"canary\/token+77"
    asked_again = "<http://x/?access_token=canary%2Ftoken%2B77&page=2>"
    api.answer("/things/5", Reply(body=b'{"id": 5, "name": "%s"}' % escaped.encode()))
    api.answer("/things/5/likes", ok([{"id": 1}], Link=f'{asked_again}; rel="next"'))
    budget = request_budget(10**6)
    with ThingiverseClient(api.url, SecretStr(token), budget=budget, contact="x") as client:
        assert client.thing(5).tree == {"id": 5, "name": "[token]"}
        following = client.likes_page(5).following
    assert following == {"access_token": "[token]", "page": "2"}


@pytest.mark.parametrize("status", [401, 502])
def test_no_error_tells_the_token_that_was_told_back(
    api: FakeApi, client: ThingiverseClient, status: int
) -> None:
    api.answer("/things/5", refusal(status, f"no {TOKEN} here"))
    with pytest.raises(ApiError, match=r"no \[token\] here") as caught:
        client.thing(5)
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in told + repr(vars(caught.value))


def test_transient_trouble_is_waited_out_with_doubling_pauses(
    api: FakeApi, client: ThingiverseClient, clock: Clock
) -> None:
    broken = Reply(status=502, body=b"[]")
    api.answer("/things/5", broken, Reply(body=b'{"id":'), Reply(fault="reset"), ok({"id": 5}))
    assert client.thing(5).verdict is Verdict.OK
    assert clock.pauses == [1, 2, 4]
    assert client.requests_sent == 4


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, body=b"[]"),
        Reply(body=b"<html>busy</html>", kind="text/html"),
        Reply(body=b'{"id": 5}', fault="cut"),
        Reply(body=b'{"id": 5}' + b" " * 100, fault="drip"),
        Reply(fault="reset"),
        Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "page", "cut", "drip", "reset", "no gzip"],
)
def test_lasting_trouble_is_no_verdict_about_the_thing(
    api: FakeApi, client: ThingiverseClient, clock: Clock, reply: Reply
) -> None:
    api.answer("/things/5", reply)
    with pytest.raises(Unavailable, match="after 5 tries"):
        client.thing(5)
    assert clock.pauses == [1, 2, 4, 8]


def test_nobody_listening_is_transient(client: ThingiverseClient, clock: Clock) -> None:
    with served(FakeApi()) as closed:
        url = closed.url
    lonely = ThingiverseClient(
        url, SecretStr(TOKEN), budget=request_budget(10**6), contact="x", sleep=clock.sleep
    )
    with pytest.raises(Unavailable, match="ConnectionError"):
        lonely.thing(5)


def test_a_packed_answer_in_chunks_is_read_whole(api: FakeApi, client: ThingiverseClient) -> None:
    packed = gzip.compress(json.dumps({"id": 5, "description": "x" * 300_000}).encode())
    headers = {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked", "Content-Length": ""}
    api.answer("/things/5", Reply(body=packed, headers=headers))
    assert len(client.thing(5).tree["description"]) == 300_000
    assert len(client.thing(5).tree["description"]) == 300_000  # the connection is still good


def test_an_answer_that_bursts_is_cut_off(
    api: FakeApi, client: ThingiverseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LARGEST_ANSWER", 1 << 20)
    bomb = gzip.compress(b" " * (50 << 20))
    api.answer("/things/5", Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unavailable, match="an answer of more than 1 MiB"):
        client.thing(5)


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ("7", 7),
        ("Tue, 01 Sep 2026 12:00:20 GMT", 20),
        ("999999999999", 300),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 300),
        ("-5", 15),
        ("rubbish", 15),
        ("Tue, 01 Sep 2020 12:00:00 GMT", 0),
        ("", 15),
    ],
)
def test_the_limit_is_waited_out_as_the_server_asks(
    api: FakeApi, client: ThingiverseClient, clock: Clock, asked: str, pause: float
) -> None:
    body = b"You can only send 300 requests per 5 minutes. Please check https://x"
    limited = Reply(status=420, body=body, kind="text/plain", headers={"Retry-After": asked})
    api.answer("/things/5", limited, ok({"id": 5}))
    assert client.thing(5).verdict is Verdict.OK
    assert clock.pauses == [pytest.approx(pause)]


def test_a_revoked_token_stops_at_once(api: FakeApi, client: ThingiverseClient) -> None:
    api.answer("/things/5", refusal(401, "Unauthorized"))
    with pytest.raises(TokenRejected, match=r"thingiverse\.com/apps"):
        client.thing(5)
    assert len(api.asked) == 1


def test_a_block_page_stops_at_once(api: FakeApi, client: ThingiverseClient) -> None:
    page = Reply(status=403, body=b"<html><title>Just a moment...</title>", kind="text/html")
    api.answer("/things/5", page)
    with pytest.raises(Blocked, match="shut this client out"):
        client.thing(5)
    assert len(api.asked) == 1


def test_the_token_does_not_follow_a_redirect(api: FakeApi, client: ThingiverseClient) -> None:
    with served(FakeApi()) as elsewhere:
        redirect = Reply(status=302, headers={"Location": elsewhere.url + "/things/5"})
        api.answer("/things/5", redirect)
        with pytest.raises(Unavailable, match="status 302"):
            client.thing(5)
        assert elsewhere.asked == []


def test_the_page_of_a_redirect_is_not_read(api: FakeApi, client: ThingiverseClient) -> None:
    headers = {"Location": "/things/5", "Content-Length": str(1 << 30)}
    api.answer("/things/5", Reply(status=302, body=b"x" * 200, headers=headers, fault="drip"))
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"a redirect \(status 302\), after 5 tries"):
        client.thing(5)
    assert time.monotonic() - began < 20  # a drip of 10 s, five times


def test_headers_that_drip_are_given_up(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted: list[socket.socket] = []

        def drip() -> None:
            for _ in range(2):
                try:
                    connection, _ = server.accept()
                except OSError:  # the test is over
                    return
                accepted.append(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    while True:
                        connection.sendall(b"X-Drip: 1\r\n")
                        time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        patient = Patience(connect=2, read=2, whole_answer=0.3, tries=2)
        with ThingiverseClient(
            f"http://127.0.0.1:{server.getsockname()[1]}",
            SecretStr(TOKEN),
            budget=request_budget(10**6),
            contact="x",
            patience=patient,
            sleep=clock.sleep,
        ) as lonely:
            began = time.monotonic()
            with pytest.raises(Unavailable, match="after 2 tries"):
                lonely.thing(5)
            assert time.monotonic() - began < 15  # a hundred headers, the most there may be: 10 s
        for connection in accepted:
            connection.close()


def test_a_page_of_likes_lends_its_query_and_not_its_host(
    api: FakeApi, client: ThingiverseClient
) -> None:
    link = '<https://evil.example/things/5/likes?page=2>; rel="next", <x>; rel="first"'
    api.answer("/things/5/likes", ok([{"id": 1}, {"id": 2}], Link=link))
    page = client.likes_page(5)
    assert (page.user_ids, page.following) == ([1, 2], {"page": "2"})
    api.answer("/things/5/likes?page=2", ok([{"id": 3}]))
    assert client.likes_page(5, page.following).user_ids == [3]
    assert api.asked == ["/things/5/likes", "/things/5/likes?page=2"]


def test_a_link_that_is_no_address_still_lends_its_query() -> None:
    assert next_page('<http://[x?page=2#here>; rel="next"') == {"page": "2"}


@pytest.mark.parametrize("link", [None, "", "rubbish", "<>", '<https://x/?page=2>; rel="last"'])
def test_no_next_page_is_named(link: str | None) -> None:
    assert next_page(link) is None


def test_missing_likes_are_no_empty_list(api: FakeApi, client: ThingiverseClient) -> None:
    api.answer("/things/5/likes", gone(5))
    with pytest.raises(Unavailable):
        client.likes_page(5)


def test_the_token_is_nowhere_but_in_the_header(
    api: FakeApi, client: ThingiverseClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = {
        1: Reply(status=500, body=b"[]"),
        2: Reply(fault="reset"),
        3: refusal(401, "Unauthorized"),
        4: Reply(status=403, body=b"<html><title>Just a moment", kind="text/html"),
        5: Reply(status=302, headers={"Location": "https://elsewhere.example/"}),
        6: Reply(body=b"x", headers={"Content-Encoding": "gzip"}),
    }
    for thing_id, reply in replies.items():
        api.answer(f"/things/{thing_id}", reply)
        with pytest.raises(ApiError) as caught:
            client.thing(thing_id)
        told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert TOKEN not in "".join(told.format())
        seen: BaseException | None = caught.value
        while seen is not None:
            assert TOKEN not in repr(vars(seen))
            seen = seen.__context__
    assert TOKEN not in caplog.text + repr(client) + repr(vars(client))
    assert all(TOKEN not in target for target in api.asked)


def test_every_request_is_taken_from_the_budget(api: FakeApi, clock: Clock, tmp_path: Path) -> None:
    budget = request_budget(
        5, share=0.8, file=tmp_path / "b.sqlite", now=clock.now, steady=clock.now, sleep=clock.sleep
    )
    with ThingiverseClient(
        api.url, SecretStr(TOKEN), budget=budget, contact="x", now=clock.now, sleep=clock.sleep
    ) as limited:
        for _ in range(4):
            limited.thing(5)
        assert clock.pauses == []
        limited.thing(5)
    assert sum(clock.pauses) == pytest.approx(300, abs=0.01)
