"""The newest report and its model card, as the pipeline wrote them."""

import html
import re
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse

from thingistat_pipeline.report.file_names import LATEST, MODEL_CARD, PAGE
from thingistat_pipeline.settings import Settings

_HEAD = 4096
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_NOTHING = "default-src 'none'"

router = APIRouter(include_in_schema=False)


@router.get("/report")
def report(request: Request) -> Response:
    """Return the report under its own policy, which lets the two scripts in the page run."""
    file = _newest(request, PAGE)
    with file.open(encoding="utf-8") as stream:
        found = _POLICY.search(stream.read(_HEAD))
    own = html.unescape(found.group(1)) if found else _NOTHING
    policy = own if own.isascii() and own.isprintable() else _NOTHING
    headers = {"content-security-policy": f"{policy}; frame-ancestors 'none'"}
    return FileResponse(file, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/model-card")
def model_card(request: Request) -> Response:
    """Return the model card as text."""
    return FileResponse(_newest(request, MODEL_CARD), media_type="text/plain; charset=utf-8")


def _newest(request: Request, name: str) -> Path:
    settings: Settings = request.app.state.settings
    # the link is followed once: what is looked at is what is sent, whatever comes meanwhile
    file = (settings.reports_dir / LATEST).resolve() / name
    if not file.is_file():
        raise HTTPException(404, "There is no report yet. Make one with `thingistat run`.")
    return file
