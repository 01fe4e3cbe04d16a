"""The simulated Thingiverse as a web application: routes, token, rate limit, headers.

What a real answer carries besides its body is copied from recorded exchanges: content type, cache
rules, ``Link`` and ``Total-Count`` on paged lists, the plain-text body of the rate limit. Pictures
come from the same address, but as from a delivery network: no token, no limit.
"""

import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingistat_pipeline.sandbox import payloads
from thingistat_pipeline.sandbox.addresses import SIZES, address_at
from thingistat_pipeline.sandbox.limits import SlidingWindow
from thingistat_pipeline.sandbox.pictures import gears_bytes, picture_bytes
from thingistat_pipeline.sandbox.pieces import World
from thingistat_pipeline.sandbox.timeline import DEFAULT_TODAY, noon_of

DEFAULT_REQUESTS_PER_5_MINUTES = 300
MAX_PER_PAGE = 30
RATE_LIMIT_STATUS = 429

_JSON = "application/json; charset=utf-8"
_THING_SECONDS, _LIST_SECONDS = 1_800, 3_600


class Sandbox:
    """The application's state: one world, one token, one limit; and its answers.

    Parameters
    ----------
    seed : int
        Seed of the catalogue.
    today : date
        The day on which the sandbox stands.
    token : str
        The bearer token that every request but those for pictures must carry.
    requests_per_5_minutes : int
        The rate limit.
    public_url : str, optional
        Address that payloads name; by default the one that the client used.
    clock : callable
        Seconds for the rate limit; tests pass their own.
    """

    def __init__(
        self,
        *,
        seed: int,
        token: str,
        today: date = DEFAULT_TODAY,
        requests_per_5_minutes: int = DEFAULT_REQUESTS_PER_5_MINUTES,
        public_url: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seed = seed
        self.today = today
        self.public_url = public_url.rstrip("/") if public_url else None
        self._authorization = f"Bearer {token}".encode()
        self._window = SlidingWindow(requests_per_5_minutes, clock)
        self._limit = requests_per_5_minutes
        self._noon = noon_of(today)
        self._date = format_datetime(self._noon, usegmt=True)

    def application(self) -> Starlette:
        """Return the ASGI application."""
        number = "{number:int}"
        return Starlette(
            routes=[
                Route(f"/things/{number}", self._guarded(self.thing)),
                Route(f"/things/{number}/images", self._guarded(self.images)),
                Route(f"/things/{number}/files", self._guarded(self.files)),
                Route(f"/things/{number}/likes", self._guarded(self.likes)),
                Route(f"/things/{number}/categories", self._guarded(self.categories)),
                Route("/categories", self._guarded(self.root_categories)),
                Route("/search/", self._guarded(self.search)),
                Route("/users/{name}", self._guarded(self.user)),
                Route("/assets/{rest:path}", self.picture),
                Route("/renders/{rest:path}", self.picture),
                Route("/site/img/{rest:path}", self.site_picture),
            ],
            exception_handlers={404: self.nowhere},
        )

    def _guarded(
        self, answer: Callable[[Request, World], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that checks the token, then the limit, then answers."""

        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode()
            if not secrets.compare_digest(given, self._authorization):
                return self._refused(401, {"error": "Unauthorized"})
            if not self._window.admits():
                return self._over_the_limit()
            return answer(request, self._world(request))

        return endpoint

    def _world(self, request: Request) -> World:
        url = self.public_url or f"http://{request.headers.get('host', 'localhost')}"
        return World(self.seed, self.today, url)

    # One method a route -----------------------------------------------------------------------

    def thing(self, request: Request, world: World) -> Response:
        """Answer ``/things/{id}``."""
        return self._about_thing(request, world, payloads.thing_answer)

    def images(self, request: Request, world: World) -> Response:
        """Answer ``/things/{id}/images``."""
        return self._about_thing(request, world, payloads.images_answer)

    def files(self, request: Request, world: World) -> Response:
        """Answer ``/things/{id}/files``."""
        return self._about_thing(request, world, payloads.files_answer)

    def categories(self, request: Request, world: World) -> Response:
        """Answer ``/things/{id}/categories``."""
        return self._about_thing(request, world, payloads.categories_answer)

    def likes(self, request: Request, world: World) -> Response:
        """Answer ``/things/{id}/likes``, a page at a time."""
        number: int = request.path_params["number"]
        refusal = payloads.refusal(world, number)
        if refusal:
            return self._refused(*refusal)
        page, per_page = _page_of(request)
        shown, total = payloads.likes_page(world, number, page, per_page)
        response = self._json(shown, _LIST_SECONDS)
        response.headers["link"] = _link(request, world, page, per_page, total)
        response.headers["total-count"] = str(total)
        return response

    def root_categories(self, _request: Request, world: World) -> Response:
        """Answer ``/categories``."""
        return self._json(payloads.root_categories(world), _LIST_SECONDS)

    def search(self, request: Request, world: World) -> Response:
        """Answer ``/search/`` for the newest things, which is all that it can find."""
        wanted = request.query_params
        if wanted.get("type") != "things" or wanted.get("sort") != "newest":
            return self._refused(400, {"error": "The sandbox searches type=things&sort=newest"})
        page, per_page = _page_of(request)
        # The real search ends after 10,000 hits.
        page = min(page, payloads.SEARCH_TOTAL_CAP // per_page)
        return self._json(payloads.newest_things(world, page, per_page), _LIST_SECONDS)

    def user(self, request: Request, world: World) -> Response:
        """Answer ``/users/{name}``; an unknown user's error is an empty text."""
        answer = payloads.user_answer(world, request.path_params["name"])
        if answer is None:
            return self._refused(404, {"error": ""})
        return self._json(answer, _LIST_SECONDS)

    async def picture(self, request: Request) -> Response:
        """Answer the address of a photograph or a render."""
        address = address_at(request.url.path)
        world = self._world(request)
        if address is None or not payloads.picture_exists(world, address.picture):
            return self._refused(404, {"error": "Not Found"})
        thing = payloads.thing_of(world, address.picture.thing_id)
        return self._image(picture_bytes(self.seed, thing, address))

    async def site_picture(self, request: Request) -> Response:
        """Answer the pictures of the site itself: three gears, in the size that is asked for."""
        stem = request.url.path.rpartition("/")[2].removesuffix(".jpg")
        size = next((name for name in SIZES if stem.endswith(name)), "thumb_medium")
        return self._image(gears_bytes(size))

    async def nowhere(self, _request: Request, _error: Exception) -> Response:
        """Answer any other address."""
        return self._refused(404, {"error": "Not Found"})

    # What responses are made of ---------------------------------------------------------------

    def _about_thing(
        self, request: Request, world: World, answer: Callable[[World, int], object]
    ) -> Response:
        number: int = request.path_params["number"]
        refusal = payloads.refusal(world, number)
        if refusal:
            return self._refused(*refusal)
        return self._json(answer(world, number), _THING_SECONDS)

    def _json(self, body: object, seconds: int) -> Response:
        headers = {
            "date": self._date,
            "vary": "Accept-Encoding, Authorization,Cookie",
            "expires": format_datetime(self._noon + timedelta(seconds=seconds)),
            "cache-control": f"max-age={seconds}",
            "access-control-allow-origin": "*",
        }
        return Response(payloads.encoded(body), headers=headers, media_type=_JSON)

    def _refused(self, status: int, body: dict[str, str]) -> Response:
        headers = {
            "date": self._date,
            "vary": "Authorization,Cookie",
            "expires": "Thu, 19 Nov 1981 08:52:00 GMT",
            "cache-control": "no-store, no-cache, must-revalidate",
            "access-control-allow-origin": "*",
        }
        return Response(payloads.encoded(body), status, headers, media_type=_JSON)

    def _over_the_limit(self) -> Response:
        text = (
            f"You can only send {self._limit} requests per 5 minutes. "
            "Please check https://www.thingiverse.com/developers/getting-started"
        )
        headers = {"date": self._date, "x-error": text}
        return Response(text, RATE_LIMIT_STATUS, headers, media_type="text/plain")

    def _image(self, content: bytes) -> Response:
        headers = {"date": self._date, "cache-control": "public, max-age=31536000"}
        kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
        return Response(content, headers=headers, media_type=kind)


def _page_of(request: Request) -> tuple[int, int]:
    """Return page (from 1) and hits per page; anything that is no number means the default."""
    wanted = request.query_params
    page = _number(wanted.get("page"), 1)
    per_page = _number(wanted.get("per_page"), MAX_PER_PAGE)
    return page, min(per_page, MAX_PER_PAGE)


def _number(text: str | None, otherwise: int) -> int:
    if text is None or not text.isascii() or not text.isdigit():
        return otherwise
    return int(text[:9]) or otherwise


def _link(request: Request, world: World, page: int, per_page: int, total: int) -> str:
    """Return the Link header: next, prev, first, last; the first page's address has no page."""
    last = max(1, -(-total // per_page))
    fixed = f"per_page={per_page}" if "per_page" in request.query_params else ""
    base = f"{world.url}{request.url.path}"

    def address(number: int) -> str:
        query = "&".join(part for part in (fixed, f"page={number}" if number > 1 else "") if part)
        return f"<{base}?{query}>" if query else f"<{base}>"

    links = []
    if page < last:
        links.append(f'{address(page + 1)}; rel="next"')
    if page > 1:
        links.append(f'{address(min(page - 1, last))}; rel="prev"')
    links.append(f'{address(1)}; rel="first"')
    links.append(f'{address(last)}; rel="last"')
    return ", ".join(links)
