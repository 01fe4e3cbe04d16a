"""One connection to a client, which may neither dawdle nor flood before a guard sees anything.

Of the guards, none sees a request before its head is whole, nor a client that never reads what it
is sent. Both would hold a connection for as long as they like, and there are only so many.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15
"""In which the head of a request must have come."""
HEAD_BYTES = 65_536
"""That it may have; the protocol is told by uvicorn's configuration."""
UNREAD_SECONDS = 120
"""For which a client may leave unread what it was sent; plotly.js at 300 kbit/s takes as long."""


class Connection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to every wait for the client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request, but not for ever."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._head, self._reader = _Patience(self.loop), _Patience(self.loop)
        self._head.begin(HEAD_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        """Take what came; if it is less than a head, the rest must come in time."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._head.begin(HEAD_SECONDS, self.transport.close)
        else:
            self._head.end()

    def pause_writing(self) -> None:
        """Wait for a client that does not keep up, but not for ever."""
        super().pause_writing()
        self._reader.begin(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on sending."""
        super().resume_writing()
        self._reader.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._head.end()
        self._reader.end()
        super().connection_lost(exc)


class _Patience:
    """Does something unless what is waited for comes in time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float, then: Callable[[], object]) -> None:
        """Wait; if that has begun already, for no longer than was said then."""
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, then)

    def end(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
