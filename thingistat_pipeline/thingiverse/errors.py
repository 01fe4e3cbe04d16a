"""What a status, a content type and a body mean together, decided in one pure function.

The API refuses in many tongues: JSON with an ``error``, plain text when the limit is hit, a web
page when the client is shut out, and not always with the status that one would expect. The rule
that everything else rests on: only an answer that certainly speaks of this one thing may become an
outcome; everything uncertain is transient and asked again.
"""

from enum import Enum
from typing import Any, NamedTuple

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.thingiverse.answers import UnreadableAnswer, error_message, parse_json


class Verdict(Enum):
    """What an answer means for the one who asked."""

    OK = "ok"
    GONE = "gone"
    PRIVATE = "private"
    MODERATED = "moderated"
    REFUSED = "refused"  # 403 for a reason unknown: this thing, or all of them
    RATE_LIMITED = "rate limited"
    TOKEN_REJECTED = "token rejected"  # noqa: S105 - a verdict, no password
    BLOCKED = "blocked"
    TRANSIENT = "transient"


RETRYABLE = frozenset({Verdict.RATE_LIMITED, Verdict.TRANSIENT})

_BLOCK_MARKS = (b"<title>just a moment", b"cf-chl", b"attention required! | cloudflare")
_UNEXPLAINED_REFUSALS = {401: Verdict.TOKEN_REJECTED, 403: Verdict.REFUSED}
_MEANINGS = (
    ("under moderation", Verdict.MODERATED),
    ("is private", Verdict.PRIVATE),
    ("not been published", Verdict.PRIVATE),
    ("does not exist", Verdict.GONE),
)


class ApiError(ThingistatError):
    """The API did not give what was asked for."""


class TokenRejected(ApiError):  # noqa: N818 - named for what happened
    """The token is missing, wrong or revoked; nothing may be asked until it is replaced."""


class Blocked(ApiError):  # noqa: N818
    """The API has shut this client out; asking on would make it worse."""


class Unavailable(ApiError):  # noqa: N818
    """No usable answer after every polite retry; says nothing about the thing asked for."""


class Refused(Unavailable):
    """A refusal for a reason unknown: of this one thing, or of all of them."""


class Judgement(NamedTuple):
    """A verdict, the reason in words, and the value that a JSON body held."""

    verdict: Verdict
    reason: str | None = None
    tree: Any = None


def judge(status: int, content_type: str, body: bytes) -> Judgement:
    """Decide what an answer means.

    Parameters
    ----------
    status : int
        HTTP status.
    content_type : str
        As sent, may be empty. Only a hint: the body decides.
    body : bytes
        Decompressed body.

    Returns
    -------
    Judgement
        ``OK`` with the JSON value for a success; otherwise the verdict and why.
    """
    start = body[:4096].lstrip().lower()
    is_page = start.startswith((b"<!doctype", b"<html")) or "html" in content_type.lower()
    if is_page and any(mark in start for mark in _BLOCK_MARKS):
        return Judgement(Verdict.BLOCKED, f"Cloudflare asks for a human (status {status})")
    if status in (420, 429) or start.startswith(b"you can only send"):
        return Judgement(Verdict.RATE_LIMITED, f"request limit reached (status {status})")
    try:
        tree = parse_json(body)
    except UnreadableAnswer as unreadable:
        refused = _UNEXPLAINED_REFUSALS.get(status, Verdict.TRANSIENT)
        return Judgement(refused, f"status {status}, {unreadable}")
    message = error_message(tree)
    if message is not None:
        return Judgement(_meaning(status, message), message or f"status {status}", tree)
    if status == 200 and tree is not None:
        return Judgement(Verdict.OK, None, tree)
    refused = _UNEXPLAINED_REFUSALS.get(status, Verdict.TRANSIENT)
    return Judgement(refused, f"status {status} with an unexpected body")


def is_retryable(verdict: Verdict) -> bool:
    """Whether the same request may succeed later without anyone doing anything."""
    return verdict in RETRYABLE


def _meaning(status: int, message: str) -> Verdict:
    """Return what the text of ``{"error": …}`` means; a server's own trouble is never final."""
    if status >= 500:
        return Verdict.TRANSIENT
    lowered = message.lower()
    for mark, verdict in _MEANINGS:
        if mark in lowered:
            return verdict
    if status == 401 or lowered.strip() == "unauthorized":
        return Verdict.TOKEN_REJECTED
    if status == 403:
        return Verdict.REFUSED
    return Verdict.GONE if status in (404, 410) else Verdict.TRANSIENT
