"""What the other nights of a folder have done, as far as it binds one night."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from thingistat_pipeline.sampling.journal import Tried
from thingistat_pipeline.sampling.known import Ids, KnownThings
from thingistat_pipeline.sampling.plan import Plan, covered, read_plan
from thingistat_pipeline.sampling.standing import standing_of
from thingistat_pipeline.thingiverse.manifest import Frame, Retry, loads_in, read_manifest


@dataclass(frozen=True, eq=False)
class OtherNights:
    """Ids that need not be drawn again.

    Attributes
    ----------
    finished : tuple of Frame
        Rectangles without an open id.
    tried : ndarray of uint64, sorted
        Ids tried one by one in rectangles that have open ids.
    """

    finished: tuple[Frame, ...]
    tried: Ids


def other_nights(nights_dir: Path, night: str, known: Iterable[KnownThings]) -> OtherNights:
    """Return what every other night has done, the unfinished ones as far as they came.

    A night's rectangle says of each id in it: it was tried, or a snapshot covered it that the
    night knew. So it binds only whoever leaves out the same ids. Where such a snapshot is not
    among the `known` ones (it was deleted since, or imported after the night asking was planned),
    the ids that were really tried are read from that night's journal, so that none is tried twice
    and those that were left out are open again.

    Parameters
    ----------
    nights_dir : Path
    night : str
        The night that asks.
    known : iterable of KnownThings
        The snapshots that it leaves out.
    """
    left_out = {each.fingerprint for each in known}
    finished: list[Frame] = []
    with_gaps: list[tuple[Path, Frame]] = []
    for folder in sorted(path for path in nights_dir.glob("*") if path.is_dir()):
        plan, manifest = read_plan(folder), read_manifest(folder)
        frame = manifest.frame if manifest is not None else _covered_so_far(folder, plan)
        if folder.name == night or frame is None:
            continue
        if plan is None or left_out.issuperset(each.fingerprint for each in plan.known):
            finished.append(frame)
        else:
            with_gaps.append((folder, frame))
    tried = [
        line.thing_id
        for folder, frame in with_gaps
        if not any(_contains(outer, frame) for outer in finished)
        for line in _tries(folder)
    ]
    return OtherNights(tuple(finished), np.unique(np.array(tried, dtype=np.uint64)))


def carried_retries(nights_dir: Path, night: str) -> list[Retry]:
    """Return the undecided ids that the last closed night handed on.

    Each night hands on all that it received and did not decide, so the last one has them all.
    """
    others = [manifest for folder, manifest in loads_in(nights_dir) if folder.name != night]
    last = max(others, key=lambda each: (each.finished_at, each.name), default=None)
    return [] if last is None else last.retries


def _covered_so_far(folder: Path, plan: Plan | None) -> Frame | None:
    if plan is None:
        return None
    return covered(plan, (line.thing_id for line in _tries(folder) if line.why == "frame"))


def _tries(folder: Path) -> Iterable[Tried]:
    return standing_of(folder).tried.values()


def _contains(outer: Frame, inner: Frame) -> bool:
    return (
        outer.seed == inner.seed and outer.newest_id >= inner.newest_id and outer.tau >= inner.tau
    )
