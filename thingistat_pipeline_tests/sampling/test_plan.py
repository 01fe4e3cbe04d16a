"""Who of the panel is due, and plans that are facts."""

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.sampling.plan import (
    Plan,
    due_day,
    panel_due,
    read_plan,
    seeds_in,
    write_plan,
)
from thingistat_pipeline.thingiverse.manifest import Counts, Frame, Manifest, write_manifest

START = date(2026, 1, 1)


def load(day: date | None, panel: list[int], gone: list[int] | None = None) -> Manifest:
    return Manifest(
        kind="night",
        name=str(day),
        source="sandbox",
        content_hash="",
        parts=[],
        counts=Counts(),
        started_at="",
        finished_at="",
        observed_on=None if day is None else day.isoformat(),
        panel=panel,
        panel_gone=gone or [],
    )


@pytest.mark.parametrize(
    ("last_seen", "due"),
    [(0, 7), (6, 7), (7, 30), (12, 30), (30, 90), (90, 180), (179, 180), (180, 270), (500, 540)],
)
def test_visits_are_after_7_30_90_days_and_quarterly_from_then_on(last_seen: int, due: int) -> None:
    assert due_day(START, START + timedelta(last_seen)) == START + timedelta(due)


def test_the_most_overdue_come_first_and_not_more_than_asked_for() -> None:
    loads = [
        load(START, [1, 2]),
        load(START + timedelta(2), [3]),
        load(START + timedelta(7), [2]),
        load(START + timedelta(8), [4]),
        load(None, [5]),
    ]
    today = START + timedelta(10)
    assert panel_due(loads, today, at_most=9) == [1, 3]  # 3 days and 1 day overdue
    assert panel_due(loads, today, at_most=1) == [1]
    assert panel_due(loads, today, at_most=0) == []
    assert panel_due(loads, START + timedelta(30), at_most=9) == [1, 3, 4, 2]


def test_what_no_longer_exists_is_not_visited_again() -> None:
    loads = [load(START, [1, 2]), load(START + timedelta(7), [2], gone=[1])]
    assert panel_due(loads, START + timedelta(100), at_most=9) == [2]


def plan_of(frame_seed: int) -> Plan:
    return Plan(
        night="2026-09-01",
        source="sandbox",
        planned_at="2026-09-01T12:00:00Z",
        started_at="2026-09-01T12:00:00Z",
        frame_seed=frame_seed,
        newest_id=7,
        target_live=3,
        panel_fraction=0.05,
        subresources=["files"],
        likers_cap=5,
        panel=[3, 1],
    )


def test_the_seeds_of_all_nights_are_known_finished_or_not(tmp_path: Path) -> None:
    assert seeds_in(tmp_path / "nowhere") == set()
    (tmp_path / "2026-08-30").mkdir()  # not even planned
    write_plan(tmp_path / "2026-09-01", plan_of(12))
    assert seeds_in(tmp_path) == {12}
    finished = msgspec.structs.replace(load(START, []), frame=Frame(seed=13, newest_id=7, tau=1))
    write_manifest(tmp_path / "2026-09-02", finished)
    assert seeds_in(tmp_path) == {12, 13}
    write_manifest(tmp_path / "2026-09-01", load(START, []))  # a night without any frame
    assert seeds_in(tmp_path) == {12, 13}


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    plan = plan_of(12)
    assert read_plan(tmp_path) is None
    write_plan(tmp_path, plan)
    assert read_plan(tmp_path) == plan
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(ThingistatError, match="Restore it from a backup"):
        read_plan(tmp_path)
