"""Our side: the importer."""

import shutil
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.stage import Disagreement, Facts, Inputs, Task
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.thingiverse.manifest import Manifest, read_records
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.generators.thingipano import LIKERS_LISTED, fate_of, published
from thingistat_pipeline_tests.generators.things import records

_COMPARED = 400


def prepare(inputs: Inputs) -> Task:
    """Clear the folder of snapshots."""
    folder = Path(inputs.work) / "imported designs"
    shutil.rmtree(folder, ignore_errors=True)

    def work() -> Manifest:
        return import_snapshot(
            inputs.designs, folder / "snapshots", liker_key=b"a key for benchmarks", name="it"
        )

    def facts(manifest: Manifest) -> Facts:
        counts = manifest.counts
        return {
            "rows": counts.attempted,
            "gone": counts.gone,
            "moderated": counts.moderated,
            "rejected": counts.rejected,
            "compared": _compared(folder / "snapshots" / "it", inputs),
        }

    return Task(work, facts)


def _compared(snapshot: Path, inputs: Inputs) -> int:
    """Return how many live designs were compared, every one of them equal."""
    step = max(1, inputs.things // _COMPARED)
    made = enumerate(records(inputs.things, seed=inputs.seed))
    expected = {
        record.thing_id: expectation(record)
        for position, record in islice(made, 0, None, step)
        if fate_of(position) == "live"
    }
    compared = 0
    for record in read_records(snapshot):
        if record.thing_id in expected:
            compared += 1
            if (found := comparable(record)) != expected[record.thing_id]:
                raise Disagreement(f"thing {record.thing_id}: {found}")
    if compared != len(expected):
        raise Disagreement(f"{len(expected) - compared} designs are missing")
    return compared


def comparable(record: Record) -> dict[str, Any]:
    """Return what can be compared exactly: everything but texts that went through HTML."""
    thing = record.thing
    assert thing is not None
    assert thing.creator is not None
    return {
        "outcome": record.outcome,
        "name": thing.name,
        "creator": thing.creator.name,
        "added": thing.added,
        "counts": [
            *(thing.download_count, thing.like_count, thing.view_count, thing.collect_count),
            *(thing.remix_count, thing.make_count, thing.comment_count, thing.file_count),
            thing.image_count,
        ],
        "flags": [thing.is_wip, thing.is_featured, thing.is_derivative],
        "license": thing.license,
        "tags": [tag.name for tag in thing.tags or []],
        "ancestors": thing.ancestors,
        "categories": [category.slug for category in record.categories or []],
        "files": [(file.id, file.name, file.download_count) for file in record.files or []],
        "likers": len(record.likers or []),
        "truncated": record.likers_truncated,
    }


def expectation(record: Record) -> dict[str, Any]:
    """Return what a faithful importer makes of a generated thing that went through ThingiPano."""
    thing = record.thing
    assert thing is not None
    likers = min(len(record.likers or []), LIKERS_LISTED)
    return comparable(record) | {
        "added": published(thing),
        "counts": [*comparable(record)["counts"][:-1], len(record.images or [])],
        "categories": [category.slug for category in reversed(record.categories or [])],
        "likers": likers,
        "truncated": likers < (thing.like_count or 0),
    }
