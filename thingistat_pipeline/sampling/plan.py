"""What a night is to do, decided once and written down before the first thing is asked for.

A plan names the part of the frame, the panel's members that are due, and the ids that earlier
nights could not decide. It is a fact of the night from then on: whoever resumes it follows it,
whatever the settings say by then.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct, field

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import write_whole
from thingistat_pipeline.sampling.frame import splitmix64
from thingistat_pipeline.sampling.journal import Tried, journal_lines
from thingistat_pipeline.thingiverse.manifest import (
    PLAN,
    Frame,
    Manifest,
    Retry,
    Source,
    loads_in,
    read_manifest,
)

PANEL_DAYS = (7, 30, 90)  # after the first observation, then every LATER_PANEL_DAYS
LATER_PANEL_DAYS = 90


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
    panel : list of int
        Members of the panel to visit, the most overdue first.
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
    except msgspec.DecodeError as error:
        raise ThingistatError(
            f"The plan {path} cannot be read ({error}). It was written by another version or "
            "changed by hand. Restore it from a backup, or move the night's folder away: the "
            "night is then sampled anew."
        ) from None


def write_plan(folder: Path, plan: Plan) -> None:
    """Write a night's plan, whole or not at all."""
    write_whole(folder / PLAN, msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n")


def frames_of_other_nights(nights_dir: Path, night: str) -> list[Frame]:
    """Return what every other night has covered, the unfinished ones as far as they came."""
    frames = []
    for folder in sorted(path for path in nights_dir.glob("*") if path.is_dir()):
        if folder.name == night:
            continue
        manifest = read_manifest(folder)
        frame = manifest.frame if manifest is not None else _covered_so_far(folder)
        if frame is not None:
            frames.append(frame)
    return frames


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


def covered(plan: Plan, frame_ids: Iterable[int]) -> Frame | None:
    """Return the rectangle that a night's tried frame ids form, or ``None`` without any."""
    ids = np.fromiter(frame_ids, dtype=np.uint64)
    if not ids.size:
        return None
    tau = int(splitmix64(plan.frame_seed, ids).max())
    return Frame(seed=plan.frame_seed, newest_id=plan.newest_id, tau=tau)


def carried_retries(nights_dir: Path, night: str) -> list[Retry]:
    """Return the undecided ids that the last closed night handed on.

    Each night hands on all that it received and did not decide, so the last one has them all.
    """
    others = [manifest for folder, manifest in loads_in(nights_dir) if folder.name != night]
    last = max(others, key=lambda each: (each.finished_at, each.name), default=None)
    return [] if last is None else last.retries


def panel_due(loads: Sequence[Manifest], today: date, *, at_most: int) -> list[int]:
    """Return the panel's members that are due, the most overdue first.

    Parameters
    ----------
    loads : sequence of Manifest
        All finished loads; their `panel` lists say who was visited when.
    today : date
    at_most : int
        Upper bound on the length.
    """
    first: dict[int, date] = {}
    last: dict[int, date] = {}
    gone: set[int] = set()
    for load in loads:
        if load.observed_on is None:
            continue
        day = date.fromisoformat(load.observed_on)
        gone.update(load.panel_gone)
        for thing_id in load.panel:
            first[thing_id] = min(day, first.get(thing_id, day))
            last[thing_id] = max(day, last.get(thing_id, day))
    overdue = {
        thing_id: (today - due_day(first[thing_id], last[thing_id])).days
        for thing_id in first
        if thing_id not in gone
    }
    due = [thing_id for thing_id, days in overdue.items() if days >= 0]
    return sorted(due, key=lambda thing_id: (-overdue[thing_id], thing_id))[: max(at_most, 0)]


def due_day(first: date, last: date) -> date:
    """Return when a member of the panel is to be visited next.

    Members are visited 7, 30 and 90 days after the first observation and every 90 days from then
    on; a visit that was missed is not made up for.
    """
    seen = (last - first).days
    later = LATER_PANEL_DAYS * (seen // LATER_PANEL_DAYS + 1)
    return first + timedelta(days=next((day for day in PANEL_DAYS if day > seen), later))


def _covered_so_far(folder: Path) -> Frame | None:
    plan = read_plan(folder)
    if plan is None:
        return None
    lines = (line for line in journal_lines(folder) if isinstance(line, Tried))
    return covered(plan, (line.thing_id for line in lines if line.why == "frame"))
