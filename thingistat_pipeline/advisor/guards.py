"""What stands between the network and the app: every request passes these, outermost first.

Each guard is a plain ASGI middleware, so that it sees a request before anything of it is read, and
an answer whatever made it. A guard that turns a request away answers with a `Problem`.
"""

import hmac
import ipaddress
import logging
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thingistat_pipeline.advisor.answered import Problem
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
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # under no-referrer browsers call the origin of our own forms null, as they do with strangers'
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""On every answer that does not say otherwise itself."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOG = logging.getLogger(__name__)


class Guard(ABC):
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

    @abstractmethod
    async def turned_away(self, scope: Scope) -> ASGIApp | None:
        """Return the answer to a request that may not pass, None to one that may."""


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
        except ClientDisconnect:
            return  # nobody is there to be answered
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
        self._names = LOOPBACK_HOSTS | {name.lower() for name in (host, *names) if name}
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
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    # so a socket of both kinds calls a client of the old one
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
