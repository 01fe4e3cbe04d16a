"""What a night is to do, decided once and written down before the first thing is asked for.

A plan names the part of the frame, the snapshots whose ids are left out of it, the panel's members
that are due, and the ids that earlier nights could not decide. It is a fact of the night from then
on: whoever resumes it follows it, whatever the settings say by then.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct, field

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import write_whole
from thingistat_pipeline.sampling.frame import splitmix64
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.manifest import (
    PLAN,
    Frame,
    Retry,
    Source,
    loads_in,
    read_manifest,
)


class KnownSnapshot(Struct, kw_only=True, frozen=True):
    """A snapshot whose ids a night leaves out: its name, how many ids, and what identifies them."""

    name: str
    ids: int
    fingerprint: str


class Plan(Struct, kw_only=True, frozen=True):
    """A night's plan.

    Attributes
    ----------
    night : str
        The night's date, its name.
    planned_at : str
        The server's time when the plan was made; retries that are due by then are tried.
    started_at : str
        Our own time.
    newest_id : int
        Upper end of the frame.
    finished : list of Frame
        What earlier nights had covered.
    target_live : int
        Live things to bring home, the panel's included.
    known : list of KnownSnapshot
        The snapshots whose ids the night leaves out: those that were there when it was planned.
        One that is imported later counts from the next night on. One that is deleted before the
        night is finished is no longer left out; see `others.other_nights`.
    panel : list of int
        Members of the panel to visit, see `panel.panel_due`.
    retries : list of Retry
        Ids that earlier nights left undecided, due or not.
    """

    night: str
    source: Source
    planned_at: str
    started_at: str
    frame_seed: int
    newest_id: int
    target_live: int
    panel_fraction: float
    subresources: list[str]
    likers_cap: int
    finished: list[Frame] = field(default_factory=list)
    known: list[KnownSnapshot] = field(default_factory=list)
    panel: list[int] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)


def read_plan(folder: Path) -> Plan | None:
    """Return a night's plan, or ``None`` when there is none yet.

    Raises
    ------
    ThingistatError
        When the file is there and cannot be understood.
    """
    path = folder / PLAN
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except FileNotFoundError:
        return None
    except NO_JSON as error:
        raise ThingistatError(
            f"The plan {path} cannot be read ({error}). It was written by another version or "
            "changed by hand. Restore it from a backup, or move the night's folder away: the "
            "night is then sampled anew."
        ) from None


def write_plan(folder: Path, plan: Plan) -> None:
    """Write a night's plan, whole or not at all."""
    write_whole(folder / PLAN, msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n")


def seeds_in(nights_dir: Path) -> set[int]:
    """Return the seeds that the nights of a folder were planned with, finished or not.

    Simulated nights of two seeds are of two different sites, where a thing's id means two things;
    whoever starts a night can refuse that with this. Real nights may well differ in their seeds.

    Raises
    ------
    ThingistatError
        When a plan or a manifest cannot be understood.
    """
    seeds = set()
    for folder in sorted(path for path in nights_dir.glob("*") if path.is_dir()):
        manifest, plan = read_manifest(folder), read_plan(folder)
        if manifest is not None and manifest.frame is not None:
            seeds.add(manifest.frame.seed)
        if plan is not None:
            seeds.add(plan.frame_seed)
    return seeds


def likers_caps_in(nights_dir: Path) -> dict[str, int]:
    """Return with which cap on the likers of a thing each finished night was sampled.

    Nights that fetched no lists of likers are left out.

    Raises
    ------
    ThingistatError
        When a plan or a manifest cannot be understood.
    """
    plans = {folder.name: read_plan(folder) for folder, _ in loads_in(nights_dir)}
    return {
        night: plan.likers_cap
        for night, plan in sorted(plans.items())
        if plan is not None and "likes" in plan.subresources
    }


def covered(plan: Plan, frame_ids: Iterable[int]) -> Frame | None:
    """Return the rectangle that a night's tried frame ids form, or ``None`` without any."""
    ids = np.fromiter(frame_ids, dtype=np.uint64)
    if not ids.size:
        return None
    tau = int(splitmix64(plan.frame_seed, ids).max())
    return Frame(seed=plan.frame_seed, newest_id=plan.newest_id, tau=tau)
