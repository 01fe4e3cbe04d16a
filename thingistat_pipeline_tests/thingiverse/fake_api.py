"""A real HTTP server on loopback that plays whatever answers a test wants."""

import http.server
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TOKEN = "canary-token-5f1d"
DATE = "Tue, 01 Sep 2026 12:00:00 GMT"
DAY = "2026-09-01T12:00:00Z"


@dataclass(frozen=True)
class Reply:
    """One answer; `fault` is reset, drip or cut instead of a whole one."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""


def ok(value: Any, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(body=json.dumps(value).encode(), headers=named)


def refusal(status: int, message: str) -> Reply:
    return Reply(status=status, body=json.dumps({"error": message}).encode())


def gone(thing_id: int) -> Reply:
    return refusal(404, f"Thing {thing_id} does not exist")


def newest(thing_id: int) -> Reply:
    return ok({"total": 10000, "hits": [{"id": thing_id, "name": "newest"}]})


Handler = Callable[[str], Reply]


class FakeApi:
    """Answers by path; a list of replies is played in order, the last one again and again."""

    def __init__(self) -> None:
        self.routes: dict[str, list[Reply]] = {}
        self.fallback: Handler = lambda path: refusal(404, "Not Found")
        self.asked: list[str] = []
        self.authorizations: list[str | None] = []
        self.agents: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    def answer(self, path: str, *replies: Reply) -> None:
        self.routes[path] = list(replies)

    def reply_to(self, target: str) -> Reply:
        self.asked.append(target)
        path = urlsplit(target).path
        for key in (target, path):
            if replies := self.routes.get(key):
                return replies.pop(0) if len(replies) > 1 else replies[0]
        return self.fallback(target)


def _handler(api: FakeApi) -> type[http.server.BaseHTTPRequestHandler]:
    class Play(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            api.authorizations.append(self.headers.get("Authorization"))
            api.agents.append(self.headers.get("User-Agent", ""))
            api.headers.append(dict(self.headers))
            reply = api.reply_to(self.path)
            if reply.fault == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                self.connection.close()
                return
            self.send_response_only(reply.status)
            headers = {"Date": DATE, "Content-Type": reply.kind, **reply.headers}
            length = len(reply.body) + (100 if reply.fault == "cut" else 0)
            headers.setdefault("Content-Length", str(length))
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            if reply.fault == "drip":
                for byte in reply.body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.05)
            elif headers.get("Transfer-Encoding") == "chunked":
                for start in range(0, len(reply.body), 100):
                    piece = reply.body[start : start + 100]
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
            else:
                self.wfile.write(reply.body)
            self.close_connection = bool(reply.fault)

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, ValueError, OSError):
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except (ConnectionError, ValueError, OSError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Play


@contextmanager
def served(api: FakeApi) -> Iterator[FakeApi]:
    """Serve on a free port for the length of the block."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
