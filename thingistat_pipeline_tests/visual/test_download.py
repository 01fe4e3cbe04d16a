"""Pictures are asked for politely, within bounds, and with no credentials, of real HTTP servers."""

import gzip
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from thingistat_pipeline.visual.addresses import PictureHosts
from thingistat_pipeline.visual.download import FAILURES_IN_A_ROW, Patience, PictureClient
from thingistat_pipeline.visual.pictures import PictureRefusedError
from thingistat_pipeline_tests.thingiverse.conftest import NOW, Clock
from thingistat_pipeline_tests.thingiverse.fake_api import FakeApi, Reply, served
from thingistat_pipeline_tests.visual.picture_files import encoded, jpeg, two_halves

SITE = "http://127.0.0.1:8765"
HASTY = Patience(connect=2, read=0.5, whole_picture=1)
PICTURE = Reply(body=jpeg(), kind="image/jpeg")
PACKED = Reply(body=gzip.compress(jpeg()), headers={"Content-Encoding": "gzip"})
MEGABYTE = 1_000_000

Client = Callable[..., PictureClient]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def host() -> Iterator[FakeApi]:
    with served(FakeApi()) as running:
        yield running


@pytest.fixture
def client(host: FakeApi, clock: Clock) -> Iterator[PictureClient]:
    with client_of(host.url, clock) as made:
        yield made


def client_of(url: str, clock: Clock, **options: float) -> PictureClient:
    """A client to which the host's pictures are those of `SITE`, and that never really sleeps."""
    return PictureClient(
        PictureHosts(frozenset(), SITE),
        contact="me@example.org",
        largest=MEGABYTE,
        served_at=url,
        patience=HASTY,
        now=clock.now,
        sleep=clock.sleep,
        jitter=lambda: 1.0,
        per_second=options.get("per_second"),
    )


def refusal(client: PictureClient, path: str = "/a.jpg") -> str:
    with pytest.raises(PictureRefusedError) as refused:
        client.fetch(SITE + path)
    return refused.value.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_comes_as_it_is_from_where_it_is_really_served(
    host: FakeApi, client: PictureClient, kind: str
) -> None:
    content = encoded(two_halves(), kind)
    host.answer("/a.jpg", Reply(body=content, kind="text/plain"))
    assert client.fetch(f"{SITE}/a.jpg?v=1") == content
    assert host.asked == ["/a.jpg?v=1"]


