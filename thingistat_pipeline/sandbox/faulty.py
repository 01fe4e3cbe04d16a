"""The simulated API behind a layer that plays faults: the answers as they go over the wire.

`PUT /sandbox/faults` with a text as `mischief` reads it changes what is played, an empty one ends
it; `GET` tells what was played and who followed a redirect to another host. Both need the token.
"""

import asyncio
import json
import socket
import struct
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thingistat_pipeline.sandbox.mischief import Mischief, query_of
from thingistat_pipeline.sandbox.spoilt import ELSEWHERE, Asked, Reply

CONTROL = "/sandbox/faults"
DRIP_SECONDS = 0.02

_LONGEST_SPEC = 4_000
_FREE = ("/assets/", "/renders/", "/site/")  # pictures: no token, no fault
_JSON = {"content-type": "application/json"}


class FaultyApplication:
    """An ASGI application that answers like another one, or as a fault has it.

    Parameters
    ----------
    honest : ASGI application
        The one whose answers are spoilt.
    token : str
        Opens `CONTROL`.
    spec : str
        What is played from the beginning.
    """

    def __init__(self, honest: ASGIApp, token: str, spec: str = "") -> None:
        self._honest = honest
        self._authorization = f"Bearer {token}".encode()
        self._mischief = Mischief(spec)
        self._followed: list[bool] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(_FREE):
            await self._honest(scope, receive, send)
            return
        headers = dict(scope["headers"])
        trusted = headers.get(b"authorization") == self._authorization
        if path.startswith(ELSEWHERE):
            self._followed.append(b"authorization" in headers)
            await _send_whole(send, Reply(404, _JSON, b'{"error":"Not Found"}'))
        elif not trusted:
            await self._honest(scope, receive, send)
        elif path == CONTROL:
            await _send_whole(send, await self._told(scope["method"], receive))
        else:
            honest = await _answer_of(self._honest, scope, receive)
            host = headers.get(b"host", b"localhost").decode("latin-1")
            asked = Asked(path, query_of(scope["query_string"]), host)
            await _send(send, receive, self._mischief.reply(asked, honest))

    async def _told(self, method: str, receive: Receive) -> Reply:
        """Take another specification, or tell what happened under the present one."""
        if method == "PUT":
            try:
                self._mischief = Mischief(await _text(receive))
            except ValueError as error:
                return Reply(400, _JSON, json.dumps({"error": str(error)}).encode())
            self._followed.clear()
        told = {
            "faults": self._mischief.spec,
            "played": self._mischief.played,
            "followed": len(self._followed),
            "followed_with_token": sum(self._followed),
        }
        return Reply(200, _JSON, json.dumps(told).encode())


async def _text(receive: Receive) -> str:
    body, more = b"", True
    while more and len(body) <= _LONGEST_SPEC:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if len(body) > _LONGEST_SPEC:
        raise ValueError("too long")
    return body.decode("utf-8")


async def _answer_of(application: ASGIApp, scope: Scope, receive: Receive) -> Reply:
    """Return what an application would answer."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await application(scope, receive, keep)
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in messages[0]["headers"]
    }
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Reply(messages[0]["status"], headers, body)


async def _send(send: Send, receive: Receive, reply: Reply) -> None:
    """Send an answer in the way that it is to be sent."""
    if reply.wire == "whole":
        await _send_whole(send, reply)
    elif reply.wire == "reset":
        await _hang_up(send, reset=True)
    elif reply.wire in ("drip", "endless"):
        await _go_on(send, receive, reply)
    else:
        await _start(send, reply, len(reply.body))
        half = reply.body[: len(reply.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(send, reset=reply.wire == "reset in the body")


async def _send_whole(send: Send, reply: Reply) -> None:
    await _start(send, reply, len(reply.body))
    await send({"type": "http.response.body", "body": reply.body})


async def _start(send: Send, reply: Reply, length: int | None) -> None:
    headers = {name: text for name, text in reply.headers.items() if name != "content-length"}
    if length is not None:
        headers["content-length"] = str(length)
    lines = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})


async def _go_on(send: Send, receive: Receive, reply: Reply) -> None:
    """Send until the client has gone: a blank now and then, or as much as it takes."""
    await _start(send, reply, None)
    drips = reply.wire == "drip"
    piece = b" " if drips else b" " * (1 << 20)
    leaving = asyncio.ensure_future(_until_gone(receive))
    try:
        while not leaving.done():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.wait([leaving], timeout=DRIP_SECONDS if drips else 0)
    finally:
        leaving.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _hang_up(send: Send, *, reset: bool) -> None:
    """End the connection below HTTP; uvicorn's way of sending knows its transport."""
    transport: Any = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's own
    if reset:
        linger = struct.pack("ii", 1, 0)  # closing then resets
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    else:
        transport.close()
    await asyncio.sleep(2 * DRIP_SECONDS)  # until uvicorn has noticed
