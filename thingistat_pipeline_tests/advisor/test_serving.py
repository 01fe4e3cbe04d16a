"""`thingistat serve` as people start it and end it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from thingistat_pipeline_tests.command import Shell

SECONDS = 120
TOKEN = "correct horse battery staple"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(folder: Path, port: int, *words: str, **environment: str) -> "subprocess.Popen[bytes]":
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("THINGISTAT_", "DAGSTER_"))}
    command = [sys.executable, "-m", "thingistat_pipeline", "serve", "--port", str(port), *words]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=folder, env={**clean, **environment}, stdout=log, stderr=log
        )


def answering(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        assert process.poll() is None, "the server ended by itself"
        assert time.monotonic() < deadline, f"no answer within {SECONDS} s"
        try:
            requests.get(f"{url}/health", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)


def test_ctrl_c_ends_the_server_in_order(tmp_path: Path):
    port = free_port()
    process = started(tmp_path, port)
    try:
        answering(process, f"http://127.0.0.1:{port}")
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
    said = (tmp_path / "log").read_text()
    assert f"http://127.0.0.1:{port}" in said
    assert "Traceback" not in said


def test_a_server_that_is_told_to_end_has_printed_no_token(tmp_path: Path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = started(tmp_path, port, "--debug", THINGISTAT_SERVE_TOKEN=TOKEN)
    try:
        answering(process, url)
        requests.get(f"{url}/browse", params={"token": TOKEN}, timeout=SECONDS)
        requests.get(url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=SECONDS)
        requests.post(f"{url}/login", data={"token": TOKEN}, timeout=SECONDS)
        requests.post(f"{url}/login", data=b"\xff" + TOKEN.encode(), timeout=SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
    said = (tmp_path / "log").read_text()
    assert TOKEN not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "models.example"])
def test_serving_others_without_a_token_is_refused(thingistat: Shell, host: str):
    ended = thingistat("serve", "--host", host)
    assert ended.code == 2
    assert "THINGISTAT_SERVE_TOKEN" in ended.err
    assert not ended.out


def test_serving_under_other_names_without_a_token_is_refused(thingistat: Shell):
    ended = thingistat("serve", THINGISTAT_SERVE_NAMES='["models.example"]')
    assert ended.code == 2
    assert "models.example" in ended.err


def test_a_port_that_is_taken_is_a_clear_error(thingistat: Shell):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = thingistat("serve", "--port", port)
    assert ended.code == 1
    assert f"port {port}" in ended.err
    assert "--port" in ended.err


def test_an_address_that_is_not_ours_is_a_clear_error(thingistat: Shell):
    ended = thingistat("serve", "--host", "192.0.2.1", THINGISTAT_SERVE_TOKEN=TOKEN)
    assert ended.code == 1
    assert "192.0.2.1" in ended.err
    assert TOKEN not in ended.err


@pytest.mark.parametrize("token", ["", "short", "x" * 15, "with a line\nbreak in it"])
def test_a_token_that_keeps_nobody_out_is_refused(thingistat: Shell, token: str):
    ended = thingistat("serve", THINGISTAT_SERVE_TOKEN=token)
    assert ended.code == 2
    assert "THINGISTAT_SERVE_TOKEN" in ended.err
    assert token not in ended.err or not token
