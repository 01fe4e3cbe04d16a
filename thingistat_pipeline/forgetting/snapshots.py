"""Snapshots without what is forgotten: parts, ledger, ids, and last the manifest."""

from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import replace

from thingistat_pipeline.forgetting.files import drop, rewrite_lines
from thingistat_pipeline.forgetting.loads import drop_empty_parts, rewrite_parts
from thingistat_pipeline.forgetting.nights import OUTCOMES
from thingistat_pipeline.sampling.known import KnownThings
from thingistat_pipeline.sampling.plan import KnownSnapshot
from thingistat_pipeline.snapshots.checkpoints import REJECTS, reason_counted
from thingistat_pipeline.snapshots.ids import IDS, Ids, SnapshotIds, read_ids, write_ids
from thingistat_pipeline.snapshots.screen import Screen
from thingistat_pipeline.snapshots.source import Reject
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.manifest import (
    content_hash,
    loads_in,
    read_manifest,
    write_manifest,
)

_ANY_DAY = date.min


def known_from_now_on(snapshots_dir: Path, forgotten: Forgotten) -> dict[str, KnownSnapshot]:
    """Return what plans are to name of each snapshot, by the fingerprint that it has today."""
    renewed = {}
    for folder, manifest in loads_in(snapshots_dir):
        ids = read_ids(folder)
        kept = _without(ids, forgotten)
        renewed[_fingerprint(manifest.name, ids)] = KnownSnapshot(
            name=manifest.name,
            ids=kept.attempted.size,
            fingerprint=_fingerprint(manifest.name, kept),
        )
    return renewed


def rewrite_snapshot(folder: Path, forgotten: Forgotten) -> int:
    """Take what is forgotten out of a snapshot, and return how many records and rows changed."""
    manifest = read_manifest(folder)
    if manifest is None:
        return 0
    now = rewrite_parts(folder, forgotten)
    ledger = folder / REJECTS
    rows = rewrite_lines(ledger, _Keeper(forgotten)) if ledger.exists() else 0
    rejects = _reasons(ledger)
    if (folder / IDS).exists():
        ids = read_ids(folder)
        kept = _without(ids, forgotten)
        if kept.attempted.size != ids.attempted.size or kept.live.size != ids.live.size:
            write_ids(folder, kept.attempted.tolist(), kept.live.tolist())
    counts = replace(
        manifest.counts,
        **dict.fromkeys(OUTCOMES, 0) | now.outcomes,
        attempted=now.outcomes.total(),
        rejected=rejects.total(),
    )
    renewed = replace(
        manifest,
        parts=now.parts,
        counts=counts,
        content_hash=content_hash(now.parts, counts),
        origin={**manifest.origin, "rejects": dict(rejects)},
    )
    if renewed != manifest:
        write_manifest(folder, renewed)
    drop_empty_parts(folder, now.parts)
    return now.changes + rows


def drop_unfinished_imports(raw_dir: Path) -> int:
    """Remove the imports that were broken off: started again, they begin anew."""
    return drop(raw_dir.glob(".importing-*"))


class _Keeper:
    def __init__(self, forgotten: Forgotten) -> None:
        self._screen = Screen(forgotten)

    def __call__(self, line: bytes) -> bytes | None:
        reject = msgspec.json.decode(line, type=Reject)
        return line if any(self._screen.rejects([reject])) else None


def _reasons(ledger: Path) -> Counter[str]:
    if not ledger.exists():
        return Counter()
    with ledger.open("rb") as lines:
        return Counter(reason_counted(msgspec.json.decode(line, type=Reject)) for line in lines)


def _without(ids: SnapshotIds, forgotten: Forgotten) -> SnapshotIds:
    return SnapshotIds(*(_kept(each, forgotten) for each in (ids.attempted, ids.live)))


def _kept(ids: Ids, forgotten: Forgotten) -> Ids:
    gone = np.fromiter((forgotten.thing(int(each)) for each in ids), dtype=np.bool_, count=ids.size)
    return ids[~gone]


def _fingerprint(name: str, ids: SnapshotIds) -> str:
    return KnownThings(name, _ANY_DAY, ids.attempted, ids.live).fingerprint
