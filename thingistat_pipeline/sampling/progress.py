"""How far a night is: a bar for people, a line now and then for logs."""

import logging
import sys
import time
from typing import NamedTuple, NoReturn, Protocol

from tqdm import tqdm

LOG_SECONDS = 30.0

_log = logging.getLogger(__name__)


class Status(NamedTuple):
    """Where a night stands: live things found and wanted, ids tried, requests sent."""

    live: int
    target: int
    tried: int
    requests: int


class Progress(Protocol):
    """Whoever wants to know how far a night is."""

    def show(self, status: Status) -> None:
        """Take note; called after every id."""

    def close(self) -> None:
        """Stop; called once, however the night ended."""


class SilentProgress:
    """Says nothing."""

    def show(self, status: Status) -> None:
        """Take no note."""

    def close(self) -> None:
        """Nothing to do."""


class ProgressBar:
    """A bar with rate, hit rate and time left, for a terminal."""

    def __init__(self, night: str) -> None:
        self._bar: tqdm[NoReturn] = tqdm(
            desc=f"Night {night}", unit=" things", dynamic_ncols=True, file=sys.stderr
        )
        self._first: Status | None = None
        self._began = time.monotonic()

    def show(self, status: Status) -> None:
        """Move the bar."""
        if self._first is None:
            self._first = status
            self._bar.total, self._bar.initial = status.target, status.live
        self._bar.n = status.live
        seconds = max(time.monotonic() - self._began, 1e-3)
        rate = (status.requests - self._first.requests) / seconds
        self._bar.set_postfix_str(f"{_hit_rate(status)}, {rate:.1f} requests/s", refresh=False)
        self._bar.update(0)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.refresh()
        self._bar.close()


class ProgressLog:
    """A log line every `LOG_SECONDS`, for runs that nobody watches."""

    def __init__(self, night: str) -> None:
        self._night = night
        self._began = self._said = time.monotonic()
        self._first: Status | None = None

    def show(self, status: Status) -> None:
        """Say something when the time has come."""
        self._first = self._first or status
        now = time.monotonic()
        if now - self._said < LOG_SECONDS:
            return
        self._said = now
        seconds = now - self._began
        found = status.live - self._first.live
        left = (status.target - status.live) * seconds / found / 60 if found else float("inf")
        _log.info(
            "night=%s live=%d wanted=%d tried=%d hit_rate=%.3f requests_per_second=%.1f "
            "minutes_left=%.0f",
            self._night,
            status.live,
            status.target,
            status.tried,
            status.live / status.tried if status.tried else 0.0,
            (status.requests - self._first.requests) / seconds,
            left,
        )

    def close(self) -> None:
        """Nothing to do."""


def default_progress(night: str) -> Progress:
    """Return a bar when somebody is watching the terminal, else log lines."""
    return ProgressBar(night) if sys.stderr.isatty() else ProgressLog(night)


def _hit_rate(status: Status) -> str:
    return f"{status.live / status.tried:.0%} live" if status.tried else "none tried"
