"""Nights, snapshots that come and go between them, and what is open after all of that."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from thingistat_pipeline.sampling.harvest import harvest_night
from thingistat_pipeline.sampling.journal import Tried, journal_lines
from thingistat_pipeline.sampling.known import KnownThings
from thingistat_pipeline.sampling.others import other_nights
from thingistat_pipeline.sampling.plan import read_plan
from thingistat_pipeline.sampling.progress import SilentProgress
from thingistat_pipeline.thingiverse.budget import request_budget
from thingistat_pipeline.thingiverse.client import ThingiverseClient
from thingistat_pipeline.thingiverse.errors import TokenRejected
from thingistat_pipeline_tests.sampling.conftest import KEY, Site
from thingistat_pipeline_tests.sampling.support import known
from thingistat_pipeline_tests.thingiverse.conftest import NOW
from thingistat_pipeline_tests.thingiverse.fake_api import TOKEN, FakeApi, Reply, refusal

NEWEST = 60
ALL = set(range(1, NEWEST + 1))
SNAPSHOTS = tuple(
    known([each for each in ALL if each % 7 < width and each > start], name=name)
    for name, width, start in (("a", 3, 0), ("b", 2, 20), ("c", 5, 40))
)


class History:
    """A folder of nights of a small site, with snapshots that come and go."""

    def __init__(self, site: Site, api: FakeApi, folder: Path) -> None:
        self.present: set[int] = set()
        self.drawn: list[int] = []
        self._site, self._api, self._folder = site, api, folder
        self._nights = 0
        site.newest_id = NEWEST

    @property
    def snapshots(self) -> tuple[KnownThings, ...]:
        return tuple(SNAPSHOTS[number] for number in sorted(self.present))

    @property
    def covered(self) -> set[int]:
        return {int(each) for snapshot in self.snapshots for each in snapshot.attempted}

    def new_night(self, target: int, *, ends_after: int | None = None) -> None:
        """Sample the next night; with `ends_after` the token is revoked after so many requests."""
        self._nights += 1
        self.go_on(self._nights, target, ends_after=ends_after)

    def go_on(self, number: int, target: int = 1, *, ends_after: int | None = None) -> None:
        """Go on with a night that was begun, and hold it to its plan."""
        if not 1 <= number <= self._nights:
            return
        name = f"2026-09-{number:02d}"
        before = self._drawn(name)
        already = read_plan(self._folder / name)
        asked = len(self._api.asked)

        def reply(path: str) -> Reply:
            over = ends_after is not None and len(self._api.asked) - asked > ends_after
            return refusal(401, "Unauthorized") if over else self._site.reply(path)

        self._api.fallback = reply
        client = ThingiverseClient(
            self._api.url, SecretStr(TOKEN), budget=request_budget(10**6), contact="x"
        )
        with client:
            try:
                harvest_night(
                    client,
                    self._folder,
                    name,
                    source="thingiverse",
                    target_live=target,
                    subresources=(),
                    liker_key=KEY,
                    frame_seed=12,
                    panel_fraction=0.0,
                    progress=SilentProgress(),
                    known=self.snapshots,
                    now=lambda: NOW,
                )
            except TokenRejected:
                assert ends_after is not None
        new = self._drawn(name)[len(before) :]
        plan = already or read_plan(self._folder / name)
        if plan is None:  # refused before there was any plan
            return
        planned = {each.name for each in plan.known}
        for snapshot in self.snapshots:
            if snapshot.name in planned:
                assert not set(new) & set(snapshot.attempted.tolist())
        self.drawn += new

    def _drawn(self, night: str) -> list[int]:
        lines = journal_lines(self._folder / night)
        return [each.thing_id for each in lines if isinstance(each, Tried)]


STEPS = st.one_of(
    st.tuples(st.just("come"), st.integers(0, 2)),
    st.tuples(st.just("go"), st.integers(0, 2)),
    st.tuples(st.just("night"), st.integers(0, 6)),
    st.tuples(st.just("broken night"), st.integers(0, 12)),
    st.tuples(st.just("go on"), st.integers(1, 6)),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, max_size=10))
def test_no_id_is_drawn_twice_and_none_is_lost_whatever_snapshots_come_and_go(
    site: Site, api: FakeApi, tmp_path: Path, steps: list[tuple[str, int]]
) -> None:
    history = History(site, api, Path(tempfile.mkdtemp(dir=tmp_path)))
    for step, number in steps:
        match step:
            case "come":
                history.present.add(number)
            case "go":
                history.present.discard(number)
            case "night":
                history.new_night(number)
            case "broken night":
                history.new_night(10, ends_after=number)
            case _:
                history.go_on(number)
    history.new_night(1000)  # until there is nothing left
    assert history.covered | set(history.drawn) == ALL
    history.present.clear()
    history.new_night(1000)
    assert sorted(history.drawn) == sorted(ALL)


@pytest.fixture
def history(site: Site, api: FakeApi, tmp_path: Path) -> History:
    return History(site, api, tmp_path)


def test_a_rectangle_stands_as_long_as_its_snapshot_is_there(
    history: History, tmp_path: Path
) -> None:
    history.present = {0}
    history.new_night(5)
    stands = other_nights(tmp_path, "2026-09-02", history.snapshots)
    assert (len(stands.finished), stands.tried.tolist()) == (1, [])
    broken = other_nights(tmp_path, "2026-09-02", ())
    assert (broken.finished, broken.tried.tolist()) == ((), sorted(history.drawn))


def test_the_journals_are_no_longer_read_once_a_later_night_has_filled_the_gaps(
    history: History, tmp_path: Path
) -> None:
    history.present = {0}
    history.new_night(5)
    history.present.clear()
    history.new_night(15)
    later = other_nights(tmp_path, "2026-09-03", ())
    assert (len(later.finished), later.tried.tolist()) == (1, [])


def test_a_snapshot_imported_in_mid_night_counts_from_the_next_night_on(
    history: History, tmp_path: Path
) -> None:
    history.new_night(10, ends_after=8)
    begun = list(history.drawn)
    history.present = {0}
    history.go_on(1)
    assert set(history.drawn[len(begun) :]) & history.covered
    drawn = len(history.drawn)
    history.new_night(5)
    assert not set(history.drawn[drawn:]) & history.covered
    plan = read_plan(tmp_path / "2026-09-02")
    assert plan is not None
    assert [(each.name, each.ids) for each in plan.known] == [("a", len(history.covered))]
