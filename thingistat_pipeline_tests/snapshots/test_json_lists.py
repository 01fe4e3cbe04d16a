"""Cutting a JSON list into its elements, broken ones too."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.snapshots.json_lists import BrokenList, cut_list, split_list


@pytest.mark.parametrize(
    ("body", "elements", "fault"),
    [
        (b"[]", [], None),
        (b" [ ] \n", [], None),
        (b'\xef\xbb\xbf[{"a": 1}, 2]', [b'{"a": 1}', b"2"], None),
        (b'[{"a": "]},"}, [1, {}]]', [b'{"a": "]},"}', b"[1, {}]"], None),
        (b'["\\ud800", "\\"]"]', [b'"\\ud800"', b'"\\"]"'], None),
        (b"[1,,2]", [b"1", b"", b"2"], None),
        (b"[1,]", [b"1", b""], None),
        (b"", [], "is no JSON list (byte 0)"),
        (b'{"a": []}', [], "is no JSON list (byte 0)"),
        (b"[1, 2", [b"1"], "has no end: what begins at byte 3 is not complete"),
        (b'[1, {"a": "b', [b"1"], "has no end: what begins at byte 3 is not complete"),
        (b"[1] x", [b"1"], "goes on after the list's end (byte 3)"),
        (b"[1]" + b"\0" * 5, [b"1"], "goes on after the list's end (byte 3)"),
    ],
)
def test_a_list_is_cut_into_what_it_holds(body: bytes, elements: list[bytes], fault: str | None):
    found, wrong = split_list(body)

    assert [bytes(element) for element in found] == elements
    assert wrong == fault


@given(
    st.lists(
        st.recursive(st.text() | st.integers(), st.lists) | st.dictionaries(st.text(), st.text())
    )
)
def test_cutting_finds_what_reading_finds(values: list[object]):
    body = json.dumps(values, indent=1).encode()

    assert [json.loads(element) for element in cut_list(body)] == values


@pytest.mark.parametrize("part", [b'"\\', b'"', b"[", b'{"', b"[{", b"\\"])
def test_hostile_bytes_cost_no_more_than_their_length(part: bytes):
    body = b"[" + part * 500_000  # with the square of it the test would run into its time limit

    with pytest.raises(BrokenList):
        list(cut_list(body))
