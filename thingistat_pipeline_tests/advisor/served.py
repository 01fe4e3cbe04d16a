"""The web app on a real port of loopback, in a thread of the test's own process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from thingistat_pipeline.advisor.serving import configuration
from thingistat_pipeline.settings import Settings

START_SECONDS = 120
UNLIMITED = 1_000_000


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """Serve a data folder; yields the address, without a slash at its end."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(configuration(settings, host="127.0.0.1"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()
        assert not thread.is_alive(), "the server did not end"


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started or _is_loading(server):
        assert thread.is_alive(), "the server ended by itself"
        assert time.monotonic() < deadline, f"the server did not start within {START_SECONDS} s"
        time.sleep(0.02)


def _is_loading(server: uvicorn.Server) -> bool:
    app: Any = server.config.app
    return bool(app.state.desk.publications.loading)
