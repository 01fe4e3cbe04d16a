"""The guards of what the server has only so much of: memory for bodies, and places inside."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thingistat_pipeline.advisor.answered import Problem
from thingistat_pipeline.advisor.guards import Guard, Refusal

_CROWDED_SECONDS = 3
_DIGITS = 19


class BodyLimit(Guard):
    """Turns away bodies that are too large, or that never end coming.

    Parameters
    ----------
    app, refusal
        As every guard's.
    largest : int
        Bytes that a body may have.
    larger : mapping of str to int
        The same for single paths.
    seconds : float
        In which a body must have come.
    """

    def __init__(
        self,
        app: ASGIApp,
        refusal: Refusal,
        largest: int,
        larger: Mapping[str, int],
        seconds: float,
    ) -> None:
        super().__init__(app, refusal)
        self._largest = largest
        self._larger = larger
        self._seconds = seconds

    async def turned_away(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request whose body says that it is too large."""
        declared = Headers(scope=scope).get("content-length", "0")
        limit = self._limit(scope)
        if len(declared) <= _DIGITS and declared.isdecimal() and int(declared) <= limit:
            return None
        problem = Problem(error=_too_large(limit), hint="Send less at once.")
        return self._refusal(scope, 413, problem, {})

    async def let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on to the app, and count its body while it comes."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        limit = self._limit(scope)
        size, is_complete = 0, False

        async def counted() -> Message:
            nonlocal size, is_complete
            if is_complete:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                text = f"The body took longer than {self._seconds:g} s."
                raise HTTPException(408, text) from None
            size += len(message.get("body", b""))
            is_complete = not message.get("more_body", False)
            if size > limit:
                raise HTTPException(413, _too_large(limit))
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)

    def _limit(self, scope: Scope) -> int:
        return self._larger.get(scope.get("path", ""), self._largest)


class Crowd(Guard):
    """Turns away whoever comes while too many are inside, and says when to come back.

    Parameters
    ----------
    app, refusal
        As every guard's.
    at_once : int
        Requests that may be inside, being answered or waiting for a thread.
    places : mapping of str to int
        The same for single paths.
    """

    def __init__(
        self, app: ASGIApp, refusal: Refusal, at_once: int, places: Mapping[str, int]
    ) -> None:
        super().__init__(app, refusal)
        self._at_once = at_once
        self._places = places
        self._inside: Counter[str] = Counter()

    async def let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on to the app, and count it until it is answered."""
        room = self._room(scope)
        self._inside[room] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside[room] -= 1

    async def turned_away(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request for which there is no place."""
        room = self._room(scope)
        places = self._places.get(room, self._at_once)
        if self._inside.total() < self._at_once and self._inside[room] < places:
            return None
        problem = Problem(
            error="Too many requests are being answered at the moment.",
            hint=f"Try again in {_CROWDED_SECONDS} s.",
        )
        return self._refusal(scope, 503, problem, {"retry-after": str(_CROWDED_SECONDS)})

    def _room(self, scope: Scope) -> str:
        path = scope.get("path", "")
        return path if path in self._places else ""


def _too_large(limit: int) -> str:
    return f"The body is too large: at most {limit / 1e6:.2g} MB are read here."
