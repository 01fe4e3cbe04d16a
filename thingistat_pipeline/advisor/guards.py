"""What stands between the network and the app: every request passes these, outermost first.

Each guard is a plain ASGI middleware, so that it sees a request before anything of it is read, and
an answer whatever made it. A guard that turns a request away answers with a `Problem`.
"""

import asyncio
import hmac
import ipaddress
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thingistat_pipeline.advisor.schemas import Problem
from thingistat_pipeline.settings import LOOPBACK_HOSTS

Refusal = Callable[[Scope, int, Problem, Mapping[str, str]], ASGIApp]
"""Makes the answer to a request that is turned away, as a page or as JSON."""

LOGIN = "/login"
STATIC = "/static/"
PICTURES = "/api/v1/pictures"
COOKIE = "thingistat"
COSTS = {("POST", PICTURES): 10, ("POST", LOGIN): 30}
"""Requests that count as several: pictures are work, and a login may be a guess."""

HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            # the empty style element into which plotly.js writes its rules is let in by its hash
            "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
            "img-src 'self' blob: data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""On every answer that does not say otherwise itself."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CROWDED_SECONDS = 3
_DIGITS = 19
_LOG = logging.getLogger(__name__)


class Guard:
    """Lets a request in, or answers it itself.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    refusal : Refusal
        Makes the answer to a request that is turned away.
    """

    def __init__(self, app: ASGIApp, refusal: Refusal) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and (answer := await self.turned_away(scope)):
            await answer(scope, receive, send)
        else:
            await self.let_in(scope, receive, send)

    async def let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request that may pass on to the app."""
        await self._app(scope, receive, send)

    async def turned_away(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request that may not pass, None to one that may."""
        raise NotImplementedError


class Armour(Guard):
    """Puts the protecting headers on every answer, and turns a crash into an answer."""

    async def turned_away(self, scope: Scope) -> None:
        """Let everything in."""

    async def let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on to the app, and arm its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def protected(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, protected)
        except Exception:
            _LOG.exception("%s %r failed", scope["method"], scope["path"])
            if started:
                raise
            problem = Problem(
                error="Something went wrong here; this is a bug in ThingiStat.",
                hint="Try again. What `thingistat serve` printed says where it happened.",
            )
            await self._refusal(scope, 500, problem, {})(scope, receive, protected)


class KnownHosts(Guard):
    """Turns away requests for other host names: a name rebound to us would make us its own site.

    Parameters
    ----------
    app, refusal
        As every guard's.
    host : str
        The address that the server listens on.
    names : sequence of str
        Names under which others reach it.
    """

    def __init__(
        self, app: ASGIApp, refusal: Refusal, host: str, names: tuple[str, ...] = ()
    ) -> None:
        super().__init__(app, refusal)
        self._names = LOOPBACK_HOSTS | {name.lower() for name in (host, *names)}
        # a name can be rebound to us, an address cannot
        self._any_address = host not in LOOPBACK_HOSTS

    async def turned_away(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request for a host that is not ours."""
        hosts = Headers(scope=scope).getlist("host")
        name = _hostname(hosts[0]) if len(hosts) == 1 else ""
        if name in self._names or (self._any_address and _is_address(name)):
            return None
        problem = Problem(
            error="This server does not answer under that host name.",
            hint="Open it as http://127.0.0.1 and its port, or list the name in "
            "THINGISTAT_SERVE_NAMES.",
        )
        return self._refusal(scope, 421, problem, {})


class SameSite(Guard):
    """Turns away what another site's page sends: it would act for whoever looks at that page."""

    async def turned_away(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request that another site's page made."""
        if scope["method"] in _SAFE_METHODS or _from_here(Headers(scope=scope)):
            return None
        problem = Problem(
            error="This request comes from a page of another site.",
            hint="Send it from this app's own pages, or from a program that is no browser.",
        )
        return self._refusal(scope, 403, problem, {})


class RateLimit(Guard):
    """Turns away a client that asks too much in a minute, and says when to come back."""

    def __init__(self, app: ASGIApp, refusal: Refusal, per_minute: int) -> None:
        super().__init__(app, refusal)
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def turned_away(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request that is one too many."""
        client = _client(scope)
        cost = COSTS.get((scope["method"], scope["path"]), 1)
        if await self._limiter.hit(self._item, client, cost=cost):
            return None
        reset = (await self._limiter.get_window_stats(self._item, client)).reset_time
        seconds = max(1, math.ceil(reset - time.time()))
        problem = Problem(
            error="These were too many requests in a minute.",
            hint=f"Wait {seconds} s. THINGISTAT_SERVE_REQUESTS_PER_MINUTE sets the limit.",
        )
        return self._refusal(scope, 429, problem, {"retry-after": str(seconds)})


class TokenGate(Guard):
    """Lets in who bears the token: in the Authorization header, or by the cookie of the login."""

    def __init__(self, app: ASGIApp, refusal: Refusal, token: str) -> None:
        super().__init__(app, refusal)
        self._token = token
        self._session = session(token)

    async def turned_away(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request without the token: people are led to the login page."""
        path = scope["path"]
        if path == LOGIN or path.startswith(STATIC) or self._is_known(Headers(scope=scope)):
            return None
        if scope["method"] == "GET" and wants_page(scope):
            query = scope["query_string"].decode("latin-1")
            target = f"{path}?{query}" if query else path
            return RedirectResponse(f"{LOGIN}?next={quote(target, safe='/')}", status_code=303)
        problem = Problem(
            error="This server wants its token.",
            hint="Log in at /login, or send the header `Authorization: Bearer TOKEN`.",
        )
        return self._refusal(scope, 401, problem, {"www-authenticate": "Bearer"})

    def _is_known(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        bears_it = scheme.lower() == "bearer" and equal(given.strip(), self._token)
        return bears_it or equal(cookie, self._session)


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


def session(token: str) -> str:
    """Return what the cookie of somebody who knows the token holds; the token is not in it."""
    return hmac.new(token.encode(), b"thingistat session", "sha256").hexdigest()


def equal(given: str, wanted: str) -> bool:
    """Return whether two secrets are the same, in a time that does not tell how far they are."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def wants_page(scope: Scope) -> bool:
    """Return whether a client would rather read a page than JSON."""
    accepted = Headers(scope=scope).get("accept", "")
    return "text/html" in accepted and not scope["path"].startswith("/api/")


def _too_large(limit: int) -> str:
    return f"The body is too large: at most {limit / 1e6:.2g} MB are read here."


def _hostname(host: str) -> str:
    """Return the name in a Host header without port, brackets and case; empty if it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    is_clean = parts.username is None and not (parts.path or parts.query or parts.fragment)
    return (parts.hostname or "") if is_clean else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _from_here(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False


def _client(scope: Scope) -> str:
    """Return what tells clients apart: the address, of IPv6 the network that one client has."""
    host = str(scope["client"][0]) if scope["client"] else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
