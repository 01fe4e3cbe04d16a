"""The elements of a JSON list, each by itself, so that a broken one spoils no other."""

import codecs
import re
from collections.abc import Iterator, Sequence

import msgspec

from thingistat_pipeline.thingiverse.answers import NO_JSON

_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_BLANKS = b" \t\r\n"
# A whole text, a text that never ends, or what gives a document its structure.
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|"|[\[\]{},]', re.DOTALL)


class BrokenList(Exception):  # noqa: N818  caught within this package and turned into a Reject
    """A list does not end as it should, or is none; the message says at which byte."""


def split_list(body: bytes) -> tuple[Sequence[bytes | msgspec.Raw], str | None]:
    """Return the elements of a JSON list, undecoded, and what is wrong with the list itself.

    Where the document as a whole is no JSON, it is cut at its commas and brackets: the broken
    element is among the elements, and those before and after it are whole. A list that is cut off
    has its complete elements.

    Returns
    -------
    tuple of (sequence of bytes or Raw, str or None)
        The second, if any, says at which byte (the first is 0) what cannot be read begins.
    """
    try:
        return _RAW_LIST.decode(body.removeprefix(codecs.BOM_UTF8)), None
    except NO_JSON:
        pass
    elements: list[bytes] = []
    try:
        elements.extend(cut_list(body))
    except BrokenList as fault:
        return elements, str(fault)
    return elements, None


def cut_list(body: bytes) -> Iterator[bytes]:
    """Yield the elements of a list one by one, cut at commas and brackets and not yet understood.

    Raises
    ------
    BrokenList
        After the last complete element, when the list is none or does not end as it should.
    """
    start = len(codecs.BOM_UTF8) if body.startswith(codecs.BOM_UTF8) else 0
    if not body[start:].lstrip(_BLANKS).startswith(b"["):
        raise BrokenList(f"is no JSON list (byte {start})")
    depth = begin = 0
    is_first = True
    for token in _TOKENS.finditer(body, start):
        sign, at = token[0], token.start()
        if sign == b'"':
            break
        if sign in b"[{":
            depth += 1
            begin = at + 1 if depth == 1 else begin
        elif depth == 1 and sign in b",]}":
            element = body[begin:at].strip(_BLANKS)
            if element or sign == b"," or not is_first:
                yield element
            begin, is_first = at + 1, False
            if sign != b",":
                if body[begin:].strip(_BLANKS):
                    raise BrokenList(f"goes on after the list's end (byte {begin})")
                return
        elif sign in b"]}":
            depth -= 1
    raise BrokenList(f"has no end: what begins at byte {begin} is not complete")
