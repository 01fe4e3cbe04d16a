"""Whatever the API answers: a valid record, or a reason, and the neighbours as they were."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import strategies as st

from thingistat_pipeline.sampling.journal import Answered, Tried, Visit
from thingistat_pipeline.sampling.visit import record_of
from thingistat_pipeline.thingiverse import payloads
from thingistat_pipeline.thingiverse.answers import (
    UnknownShape,
    UnreadableAnswer,
    error_message,
    http_date,
    parse_json,
    scrub,
    utc_time,
)
from thingistat_pipeline.thingiverse.client import next_page
from thingistat_pipeline.thingiverse.errors import judge
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.fuzz.fuzzing import fuzzed
from thingistat_pipeline_tests.fuzz.hostile import (
    EDGES,
    answers_to,
    bytes_like,
    honest_answers,
    texts,
    trees,
)

MOMENT = "2026-09-01T12:00:00Z"
BODIES = tuple(json.dumps(each).encode() for each in honest_answers("thing")[:4])
DECODERS: dict[str, Callable[[Any], object]] = {
    "thing": payloads.decode_thing,
    "categories": payloads.decode_categories,
    "files": payloads.decode_files,
    "images": payloads.decode_images,
    "likes": payloads.decode_likers,
}


def is_valid(record: Record) -> bool:
    """Whether a record is one in the strict sense in which parts are written."""
    return msgspec.json.decode(msgspec.json.encode(record), type=Record) == record


@fuzzed(examples=150, body=bytes_like(*BODIES, b"[]", b'{"error":"Not Found"}'))
def test_any_body_is_a_json_value_or_unreadable(body: bytes) -> None:
    try:
        tree = parse_json(body)
    except UnreadableAnswer:
        return
    try:
        kept = scrub(tree)
    except UnreadableAnswer:
        return
    error_message(tree)
    msgspec.json.encode(kept)


@fuzzed(
    body=bytes_like(*BODIES),
    status=st.integers(100, 599) | st.sampled_from([200, 401, 403, 404, 420, 429, 500]),
    kind=texts | st.sampled_from(["application/json", "text/html", "text/plain"]),
)
def test_any_answer_is_judged(body: bytes, status: int, kind: str) -> None:
    judge(status, kind, body)


@fuzzed(
    drawn=st.sampled_from(sorted(DECODERS)).flatmap(
        lambda resource: st.tuples(st.just(resource), answers_to(resource))
    ),
    examples=200,
)
def test_any_value_is_decoded_or_of_unknown_shape(drawn: tuple[str, Any]) -> None:
    resource, tree = drawn
    try:
        found = DECODERS[resource](tree)
    except UnknownShape as error:
        assert " - at `$" in str(error) or "nested" in str(error)  # noqa: PT017 - only if
    else:
        msgspec.json.encode(found)


@fuzzed(tree=answers_to("thing"))
def test_hits_and_tags_are_decoded_or_of_unknown_shape(tree: Any) -> None:
    for value in (tree, [tree], {"hits": [tree], "total": 1}):
        for decode in (payloads.decode_hits, payloads.decode_tags):
            try:
                decode(value)
            except UnknownShape:
                continue


@fuzzed(text=texts | st.sampled_from([each for each in EDGES if isinstance(each, str)]))
def test_any_text_is_a_time_a_date_a_link_or_none_of_these(text: str) -> None:
    http_date(text)
    next_page(text)
    try:
        found = utc_time(text)
    except UnknownShape:
        return
    assert found is None or len(found) == 20


def visit(thing_id: int, trees: dict[str, Any]) -> Visit:
    """A live thing as a night's journal holds it."""
    answers = tuple(
        Answered(
            thing_id=thing_id,
            resource=resource,  # type: ignore[arg-type]  # a literal, drawn
            observed_at=MOMENT,
            status=200,
            tree=msgspec.Raw(msgspec.json.encode(tree)),
        )
        for resource, tree in trees.items()
    )
    tried = Tried(
        thing_id=thing_id,
        why="frame",
        outcome="ok",
        observed_at=MOMENT,
        fetched_at=MOMENT,
        requests=len(answers),
        status=200,
    )
    return Visit(tried, answers)


@fuzzed(
    thing=answers_to("thing"),
    categories=answers_to("categories"),
    files=answers_to("files"),
    images=answers_to("images"),
    examples=150,
)
def test_any_answers_come_to_a_valid_record_that_says_what_was_not_understood(
    thing: Any, categories: Any, files: Any, images: Any
) -> None:
    number = thing.get("id") if isinstance(thing, dict) else None
    number = number if type(number) is int and 0 < number < 2**63 else 7
    trees = {"thing": thing, "categories": categories, "files": files, "images": images}
    record = record_of(visit(number, trees))
    assert is_valid(record)
    assert record.outcome in ("ok", "quarantined")
    assert (record.thing is not None) == (record.outcome == "ok")
    if record.outcome == "quarantined":
        assert record.reason
    else:
        lists = {"categories": record.categories, "files": record.files, "images": record.images}
        for resource, found in lists.items():
            told = f"{resource}: " in (record.reason or "")
            assert found is not None or told or trees[resource] is None


@fuzzed(tree=trees)
def test_personal_keys_are_gone_at_any_depth(tree: Any) -> None:
    canary = {"location": "canary", "email": "canary", "kept": [tree, {"first_name": "canary"}]}
    assert "canary" not in json.dumps(scrub({"creator": canary, "more": [[canary]]}))