def test_a_request_says_who_asks_and_carries_no_credential(
    host: FakeApi, client: PictureClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("THINGISTAT_TOKEN", "canary")
    host.answer("/a.jpg", Reply(body=jpeg(), kind="image/jpeg", headers={"Set-Cookie": "canary=1"}))
    client.fetch(f"{SITE}/a.jpg")
    client.fetch(f"{SITE}/a.jpg")
    assert host.agents[0].startswith("thingistat-pipeline/")
    assert "me@example.org" in host.agents[0]
    for headers in host.headers:
        assert headers.keys() == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
        assert "canary" not in str(headers)


def test_the_netrc_of_this_machine_is_not_read_for_real_hosts_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """The environment counts there, because of proxies; a password is still not looked for."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with served(FakeApi()) as host:
        host.answer("/a.jpg", PICTURE)
        hosts = PictureHosts(loopback=host.url)
        with PictureClient(hosts, contact="x", largest=MEGABYTE, patience=HASTY) as client:
            client.fetch(f"{host.url}/a.jpg")
        assert host.authorizations == [None]


@pytest.mark.parametrize(
    ("reply", "reason", "requests"),
    [
        (Reply(status=404, body=b"gone"), "gone", 1),
        (Reply(status=410), "gone", 1),
        (Reply(status=403, body=b"<Error><Code>AccessDenied</Code></Error>"), "refused", 1),
        (Reply(status=401), "refused", 1),
        (Reply(body=b""), "empty", 1),
        (Reply(body=b"<!DOCTYPE html>" + bytes(5000), kind="image/jpeg"), "not_a_picture", 1),
        (Reply(body=b"<svg onload=x>" + bytes(99), kind="image/svg+xml"), "not_a_picture", 1),
        (Reply(body=b"GIF89a" + bytes(99), kind="image/gif"), "not_a_picture", 1),
        (PACKED, "not_a_picture", 1),
        (Reply(body=b"\xff\xd8\xff"), "not_a_picture", 1),
        (Reply(body=jpeg() + bytes(MEGABYTE)), "too_many_bytes", 1),
        (
            Reply(
                body=jpeg() + bytes(MEGABYTE),
                headers={"Transfer-Encoding": "chunked", "Content-Length": ""},
            ),
            "too_many_bytes",
            1,
        ),
        (Reply(status=500), "unavailable", 3),
        (Reply(status=429), "unavailable", 3),
        (Reply(fault="reset"), "unavailable", 3),
        (Reply(body=jpeg(), fault="cut"), "unavailable", 3),
        (Reply(status=302), "lost_on_the_way", 1),
    ],
)  # fmt: skip
def test_whatever_else_comes_has_a_reason_after_few_requests(
    host: FakeApi, client: PictureClient, reply: Reply, reason: str, requests: int
) -> None:
    host.answer("/a.jpg", reply)
    assert refusal(client) == reason
    assert len(host.asked) == client.requests_sent == requests


def test_a_model_where_the_picture_should_be_is_not_fetched_to_its_end(
    host: FakeApi, client: PictureClient
) -> None:
    host.answer("/part.STL", Reply(body=b"solid part" + bytes(MEGABYTE - 100), kind="model/stl"))
    assert refusal(client, "/part.STL") == "model_file"
    host.answer("/drawn.stl", PICTURE)
    assert client.fetch(f"{SITE}/drawn.stl") == PICTURE.body


def test_a_drip_is_not_waited_for(host: FakeApi, client: PictureClient) -> None:
    host.answer("/a.jpg", Reply(body=bytes(jpeg()[:60]), fault="drip"), PICTURE)
    assert client.fetch(f"{SITE}/a.jpg") == PICTURE.body


def test_passing_trouble_is_waited_out(host: FakeApi, client: PictureClient, clock: Clock) -> None:
    host.answer("/a.jpg", Reply(status=503), Reply(fault="reset"), PICTURE)
    assert client.fetch(f"{SITE}/a.jpg") == PICTURE.body
    assert clock.pauses == [1, 2]


@pytest.mark.parametrize(
    ("header", "pause"), [("17", 17), ("Tue, 01 Sep 2026 12:00:40 GMT", 40), ("soon", 1)]
)
def test_the_pause_that_the_host_asks_for_is_kept(
    host: FakeApi, client: PictureClient, clock: Clock, header: str, pause: float
) -> None:
    assert clock.time == NOW
    host.answer("/a.jpg", Reply(status=429, headers={"Retry-After": header}), PICTURE)
    client.fetch(f"{SITE}/a.jpg")
    assert clock.pauses == [pause]


def test_a_host_that_asks_for_a_longer_pause_is_left_alone(
    host: FakeApi, client: PictureClient, clock: Clock
) -> None:
    host.answer("/a.jpg", Reply(status=429, headers={"Retry-After": "3600"}))
    assert refusal(client) == "unavailable"
    assert refusal(client, "/b.jpg") == "host_is_down"
    assert (len(host.asked), clock.pauses) == (1, [])


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=503),
        Reply(status=403, body=b"Just a moment..."),
        Reply(body=b"<html>log in to this network</html>"),
    ],
)
def test_a_host_that_gives_nothing_is_soon_left_alone(
    host: FakeApi, client: PictureClient, clock: Clock, reply: Reply
) -> None:
    host.fallback = lambda _: reply
    reasons = [refusal(client, f"/{k}.jpg") for k in range(500)]
    assert reasons.count("host_is_down") == 500 - FAILURES_IN_A_ROW
    assert len(host.asked) <= FAILURES_IN_A_ROW * HASTY.tries
    assert sum(clock.pauses) < 60


def test_missing_pictures_do_not_make_a_host_count_as_down(
    host: FakeApi, client: PictureClient
) -> None:
    assert {refusal(client, f"/{k}.jpg") for k in range(3 * FAILURES_IN_A_ROW)} == {"gone"}
    host.answer("/a.jpg", Reply(status=403))
    for _ in range(FAILURES_IN_A_ROW - 1):
        assert refusal(client) == "refused"
    host.answer("/b.jpg", PICTURE)
    client.fetch(f"{SITE}/b.jpg")
    assert refusal(client) == "refused"


def test_nobody_listening_is_a_reason_and_no_crash(clock: Clock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with client_of(url, clock) as client:
            assert refusal(client) == "unavailable"


def test_requests_keep_to_the_rate_redirects_and_retries_included(
    host: FakeApi, clock: Clock
) -> None:
    host.answer("/a.jpg", Reply(status=302, headers={"Location": "/b.jpg"}))
    host.answer("/b.jpg", PICTURE)
    with client_of(host.url, clock, per_second=2) as client:
        for _ in range(5):
            client.fetch(f"{SITE}/a.jpg")
    assert client.requests_sent == 10
    assert clock.time - NOW == pytest.approx(9 * 0.5)


def test_a_redirect_is_followed_to_a_permitted_address(
    host: FakeApi, client: PictureClient
) -> None:
    host.answer("/a.jpg", Reply(status=301, headers={"Location": f"{SITE}/moved/b.jpg"}))
    host.answer("/moved/b.jpg", Reply(status=307, headers={"Location": "c.jpg"}))
    host.answer("/moved/c.jpg", PICTURE)
    assert client.fetch(f"{SITE}/a.jpg") == PICTURE.body
    assert host.asked == ["/a.jpg", "/moved/b.jpg", "/moved/c.jpg"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/b.jpg",
        "//127.0.0.1:{port}/b.jpg",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://cdn.thingiverse.com/b.jpg",
        "http://[half",
    ],
)
def test_a_redirect_to_another_host_is_not_followed(
    host: FakeApi, client: PictureClient, target: str
) -> None:
    with served(FakeApi()) as other:
        other.fallback = lambda _: PICTURE
        port = other.url.rpartition(":")[2]
        onward = Reply(status=302, headers={"Location": target.format(port=port)})
        host.answer("/a.jpg", Reply(status=302, headers={"Location": "/hop.jpg"}))
        host.answer("/hop.jpg", onward)
        assert refusal(client) == "foreign_host"
        assert other.asked == []


def test_the_body_of_a_redirect_is_not_waited_for(host: FakeApi, client: PictureClient) -> None:
    never_whole = {"Location": f"{SITE}/b.jpg", "Content-Length": "5000"}
    host.answer("/a.jpg", Reply(status=302, body=b"x", headers=never_whole))
    host.answer("/b.jpg", PICTURE)
    assert client.fetch(f"{SITE}/a.jpg") == PICTURE.body
    assert client.requests_sent == 2


def test_a_circle_of_redirects_ends(host: FakeApi, client: PictureClient) -> None:
    host.answer("/a.jpg", Reply(status=302, headers={"Location": "/a.jpg"}))
    assert refusal(client) == "lost_on_the_way"
    assert len(host.asked) == 4


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"])
def test_a_picture_host_whose_name_leads_into_a_private_network_is_not_asked(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    asked = []

    def lead_astray(host: str, port: int, *_: object, **__: object) -> list[object]:
        asked.append(host)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "getaddrinfo", lead_astray)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for proxy in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
    with (
        PictureClient(PictureHosts(), contact="x", largest=MEGABYTE, sleep=clock.sleep) as pictures,
        pytest.raises(PictureRefusedError) as refused,
    ):
        pictures.fetch("https://cdn.thingiverse.com/a.jpg")
    assert refused.value.reason == "private_address"
    assert asked == ["cdn.thingiverse.com"]
