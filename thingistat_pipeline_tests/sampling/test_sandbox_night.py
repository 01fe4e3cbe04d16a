"""Whole nights of the embedded sandbox: it plays the API as the real one does."""

import itertools
from datetime import date
from pathlib import Path

from pydantic import SecretStr
from scipy import stats

from thingistat_pipeline.sampling.harvest import harvest_night
from thingistat_pipeline.sampling.progress import SilentProgress
from thingistat_pipeline.sandbox.embedded import running_sandbox
from thingistat_pipeline.thingiverse.budget import request_budget
from thingistat_pipeline.thingiverse.client import ThingiverseClient
from thingistat_pipeline.thingiverse.likers import liker_key
from thingistat_pipeline.thingiverse.manifest import Manifest, read_records

ADDRESS = "http://sandbox.invalid"  # pictures' addresses would differ by the port otherwise


def sample(folder: Path, night: date, live: int) -> Manifest:
    with (
        running_sandbox(seed=12, today=night, public_url=ADDRESS) as sandbox,
        ThingiverseClient(
            sandbox.url, SecretStr(sandbox.token), budget=request_budget(10**6), contact="x"
        ) as client,
    ):
        return harvest_night(
            client,
            folder,
            night.isoformat(),
            source="sandbox",
            target_live=live,
            liker_key=liker_key(folder / "likers.key", "sandbox", 12),
            frame_seed=12,
            progress=SilentProgress(),
        )


def test_a_sandbox_night_decodes_completely_and_repeats(tmp_path: Path) -> None:
    first = sample(tmp_path / "a", date(2026, 9, 1), 60)
    assert (first.counts.ok, first.counts.retry) == (60, 0)
    assert (first.counts.quarantined, first.counts.incomplete) == (0, 0)
    assert stats.binomtest(60, first.counts.attempted, 0.35).pvalue > 1e-4
    for record in itertools.islice(read_records(tmp_path / "a" / "2026-09-01"), 500):
        assert record.observed_at == "2026-09-01T12:00:00Z"
        if record.outcome == "ok":
            assert record.thing is not None
            assert record.thing.id == record.thing_id
            assert record.categories is not None
            assert record.files is not None
    again = sample(tmp_path / "b", date(2026, 9, 1), 60)
    assert again.content_hash == first.content_hash
    later = sample(tmp_path / "a", date(2026, 9, 20), 30)
    assert later.observed_on == "2026-09-20"
    assert later.counts.ok == 30
