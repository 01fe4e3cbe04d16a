"""The pages: what a designer sees, made on the server from the published data.

Nothing here computes a figure. Browsing needs no script at all; the draft's page is a form that the
scripts in ``static/`` keep asking the API about. Every text from the data passes through Jinja2's
autoescape, and no script or style stands inside a page, so that a Content-Security-Policy can
forbid both.
"""

import hashlib
import mimetypes
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from thingistat_pipeline.advisor.answered import Problem, Status
from thingistat_pipeline.advisor.asked import LARGEST_ID, MOST_PICTURES, MOST_TAGS
from thingistat_pipeline.advisor.desk import AtDesk
from thingistat_pipeline.advisor.published import Published
from thingistat_pipeline.report.wording import compact, counted, number, plain

PLOTLY = "plotly.min.js"
LONGEST_QUERY = 300
LONGEST_ADDRESS = 2000
_NOTHING_THERE = 404
_MODEL_NAMES = {"advisor_forest": "Downloads", "picture_choice": "Pictures", "recommender": "Tags"}
_FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def draft_page(desk: AtDesk) -> Response:
    """Return the page on which a post is prepared."""
    return await desk.answer(
        lambda published: _page(
            "draft.html.j2",
            published.status,
            options=published.adviser.options(),
            adviser=published.adviser.state(),
            most_pictures=MOST_PICTURES,
            most_tags=MOST_TAGS,
        )
    )


@router.get("/browse")
async def browse_page(
    desk: AtDesk,
    q: Annotated[str, Query(max_length=LONGEST_QUERY)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Return what a search found, or the page of the thing whose id or address was given."""

    def answer(published: Published) -> Response:
        found = published.catalogue.search(q, page)
        if found.thing is not None:
            return RedirectResponse(f"/things/{found.thing}", status_code=303)
        return _page("browse.html.j2", published.status, found=found, query=q)

    return await desk.answer(answer)


@router.get("/things/{thing_id}")
async def thing_page(desk: AtDesk, thing_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> Response:
    """Return the page of one thing."""

    def answer(published: Published) -> Response:
        thing = published.catalogue.thing(thing_id)
        if thing is not None:
            return _page("thing.html.j2", published.status, thing=thing)
        problem = Problem(
            error=f"Thing {thing_id} is not in the sample.",
            hint="Only a random part of the site is known here. Search by name or tag.",
        )
        return error_page(problem, _NOTHING_THERE, published.status)

    return await desk.answer(answer)


@router.get("/tags/{tag:path}")
async def tag_page(desk: AtDesk, tag: str) -> Response:
    """Return the page of one tag: the things that are closest to it."""

    def answer(published: Published) -> Response:
        known = published.catalogue.tag(tag)
        if known is not None:
            return _page("tag.html.j2", published.status, tag=known)
        problem = Problem(
            error=f"No thing of the sample bears the tag “{plain(tag)}”.",
            hint="Search for a part of it: tags that contain it are listed first.",
        )
        return error_page(problem, _NOTHING_THERE, published.status)

    return await desk.answer(answer)


@router.get("/login")
def login_page(
    refused: bool = False, next: Annotated[str, Query(max_length=LONGEST_ADDRESS)] = "/"
) -> HTMLResponse:
    """Return the form that asks for the token, which ``POST /login`` takes as `token`."""
    return _page(
        "login.html.j2", None, status_code=401 if refused else 200, refused=refused, next=next
    )


@router.get("/static/{digest}/{name}")
def static_file(digest: str, name: str) -> Response:
    """Return a style sheet, a script or plotly; the digest in the address changes with them."""
    content = _static_files().get(name)
    if content is None:
        return Response(status_code=_NOTHING_THERE)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kept = _FOREVER if digest == _digest() else "no-cache"
    return Response(content, media_type=kind, headers={"Cache-Control": kept})


def error_page(problem: Problem, status_code: int, status: Status | None = None) -> HTMLResponse:
    """Return what went wrong, and what to do, as a page.

    Parameters
    ----------
    problem : Problem
        The error and the hint, in words.
    status_code : int
        Status of the answer.
    status : Status, optional
        What is published, where that is known.

    Returns
    -------
    HTMLResponse
        The page. It needs nothing published.
    """
    return _page(
        "error.html.j2", status, status_code=status_code, problem=problem, code=status_code
    )


def _page(
    template: str, status: Status | None, *, status_code: int = 200, **content: object
) -> HTMLResponse:
    text = (
        _environment()
        .get_template(template)
        .render(status=status, static=f"/static/{_digest()}", **content)
    )
    return HTMLResponse(text, status_code=status_code, headers={"Cache-Control": "no-store"})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("thingistat_pipeline.advisor", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plain": plain,
        "number": number,
        "compact": compact,
        "date": _date,
        "coded": _coded,
        "tag_address": _tag_address,
        "search_address": _search_address,
    }
    environment.globals |= {"counted": counted, "model_names": _MODEL_NAMES}
    return environment


@cache
def _static_files() -> dict[str, bytes]:
    """Return every file that pages load, by its name."""
    folder = files("thingistat_pipeline.advisor").joinpath("static")
    own = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    return {**own, PLOTLY: get_plotlyjs().encode()}


@cache
def _digest() -> str:
    """Return a name that is another one as soon as a file of the pages is another one."""
    digest = hashlib.sha256()
    for name, content in sorted(_static_files().items()):
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:16]


def _coded(words: str) -> Markup:
    """Return words of ours with what stands between backticks set as something to type."""
    parts = words.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def _date(moment: datetime | None) -> str:
    return f"{moment.day} {moment:%B %Y}" if moment is not None else "unknown"


def _tag_address(tag: str) -> str:
    return f"/tags/{quote(tag, safe='')}"


def _search_address(query: str, page: int) -> str:
    return f"/browse?{urlencode({'q': query, 'page': page})}"
