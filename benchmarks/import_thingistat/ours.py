"""Our side: the importer."""

import shutil
from itertools import islice
from pathlib import Path

from benchmarks.stage import Disagreement, Facts, Inputs, Task
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.thingiverse.manifest import Manifest, read_records
from thingistat_pipeline_tests.generators.thingistat_sqlite import as_imported
from thingistat_pipeline_tests.generators.things import records

_COMPARED = 400
_KEY = b"a key for benchmarks"


def prepare(inputs: Inputs) -> Task:
    """Clear the folder of snapshots."""
    folder = Path(inputs.work) / "imported"
    shutil.rmtree(folder, ignore_errors=True)

    def work() -> Manifest:
        return import_snapshot(inputs.snapshot, folder / "snapshots", liker_key=_KEY, name="it")

    def facts(manifest: Manifest) -> Facts:
        snapshot = folder / "snapshots" / "it"
        if manifest.counts.ok != inputs.things:
            raise Disagreement(f"{manifest.counts.ok} things imported of {inputs.things}")
        return {
            "rows": manifest.counts.ok,
            "rejected": manifest.counts.rejected,
            "bytes": sum(part.bytes for part in manifest.parts),
            "compared": _compared(snapshot, inputs),
        }

    return Task(work, facts)


def _compared(snapshot: Path, inputs: Inputs) -> int:
    """Return how many things were compared, every one of them equal."""
    step = max(1, inputs.things // _COMPARED)
    expected = {
        record.thing_id: as_imported(record, schema="later", liker_key=_KEY)
        for record in islice(records(inputs.things, seed=inputs.seed), 0, None, step)
    }
    compared = 0
    for record in read_records(snapshot):
        if record.thing_id in expected:
            compared += 1
            if record != expected[record.thing_id]:
                raise Disagreement(f"thing {record.thing_id} is not what the generator made")
    if compared != len(expected):
        raise Disagreement(f"{len(expected) - compared} things are missing")
    return compared
