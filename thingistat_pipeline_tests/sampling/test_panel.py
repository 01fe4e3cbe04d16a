"""Who of the panel is due, and how nights' members and snapshots' things share the room."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from thingistat_pipeline.sampling.frame import in_panel
from thingistat_pipeline.sampling.known import KnownThings
from thingistat_pipeline.sampling.panel import due_day, panel_due
from thingistat_pipeline.thingiverse.manifest import Counts, Manifest
from thingistat_pipeline_tests.sampling.support import known, sorted_ids

START = date(2026, 1, 1)


def night(day: date | None, panel: list[int], gone: list[int] | None = None) -> Manifest:
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


def due(
    nights: Sequence[Manifest],
    today: date,
    *snapshots: KnownThings,
    at_most: int = 9,
    fraction: float = 1.0,
    undecided: Sequence[int] = (),
) -> list[int]:
    return panel_due(
        nights,
        snapshots,
        today,
        seed=12,
        fraction=fraction,
        at_most=at_most,
        undecided=undecided,
    )


@pytest.mark.parametrize(
    ("last_seen", "due_after"),
    [(0, 7), (6, 7), (7, 30), (12, 30), (30, 90), (89, 90), (90, 180), (179, 269), (500, 590)],
)
def test_visits_are_after_7_30_90_days_and_quarterly_from_then_on(
    last_seen: int, due_after: int
) -> None:
    assert due_day(START, START + timedelta(last_seen)) == START + timedelta(due_after)


def test_the_most_overdue_come_first_and_not_more_than_asked_for() -> None:
    nights = [
        night(START, [1, 2]),
        night(START + timedelta(2), [3]),
        night(START + timedelta(7), [2]),
        night(START + timedelta(8), [4]),
        night(None, [5]),
    ]
    today = START + timedelta(10)
    assert due(nights, today) == [1, 3]  # 3 days and 1 day overdue
    assert due(nights, today, at_most=1) == [1]
    assert due(nights, today, at_most=0) == []
    assert due(nights, START + timedelta(30)) == [1, 3, 4, 2]


def test_what_no_longer_exists_is_not_visited_again() -> None:
    nights = [night(START, [1, 2]), night(START + timedelta(7), [2, 8], gone=[1, 7, 8])]
    later = START + timedelta(100)
    assert due(nights, later) == [2]
    # 7 was drawn and found gone before the snapshot was imported that has it as live.
    assert set(due(nights, later, known([6, 7, 8]))) == {2, 6}


def test_what_waits_for_its_next_attempt_is_left_out() -> None:
    nights = [night(START, [1, 2])]
    assert due(nights, START + timedelta(9), known([3, 4]), undecided=[2, 3]) == [1, 4]


def test_live_things_of_a_snapshot_in_the_panels_range_are_due_at_once() -> None:
    live = range(1, 4001)
    members = due([], START, known(live, dead=[5000]), at_most=10_000, fraction=0.05)
    ids = sorted_ids(live)
    assert sorted(members) == ids[in_panel(12, ids, 0.05)].tolist()
    assert due([], date(2022, 8, 17), known(live)) == []  # only six days later
    assert len(due([], date(2022, 8, 18), known(live))) == 9


def test_a_visited_thing_counts_its_days_from_the_snapshot_on() -> None:
    visited = [night(date(2026, 9, 1), [3])]
    assert due(visited, date(2026, 11, 29), known([3])) == []
    assert due(visited, date(2026, 11, 30), known([3])) == [3]  # 90 days
    # Without the snapshot the same visit is the first observation: due after a week.
    assert due(visited, date(2026, 9, 8)) == [3]


def test_of_several_snapshots_the_latest_says_whether_a_thing_is_live() -> None:
    early = known([1, 2, 3], dead=[4], day=date(2018, 6, 1))
    late = known([2, 4], dead=[1], day=date(2022, 8, 11))
    assert sorted(due([], START, early, late)) == [2, 3, 4]
    assert sorted(due([], START, late, early)) == [2, 3, 4]


def test_the_first_observation_is_the_earliest_of_any_snapshot() -> None:
    early, late = known([3], day=date(2026, 6, 1)), known([3], day=date(2026, 8, 1))
    visited = [night(date(2026, 9, 1), [3])]
    assert due(visited, date(2026, 10, 30), late) == [3]  # 31 days seen: due after 90
    assert due(visited, date(2026, 11, 29), late, early) == []
    assert due(visited, date(2026, 11, 30), late, early) == [3]  # 92 days seen: 90 after the visit


@settings(deadline=None)
@given(
    members=st.integers(0, 60),
    things=st.integers(0, 60),
    room=st.integers(-1, 100),
    gone=st.sets(st.integers(1, 60), max_size=10),
)
def test_each_side_has_half_of_the_room_and_what_the_other_leaves(
    members: int, things: int, room: int, gone: set[int]
) -> None:
    own = list(range(1001, 1001 + members))
    snapshot = known(range(1, things + 1))
    chosen = due([night(START, own, sorted(gone))], date(2026, 6, 1), snapshot, at_most=room)
    newcomers = set(range(1, things + 1)) - gone
    from_snapshot = [each for each in chosen if each in newcomers]
    from_nights = [each for each in chosen if each in own]
    space = max(room, 0)
    assert len(set(chosen)) == len(chosen) == len(from_snapshot) + len(from_nights)
    assert len(chosen) == min(space, members + len(newcomers))
    assert len(from_snapshot) >= min(len(newcomers), space // 2)
    assert len(from_nights) >= min(members, space - space // 2)
    # Those of the snapshot are a beginning of one fixed order, whatever the room.
    everything = due([], date(2026, 6, 1), snapshot, at_most=1000)
    order = [each for each in everything if each in newcomers]
    assert from_snapshot == order[: len(from_snapshot)]


def test_what_is_taken_of_a_snapshot_is_a_uniform_sample_of_its_things() -> None:
    chosen = due([], START, known(range(1, 100_001)), at_most=400, fraction=0.05)
    counts, _ = np.histogram(chosen, bins=10, range=(0, 100_000))
    assert stats.chisquare(counts).pvalue > 1e-4


def test_a_whole_snapshot_passes_by_and_nobody_waits_for_ever() -> None:
    snapshot, nights, today = known(range(1, 101)), [night(START, [1001, 1002])], START
    seen: set[int] = set()
    for _ in range(30):
        today += timedelta(1)
        chosen = due(nights, today, snapshot, at_most=8)
        nights.append(night(today, chosen))
        seen.update(chosen)
        for member, days in ((1001, 7), (1001, 30)):
            if today == START + timedelta(days):
                assert member in chosen
    assert seen == {*range(1, 101), 1001, 1002}
