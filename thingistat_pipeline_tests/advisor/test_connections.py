"""Clients that dawdle or flood below HTTP, over real sockets, with nothing published."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from thingistat_pipeline.advisor import connections
from thingistat_pipeline.advisor.pages import PLOTLY
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.served import served

SECONDS = 60
SOON = 0.3
HEAD = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        pytest.MonkeyPatch.context() as patch,
        served(Settings(data_dir=tmp_path_factory.mktemp("empty"))) as url,
    ):
        patch.setattr(connections, "HEAD_SECONDS", SOON)
        patch.setattr(connections, "UNREAD_SECONDS", SOON)
        yield url


def connected(address: str, buffer: int | None = None) -> socket.socket:
    host, _, port = address.removeprefix("http://").partition(":")
    client = socket.socket()
    client.settimeout(SECONDS)
    if buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.connect((host, int(port)))
    return client


def all_answered(client: socket.socket) -> bytes:
    """Return what the server says until it ends the connection; raises if it never does."""
    said = b""
    with suppress(ConnectionResetError):
        while part := client.recv(65_536):
            said += part
    return said


def send_lines(client: socket.socket, megabytes: int) -> None:
    for _ in range(10 * megabytes):
        client.sendall(b"X: " + b"y" * 99_995 + b"\r\n")


@pytest.mark.parametrize("begun", [b"", b"GET", HEAD, HEAD + b"X: y\r\n"])
def test_a_client_that_never_ends_its_request_is_left(address: str, begun: bytes):
    with connected(address) as client:
        client.sendall(begun)
        assert all_answered(client) == b""


def test_a_client_that_never_ends_its_second_request_is_left_as_well(address: str):
    with connected(address) as client:
        client.sendall(HEAD + b"\r\n")
        assert client.recv(1).startswith(b"H")
        client.sendall(b"GET /")
        assert all_answered(client).rstrip().endswith(b"</html>")


def test_a_body_has_more_time_than_a_head(address: str):
    with connected(address) as client:
        client.sendall(
            b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 7\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        client.settimeout(3 * SOON)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(SECONDS)
        client.sendall(b"token=x")
        assert all_answered(client).startswith(b"HTTP/1.1 303")


def test_a_head_without_end_is_not_kept_in_memory(address: str):
    with connected(address) as client:
        client.sendall(HEAD)
        with pytest.raises(ConnectionError):
            send_lines(client, megabytes=100)


def test_a_client_that_reads_nothing_of_a_large_answer_is_left(address: str):
    page = requests.get(f"{address}/login", timeout=SECONDS).text
    digest = page.partition('"/static/')[2].partition("/")[0]
    path = f"/static/{digest}/{PLOTLY}"
    whole = int(requests.get(address + path, timeout=SECONDS).headers["content-length"])
    with connected(address, buffer=4096) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        time.sleep(4 * SOON)
        assert len(all_answered(client)) < whole


def test_what_strangers_send_writes_no_lines_into_the_log(
    address: str, caplog: pytest.LogCaptureFixture
):
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.addHandler(caplog.handler)
    try:
        for nonsense in (b"\x16\x03\x01\r\n\r\n", HEAD + b"Upgrade: websocket\r\nX\r\n\r\n"):
            with connected(address) as client:
                client.sendall(nonsense)
                assert b" 400 " in all_answered(client)
    finally:
        uvicorn.removeHandler(caplog.handler)
    assert not caplog.records


def test_a_client_that_leaves_in_the_middle_of_an_upload_is_no_bug(
    address: str, caplog: pytest.LogCaptureFixture
):
    with connected(address) as client:
        client.sendall(
            b"POST /api/v1/pictures HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        )
    assert requests.get(f"{address}/login", timeout=SECONDS).status_code == 200
    assert not caplog.records
