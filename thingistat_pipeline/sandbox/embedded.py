"""A sandbox in a process of its own, for as long as a block of code runs.

The process gets its token through the environment and a pipe as its standard input; when the
parent ends, however it ends, the pipe closes and the sandbox with it.
"""

import json
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

from thingistat_pipeline.sandbox.faulty import CONTROL
from thingistat_pipeline.sandbox.timeline import DEFAULT_TODAY

START_SECONDS = 60.0
STOP_SECONDS = 10.0

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy to loopback


class SandboxError(RuntimeError):
    """The sandbox did not start; the message says what its process wrote."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: where it answers, the token it wants, and its process number."""

    url: str
    token: str = field(repr=False)
    pid: int

    def misbehave(self, faults: str) -> None:
        """Play these faults from now on, see `sandbox.mischief`; none for an empty text.

        Only a sandbox that was started with `faults`, if only an empty text, knows how.
        """
        self._control("PUT", faults.encode())

    def mischief(self) -> dict[str, Any]:
        """Return what was played since: ``faults, played, followed, followed_with_token``."""
        return dict(self._control("GET"))

    def _control(self, method: str, body: bytes | None = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            self.url + CONTROL, body, {"Authorization": f"Bearer {self.token}"}, method=method
        )
        try:
            with _OPENER.open(request, timeout=STOP_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SandboxError(f"No such faults: {error.read().decode()[:1_000]}") from None


@contextmanager
def running_sandbox(
    *,
    seed: int = 12,
    today: date = DEFAULT_TODAY,
    requests_per_5_minutes: int = 1_000_000,
    public_url: str | None = None,
    faults: str | None = None,
    start_seconds: float = START_SECONDS,
) -> Iterator[Sandbox]:
    """Run a sandbox on a free port of this machine.

    Parameters
    ----------
    seed : int
        Seed of the catalogue.
    today : date
        The day on which the sandbox stands.
    requests_per_5_minutes : int
        Its rate limit; practically none by default.
    public_url : str, optional
        Address that answers name; by default the sandbox's own.
    faults : str, optional
        How it misbehaves, see `sandbox.mischief`; with an empty text it can be told later.
    start_seconds : float
        How long it may take to start.

    Yields
    ------
    Sandbox
        Address and token. The process ends with the block.

    Raises
    ------
    SandboxError
        If it does not answer in time, with what its process wrote to stderr.
    """
    token = secrets.token_urlsafe(24)
    command = [sys.executable, "-m", "thingistat_pipeline.sandbox", "--port", "0"]
    command += ["--seed", str(seed), "--today", today.isoformat(), "--exit-with-parent"]
    command += ["--requests-per-5-minutes", str(requests_per_5_minutes)]
    if public_url:
        command += ["--public-url", public_url]
    if faults is not None:
        command += [f"--faults={faults}"]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, arguments of our own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={**os.environ, "SANDBOX_TOKEN": token, "PYTHONUNBUFFERED": "1"},
        )
        try:
            yield Sandbox(_url_of(process, complaints, start_seconds), token, process.pid)
        finally:
            _stop(process)


def _url_of(process: subprocess.Popen[bytes], complaints: IO[bytes], seconds: float) -> str:
    """Return the address from the line that the process prints, within the time."""
    lines: queue.Queue[bytes] = queue.Queue(maxsize=1)
    if process.stdout is None:  # pragma: no cover - it was asked for as a pipe
        raise SandboxError("The sandbox's output is not a pipe.")
    reader = threading.Thread(target=lambda out: lines.put(out.readline()), args=(process.stdout,))
    reader.daemon = True
    reader.start()
    try:
        return str(json.loads(lines.get(timeout=seconds))["url"])
    except (queue.Empty, json.JSONDecodeError, KeyError, TypeError):
        process.kill()
        process.wait(STOP_SECONDS)
        complaints.seek(0)
        wrote = complaints.read().decode(errors="replace").strip()[-2_000:]
        raise SandboxError(
            f"The sandbox did not start within {seconds:g} seconds (exit code "
            f"{process.returncode}). Its process wrote: {wrote or 'nothing'}"
        ) from None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process by closing its input; harder means only if that does not help."""
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
    if process.stdout is not None:
        process.stdout.close()
