"""The bytes of an answer: reading them whatever they hold, and removing people from them.

What belongs here: turning hostile bytes into plain values, the ``error`` text of a refusal, times
and markup in one form. What does not: which fields an answer has (`payloads`) and what an error
means (`errors`).
"""

import html
import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import msgspec

from thingistat_pipeline.terminal import one_line

PERSONAL_KEYS = frozenset({"first_name", "last_name", "full_name", "email", "location"})

NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises where bytes are not what they should be: it says so in three ways."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_TAGS = re.compile(r"<[^>]*>")
_ZERO_DATES = ("0000-00-00", "-0001-11-30")
_BLANKS = re.compile(r"[ \t\r\f\v]*\n\s*|[ \t\r\f\v]+")


class UnreadableAnswer(ValueError):  # noqa: N818 - a value that an answer has, not a fault of ours
    """The bytes are not a whole JSON document (cut off, a web page, nested without end)."""


class UnknownShape(ValueError):  # noqa: N818 - as above
    """The answer is JSON, but not of a shape that is known; the message says where."""


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value that a JSON body holds, repaired where text is broken.

    Lone surrogates and bytes that are no UTF-8 become U+FFFD, of a key given twice the last value
    counts.

    Raises
    ------
    UnreadableAnswer
        When it is no complete JSON document.
    """
    try:
        return msgspec.json.decode(body)
    except NO_JSON:
        pass
    try:
        text = body.decode("utf-8", "replace")
        return _without_surrogates(json.loads(text, strict=False, parse_constant=_no_constant))
    except RecursionError:
        raise UnreadableAnswer("JSON nested too deeply") from None
    except ValueError as error:
        raise UnreadableAnswer(f"no JSON: {str(error)[:100]}") from None


def scrub(tree: Any, keys: Collection[str] = PERSONAL_KEYS) -> Any:  # noqa: ANN401
    """Return a copy of a JSON value without the personal keys, at any depth.

    Raises
    ------
    UnreadableAnswer
        When it is nested too deeply to be walked through.
    """
    try:
        return _scrubbed(tree, keys)
    except RecursionError:
        raise UnreadableAnswer("JSON nested too deeply") from None


def error_message(tree: Any) -> str | None:  # noqa: ANN401
    """Return the text of ``{"error": …}`` in one line, or ``None`` when the value is no refusal."""
    if isinstance(tree, dict) and "id" not in tree:
        message = tree.get("error")
        if isinstance(message, str):
            return one_line(clean_text(message))[:200]
    return None


def utc_time(text: str) -> str | None:
    """Return a time as ``YYYY-MM-DDTHH:MM:SSZ``; one without a zone is taken as UTC.

    The zero dates of old databases (``0000-00-00 …``, which PHP writes as ``-0001-11-30T…``) and
    empty text mean "not known": ``None``.

    Raises
    ------
    UnknownShape
        When the text is no time.
    """
    text = text.strip()
    if not text or text.startswith(_ZERO_DATES):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return iso_z(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise UnknownShape(f"Expected a time, got {text[:40]!r}") from None


def http_date(text: str | None) -> datetime | None:
    """Return the moment that an HTTP date header names, or ``None`` when it names none."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def iso_z(moment: datetime) -> str:
    """Return a moment in UTC to the second, with a ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)


def clean_text(text: str) -> str:
    """Return a text without NUL characters, which databases and C libraries take for an end."""
    return text.replace("\0", "")


def plain_text(markup: str) -> str:
    """Return what a piece of HTML says: no tags, entities resolved, blanks collapsed."""
    text = html.unescape(_TAGS.sub(" ", markup))
    return _BLANKS.sub(lambda blank: "\n" if "\n" in blank[0] else " ", clean_text(text)).strip()


def _scrubbed(tree: Any, keys: Collection[str]) -> Any:  # noqa: ANN401
    if isinstance(tree, dict):
        return {key: _scrubbed(value, keys) for key, value in tree.items() if key not in keys}
    if isinstance(tree, list):
        return [_scrubbed(value, keys) for value in tree]
    return tree


def _without_surrogates(tree: Any) -> Any:  # noqa: ANN401
    if isinstance(tree, dict):
        return {_SURROGATES.sub("�", k): _without_surrogates(v) for k, v in tree.items()}
    if isinstance(tree, list):
        return [_without_surrogates(value) for value in tree]
    return _SURROGATES.sub("�", tree) if isinstance(tree, str) else tree


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
