"""How many requests may still be sent: a sliding window that outlives the process.

The window's bookkeeping is pyrate-limiter's, exact to the millisecond; the waiting is ours, so
that tests can bring their own clock. For the real limit the window lives in a SQLite file, shared
by every process that uses the file and still remembered after a restart. A generous limit (a
sandbox's) never comes near the point where that matters and is counted in memory.
"""

import time
from collections.abc import Callable
from pathlib import Path

from pyrate_limiter import AbstractBucket, InMemoryBucket, Rate, RateItem, SQLiteBucket

WINDOW_SECONDS = 300
LARGEST_SHARED_LIMIT = (
    10_000  # counting a bigger window in SQLite would cost milliseconds a request
)

_LEAK_EVERY = 1000


class RequestBudget:
    """Permission to send one request at a time, never more than `limit` in any window.

    Parameters
    ----------
    bucket : AbstractBucket
        Where the sent requests are remembered.
    now, sleep : callable
        Seconds since the epoch, and how to wait some; tests bring their own.
    """

    def __init__(
        self,
        bucket: AbstractBucket,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bucket = bucket
        self._now = now
        self._sleep = sleep
        self._taken = 0

    def take(self) -> float:
        """Wait until one more request fits into the window, count it, and return the wait in s."""
        waited = 0.0
        item = RateItem("request", self._milliseconds())
        while not self._bucket.put(item):
            # typed as possibly awaitable, which it is for asynchronous buckets only
            pause = max(int(self._bucket.waiting(item)), 1) / 1000  # type: ignore[arg-type]
            self._sleep(pause)
            waited += pause
            item.timestamp = self._milliseconds()
        self._taken += 1
        if self._taken % _LEAK_EVERY == 0:
            self._bucket.leak(self._milliseconds())
        return waited

    def close(self) -> None:
        """Let go of the file, if there is one."""
        self._bucket.close()

    def _milliseconds(self) -> int:
        return int(self._now() * 1000)


def request_budget(
    limit_per_5_minutes: int,
    *,
    share: float = 0.8,
    file: Path | None = None,
    now: Callable[[], float] = time.time,
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
    now, sleep : callable
        See `RequestBudget`.
    """
    limit = max(1, int(limit_per_5_minutes * share))
    rates = [Rate(limit, WINDOW_SECONDS * 1000)]
    bucket: AbstractBucket
    if file is None or limit > LARGEST_SHARED_LIMIT:
        bucket = InMemoryBucket(rates)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        bucket = SQLiteBucket.init_from_file(rates, db_path=str(file), use_file_lock=True)
    return RequestBudget(bucket, now=now, sleep=sleep)
