"""A simulated site whose every text is hostile, and which repeats the token wherever it can."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thingistat_pipeline.sandbox.server import Sandbox
from thingistat_pipeline.sandbox.spoilt import Reply
from thingistat_pipeline_tests.hostile_texts import HOSTILE, hostile

START_SECONDS = 60
EVERY = 12
"""One in so many requests meets trouble that passes, with the token in it."""
PICTURES = ("/assets/", "/renders/", "/site/")
_MAIN = {"id", "added", "modified", "thumbnail", "url", "public_url"}


class SpoiltSite:
    """An ASGI application: the sandbox's, with other texts and a loose tongue.

    Attributes
    ----------
    shut_after : int, optional
        So many requests are answered; then all are refused as if the token had been revoked.
    asked, troubles, followed
        Requests so far, those that met trouble, and who came where a redirect had sent them.
    """

    def __init__(self, honest: ASGIApp) -> None:
        self.shut_after: int | None = None
        self.asked = 0
        self.troubles = 0
        self.followed: list[str] = []
        self._honest = honest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if path.startswith("/elsewhere"):
            self.followed.append(path)
        if path.startswith(PICTURES):
            await self._honest(scope, receive, send)
            return
        self.asked += 1
        said = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._honest(scope, receive, keep)
        headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        body = b"".join(message.get("body", b"") for message in messages[1:])
        reply = self._spoilt(path, said, Reply(messages[0]["status"], headers, body))
        named = {**reply.headers, "content-length": str(len(reply.body))}
        start = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": start})
        await send({"type": "http.response.body", "body": reply.body})

    def _spoilt(self, path: str, said: str, honest: Reply) -> Reply:
        if self.shut_after is not None and self.asked > self.shut_after:
            return _json(honest, {"error": f"Unauthorized: {said} was revoked"}, 401)
        trouble = self._trouble(said, honest) if self.asked % EVERY == 0 else None
        if trouble is not None:
            return trouble
        headers = {**honest.headers, "x-request-authorization": said, "etag": f'"{said}"'}
        headers["x-ratelimit-for"] = said
        honest = replace(honest, headers=headers)
        tree = json.loads(honest.body)
        if honest.status != 200:
            return _json(honest, {"error": f"{tree['error']} (for {said}) \x1b[2J\nforged"})
        spoilt = _texts(tree, path)
        if isinstance(spoilt, dict) and "description" in spoilt:
            spoilt["description"] = f"{spoilt['description']} {said}"
            spoilt["request"] = {"headers": {"Authorization": said}}
        return _json(honest, spoilt)

    def _trouble(self, said: str, honest: Reply) -> Reply | None:
        """Return trouble that is asked about again, of another kind each time."""
        self.troubles += 1
        which = self.troubles % 4
        if which == 1:
            return _json(honest, {"error": f"cannot use {said}"}, 500)
        if which == 2:
            headers = {**honest.headers, "location": f"/elsewhere?authorization={said}"}
            return Reply(302, headers, f"<a href='/elsewhere?{said}'>moved</a>".encode())
        if which == 3:
            page = f"<!DOCTYPE html><html><body>Traceback: Authorization: {said}</body></html>"
            return Reply(200, {**honest.headers, "content-type": "text/html"}, page.encode())
        return Reply(200, honest.headers, f'{{"id": 1, "name": "{said}'.encode())


def _json(honest: Reply, tree: Any, status: int | None = None) -> Reply:
    return replace(honest, status=status or honest.status, body=json.dumps(tree).encode())


def _texts(tree: Any, path: str) -> Any:
    """Return an answer with a hostile text wherever a person could have written one."""
    parts = path.strip("/").split("/")
    number = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
    if parts[-1] == "categories":
        return [{**each, "name": hostile(each["id"])} for each in tree]
    if parts[-1] == "files":
        return [{**each, "name": hostile(number + k) + ".stl"} for k, each in enumerate(tree)]
    if parts[0] != "things" or len(parts) > 2:
        return tree
    creator = tree.get("creator")
    tags = [{"name": hostile(number // 2 + k), "tag": hostile(number // 2 + k)} for k in range(6)]
    shared = [{"name": text, "tag": text} for text in HOSTILE[:6]]
    spoilt = {
        **tree,
        "name": hostile(number),
        "description": hostile(number + 1),
        "description_html": hostile(number + 2),
        "instructions": hostile(number + 3),
        "instructions_html": hostile(number + 4),
        "details": hostile(number + 5),
        "license": hostile(number % 5),
        "tags": tags + shared,
    }
    if creator:
        spoilt["creator"] = {**creator, "name": hostile(creator["id"])}
    for part in spoilt.get("details_parts") or []:
        for each in part.get("data") or []:
            each["content"] = hostile(number + 6)
            each["printer"] = hostile(number + 7)
    return spoilt


@contextmanager
def spoilt_site(token: str, *, today: date) -> Iterator[tuple[str, SpoiltSite]]:
    """Serve it on a free port of loopback; yields its address and the application."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sandbox = Sandbox(
            seed=12, today=today, token=token, requests_per_5_minutes=10**6, public_url=url
        )
        site = SpoiltSite(sandbox.application())
        server = uvicorn.Server(
            uvicorn.Config(site, log_level="error", lifespan="off", date_header=False)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + START_SECONDS
            while not server.started:
                assert time.monotonic() < deadline, "the simulated site did not start"
                time.sleep(0.02)
            yield url, site
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)
