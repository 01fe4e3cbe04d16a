"""Serve the web app until somebody ends it."""

import logging
import signal
import socket
from collections.abc import Callable

import uvicorn

from thingistat_pipeline.advisor.app import create_app
from thingistat_pipeline.advisor.connections import HEAD_BYTES, Connection
from thingistat_pipeline.errors import MisuseError, ThingistatError
from thingistat_pipeline.settings import LOOPBACK_HOSTS, Settings

GRACE_SECONDS = 10
CONNECTIONS = 500
IDLE_SECONDS = 15


def serve(settings: Settings, *, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve the web app until SIGINT or SIGTERM; requests that have begun are answered first.

    Parameters
    ----------
    settings : Settings
        Names the data folder, the token and the limits.
    host : str
        Address to listen on. Beyond this machine a token is needed.
    port : int
        Port to listen on.
    announce : callable
        Told the address once it is ours, before the models are loaded.

    Raises
    ------
    MisuseError
        When others could reach the server and no token is set.
    ThingistatError
        When the port is taken or the address is none of this machine's.
    """
    beyond = [name for name in (host, *settings.serve_names) if name not in LOOPBACK_HOSTS]
    if beyond and settings.serve_token is None:
        raise MisuseError(
            f"Others could reach the server at {beyond[0]}, and nothing would keep them out. Set "
            "THINGISTAT_SERVE_TOKEN to a long random text (and put a proxy that speaks https "
            "before it), or leave out --host and THINGISTAT_SERVE_NAMES to serve this machine only."
        )
    # it would write a line for every broken form that anybody sends
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    server = uvicorn.Server(configuration(settings, host=host))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with _listening(host, port) as listener:
        announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        try:
            # the server raises the signal that ended it once more; by then it has ended in order
            for number in before:
                signal.signal(number, signal.SIG_IGN)
            server.run(sockets=[listener])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def configuration(settings: Settings, *, host: str) -> uvicorn.Config:
    """Return how the app is served, whoever starts the server."""
    return uvicorn.Config(
        create_app(settings, host=host),
        access_log=False,
        # its warnings are about what clients send: anybody could fill the log with them
        log_level="error",
        http=Connection,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws="none",
        # a client could write itself another address into the headers of a proxy
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ThingistatError(
            f"The server cannot listen on port {port} of {host} ({error.strerror}). Another one "
            "may be running there; otherwise choose another port with --port."
        ) from None
    return listener
