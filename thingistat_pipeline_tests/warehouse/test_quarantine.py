"""Answers that were not understood: a table that names them, and a load that says when to stop."""

import pytest

from thingistat_pipeline.thingiverse.quarantine import too_many
from thingistat_pipeline.thingiverse.records import Quarantined, Record
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.working import WarehouseError
from thingistat_pipeline_tests.warehouse.support import (
    Places,
    contents,
    gone,
    live,
    strange,
    write_load,
)

MORNING, EVENING = "2026-09-01T08:00:00Z", "2026-09-02T20:00:00Z"


def night(size: int, strange_ones: int, moment: str = MORNING, first: int = 1) -> list[Record]:
    """A night of live things of which the first few were not understood, and many that are gone."""
    answered = range(first, first + size)
    known = [live(each, moment) for each in answered[strange_ones:]]
    held = [strange(each, moment) for each in answered[:strange_ones]]
    return [*held, *known, *(gone(10**6 + each, moment) for each in range(first, first + 300))]


@pytest.mark.parametrize(
    ("held", "answered", "allowed", "expected"),
    [
        (0, 0, 0.01, False),
        (0, 100, 0.0, False),
        (1, 3, 0.01, False),  # a single one harms itself only, however small the night
        (2, 200, 0.01, False),
        (2, 199, 0.01, True),
        (3, 200, 0.01, True),
        (2, 200, 0.0, True),
        (200, 200, 1.0, False),
    ],
)
def test_more_than_the_share_is_too_many(
    held: int, answered: int, allowed: float, expected: bool
) -> None:
    assert too_many(held, answered, allowed) is expected


def test_what_was_not_understood_is_published_with_its_place_reason_and_text(places: Places):
    text = '{"id":7,"like_count":{"total":1}}'
    files = Quarantined(resource="files", reason="Expected `int | null` - at `$[3].size`", text="[")
    likes = Quarantined(resource="likes", reason="nested too deeply")
    in_parts = live(8, MORNING, lists={"quarantined": [files, likes]})
    write_load(places.nights, "2026-09-01", [strange(7, MORNING, text=text), in_parts, live(9)])
    places.load(quarantine_share_allowed=1)
    tables = contents(publish(places.warehouse, places.published, places.link).path)

    found = [(row[0], row[2], *row[4:]) for row in tables["main.quarantine"]]
    reason = "Expected `int | null`, got `object` - at `$.like_count`"
    assert found == [
        (7, "2026-09-01", "thing", "$.like_count", reason, text),
        (8, "2026-09-01", "files", "$[*].size", files.reason, "["),
        (8, "2026-09-01", "likes", None, "nested too deeply", None),
    ]
    assert [row[0] for row in tables["main.things"]] == [8, 9]


def test_too_many_are_not_loaded_and_it_is_said_of_what_and_what_to_do(places: Places):
    write_load(places.nights, "2026-09-01", night(50, 0))
    places.load()
    before = publish(places.warehouse, places.published, places.link)
    held = [strange(each, EVENING, field="creator") for each in (101, 102)]
    write_load(places.nights, "2026-09-02", [*night(150, 2, EVENING, first=103), *held])

    with pytest.raises(WarehouseError) as refused:
        places.load()

    told = str(refused.value)
    assert "of 152 things that answered in the night 2026-09-02, 4 (2.6%)" in told
    assert "thing $.creator, 2 times (for example thing 101, Expected `int | null`" in told
    assert "thing $.like_count, 2 times (for example thing 103" in told
    assert "THINGISTAT_QUARANTINE_SHARE_ALLOWED" in told
    assert places.rows("SELECT load FROM meta.loads") == [("2026-09-01",)]
    assert publish(places.warehouse, places.published, places.link) == before


def test_the_example_is_quoted_from_the_field_at_fault_on(places: Places):
    text = '{"id":1,"description":"%s","like_count":{"total":3}}' % ("x" * 500)
    write_load(places.nights, "2026-09-01", [strange(1, text=text), strange(2, text=text)])
    with pytest.raises(WarehouseError, match=r"""`: '"like_count":\{"total":3\}\}'\)"""):
        places.load()


def test_who_has_looked_may_let_it_through(places: Places):
    write_load(places.nights, "2026-09-01", night(50, 10))
    with pytest.raises(WarehouseError):
        places.load(quarantine_share_allowed=0.19)
    assert places.load(quarantine_share_allowed=0.2).rows["quarantine"] == 10
    with pytest.raises(WarehouseError):  # until it has been allowed for good, or is history
        places.load()


def test_only_the_newest_night_counts(places: Places):
    write_load(places.nights, "2026-09-01", night(50, 10))
    write_load(places.nights, "2026-09-02", night(50, 0, EVENING, first=100))
    summary = places.load()
    assert (summary.rows["quarantine"], summary.rows["things"]) == (10, 90)


def test_a_snapshot_is_no_night(places: Places):
    write_load(places.nights, "2026-09-01", night(50, 10))
    later = live(1000, "2027-01-01T00:00:00Z")
    write_load(places.snapshots, "published", [later], kind="snapshot")
    with pytest.raises(WarehouseError, match="2026-09-01"):
        places.load()


def test_a_night_written_before_there_was_a_quarantine_is_loaded(places: Places):
    old = Record(thing_id=1, observed_at=MORNING, outcome="quarantined", reason="?")
    write_load(places.nights, "2026-09-01", [old, live(2)])
    assert places.load().rows["quarantine"] == 0
