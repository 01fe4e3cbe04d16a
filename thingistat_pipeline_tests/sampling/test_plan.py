"""Plans that are facts."""

from pathlib import Path

import msgspec
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.sampling.plan import (
    KnownSnapshot,
    Plan,
    likers_caps_in,
    read_plan,
    seeds_in,
    write_plan,
)
from thingistat_pipeline.thingiverse.manifest import Counts, Frame, Manifest, write_manifest


def finished_night() -> Manifest:
    return Manifest(
        kind="night",
        name="2026-01-01",
        source="sandbox",
        content_hash="",
        parts=[],
        counts=Counts(),
        started_at="",
        finished_at="",
    )


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
        known=[KnownSnapshot(name="old", ids=2, fingerprint="ab")],
        panel=[3, 1],
    )


def test_the_seeds_of_all_nights_are_known_finished_or_not(tmp_path: Path) -> None:
    assert seeds_in(tmp_path / "nowhere") == set()
    (tmp_path / "2026-08-30").mkdir()  # not even planned
    write_plan(tmp_path / "2026-09-01", plan_of(12))
    assert seeds_in(tmp_path) == {12}
    finished = msgspec.structs.replace(finished_night(), frame=Frame(seed=13, newest_id=7, tau=1))
    write_manifest(tmp_path / "2026-09-02", finished)
    assert seeds_in(tmp_path) == {12, 13}
    write_manifest(tmp_path / "2026-09-01", finished_night())  # a night without any frame
    assert seeds_in(tmp_path) == {12, 13}


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    plan = plan_of(12)
    assert read_plan(tmp_path) is None
    write_plan(tmp_path, plan)
    assert read_plan(tmp_path) == plan
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(ThingistatError, match="Restore it from a backup"):
        read_plan(tmp_path)


def test_the_cap_on_likers_is_that_with_which_each_finished_night_was_sampled(tmp_path: Path):
    assert likers_caps_in(tmp_path / "nowhere") == {}
    for night, cap in (("2026-09-01", 300), ("2026-09-02", 21), ("2026-09-03", 50)):
        plan = msgspec.structs.replace(plan_of(12), likers_cap=cap, subresources=["likes"])
        write_plan(tmp_path / night, plan)
        if cap != 50:  # a night that is under way has no lists yet
            write_manifest(tmp_path / night, finished_night())
    unasked = msgspec.structs.replace(plan_of(12), subresources=["files"])
    write_plan(tmp_path / "2026-09-04", unasked)
    write_manifest(tmp_path / "2026-09-04", finished_night())
    assert likers_caps_in(tmp_path) == {"2026-09-01": 300, "2026-09-02": 21}
