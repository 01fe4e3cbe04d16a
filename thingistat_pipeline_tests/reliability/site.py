"""The simulated Thingiverse in a process of its own that counts what it is asked."""

import json
import multiprocessing
import os
import socket
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from thingistat_pipeline.sandbox.server import Sandbox

HOST = "127.0.0.1"
TOKEN = "a-token-of-the-counting-site"
_TOLD = "/counting/asked"


class CountingApplication:
    """Answers like another application and counts by address, before anything is answered."""

    def __init__(self, honest: ASGIApp) -> None:
        self._honest = honest
        self._asked: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == _TOLD:
            await JSONResponse(self._asked)(scope, receive, send)
            return
        query = scope["query_string"].decode()
        self._asked[scope["path"] + (f"?{query}" if query else "")] += 1
        await self._honest(scope, receive, send)


@dataclass(frozen=True)
class CountingSite:
    """Where the site answers, and what it was asked since it began."""

    url: str
    token: str = field(default=TOKEN, repr=False)

    def asked(self) -> Counter[str]:
        with urllib.request.urlopen(self.url + _TOLD, timeout=30) as answer:
            return Counter(json.load(answer))

    @property
    def environment(self) -> dict[str, str]:
        """What makes the real client ask this site, unhindered."""
        return {
            "THINGISTAT_SOURCE": "thingiverse",
            "THINGISTAT_API_URL": self.url,
            "THINGISTAT_TOKEN": self.token,
            "THINGISTAT_REQUESTS_PER_5_MINUTES": "1000000",
            "THINGISTAT_PICTURES_PER_SECOND": "1000",
        }


@contextmanager
def counting_site() -> Iterator[CountingSite]:
    """Run one for as long as the block; it ends with this process, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind((HOST, 0))
        listener.listen(128)
        process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(listener, os.getpid()), daemon=True
        )
        process.start()
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        try:
            yield CountingSite(url)
        finally:
            process.terminate()
            process.join(30)


def _serve(listener: socket.socket, parent: int) -> None:
    application = CountingApplication(
        Sandbox(seed=12, token=TOKEN, requests_per_5_minutes=10**9).application()
    )
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
    )
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    uvicorn.Server(config).run(sockets=[listener])


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)
