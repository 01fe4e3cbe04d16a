"""Plans that are facts."""

from pathlib import Path

import msgspec
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.sampling.plan import (
    KnownSnapshot,
    Plan,
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
