"""How the simulated API misbehaves when it is asked to: named faults, each with its outcome.

`FAULTS` is the list, and the documentation: what the server does, and what a client must make of
it. How a fault ends is one of four:

waited out
    It says nothing about a thing. Played now and then it is overcome by asking again; played
    always it stops the night after ten things, with nothing decided about them.
stops
    It is the client that is refused. The night stops at once, with nothing decided.
believed
    It is a whole answer that nobody can tell from an honest one. The night ends; `outcome` says
    which fields bear its mark.
unharmed
    The night ends as if nothing had been.

In every case the same command, given again when the fault is over, completes the night, and no id
is ever taken for gone. The faults marked as the client's are of its machine (its name service, its
clock); no server can play them, and tests do.

How a server is told to play them, see `mischief`.
"""

import re
from dataclasses import dataclass
from typing import Literal

from thingistat_pipeline.sandbox.spoilt import (
    Play,
    explode,
    go_on_for_ever,
    instead,
    limited,
    repeat_the_page,
    send_around,
    send_around_with_an_endless_page,
    send_elsewhere,
    sent,
    with_body,
    with_headers,
    with_nul_and_surrogates,
    with_thing,
)

Ending = Literal["waited out", "stops", "believed", "unharmed"]

LONG_TEXT = "ten megabytes " * 750_000
LAST_CENTURY = "Fri, 31 Dec 1999 23:59:59 GMT"

_THING = re.compile(r"/things/\d+")
_LIST = re.compile(r"/things/\d+/(?:categories|likes|files|images)")
_LIKES = re.compile(r"/things/\d+/likes")
_CLOUDFLARE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"
)
_PAGE = b"<!DOCTYPE html><html><head><title>Be right back</title></head><body>Busy.</body></html>"


@dataclass(frozen=True)
class Fault:
    """A misbehaviour: what happens, what must come of it, and how a server plays it.

    Attributes
    ----------
    name, what, outcome : str
        Its name, what happens, and what a client makes of it.
    ends : {"waited out", "stops", "believed", "unharmed"}
        See the module.
    play : callable, optional
        From what was asked and the honest answer to the faulty one; none where it is the client's.
    at : pattern, optional
        The paths that it concerns; without it all that need a token.
    """

    name: str
    what: str
    outcome: str
    ends: Ending
    play: Play | None = None
    at: re.Pattern[str] | None = None


