"""The rate limit: so many requests within any five minutes."""

from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 300.0


class SlidingWindow:
    """Counts requests of the last five minutes and says whether one more is allowed.

    Parameters
    ----------
    limit : int
        Requests allowed within the window.
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self._clock = clock
        self._moments: deque[float] = deque()

    def admits(self) -> bool:
        """Return whether a request may pass, and count it if so; refused ones do not count."""
        now = self._clock()
        while self._moments and self._moments[0] <= now - WINDOW_SECONDS:
            self._moments.popleft()
        if len(self._moments) >= self.limit:
            return False
        self._moments.append(now)
        return True
