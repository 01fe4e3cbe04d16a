from datetime import datetime
from pathlib import Path

import pytest

from thingistat_pipeline_tests.features.database import Row, frame_of

LICENSE_FLAGS = (
    *("attribution", "non_commercial", "share_alike", "no_derivatives", "public_domain"),
    *("gpl", "lgpl", "bsd", "all_rights_reserved"),
)


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("Creative Commons - Attribution", {"attribution"}),
        (
            "Creative Commons - Attribution - Non-Commercial - Share Alike",
            {"attribution", "non_commercial", "share_alike"},
        ),
        (
            "Creative Commons - Attribution - Non-Commercial - No Derivatives",
            {"attribution", "non_commercial", "no_derivatives"},
        ),
        ("Creative Commons - Public Domain Dedication", {"public_domain"}),
        ("Public Domain", {"public_domain"}),
        ("GNU - GPL", {"gpl"}),
        ("GNU - LGPL", {"lgpl"}),
        ("BSD License", {"bsd"}),
        ("All Rights Reserved", {"all_rights_reserved"}),
        ("A licence of the future", set()),
    ],
)
def test_a_licence_is_told_by_its_words(tmp_path: Path, text: str, flags: set[str]):
    frame = frame_of(tmp_path, things=[{"id": 1, "license": text}])
    assert {flag for flag in LICENSE_FLAGS if frame[f"license_{flag}"][0]} == flags


@pytest.mark.parametrize("text", [None, ""])
def test_no_licence_named_is_an_unknown_one(tmp_path: Path, text: str | None):
    frame = frame_of(tmp_path, things=[{"id": 1, "license": text}])
    assert {frame[f"license_{flag}"][0] for flag in LICENSE_FLAGS} == {None}


def test_ancestors_are_counted_and_unknown_where_a_remix_names_none(tmp_path: Path):
    things: list[Row] = [
        {"id": 1, "is_derivative": True},
        {"id": 2, "is_derivative": True},
        {"id": 3, "is_derivative": False},
        {"id": 4},
    ]
    ancestors: list[Row] = [{"thing_id": 1, "ancestor_id": 70}, {"thing_id": 1, "ancestor_id": 71}]
    frame = frame_of(tmp_path, things=things, ancestors=ancestors)
    assert frame["ancestor_count"].to_list() == [2, None, 0, None]


def test_declared_flags_are_passed_on(tmp_path: Path):
    flags = {"is_wip": True, "is_nsfw": False, "is_ai": None, "allows_derivatives": True}
    frame = frame_of(tmp_path, things=[{"id": 1, **flags}])
    assert frame.select(*flags).rows(named=True) == [flags]


@pytest.mark.parametrize(
    ("added", "weekday", "hour"),
    [
        (datetime(2024, 2, 26, 0, 0, 0), 1, 0),  # a Monday
        (datetime(2024, 3, 3, 23, 59, 59), 7, 23),  # the Sunday after
        (None, None, None),
    ],
)
def test_weekday_and_hour_are_those_of_publication(
    tmp_path: Path, added: datetime | None, weekday: int | None, hour: int | None
):
    frame = frame_of(tmp_path, things=[{"id": 1, "added": added}])
    assert frame.select("published_weekday", "published_hour").rows() == [(weekday, hour)]


@pytest.mark.parametrize(
    ("modified", "edited"),
    [
        (datetime(2024, 1, 1, 12), False),
        (datetime(2024, 1, 2, 12), False),  # a day exactly
        (datetime(2024, 1, 2, 12, 0, 1), True),
        (None, None),
    ],
)
def test_an_edit_counts_from_the_second_day_on(
    tmp_path: Path, modified: datetime | None, edited: bool | None
):
    thing: Row = {"id": 1, "added": datetime(2024, 1, 1, 12), "modified": modified}
    assert frame_of(tmp_path, things=[thing])["edited_later"].to_list() == [edited]
