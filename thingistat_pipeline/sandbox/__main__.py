"""Serve the simulated Thingiverse on loopback: ``python -m thingistat_pipeline.sandbox``.

Prints one line, ``{"url": "http://127.0.0.1:PORT"}``, once requests are answered. The token comes
from the environment variable SANDBOX_TOKEN, never from an argument, which other users could see.
"""

import argparse
import asyncio
import json
import os
import socket
import sys
import threading
from datetime import date

import uvicorn
from starlette.types import ASGIApp

from thingistat_pipeline.sandbox.faulty import FaultyApplication
from thingistat_pipeline.sandbox.mischief import planned_faults
from thingistat_pipeline.sandbox.server import DEFAULT_REQUESTS_PER_5_MINUTES, Sandbox
from thingistat_pipeline.sandbox.timeline import DEFAULT_TODAY

DEFAULT_TOKEN = "sandbox-token"  # noqa: S105 - a token that opens nothing but a simulation
HOST = "127.0.0.1"


def main(arguments: list[str] | None = None) -> None:
    """Parse the arguments and serve until interrupted or, if asked, until stdin closes."""
    options = _options(arguments)
    token = os.environ.get("SANDBOX_TOKEN", DEFAULT_TOKEN)
    sandbox = Sandbox(
        seed=options.seed,
        today=options.today,
        token=token,
        requests_per_5_minutes=options.requests_per_5_minutes,
        public_url=options.public_url,
    )
    application: ASGIApp = sandbox.application()
    if options.faults is not None:
        application = FaultyApplication(application, token, options.faults)
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol; with it on,
    # every answer waits 40 ms for an acknowledgement.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, options.port))
        except OSError as error:
            sys.exit(f"cannot listen on {HOST}:{options.port}: {error.strerror}")
        listener.listen(128)
        if options.exit_with_parent:
            threading.Thread(target=_exit_when_stdin_closes, args=(server,), daemon=True).start()
        asyncio.run(_serve(server, listener))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m thingistat_pipeline.sandbox",
        description="Serve a simulated Thingiverse on this machine.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--seed", type=int, default=12, help="seed of the catalogue")
    parser.add_argument("--today", type=date.fromisoformat, default=DEFAULT_TODAY)
    parser.add_argument(
        "--requests-per-5-minutes", type=int, default=DEFAULT_REQUESTS_PER_5_MINUTES
    )
    parser.add_argument("--public-url", help="address that answers name, if not the client's own")
    parser.add_argument(
        "--faults",
        type=_faults,
        metavar="NAME[:SHARE][@AFTER],...",
        help=(
            "misbehave (see thingistat_pipeline/sandbox/faults.py and drifting.py); may be empty, "
            "to begin later"
        ),
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="end when stdin closes")
    return parser.parse_args(arguments)


def _faults(spec: str) -> str:
    try:
        planned_faults(spec)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return spec


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        sys.stdout.write(json.dumps({"url": url}) + "\n")
        sys.stdout.flush()
    await serving


def _exit_when_stdin_closes(server: uvicorn.Server) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    server.should_exit = True


if __name__ == "__main__":
    main()
