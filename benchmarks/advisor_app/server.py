"""The web app as a process of its own, and what it and its workers use."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.run import REPOSITORY

_HOST = "127.0.0.1"
_LOOKED_EVERY = 0.1
_LONGEST_START = 300.0
_UNLIMITED = "100000000"
_PROC = Path("/proc")


@dataclass
class Server:
    """``thingistat serve`` on a data folder, and its memory while it runs; a context manager.

    Attributes
    ----------
    data_dir : Path
    port : int
    started_in : float
        Seconds until it answered from what is published, imports included.
    peak_mib, peak_shared_once_mib : float
        The most that all its processes together had in memory: as the sum of what each has, and
        with what they share, and files that others have mapped too, counted once.
    """

    data_dir: Path
    port: int = 0
    started_in: float = 0.0
    peak_mib: float = 0.0
    peak_shared_once_mib: float = 0.0
    _process: "subprocess.Popen[bytes] | None" = None
    _left: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        """Start it, and wait until it answers."""
        with socket.create_server((_HOST, 0)) as free:
            self.port = free.getsockname()[1]
        # what the developer has set must not decide what is measured
        own = {
            name: text for name, text in os.environ.items() if not name.startswith("THINGISTAT_")
        }
        start = time.perf_counter()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "thingistat_pipeline", "serve"),
                *("--port", str(self.port), "--data-dir", str(self.data_dir)),
            ],
            cwd=REPOSITORY,
            env=own | {"THINGISTAT_SERVE_REQUESTS_PER_MINUTE": _UNLIMITED},
            stdout=sys.stderr,
        )
        threading.Thread(target=self._watch, daemon=True).start()
        while not self._answers():
            waited = time.perf_counter() - start
            if self._process.poll() is not None or waited > _LONGEST_START:
                self.stop()
                raise SystemExit("The server did not start.")
            time.sleep(0.02)
        self.started_in = time.perf_counter() - start
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.stop()

    def stop(self) -> None:
        """Ask it to end; after a while, end it."""
        self._left.set()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def connection(self) -> HTTPConnection:
        """Return a new connection to it."""
        return HTTPConnection(_HOST, self.port, timeout=60)

    def cpu_seconds(self) -> float:
        """Return what its processes that run now have used."""
        ticks = 0
        for pid in self._processes():
            with _if_there():
                stat = (_PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()
                ticks += sum(map(int, stat[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _answers(self) -> bool:
        connection = self.connection()
        try:
            connection.request("GET", "/api/v1/status")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _watch(self) -> None:
        while not self._left.wait(_LOOKED_EVERY):
            resident, shared_once = 0, 0
            for pid in self._processes():
                with _if_there():
                    text = (_PROC / str(pid) / "smaps_rollup").read_text()
                    found = dict(
                        line.split(":", 1) for line in text.splitlines()[1:] if ":" in line
                    )
                    resident += int(found["Rss"].split()[0])
                    shared_once += int(found["Pss"].split()[0])
            self.peak_mib = max(self.peak_mib, resident / 1024)
            self.peak_shared_once_mib = max(self.peak_shared_once_mib, shared_once / 1024)

    def _processes(self) -> Iterator[int]:
        """Yield the server's process and all below it."""
        waiting = [self._process.pid] if self._process is not None else []
        while waiting:
            pid = waiting.pop()
            yield pid
            with _if_there():
                for task in (_PROC / str(pid) / "task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())


@contextmanager
def _if_there() -> Iterator[None]:
    """Pass over a process that has just ended."""
    try:
        yield
    except (OSError, KeyError, IndexError):
        return
