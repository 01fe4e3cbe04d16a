"""The panel: which things are observed again tonight.

Two observations of one thing, and the days between them, tell its downloads per day. The panel's
members are all live things in a fixed range of a hash (`frame.in_panel`), whoever saw them first: a
night that drew them from the frame, or a snapshot. What only a snapshot has seen so far is the
best of it, because years lie between its observation and the next one.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import numpy as np

from thingistat_pipeline.sampling.frame import in_panel, panel_hash
from thingistat_pipeline.sampling.known import Ids, KnownThings, is_among
from thingistat_pipeline.thingiverse.manifest import Manifest

PANEL_DAYS = (7, 30, 90)  # after the first observation
LATER_PANEL_DAYS = 90  # after the latest one, from then on

_Days = dict[int, tuple[date, date]]  # of each thing the first and the last observation


def panel_due(
    nights: Sequence[Manifest],
    known: Sequence[KnownThings],
    today: date,
    *,
    seed: int,
    fraction: float,
    at_most: int,
    undecided: Collection[int] = (),
) -> list[int]:
    """Return the panel's members that are to be visited.

    A snapshot's things are all overdue at once, many times as many as a night has room for, and
    the nights' own members become due day by day. So that neither starve the others, each of the
    two has half of the room, and what one does not need goes to the other. The nights' members
    come with the most overdue first; what only snapshots have seen comes in the order of the
    panel's hash, so that those visited so far are a uniform sample of all of them.

    Parameters
    ----------
    nights : sequence of Manifest
        All finished nights; their `panel` lists say who was visited when.
    known : sequence of KnownThings
        The snapshots.
    today : date
    seed, fraction : int, float
        The panel's range, see `in_panel`; it chooses among the snapshots' things.
    at_most : int
        The room: upper bound on the length.
    undecided : collection of int
        Ids that wait for their next attempt, and are left out therefore.
    """
    in_snapshots = _seen_by_snapshots(known, seed, fraction)
    in_nights = _seen_by_nights(nights)
    gone = {thing_id for night in nights for thing_id in night.panel_gone}
    left_out = gone.union(undecided)
    overdue = {
        thing_id: (today - due_day(*_earliest_and_latest(days, in_snapshots.get(thing_id)))).days
        for thing_id, days in in_nights.items()
        if thing_id not in left_out
    }
    members = [thing_id for thing_id, days in overdue.items() if days >= 0]
    members.sort(key=lambda thing_id: (-overdue[thing_id], thing_id))
    newcomers = [
        thing_id
        for thing_id, days in in_snapshots.items()
        if thing_id not in in_nights and thing_id not in left_out and due_day(*days) <= today
    ]
    room = max(at_most, 0)
    for_newcomers = min(len(newcomers), max(room // 2, room - len(members)))
    return [
        *members[: room - for_newcomers],
        *_in_panel_order(newcomers, seed)[:for_newcomers],
    ]


def due_day(first: date, last: date) -> date:
    """Return when a member of the panel is to be visited next.

    Members are visited 7, 30 and 90 days after the first observation, a visit that was missed is
    not made up for, and from then on 90 days after each visit. Things of one snapshot, with one
    first observation, thus become due one by one and not all on one day.
    """
    seen = (last - first).days
    upcoming = [first + timedelta(days=day) for day in PANEL_DAYS if day > seen]
    return upcoming[0] if upcoming else last + timedelta(days=LATER_PANEL_DAYS)


def _seen_by_nights(nights: Sequence[Manifest]) -> _Days:
    seen: _Days = {}
    for night in nights:
        if night.observed_on is not None:
            day = date.fromisoformat(night.observed_on)
            for thing_id in night.panel:
                seen[thing_id] = _earliest_and_latest((day, day), seen.get(thing_id))
    return seen


def _seen_by_snapshots(known: Sequence[KnownThings], seed: int, fraction: float) -> _Days:
    """Return the things in the panel's range that the latest snapshot that has them calls live."""
    seen: _Days = {}
    for snapshot in sorted(known, key=lambda each: each.observed_on):
        day = snapshot.observed_on
        ids = snapshot.attempted[in_panel(seed, snapshot.attempted, fraction)]
        live = is_among(ids, snapshot.live)
        for thing_id in ids[~live].tolist():
            seen.pop(thing_id, None)
        for thing_id in ids[live].tolist():
            seen[thing_id] = _earliest_and_latest((day, day), seen.get(thing_id))
    return seen


def _earliest_and_latest(
    days: tuple[date, date], others: tuple[date, date] | None
) -> tuple[date, date]:
    if others is None:
        return days
    return min(days[0], others[0]), max(days[1], others[1])


def _in_panel_order(thing_ids: list[int], seed: int) -> list[int]:
    ids: Ids = np.array(thing_ids, dtype=np.uint64)
    return [int(each) for each in ids[np.argsort(panel_hash(seed, ids))]]
