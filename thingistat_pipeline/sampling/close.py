"""From a night's journal to its parts and manifest: no request, any number of times.

A night whose journal is compressed has everything that it will ever have. Making its records is a
function of plan and journal, so that a kill in the middle only means doing it again, and a better
payload model can be let loose on old nights with `redecode_night`.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import whole_file
from thingistat_pipeline.sampling.frame import in_panel
from thingistat_pipeline.sampling.journal import CLOSED_JOURNAL, JOURNAL, Tried, visits
from thingistat_pipeline.sampling.others import carried_retries
from thingistat_pipeline.sampling.plan import Plan, covered, read_plan
from thingistat_pipeline.sampling.standing import standing_of
from thingistat_pipeline.sampling.visit import record_of
from thingistat_pipeline.thingiverse.answers import NO_JSON, iso_z
from thingistat_pipeline.thingiverse.manifest import (
    MANIFEST,
    Counts,
    Manifest,
    Retry,
    content_hash,
    read_compressed_lines,
    read_records,
    write_manifest,
    write_parts,
)
from thingistat_pipeline.thingiverse.records import Record

RETRY_HOURS = 20  # a little less than a night's distance, doubled with every night in vain
LONGEST_RETRY_DAYS = 30
EARLIER_MANIFEST = "manifest.earlier.json"


def close_night(folder: Path, *, now: Callable[[], float] = time.time) -> Manifest:
    """Make the parts of a night from its journal, then its manifest, which ends the night.

    Parameters
    ----------
    folder : Path
        The night's folder, with plan.json and the compressed journal.
    now : callable
        Our clock, seconds since the epoch.

    Raises
    ------
    ThingistatError
        When plan or journal are missing or damaged.
    """
    plan = read_plan(folder)
    if plan is None or not (folder / CLOSED_JOURNAL).exists():
        raise ThingistatError(
            f"{folder} lacks plan.json or {CLOSED_JOURNAL}, from which a night's records are made. "
            "Restore them from a backup; the records that are there stay as they are."
        )
    earlier = _earlier_manifest(folder)
    standing = standing_of(folder)
    last = standing.tried
    tally = _Tally(plan)
    parts = write_parts(folder, tally.records(folder, last))
    counts = tally.counts(requests=standing.requests)
    carried = {retry.thing_id: retry for retry in carried_retries(folder.parent, plan.night)}
    undecided = {
        line.thing_id: _retry(line, plan)
        for line in last.values()
        if line.outcome in ("retry", "quarantined")
    }
    for thing_id in last:
        carried.pop(thing_id, None)
    manifest = Manifest(
        kind="night",
        name=plan.night,
        source=plan.source,
        content_hash=content_hash(parts, counts),
        parts=parts,
        counts=counts,
        frame=covered(plan, (each for each, line in last.items() if line.why == "frame")),
        retries=earlier.retries if earlier else [*carried.values(), *undecided.values()],
        started_at=plan.started_at,
        finished_at=earlier.finished_at if earlier else iso_z(datetime.fromtimestamp(now(), UTC)),
        late=plan.planned_at[:10] > plan.night,
        observed_on=plan.planned_at[:10],
        panel=tally.panel,
        panel_gone=tally.panel_gone,
    )
    write_manifest(folder, manifest)
    (folder / EARLIER_MANIFEST).unlink(missing_ok=True)
    return manifest


def redecode_night(folder: Path) -> Manifest:
    """Make a finished night's records again from its journal, after the payload models changed.

    No step of the pipeline calls this: it is for whoever has taught `thingiverse.payloads` or
    `thingiverse.wire` a shape that nights have quarantined, in a Python session, once for every
    night's folder. The warehouse takes the changed nights up the next time that it is loaded.

    While this goes on the night counts as unfinished; when it is interrupted, the next call or the
    next harvest of the night completes it. No request is sent.

    Raises
    ------
    ThingistatError
        When plan or journal are missing or damaged.
    """
    if (folder / CLOSED_JOURNAL).exists() and (folder / MANIFEST).exists():
        (folder / MANIFEST).replace(folder / EARLIER_MANIFEST)
    return close_night(folder)


def reopen_night(folder: Path) -> list[int]:
    """Make a finished night one that can go on, and return what of it is in quarantine.

    Until it is finished again nobody loads it. Killed within, it counts as finished once more as
    soon as somebody closes it.

    Raises
    ------
    ThingistatError
        When a part or the journal are missing or damaged.
    """
    held = [record.thing_id for record in read_records(folder) if record.quarantined]
    with whole_file(folder / JOURNAL) as temporary, temporary.open("wb") as stream:
        stream.writelines(line + b"\n" for line in read_compressed_lines(folder / CLOSED_JOURNAL))
    (folder / MANIFEST).unlink()
    (folder / CLOSED_JOURNAL).unlink()
    return held


class _Tally:
    """Makes the records of a night and counts them on the way."""

    def __init__(self, plan: Plan) -> None:
        self.panel: list[int] = []
        self.panel_gone: list[int] = []
        self._plan = plan
        self._outcomes: dict[str, int] = {}

    def records(self, folder: Path, last: dict[int, Tried]) -> Iterator[Record]:
        """Yield one record per id, from the last attempt at it."""
        for visit in visits(folder):
            if visit.tried == last.get(visit.tried.thing_id):
                record = record_of(visit)
                self._note(record)
                yield record

    def counts(self, *, requests: int) -> Counts:
        """Return what was counted while the records went by."""
        beside = ("incomplete", "not_understood")
        tried = sum(count for name, count in self._outcomes.items() if name not in beside)
        return Counts(**self._outcomes, attempted=tried, requests=requests)

    def _note(self, record: Record) -> None:
        self._outcomes[record.outcome] = self._outcomes.get(record.outcome, 0) + 1
        if record.outcome == "ok" and record.reason is not None:
            self._outcomes["incomplete"] = self._outcomes.get("incomplete", 0) + 1
        if record.quarantined:
            self._outcomes["not_understood"] = self._outcomes.get("not_understood", 0) + 1
        ids = np.array([record.thing_id], dtype=np.uint64)
        if record.outcome == "retry" or not (
            record.panel or in_panel(self._plan.frame_seed, ids, self._plan.panel_fraction)[0]
        ):
            return
        if record.outcome == "ok" or record.panel:
            self.panel.append(record.thing_id)
        if record.outcome == "gone":  # also when drawn: a snapshot may still have it as live
            self.panel_gone.append(record.thing_id)


def _retry(line: Tried, plan: Plan) -> Retry:
    pause = min(
        timedelta(hours=RETRY_HOURS * 2 ** min(max(line.attempts // 2 - 1, 0), 10)),
        timedelta(days=LONGEST_RETRY_DAYS),
    )
    due = datetime.fromisoformat(plan.planned_at) + pause
    return Retry(
        thing_id=line.thing_id, attempts=line.attempts, next_at=iso_z(due), panel=line.panel
    )


def _earlier_manifest(folder: Path) -> Manifest | None:
    """Return the manifest put aside, for what does not follow from the journal."""
    try:
        return msgspec.json.decode((folder / EARLIER_MANIFEST).read_bytes(), type=Manifest)
    except (FileNotFoundError, *NO_JSON):
        return None
