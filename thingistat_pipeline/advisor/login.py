"""What the login form is answered: a cookie for whoever knows the token."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from thingistat_pipeline.advisor import guards
from thingistat_pipeline.settings import Settings

DAYS = 30
_LONGEST = 2000

router = APIRouter(include_in_schema=False)


@router.post(guards.LOGIN)
async def log_in(
    request: Request,
    token: Annotated[str, Form(max_length=_LONGEST)] = "",
    goal: Annotated[str, Query(max_length=_LONGEST, alias="next")] = "/",
) -> Response:
    """Take the token and remember it in a cookie that no script can read."""
    settings: Settings = request.app.state.settings
    wanted = settings.serve_token.get_secret_value() if settings.serve_token else ""
    target = _own_path(goal)
    if not guards.equal(token.strip(), wanted):
        again = f"{guards.LOGIN}?refused=true&next={quote(target, safe='/')}"
        return RedirectResponse(again, status_code=303)
    answer = RedirectResponse(target, status_code=303)
    if wanted:
        answer.set_cookie(
            guards.COOKIE,
            guards.session(wanted),
            max_age=DAYS * 86_400,
            httponly=True,
            samesite="strict",
            secure="https" in (request.url.scheme, request.headers.get("x-forwarded-proto")),
        )
    return answer


def _own_path(target: str) -> str:
    """Return where to go after the login: a page of ours, whatever was asked."""
    is_own = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_own and target.isprintable() else "/"
