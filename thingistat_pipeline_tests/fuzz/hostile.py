"""Values that strangers could send: from honest answers, changed in a few places, to noise."""

import copy
import json
from datetime import date
from functools import cache
from typing import Any

from hypothesis import strategies as st

from thingistat_pipeline.sandbox import payloads
from thingistat_pipeline.sandbox.pieces import World

WORLD = World(12, date(2026, 9, 1), "http://127.0.0.1:8765")
MOST_CHANGES = 4

EDGES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64,
    10**30, 1e308, -0.0, 2.5, "", " ", "0", "1", "-1", "1.5", "1e400", "NaN", "null", "true",
    "9223372036854775808", "0000-00-00 00:00:00", "-0001-11-30T00:00:00+00:00",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2020-02-30T00:00:00Z", "20200101",
    "2020-W01-1", "2020-01-01T24:00:00", "\0", "a\0b", "\ufeff", "\u202e", "http://[", "http://[::1",
    "//", "https://x/\ud7ff", "%", "%ff%00", "<" * 50, "&#0;&#xD800;&#1114112;", "/thing:0",
    "/thing:9223372036854775808", "../../etc/passwd", "=1+1", "'; DROP TABLE things; --",
    [], {}, [None], [[]], [{}], {"": None}, {"id": None}, [[[[[[[[]]]]]]]], {"error": "x"},
)  # fmt: skip
"""Values beside the bounds of one decoder or another."""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
scalars = (
    st.sampled_from(EDGES)
    | texts
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
"""Any JSON value."""


@cache
def _live_things() -> tuple[int, ...]:
    found = []
    for number in range(1, 40_000, 97):
        if payloads.refusal(WORLD, number) is None:
            found.append(number)
        if len(found) == 12:
            break
    return tuple(found)


@cache
def honest_answers(resource: str) -> tuple[Any, ...]:
    """Return answers of all eras as the sandbox gives them, as JSON values."""
    answers = {
        "thing": payloads.thing_answer,
        "categories": payloads.categories_answer,
        "files": payloads.files_answer,
        "images": payloads.images_answer,
        "likes": lambda world, number: payloads.likes_page(world, number, 1, 30)[0],
    }
    return tuple(
        json.loads(payloads.encoded(answers[resource](WORLD, number))) for number in _live_things()
    )


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    pending = [tree]
    while pending:
        each = pending.pop()
        inner = each.items() if isinstance(each, dict) else enumerate(each)
        for key, value in inner:
            found.append((each, key))
            if isinstance(value, dict | list):
                pending.append(value)
    return found


@st.composite
def changed(draw: st.DrawFn, honest: tuple[Any, ...]) -> Any:
    """Draw an honest value in which a few things are gone, twice, or something else."""
    tree = copy.deepcopy(draw(st.sampled_from(honest)))
    for _ in range(draw(st.integers(1, MOST_CHANGES))):
        places = _places(tree) if isinstance(tree, dict | list) else []
        if not places:
            break
        parent, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["replace", "remove", "wrap", "again", "say as text"])):
            case "replace":
                parent[key] = copy.deepcopy(draw(trees))  # samples are shared
            case "remove":
                del parent[key]
            case "wrap":
                parent[key] = [parent[key]]
            case "again" if isinstance(parent, list):
                parent.append(parent[key])
            case _:
                parent[key] = str(parent[key])
    return tree


def answers_to(resource: str) -> st.SearchStrategy[Any]:
    """Return what may come where the API is asked for a resource."""
    return st.deferred(lambda: changed(honest_answers(resource)) | trees)


@st.composite
def spoilt(draw: st.DrawFn, honest: tuple[bytes, ...]) -> bytes:
    """Draw honest bytes with some of them changed, cut, doubled, or something put between."""
    content = bytearray(draw(st.sampled_from(honest)))
    for _ in range(draw(st.integers(1, MOST_CHANGES))):
        place = draw(st.integers(0, max(len(content) - 1, 0)))
        length = draw(st.integers(1, 16))
        match draw(st.sampled_from(["change", "cut", "drop", "insert", "double"])):
            case "change":
                content[place : place + length] = draw(st.binary(min_size=length, max_size=length))
            case "cut":
                del content[place:]
            case "drop":
                del content[place : place + length]
            case "insert":
                content[place:place] = draw(
                    st.binary(min_size=1, max_size=16) | st.sampled_from(_BITS)
                )
            case _:
                content += content[place : place + 4096]
    return bytes(content)


_BITS = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"[" * 2_000, b'{"a":' * 2_000,
    b"\n", b'"', b"NaN", b"1e999", b"9" * 5_000, b"-", b"\xef\xbb\xbf", b"null", b"{}",
)  # fmt: skip


def bytes_like(*honest: bytes) -> st.SearchStrategy[bytes]:
    """Return what may stand in a file that should hold one of these."""
    return spoilt(honest) | st.binary(max_size=200)