_ASKED_AGAIN = "Asked again after a pause, as a passing trouble."
_AS_ASKED = "Waited as long as it asks, at most 300 s, and asked again."
_AS_EVER = "Not an instruction: waited as without it (15 s, doubling, at most 300 s)."

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        # The limit.
        Fault(
            "limit_420",
            "Status 420, plain text, no Retry-After.",
            _AS_EVER,
            "waited out",
            limited(420),
        ),
        Fault(
            "limit_429",
            "Status 429, plain text, no Retry-After.",
            _AS_EVER,
            "waited out",
            limited(),
        ),
        Fault(
            "limit_200",
            "The limit's plain text with status 200.",
            _AS_EVER,
            "waited out",
            limited(200),
        ),
        Fault(
            "retry_after_seconds",
            "429, Retry-After: 7.",
            _AS_ASKED,
            "waited out",
            limited(retry_after="7"),
        ),
        Fault(
            "retry_after_date",
            "429, Retry-After with a date in 2100.",
            _AS_ASKED,
            "waited out",
            limited(retry_after="Fri, 01 Jan 2100 00:00:00 GMT"),
        ),
        Fault(
            "retry_after_huge",
            "429, Retry-After: 10**18.",
            _AS_ASKED,
            "waited out",
            limited(retry_after=str(10**18)),
        ),
        Fault(
            "retry_after_negative",
            "429, Retry-After: -5.",
            _AS_EVER,
            "waited out",
            limited(retry_after="-5"),
        ),
        Fault(
            "retry_after_garbage",
            "429, Retry-After: soon.",
            _AS_EVER,
            "waited out",
            limited(retry_after="soon"),
        ),
        # A server in trouble.
        Fault("error_500", "Status 500, body [].", _ASKED_AGAIN, "waited out", instead(500, b"[]")),
        Fault("error_502", "Status 502, body [].", _ASKED_AGAIN, "waited out", instead(502, b"[]")),
        Fault(
            "error_503",
            "Status 503, a web page, Retry-After: 3.",
            _AS_ASKED,
            "waited out",
            instead(503, _PAGE, "text/html", retry_after="3"),
        ),
        Fault(
            "error_500_gone",
            'Status 500, {"error": "Thing 1 does not exist"}.',
            "Asked again: what a server in trouble says about a thing is not believed.",
            "waited out",
            instead(500, b'{"error":"Thing 1 does not exist"}'),
        ),
        # Connections.
        Fault(
            "reset",
            "The connection is reset before the answer.",
            _ASKED_AGAIN,
            "waited out",
            sent("reset"),
        ),
        Fault(
            "reset_in_body",
            "The connection is reset in the middle of the answer.",
            _ASKED_AGAIN,
            "waited out",
            sent("reset in the body"),
        ),
        Fault(
            "cut",
            "The connection ends in the middle of the answer.",
            _ASKED_AGAIN,
            "waited out",
            sent("cut"),
        ),
        Fault(
            "drip",
            "The answer never ends: a blank every 20 ms.",
            "Given up after 120 s in all, then asked again.",
            "waited out",
            sent("drip"),
        ),
        # Bodies.
        Fault(
            "empty_body",
            "Status 200 and not a byte.",
            _ASKED_AGAIN,
            "waited out",
            instead(200, b""),
        ),
        Fault(
            "truncated_json",
            "Half of the JSON as a whole answer.",
            _ASKED_AGAIN,
            "waited out",
            with_body(lambda body: body[: len(body) // 2]),
        ),
        Fault(
            "wrong_type",
            "Where a thing should be, a list.",
            "Asked again: what is no object says nothing about a thing.",
            "waited out",
            with_body(lambda _: b"[]"),
            _THING,
        ),
        Fault(
            "wrong_type_of_lists",
            "Where a list should be (categories, likes, files), a text.",
            "The thing is kept; the field is null, and its reason says so.",
            "believed",
            with_body(lambda _: b'"unknown"'),
            _LIST,
        ),
        Fault(
            "page_200",
            "A web page with status 200.",
            _ASKED_AGAIN,
            "waited out",
            instead(200, _PAGE, "text/html"),
        ),
        Fault(
            "wrong_content_type",
            "The right JSON, called text/html.",
            "Read as JSON: the body decides.",
            "unharmed",
            with_headers(content_type="text/html; charset=latin-1"),
        ),
        Fault(
            "gzip_bomb",
            "64 MiB of blanks, packed.",
            "Given up after 32 MiB, then asked again.",
            "waited out",
            explode,
        ),
        Fault(
            "false_gzip",
            "Called gzip, and is none.",
            _ASKED_AGAIN,
            "waited out",
            with_headers(content_encoding="gzip"),
        ),
        Fault(
            "long_text",
            "A description of ten megabytes.",
            "Kept whole: it is within the 32 MiB that an answer may have.",
            "believed",
            with_thing(lambda thing: {**thing, "description": LONG_TEXT}),
            _THING,
        ),
        Fault(
            "nul_and_surrogates",
            "A name that ends in NUL and half a surrogate pair.",
            "NUL is left out, the surrogate becomes U+FFFD.",
            "believed",
            with_thing(with_nul_and_surrogates),
            _THING,
        ),
        Fault(
            "duplicate_keys",
            "Keys given twice, first with something else.",
            "The last value of a key counts.",
            "unharmed",
            with_body(lambda body: b'{"id":1,"name":"another","added":null,' + body.lstrip()[1:]),
            _THING,
        ),
        # Ways that lead elsewhere.
        Fault(
            "redirect_elsewhere",
            "A redirect to another host.",
            "Not followed, so the token stays here; asked again.",
            "waited out",
            send_elsewhere,
        ),
        Fault(
            "redirect_loop",
            "A redirect to the same address.",
            "Not followed; asked again.",
            "waited out",
            send_around,
        ),
        Fault(
            "redirect_endless",
            "A redirect whose page never ends.",
            "Not followed, its page not read; asked again.",
            "waited out",
            send_around_with_an_endless_page,
        ),
        # Pages of likes.
        Fault(
            "endless_likes",
            "Pages of likers without end.",
            "Read up to the cap of likers; the list is marked as truncated.",
            "believed",
            go_on_for_ever,
            _LIKES,
        ),
        Fault(
            "repeating_likes",
            "The same page of likers again and again.",
            "Ended by the first page that brings nobody new; the list is marked as truncated.",
            "believed",
            repeat_the_page,
            _LIKES,
        ),
        Fault(
            "empty_likes",
            "An empty page of likers of a thing that is liked.",
            "The likers are unknown, not none: null, and the reason says so.",
            "believed",
            with_body(lambda _: b"[]"),
            _LIKES,
        ),
        # Refusals.
        Fault(
            "revoked",
            "Status 401: the token is revoked.",
            "Stops at once and says how to get another token.",
            "stops",
            instead(401, b'{"error":"Unauthorized"}'),
        ),
        Fault(
            "banned",
            'Status 403 for everything: {"error": "Forbidden"}.',
            "Stops as soon as the search is refused too; says to wait some hours.",
            "stops",
            instead(403, b'{"error":"Forbidden"}'),
        ),
        Fault(
            "cloudflare",
            'Status 403 and a page, "Just a moment...".',
            "Stops at once; says to wait some hours.",
            "stops",
            instead(403, _CLOUDFLARE, "text/html; charset=UTF-8"),
        ),
        Fault(
            "cloudflare_200",
            "The same page with status 200.",
            "Stops at once; says to wait some hours.",
            "stops",
            instead(200, _CLOUDFLARE, "text/html; charset=UTF-8"),
        ),
        # Clocks and names.
        Fault(
            "server_clock_back",
            "The server's Date jumps back to 1999.",
            "Nothing is observed before the night was planned.",
            "unharmed",
            with_headers(date=LAST_CENTURY),
        ),
        Fault(
            "server_clock_missing",
            "A Date that is none.",
            "Our own clock counts instead.",
            "unharmed",
            with_headers(date="yesterday"),
        ),
        Fault(
            "our_clock_back",
            "The clock of the client's machine jumps back by years.",
            "Nothing is observed before the night was planned; the limit holds, and no wait is "
            "longer than its window.",
            "unharmed",
        ),
        Fault("dns", "The API's name cannot be resolved.", _ASKED_AGAIN, "waited out"),
    )
}
