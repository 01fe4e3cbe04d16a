"""One night: from a plan to a finished load, however often it is interrupted.

The order of events is what makes a night resumable. plan.json is written before the first thing is
asked for; every answer is journaled as it comes; when enough live things are there, the journal is
compressed, the parts are made from it, and manifest.json ends the night. Each step is all or
nothing and can be repeated, and nothing but the journal is needed to repeat the later ones.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from thingistat_pipeline.errors import MisuseError, ThingistatError
from thingistat_pipeline.sampling.close import close_night, reopen_night
from thingistat_pipeline.sampling.frame import SamplingFrame
from thingistat_pipeline.sampling.journal import (
    CLOSED_JOURNAL,
    JOURNAL,
    Answered,
    Tried,
    Why,
    close_journal,
    exclusive,
    open_journal,
)
from thingistat_pipeline.sampling.known import KnownThings
from thingistat_pipeline.sampling.others import carried_retries, other_nights
from thingistat_pipeline.sampling.panel import panel_due
from thingistat_pipeline.sampling.plan import KnownSnapshot, Plan, read_plan, write_plan
from thingistat_pipeline.sampling.progress import Progress, Status, default_progress
from thingistat_pipeline.sampling.standing import FAILURES_IN_A_ROW, Standing, standing_of
from thingistat_pipeline.sampling.visit import Visitor
from thingistat_pipeline.thingiverse.answers import iso_z
from thingistat_pipeline.thingiverse.client import ThingiverseClient
from thingistat_pipeline.thingiverse.errors import Unavailable
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.manifest import (
    PLAN,
    Manifest,
    Source,
    loads_in,
    read_manifest,
    require_one_world,
)
from thingistat_pipeline.thingiverse.quarantine import SHARE_ALLOWED, too_many

MISSES_IN_A_ROW = 1000  # at a tenth of ids live, chance does this once in 10**45


def harvest_night(
    client: ThingiverseClient,
    nights_dir: Path,
    night: str,
    *,
    source: Source,
    target_live: int,
    subresources: tuple[str, ...] = ("categories", "likes", "files"),
    likers_cap: int = 300,
    liker_key: bytes,
    frame_seed: int,
    panel_share: float = 0.2,
    panel_fraction: float = 0.05,
    keep_personal_data: bool = False,
    progress: Progress | None = None,
    known: tuple[KnownThings, ...] = (),
    forgotten: Forgotten | None = None,
    quarantine_share_allowed: float = SHARE_ALLOWED,
    now: Callable[[], float] = time.time,
) -> Manifest:
    """Sample one night, or go on with it, or just return it when it is finished.

    Of a finished night with too many answers in quarantine, these are asked for once more: the
    trouble may have passed.

    Parameters
    ----------
    client : ThingiverseClient
    nights_dir : Path
        Folder of the nights.
    night : str
        The night's date, ``YYYY-MM-DD``.
    source : {"sandbox", "thingiverse"}
        What the client speaks to.
    target_live : int
        Live things to bring home, the panel's included.
    subresources : tuple of str
        What is asked about live things: categories, likes, files, images (the last only where the
        thing's own answer does not name its images).
    likers_cap : int
        Likers fetched for a thing at most.
    liker_key : bytes
        Key of the likers' hashes, see `thingiverse.likers.liker_key`.
    frame_seed : int
        Key of the order in which ids are tried.
    panel_share, panel_fraction : float
        Share of the night for the panel, and the share of all ids that form it.
    keep_personal_data : bool
        Whether creators' names and places are written down. What this call says holds for the
        whole night, also for answers that an interrupted call has kept.
    progress : Progress, optional
        By default a bar on a terminal and log lines elsewhere.
    known : tuple of KnownThings
        The snapshots that are there: their ids are left out of the frame, their things join the
        panel. A night that goes on leaves out those that it was planned with, as far as they are
        still there.
    forgotten : Forgotten, optional
        What is neither asked for nor written down.
    quarantine_share_allowed : float
        See `thingiverse.quarantine.too_many`.
    now : callable
        Our clock, seconds since the epoch.

    Returns
    -------
    Manifest
        Of the finished night. A finished night costs no request.

    Raises
    ------
    ThingistatError
        When the night could not be finished; the message says why and what to do. What was fetched
        is kept, and the next call goes on from there.
    """
    folder = nights_dir / _date_name(night)
    finished = finished_night(nights_dir, night, quarantine_share_allowed)
    if finished is not None:
        return finished
    require_one_world(nights_dir, source=source)
    with exclusive(nights_dir):
        again: list[int] = []
        finished = read_manifest(folder)  # another process may have finished it meanwhile
        if finished is not None:
            if not _may_improve(folder, finished, quarantine_share_allowed):
                return finished
            again = reopen_night(folder)
        if not (folder / CLOSED_JOURNAL).exists():
            plan = read_plan(folder)
            if plan is None:
                plan = make_plan(
                    client,
                    nights_dir,
                    night,
                    source=source,
                    target_live=target_live,
                    subresources=subresources,
                    likers_cap=likers_cap,
                    frame_seed=frame_seed,
                    panel_share=panel_share,
                    panel_fraction=panel_fraction,
                    known=known,
                    now=now,
                )
                write_plan(folder, plan)
            shown = progress or default_progress(night)
            try:
                _sample(
                    client,
                    plan,
                    nights_dir,
                    liker_key=liker_key,
                    keep_personal_data=keep_personal_data,
                    progress=shown,
                    known=known,
                    forgotten=forgotten or Forgotten(),
                    again=again,
                    now=now,
                )
            finally:
                shown.close()
        if not (keep_personal_data and (folder / CLOSED_JOURNAL).exists()):
            close_journal(folder, keep_personal_data=keep_personal_data)
        manifest = close_night(folder, now=now)
        _drop_open_journal(folder)
    return manifest


def finished_night(
    nights_dir: Path, night: str, quarantine_share_allowed: float = SHARE_ALLOWED
) -> Manifest | None:
    """Return the manifest of a night that nothing more is asked for, or ``None``; needs no client.

    Clears away the open journal that a process killed in its very last step has left behind.
    """
    folder = nights_dir / _date_name(night)
    finished = read_manifest(folder)
    if finished is not None:
        _drop_open_journal(folder)
        if _may_improve(folder, finished, quarantine_share_allowed):
            return None
    return finished


def _may_improve(folder: Path, finished: Manifest, allowed: float) -> bool:
    """Whether too much of a finished night was not understood, and it can be asked for again."""
    counts = finished.counts
    return (
        too_many(counts.not_understood, counts.ok + counts.quarantined, allowed)
        and (folder / PLAN).exists()
        and (folder / CLOSED_JOURNAL).exists()
    )


def make_plan(
    client: ThingiverseClient,
    nights_dir: Path,
    night: str,
    *,
    source: Source,
    target_live: int,
    subresources: tuple[str, ...],
    likers_cap: int,
    frame_seed: int,
    panel_share: float,
    panel_fraction: float,
    known: tuple[KnownThings, ...] = (),
    now: Callable[[], float] = time.time,
) -> Plan:
    """Return a new night's plan; asks the API for the newest id. Parameters as `harvest_night`."""
    newest_id, planned_at = client.newest()
    retries = carried_retries(nights_dir, night)
    return Plan(
        night=night,
        source=source,
        planned_at=planned_at,
        started_at=iso_z(datetime.fromtimestamp(now(), UTC)),
        frame_seed=frame_seed,
        newest_id=newest_id,
        target_live=target_live,
        panel_fraction=panel_fraction,
        subresources=list(subresources),
        likers_cap=likers_cap,
        finished=list(other_nights(nights_dir, night, known).finished),
        known=[
            KnownSnapshot(name=each.name, ids=each.attempted.size, fingerprint=each.fingerprint)
            for each in known
        ],
        panel=panel_due(
            [manifest for _, manifest in loads_in(nights_dir)],
            known,
            date.fromisoformat(planned_at[:10]),
            seed=frame_seed,
            fraction=panel_fraction,
            at_most=int(panel_share * target_live),
            undecided={retry.thing_id for retry in retries},
        ),
        retries=retries,
    )


class _Task(NamedTuple):
    """An id to visit, why, and which attempt at it this is."""

    thing_id: int
    why: Why
    attempts: int = 1
    panel: bool = False


def _sample(
    client: ThingiverseClient,
    plan: Plan,
    nights_dir: Path,
    *,
    liker_key: bytes,
    keep_personal_data: bool,
    progress: Progress,
    known: tuple[KnownThings, ...],
    forgotten: Forgotten,
    again: list[int],
    now: Callable[[], float],
) -> None:
    """Visit ids until the plan is fulfilled, going on where the journal ends."""
    folder = nights_dir / plan.night
    with open_journal(folder) as journal:
        standing = standing_of(folder)
        standing.forget_failures()  # shorter runs too: what ended the last call may be the cause
        standing.misses_in_a_row = 0

        def write(line: Answered | Tried) -> None:
            journal.append(line)
            standing.note(line)

        visitor = Visitor(
            client=client,
            write=write,
            subresources=tuple(plan.subresources),
            likers_cap=plan.likers_cap,
            liker_key=liker_key,
            keep_personal_data=keep_personal_data,
            forgotten=forgotten,
            now=now,
            not_before=plan.planned_at,
        )
        asked_again = [_again(standing.tried[each]) for each in again if each in standing.tried]
        tasks = _tasks(plan, _frame_of(plan, nights_dir, known), standing)
        for task in chain(asked_again, tasks):
            if forgotten.thing(task.thing_id):
                continue
            visitor.visit(**task._asdict(), known=standing.unfinished.get(task.thing_id, []))
            live, tried = len(standing.live), len(standing.tried)
            progress.show(Status(live, plan.target_live, tried, standing.requests))
            _stop_when_hopeless(standing)


def _frame_of(plan: Plan, nights_dir: Path, known: tuple[KnownThings, ...]) -> SamplingFrame:
    planned = {each.fingerprint for each in plan.known}
    left_out = tuple(each for each in known if each.fingerprint in planned)
    others = other_nights(nights_dir, plan.night, left_out)
    return SamplingFrame(
        seed=plan.frame_seed,
        newest_id=plan.newest_id,
        finished=(*plan.finished, *others.finished),
        known=left_out,
        tried=others.tried,
    )


def _tasks(plan: Plan, frame: SamplingFrame, standing: Standing) -> Iterator[_Task]:
    """Yield what is to be visited until the target is reached, then what failed once more."""
    for task in _first_tasks(plan, frame):
        if len(standing.live) >= plan.target_live:
            break
        if task.thing_id not in standing.tried:
            yield task
    for line in [each for each in standing.tried.values() if each.outcome == "retry"]:
        if standing.tries[line.thing_id] == 1:
            yield _again(line)
    in_vain = 0
    for thing_id in sorted(standing.with_holes):
        if standing.tries[thing_id] == 1 and in_vain < FAILURES_IN_A_ROW:
            yield _again(standing.tried[thing_id])
            in_vain = in_vain + 1 if thing_id in standing.with_holes else 0


def _again(line: Tried) -> _Task:
    return _Task(line.thing_id, line.why, line.attempts + 1, line.panel)


def _first_tasks(plan: Plan, frame: SamplingFrame) -> Iterator[_Task]:
    """Yield the panel's members, then what earlier nights left undecided, then the frame."""
    for thing_id in plan.panel:
        yield _Task(thing_id, "panel", panel=True)
    for retry in plan.retries:
        if retry.next_at <= plan.planned_at:
            yield _Task(retry.thing_id, "retry", retry.attempts + 1, retry.panel)
    for thing_id in frame.in_hash_order():
        yield _Task(thing_id, "frame")


def _stop_when_hopeless(standing: Standing) -> None:
    """Stop when it is certainly not the things that are the trouble."""
    if standing.is_hopeless:
        raise Unavailable(
            f"The API gave no usable answer for {standing.failures_without_a_thing} things, one "
            f"after the other (the last: {standing.last_failure}). It seems to be down. Nothing "
            "was decided about these things; run again later, and the night goes on from there."
        )
    if standing.misses_in_a_row >= MISSES_IN_A_ROW:
        raise ThingistatError(
            f"{MISSES_IN_A_ROW} ids in a row are said not to exist or have answers that cannot be "
            "understood, where many of them should be things. Either the API has changed or "
            "THINGISTAT_API_URL points at something else. Look at the last lines of the night's "
            "journal.jsonl; move the night's folder away to forget them, or run again to go on."
        )


def _date_name(night: str) -> str:
    try:
        return date.fromisoformat(night).isoformat()
    except ValueError:
        raise MisuseError(f"A night is named by its date, YYYY-MM-DD, not {night!r}.") from None


def _drop_open_journal(folder: Path) -> None:
    if (folder / CLOSED_JOURNAL).exists():
        (folder / JOURNAL).unlink(missing_ok=True)
