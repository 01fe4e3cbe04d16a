"""How many requests may still be sent: a sliding window that outlives the process.

The window's bookkeeping is pyrate-limiter's, exact to the millisecond; the waiting is ours, so
that tests can bring their own clock. For the real limit the window lives in a SQLite file, shared
by every process that uses the file and still remembered after a restart. A generous limit (a
sandbox's) never comes near the point where that matters and is counted in memory.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from pyrate_limiter import AbstractBucket, InMemoryBucket, Rate, RateItem, SQLiteBucket

WINDOW_SECONDS = 300
LARGEST_SHARED_LIMIT = (
    10_000  # counting a bigger window in SQLite would cost milliseconds a request
)

_LEAK_EVERY = 1000
_SLACK_SECONDS = 1.0


class RequestBudget:
    """Permission to send one request at a time, never more than `limit` in any window.

    Parameters
    ----------
    own : AbstractBucket
        Where this process remembers its requests, by `steady`.
    shared : AbstractBucket, optional
        Where all processes remember theirs, by `now`.
    window_seconds : float
        Length of the window.
    now, steady, sleep : callable
        Seconds since the epoch, seconds of a clock that nobody sets, and how to wait some; tests
        bring their own.

    Notes
    -----
    The clock of the machine may be set while we run. Set forward it makes the shared window forget
    too early, so this process counts its own requests by the steady clock as well. Set back it
    makes what was sent seem to lie in the future, where it would block for as long as the clock was
    wrong: such requests are then taken for sent just now, which is late enough to be safe.
    """

    def __init__(
        self,
        own: AbstractBucket,
        shared: AbstractBucket | None = None,
        *,
        window_seconds: float = WINDOW_SECONDS,
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._own = own
        self._shared = shared
        self._window_seconds = window_seconds
        self._now = now
        self._steady = steady
        self._sleep = sleep
        self._taken = 0

    def take(self) -> float:
        """Wait until one more request fits into the window, count it, and return the wait in s."""
        waited = 0.0
        if self._shared is not None:
            waited += self._fit_into(self._shared, self._now)
        waited += self._fit_into(self._own, self._steady)
        self._taken += 1
        if self._taken % _LEAK_EVERY == 0:
            self._own.leak(_milliseconds(self._steady))
            if self._shared is not None:
                self._shared.leak(_milliseconds(self._now))
        return waited

    def close(self) -> None:
        """Let go of the file, if there is one."""
        self._own.close()
        if self._shared is not None:
            self._shared.close()

    def _fit_into(self, bucket: AbstractBucket, clock: Callable[[], float]) -> float:
        waited = 0.0
        while True:
            with _held(bucket):  # read behind the lock, the clock tells when the request goes out
                item = RateItem("request", _milliseconds(clock))
                if bucket.put(item):
                    return waited
                # typed as possibly awaitable, which it is for asynchronous buckets only
                pause = max(int(bucket.waiting(item)), 1) / 1000  # type: ignore[arg-type]
                if pause > self._window_seconds + _SLACK_SECONDS and bucket is self._shared:
                    _bring_back_from_the_future(bucket, item.timestamp)
                    continue
            self._sleep(pause)
            waited += pause


def _held(bucket: AbstractBucket) -> AbstractContextManager[object]:
    """Hold what the bucket is locked with between processes, if there is such a thing."""
    lock: Any = bucket.limiter_lock()
    return nullcontext() if lock is None else lock


def _bring_back_from_the_future(bucket: AbstractBucket, now: int) -> None:
    """Take what was sent later than now for sent now; done by whoever holds the file's lock."""
    if isinstance(bucket, SQLiteBucket):
        with bucket.conn:
            bucket.conn.execute(
                f"UPDATE '{bucket.table}' SET item_timestamp = ? WHERE item_timestamp > ?",
                (now, now),
            ).close()


def _milliseconds(clock: Callable[[], float]) -> int:
    return int(clock() * 1000)


def request_budget(
    limit_per_5_minutes: int,
    *,
    share: float = 0.8,
    file: Path | None = None,
    window_seconds: float = WINDOW_SECONDS,
    now: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> RequestBudget:
    """Return the budget for an API's limit.

    Parameters
    ----------
    limit_per_5_minutes : int
        What the API allows.
    share : float
        The part of it that we use, above 0 and at most 1.
    file : Path, optional
        SQLite file that remembers the window between runs and processes. Left out, or for limits
        above `LARGEST_SHARED_LIMIT`, the window is forgotten at the end of the process.
    window_seconds : float
        Length of the window, of five minutes for the API; tests have less time.
    now, steady, sleep : callable
        See `RequestBudget`.
    """
    limit = max(1, int(limit_per_5_minutes * share))
    rates = [Rate(limit, int(window_seconds * 1000))]
    shared = None
    if file is not None and limit <= LARGEST_SHARED_LIMIT:
        file.parent.mkdir(parents=True, exist_ok=True)
        shared = SQLiteBucket.init_from_file(rates, db_path=str(file), use_file_lock=True)
    return RequestBudget(
        InMemoryBucket(rates),
        shared,
        window_seconds=window_seconds,
        now=now,
        steady=steady,
        sleep=sleep,
    )
