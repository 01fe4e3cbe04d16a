"""The web app: its guards, its pages, its API, and what it holds open while it runs."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware import Middleware
from starlette.types import Scope

from thingistat_pipeline import __version__
from thingistat_pipeline.advisor import api, capacity, guards, login, pages, reports
from thingistat_pipeline.advisor.answered import Problem
from thingistat_pipeline.advisor.decoding import Decoder
from thingistat_pipeline.advisor.desk import AtDesk, Desk
from thingistat_pipeline.advisor.drafts import DraftRefusedError
from thingistat_pipeline.advisor.published import NothingPublishedError, Publications
from thingistat_pipeline.advisor.reasons import reason_of
from thingistat_pipeline.advisor.uploads import ENVELOPE_BYTES, PICTURES_BYTES
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.report.wording import plain
from thingistat_pipeline.settings import Settings

INSIDE = 100
UPLOADS = 4
"""Uploads at once: each may hold 40 MB."""

_LONGEST_NAME = 60
_LOG = logging.getLogger(__name__)
_HINTS = {
    400: "Bodies are JSON in UTF-8.",
    404: "Search for it on /browse, or start from the first page.",
    408: "Send less at once, or over a faster connection.",
    413: "Send less at once.",
}
_DESCRIPTION = """
Advice on posts of 3D models, from a sample of Thingiverse. Counts are whole, shares lie between 0
and 1, times are UTC; an unknown figure is null. Predictions carry 80 % intervals, all else 95 %.
Figures tell what is **associated with** more downloads, not what causes them; where `synthetic` is
true they come from the sandbox and tell nothing of the real site.
"""


def create_app(settings: Settings, *, host: str = "127.0.0.1") -> FastAPI:
    """Return the web app, which opens what is published when it starts.

    Parameters
    ----------
    settings : Settings
        Names the data folder, the token and the limits.
    host : str
        The address that it will listen on; requests for other hosts are turned away.

    Returns
    -------
    FastAPI
        With its desk as `state.desk` while it runs.
    """

    @asynccontextmanager
    async def open_while_running(app: FastAPI) -> AsyncIterator[None]:
        with Decoder() as decoder, Publications(settings) as publications:
            app.state.desk = Desk(publications, decoder)
            yield

    app = FastAPI(
        title="ThingiStat",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=open_while_running,
        openapi_url=f"{api.PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=_guards(settings, host),
        exception_handlers={
            RequestValidationError: _invalid,
            StarletteHTTPException: _failed,
            NothingPublishedError: _unpublished,
            DraftRefusedError: _refused_draft,
            reports.NoReportError: _no_report,
            ThingistatError: _mendable,
        },
    )
    app.state.settings = settings
    for router in (api.router, pages.router, reports.router, login.router):
        app.include_router(router)
    app.add_api_route("/health", health, include_in_schema=False)
    return app


def _guards(settings: Settings, host: str) -> list[Middleware]:
    token = settings.serve_token
    return [
        Middleware(guards.Armour, refused),
        Middleware(guards.KnownHosts, refused, host, settings.serve_names),
        Middleware(guards.SameSite, refused),
        Middleware(guards.RateLimit, refused, settings.serve_requests_per_minute),
        *([Middleware(guards.TokenGate, refused, token.get_secret_value())] if token else []),
        Middleware(
            capacity.BodyLimit,
            refused,
            api.BODY_BYTES,
            {guards.PICTURES: PICTURES_BYTES + ENVELOPE_BYTES},
            api.BODY_SECONDS,
        ),
        Middleware(capacity.Crowd, refused, INSIDE, {guards.PICTURES: UPLOADS}),
    ]


def refused(scope: Scope, status: int, problem: Problem, headers: Mapping[str, str]) -> Response:
    """Return an error as the client reads it: a page for people, JSON for programs."""
    if guards.wants_page(scope):
        answer: Response = pages.error_page(problem, status)
        answer.headers.update(headers)
        return answer
    return JSONResponse(problem.model_dump(), status, dict(headers))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for it)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    problem = Problem(
        error=f"{plain(where, _LONGEST_NAME)}: {first['msg']}.",
        hint=f"{api.PREFIX}/openapi.json says what can be asked, and its bounds.",
    )
    return refused(request.scope, 422, problem, {})


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 (registered for it)
    problem = Problem(error=str(error.detail), hint=_HINTS.get(error.status_code, ""))
    return refused(request.scope, error.status_code, problem, error.headers or {})


async def _unpublished(request: Request, error: Exception) -> Response:
    problem = Problem(error="There is nothing to show yet.", hint=str(error))
    return refused(request.scope, 503, problem, {"retry-after": "10"})


async def _no_report(request: Request, error: Exception) -> Response:
    hint = "Every run of the pipeline ends with one: `thingistat run` (or `make run`)."
    return refused(request.scope, 404, Problem(error=str(error), hint=hint), {})


async def _refused_draft(request: Request, error: Exception) -> Response:
    return refused(request.scope, 422, Problem(error=str(error)), {})


async def _mendable(request: Request, error: Exception) -> Response:
    _LOG.error("%s %r: %s", request.method, request.url.path, error)
    told = reason_of(error, request.app.state.settings)
    return refused(request.scope, 503, Problem(error=told), {})


async def health(desk: AtDesk) -> JSONResponse:
    """Return for whoever runs the server whether it can answer, and from what."""
    try:
        status = await desk.answer(lambda published: published.status)
        problem = desk.publications.problem
        served = "loading" if desk.publications.loading else "ok"
        state = {"state": "stale" if problem else served, "version": status.version}
        return JSONResponse(state | ({"error": problem} if problem else {}))
    except NothingPublishedError as error:
        return JSONResponse({"state": "nothing published", "error": str(error)}, 503)
