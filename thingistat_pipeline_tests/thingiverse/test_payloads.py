"""Shapes that are known or likely, and rubbish: understood, or refused with the place named."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline.thingiverse.answers import (
    PERSONAL_KEYS,
    UnknownShape,
    UnreadableAnswer,
    error_message,
    parse_json,
    plain_text,
    scrub,
    utc_time,
)
from thingistat_pipeline.thingiverse.payloads import (
    decode_categories,
    decode_files,
    decode_likers,
    decode_tags,
    decode_thing,
    tag_key,
)


@pytest.mark.parametrize(
    ("flag", "meant"),
    [(0, False), (1, True), (True, True), (False, False), ("1", True), ("0", False), (None, None)],
)
def test_flags_of_every_year_are_booleans(flag: Any, meant: bool | None) -> None:
    assert decode_thing({"id": 5, "is_wip": flag}).thing.is_wip is meant


@pytest.mark.parametrize(("count", "meant"), [(12, 12), ("12", 12), (12.0, 12), (None, None)])
def test_counts_come_as_numbers_or_text(count: Any, meant: int | None) -> None:
    assert decode_thing({"id": 5, "like_count": count}).thing.like_count == meant


@pytest.mark.parametrize("count", [2.7, "many", -1, [], True, 2**64])
def test_a_count_that_is_none_is_refused_with_its_place(count: Any) -> None:
    with pytest.raises(UnknownShape, match=r"\$\.like_count"):
        decode_thing({"id": 5, "like_count": count})


def test_absent_keys_are_unknown_and_not_zero() -> None:
    thing = decode_thing({"id": "5"}).thing
    assert thing.id == 5
    values = [getattr(thing, name) for name in thing.__struct_fields__ if name != "id"]
    assert values == [None] * len(values)


@pytest.mark.parametrize("creator", [None, []])
def test_a_creator_may_be_missing(creator: Any) -> None:
    assert decode_thing({"id": 5, "creator": creator}).thing.creator is None


def test_a_creator_that_is_a_list_of_something_is_refused() -> None:
    with pytest.raises(UnknownShape, match=r"\$\.creator"):
        decode_thing({"id": 5, "creator": [1]})


def test_tags_missing_empty_and_doubled_are_told_apart() -> None:
    assert decode_thing({"id": 5}).thing.tags is None
    assert decode_thing({"id": 5, "tags": []}).thing.tags == []
    doubled = [{"name": "Dog", "tag": "dog", "count": 2}, {"name": "dog", "tag": "dog", "count": 3}]
    tags = decode_thing({"id": 5, "tags": doubled}).thing.tags
    assert tags is not None
    assert [(tag.name, tag.count) for tag in tags] == [("Dog", 2)]


def test_a_tag_without_key_and_address_gets_the_key_of_its_name() -> None:
    assert [tag.tag for tag in decode_tags([{"name": "Legend of  Zelda!"}, "TRUMP_"])] == [
        "legend_of_zelda",
        "trump_",
    ]
    assert tag_key("2D-art") == "2d-art"


def test_relative_addresses_of_tags_become_absolute() -> None:
    (tag,) = decode_tags([{"name": "a", "absolute_url": "/tag:A"}])
    assert tag.absolute_url == "https://www.thingiverse.com/tag:A"


@pytest.mark.parametrize("address", ["http://[x", "//[", "http://a]b/"])
def test_what_is_no_address_is_none(address: str) -> None:
    tags = decode_tags([{"name": "Dog", "absolute_url": address, "url": address}])
    assert [(tag.tag, tag.absolute_url) for tag in tags] == [("dog", None)]
    assert [each.slug for each in decode_categories([{"name": "Art", "url": address}])] == [None]


def test_ancestors_come_as_numbers_texts_addresses_and_objects() -> None:
    ancestors = [
        7,
        "8",
        "https://www.thingiverse.com/thing:9",
        {"id": 10, "name": "x"},
        "a name",
        7,
    ]
    assert decode_thing({"id": 5, "ancestors": ancestors}).thing.ancestors == [7, 8, 9, 10]


def test_times_are_utc_whatever_they_were() -> None:
    thing = decode_thing(
        {"id": 5, "added": "2019-10-15T13:12:43+02:00", "modified": "0000-00-00 00:00:00"}
    ).thing
    assert (thing.added, thing.modified) == ("2019-10-15T11:12:43Z", None)
    (file,) = decode_files([{"date": "2014-04-29 04:06:30"}])
    assert file.added == "2014-04-29T04:06:30Z"
    # How PHP writes 0000-00-00 (DateTime::format on the year before the year 1).
    assert decode_thing({"id": 5, "added": "-0001-11-30T00:00:00+00:00"}).thing.added is None
    with pytest.raises(UnknownShape, match=r"'yesterday' - at `\$\.added`"):
        decode_thing({"id": 5, "added": "yesterday"})


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        ([{"rafts": "No", "notes": "<p>a&amp;b</p>"}], {"rafts": "No", "notes": "a&b"}),
        ({"rafts": True}, {"rafts": "True"}),
        ([{"content": ["a", "<b>c</b>", None]}], {"content": "a, c"}),
        ("<p>just text</p>", {"notes": "just text"}),
        ([], {}),
        (None, {}),
        ([{"printer brand": "", "x": None}], {}),
    ],
)
def test_print_settings_come_as_objects_lists_text_or_nothing(
    data: Any, meant: dict[str, str]
) -> None:
    parts = [{"type": "summary", "data": [{"content": "s"}]}, {"type": "settings", "data": data}]
    assert decode_thing({"id": 5, "details_parts": parts}).thing.print_settings == meant


def test_no_section_of_print_settings_means_unknown() -> None:
    assert decode_thing({"id": 5, "details_parts": [{"type": "tips"}]}).thing.print_settings is None


@pytest.mark.parametrize("tree", [None, 5, "x", [], {}, {"id": None}, {"id": 0}, {"id": 2**70}])
def test_what_is_no_thing_is_refused(tree: Any) -> None:
    with pytest.raises(UnknownShape, match=r" - at `\$"):
        decode_thing(tree)


@pytest.mark.parametrize("depth", [300, 400, 2000])
def test_details_nested_too_deeply_are_read_or_refused(depth: int) -> None:
    data: Any = "x"
    for _ in range(depth):
        data = {"a": data}
    try:
        thing = decode_thing({"id": 5, "details_parts": [{"type": "settings", "data": data}]}).thing
    except UnknownShape as error:
        assert str(error) == "nested too deeply - at `$.details_parts`"  # noqa: PT017
    else:
        assert thing.print_settings == {"a": "x"}


def test_likers_are_the_ids_of_users() -> None:
    assert decode_likers([{"id": 3, "name": "x"}, {"id": "4"}]) == [3, 4]
    with pytest.raises(UnknownShape):
        decode_likers({"error": "no"})


def test_nul_characters_do_not_reach_the_record() -> None:
    assert decode_thing(parse_json(b'{"id": 5, "name": "a\\u0000b"}')).thing.name == "ab"
    assert [tag.tag for tag in decode_tags([{"name": "x", "url": "http://y/tags/%00a"}])] == ["a"]
    assert [tag.tag for tag in decode_tags([{"name": "x", "url": "http://y/tags/%00"}])] == ["x"]
    (category,) = decode_categories([{"name": "x", "url": "http://y/c/a\0b"}])
    assert category.slug == "ab"


def test_an_ancestor_of_number_zero_is_none() -> None:
    ancestors = [0, "0", {"id": 0}, 7]
    assert decode_thing({"id": 5, "ancestors": ancestors}).thing.ancestors == [7]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"\\ud800x"', "�x"),
        (b'{"\\udc00": 1}', {"�": 1}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\xff"', "�"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"a\x00b"', "a\x00b"),
    ],
)
def test_broken_text_is_repaired(body: bytes, value: Any) -> None:
    assert parse_json(body) == value


@pytest.mark.parametrize(
    "body", [b"", b'{"a": 1', b"<html>", b"[" * 100_000, b"NaN", b"[Infinity]", b"\x1f\x8b"]
)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        parse_json(body)


def test_personal_data_go_at_any_depth_and_nothing_else() -> None:
    person = {"id": 1, "name": "nick", **dict.fromkeys(PERSONAL_KEYS, "secret")}
    tree = {"creator": person, "list": [[person]], "location": "secret", "last": "kept"}
    clean = {"id": 1, "name": "nick"}
    assert scrub(tree) == {"creator": clean, "list": [[clean]], "last": "kept"}
    assert tree["location"] == "secret"  # a copy


def test_nesting_too_deep_to_scrub_is_said() -> None:
    tree: Any = []
    for _ in range(5000):
        tree = [tree]
    with pytest.raises(UnreadableAnswer):
        scrub(tree)


def test_an_error_text_is_found_only_in_refusals() -> None:
    assert error_message({"error": "Thing is private"}) == "Thing is private"
    assert error_message({"id": 5, "error": "a thing may say so"}) is None
    assert error_message(["error"]) is None
    assert error_message({"error": {"code": 1}}) is None


def test_markup_is_read_as_text() -> None:
    assert plain_text("<div><p>a&mdash;b</p>\n<p>c   d</p></div>\n") == "a—b\nc d"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
names = st.sampled_from(
    ["creator", "tags", "added", "zip_data", "details_parts", "ancestors", "default_image", "name"]
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(names, json_values, max_size=8))
def test_any_json_in_any_field_is_decoded_or_refused(fields: dict[str, Any]) -> None:
    try:
        answer = decode_thing({"id": 5, **fields})
    except UnknownShape:
        return  # any other error fails the test
    assert answer.thing.id == 5


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_parsed_or_unreadable(body: bytes) -> None:
    try:
        value = parse_json(body)
    except UnreadableAnswer:
        return  # any other error fails the test
    assert not PERSONAL_KEYS & set(scrub(value) if isinstance(value, dict) else ())


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        time = utc_time(text)
    except UnknownShape:
        return
    assert time is None or len(time) == 20
