"""Answers spoilt on purpose: from what was asked and an honest answer to one that nobody wants.

What belongs here: what a faulty server says. What does not: which faults there are and what must
come of them (`faults`), whom they hit (`mischief`) and how they go over the wire (`faulty`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from gzip import compress
from typing import Any, Literal

Wire = Literal["whole", "reset", "reset in the body", "cut", "drip", "endless"]

ELSEWHERE = "/sandbox/elsewhere"
BOMB_BYTES = 64 << 20


@dataclass(frozen=True)
class Reply:
    """An answer as it goes out: headers with names in small letters, and how it is sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    wire: Wire = "whole"


@dataclass(frozen=True)
class Asked:
    """What was asked: path, query, and the address by which the client knows this server."""

    path: str
    query: dict[str, str]
    host: str


Play = Callable[[Asked, Reply], Reply]


def instead(
    status: int, body: bytes, kind: str = "application/json; charset=utf-8", **headers: str
) -> Play:
    """Return the play that answers something else, at the honest answer's time."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}

    def play(_asked: Asked, honest: Reply) -> Reply:
        kept = {"date": honest.headers["date"], "content-type": kind}
        return Reply(status, kept | named, body)

    return play


def limited(status: int = 429, **headers: str) -> Play:
    """Return the play that answers with the limit's plain text."""
    text = (
        b"You can only send 300 requests per 5 minutes. Please check https://www.thingiverse.com/"
    )
    return instead(status, text, "text/plain", **headers)


def sent(wire: Wire) -> Play:
    """Return the play that sends the honest answer in another way."""
    return lambda _asked, honest: replace(honest, wire=wire)


def with_headers(**headers: str) -> Play:
    """Return the play that changes headers; underscores stand for hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _asked, honest: replace(honest, headers=honest.headers | named)


def with_body(change: Callable[[bytes], bytes]) -> Play:
    """Return the play that changes what an honest success says."""

    def play(_asked: Asked, honest: Reply) -> Reply:
        return replace(honest, body=change(honest.body)) if honest.status == 200 else honest

    return play


def with_thing(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Play:
    """Return the play that changes the JSON object that an honest success holds."""
    return with_body(lambda body: json.dumps(change(json.loads(body))).encode())


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return compress(b" " * BOMB_BYTES, 9)


def explode(_asked: Asked, honest: Reply) -> Reply:
    """Answer few bytes that unpack to very many."""
    return replace(honest, body=_bomb(), headers=honest.headers | {"content-encoding": "gzip"})


def send_elsewhere(asked: Asked, honest: Reply) -> Reply:
    """Name another host: this server's own other name, so that it sees who follows."""
    _, _, port = asked.host.partition(":")
    address = f"http://localhost:{port}{ELSEWHERE}{asked.path}"
    return replace(honest, status=302, headers=honest.headers | {"location": address})


def send_around(asked: Asked, honest: Reply) -> Reply:
    """Redirect to the address that was asked for."""
    address = f"http://{asked.host}{asked.path}"
    return replace(honest, status=302, headers=honest.headers | {"location": address})


def send_around_with_an_endless_page(asked: Asked, honest: Reply) -> Reply:
    """Redirect in the same way, with a page that never ends."""
    return replace(send_around(asked, honest), body=b"<html>", wire="endless")


def _likers(first_id: int) -> bytes:
    return json.dumps([{"id": first_id + each, "name": f"u{each}"} for each in range(30)]).encode()


def _next_page(asked: Asked, honest: Reply, likers: bytes, page: int) -> Reply:
    link = f'<http://{asked.host}{asked.path}?page={page + 1}>; rel="next"'
    return replace(honest, status=200, body=likers, headers=honest.headers | {"link": link})


def go_on_for_ever(asked: Asked, honest: Reply) -> Reply:
    """Answer a page of likers that nobody has seen, and name a next one."""
    page = int(asked.query.get("page", "1"))
    return _next_page(asked, honest, _likers(10_000_000 + 30 * page), page)


def repeat_the_page(asked: Asked, honest: Reply) -> Reply:
    """Answer the same likers whatever page is asked for, and name a next one."""
    return _next_page(asked, honest, _likers(10_000_000), int(asked.query.get("page", "1")))


def with_nul_and_surrogates(thing: dict[str, Any]) -> dict[str, Any]:
    """Return a thing with a name that few programs can write down."""
    return {**thing, "name": f"{thing['name']}\0\ud800"}
