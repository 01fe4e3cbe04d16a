"""ASGI apps spoken to as a server would speak to them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thingistat_pipeline.advisor.answered import Problem


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer(
    app: ASGIApp,
    method: str = "GET",
    path: str = "/",
    *,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: Iterable[bytes] = (b"",),
    client: tuple[str, int] | None = ("127.0.0.1", 5000),
    query: str = "",
) -> Answer:
    """Return what an ASGI app answers to one request."""
    return asyncio.run(answered(app, method, path, headers, list(body), client, query))


async def answered(
    app: ASGIApp,
    method: str,
    path: str,
    headers: Any,
    body: list[bytes],
    client: tuple[str, int] | None,
    query: str,
) -> Answer:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
        "client": client,
    }
    got = Answer()

    async def receive() -> Message:
        if not body:
            await asyncio.sleep(3600)
        part = body.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(body)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            got.status = message["status"]
            got.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            got.body += message.get("body", b"")

    await app(scope, receive, send)
    return got


async def greeting(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


def refusal(scope: Scope, status: int, problem: Problem, headers: Mapping[str, str]) -> ASGIApp:
    return JSONResponse(problem.model_dump(), status, dict(headers))
