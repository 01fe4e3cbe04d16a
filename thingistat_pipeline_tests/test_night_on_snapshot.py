"""A night of the API on top of an imported snapshot, as a user does it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import dagster as dg
import duckdb
import numpy as np
import pytest

from thingistat_pipeline.orchestration import checks
from thingistat_pipeline.sampling.frame import SamplingFrame, in_panel
from thingistat_pipeline.sandbox.catalogue import live_ids, newest_id
from thingistat_pipeline.sandbox.embedded import Sandbox, running_sandbox
from thingistat_pipeline.sandbox.timeline import DEFAULT_TODAY
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import loads_in, read_records
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline_tests.command import Ended, Shell
from thingistat_pipeline_tests.snapshots.support import EARLY, database, thing

SEED = 12
PANEL_FRACTION = 0.5
THINGS = 40
OLD_DAY = "2022-08-11"


@dataclass
class Story:
    """What the snapshot says, what the site knows by now, and the night that was sampled."""

    settings: Settings
    alive: set[int]
    deleted: set[int]
    imported: Ended
    sampled: Ended
    visits: dict[int, Record] = field(default_factory=dict)

    @property
    def in_panel_range(self) -> set[int]:
        ids = np.array(sorted(self.alive | self.deleted), dtype=np.uint64)
        return set(ids[in_panel(SEED, ids, PANEL_FRACTION)].tolist())


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with running_sandbox(seed=SEED, today=DEFAULT_TODAY) as sandbox:
        yield sandbox


@pytest.fixture
def story(site: Sandbox, thingistat: Shell, tmp_path: Path) -> Story:
    """A snapshot of just those ids that the night would have begun with."""
    frame = SamplingFrame(SEED, newest_id(DEFAULT_TODAY))
    first = np.array(list(itertools.islice(frame.in_hash_order(), 150)))
    alive = set(live_ids(first, SEED, DEFAULT_TODAY).tolist())
    deleted = set(sorted(set(first.tolist()) - alive)[:6])
    rows = [thing(each, download_count=0) for each in sorted(alive | deleted)]
    source = database(tmp_path / f"old_{OLD_DAY}.db", EARLY, things=rows)
    folder = ("--data-dir", "data")
    imported = thingistat("import", source, "--only", *folder)
    sampled = thingistat(
        *("sample", "--source", "thingiverse", "--things", THINGS, *folder),
        THINGISTAT_API_URL=site.url,
        THINGISTAT_TOKEN=site.token,
        THINGISTAT_REQUESTS_PER_5_MINUTES="100000",
        THINGISTAT_PANEL_FRACTION=str(PANEL_FRACTION),
        THINGISTAT_PANEL_SHARE="0.5",
    )
    settings = Settings(data_dir=tmp_path / "data", source="thingiverse")
    made = Story(settings, alive, deleted, imported, sampled)
    for night, _ in loads_in(settings.nights_dir):
        made.visits |= {record.thing_id: record for record in read_records(night)}
    return made


def test_a_night_asks_only_for_what_the_snapshot_lacks_and_for_the_panel(story: Story) -> None:
    assert story.imported.code == 0, story.imported.err
    assert f"{len(story.alive | story.deleted)} real things imported" in story.imported.out
    assert "sample --source thingiverse" in story.imported.out
    assert story.sampled.code == 0, story.sampled.err
    known = story.alive | story.deleted
    panel = {each for each, record in story.visits.items() if record.panel}
    assert len(panel) == THINGS // 2
    assert panel <= story.in_panel_range
    assert not (set(story.visits) - panel) & known
    outcomes = {each: story.visits[each].outcome for each in panel}
    assert all(outcomes[each] == "ok" for each in panel & story.alive)
    assert all(outcomes[each] != "ok" for each in panel & story.deleted)
    assert panel & story.deleted


def test_the_warehouse_then_holds_two_observations_years_apart(story: Story) -> None:
    seen_again = {each for each, record in story.visits.items() if record.panel}
    load_warehouse(
        story.settings.warehouse_file,
        story.settings.nights_dir,
        story.settings.snapshots_dir,
        run_id="r",
    )
    with duckdb.connect(str(story.settings.warehouse_file), read_only=True) as con:
        spans = con.sql(
            "SELECT thing_id, min(observed_at)::DATE::VARCHAR, max(observed_at)::DATE::VARCHAR, "
            "arg_max(download_count, observed_at) "
            "FROM observations GROUP BY thing_id HAVING count(*) = 2"
        ).fetchall()
    assert {row[0] for row in spans} == seen_again & story.alive
    assert {row[1:3] for row in spans} == {(OLD_DAY, DEFAULT_TODAY.isoformat())}
    assert all(row[3] > 0 for row in spans)


def test_the_hit_rate_is_judged_by_the_ids_drawn_and_without_a_lower_bound(story: Story) -> None:
    ((night, _),) = loads_in(story.settings.nights_dir)
    drawn = [record for record in read_records(night) if not record.panel]
    with mock.patch.object(checks, "FEW_ATTEMPTS", 1):
        result = checks.hit_rate_is_usual(story.settings)
    assert isinstance(result, dg.AssetCheckResult)
    live = sum(record.outcome == "ok" for record in drawn)
    assert result.passed
    assert f"{live} of {len(drawn)} drawn ids live" in str(result.description)
    assert "usual 0.0 to 0.45" in str(result.description)
