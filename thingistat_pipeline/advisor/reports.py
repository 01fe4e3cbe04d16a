"""The newest report and its model card, as the pipeline wrote them.

A file is opened once and sent from that: it may be replaced or removed meanwhile.
"""

import html
import os
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.report.file_names import LATEST, MODEL_CARD, PAGE
from thingistat_pipeline.settings import Settings

_HEAD = 4096
_PART = 1 << 18
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_NOTHING = "default-src 'none'"

router = APIRouter(include_in_schema=False)


class NoReportError(ThingistatError):
    """No run has written a report yet, or what it told of was forgotten."""


@router.get("/report")
def report(request: Request) -> Response:
    """Return the report under its own policy, which lets the two scripts in the page run."""
    page = _newest(request, PAGE)
    found = _POLICY.search(page.read(_HEAD).decode(errors="replace"))
    own = html.unescape(found.group(1)) if found else _NOTHING
    policy = own if own.isascii() and own.isprintable() else _NOTHING
    headers = {"content-security-policy": f"{policy}; frame-ancestors 'none'"}
    return _sent(page, "text/html", headers)


@router.get("/model-card")
def model_card(request: Request) -> Response:
    """Return the model card as text."""
    return _sent(_newest(request, MODEL_CARD), "text/plain", {})


def _newest(request: Request, name: str) -> BinaryIO:
    settings: Settings = request.app.state.settings
    try:
        return (settings.reports_dir / LATEST / name).open("rb")
    except OSError:
        raise NoReportError("There is no report yet.") from None


def _sent(file: BinaryIO, kind: str, headers: Mapping[str, str]) -> StreamingResponse:
    length = {"content-length": str(os.fstat(file.fileno()).st_size)}
    return StreamingResponse(
        _parts(file), media_type=f"{kind}; charset=utf-8", headers={**headers, **length}
    )


def _parts(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(_PART):
            yield part
