"""A run whose process was killed does not block the next night."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from thingistat_pipeline.orchestration.build import build_definitions
from thingistat_pipeline.orchestration.instance import prepare_dagster_home
from thingistat_pipeline.orchestration.run import run_job
from thingistat_pipeline.orchestration.runners import UNFINISHED, Runner, at_work
from thingistat_pipeline.settings import Settings

SAMPLING = """
import sys
from datetime import date
from pathlib import Path
from thingistat_pipeline.orchestration.run import run_job
from thingistat_pipeline.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]), things_per_night=2000)
run_job(settings, "nightly_sampling", night=date(2026, 9, 1))
"""


@pytest.fixture(scope="module")
def orphaned(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder whose run was killed while it sampled."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("orphaned") / "data", things_per_night=6)
    environment = {name: v for name, v in os.environ.items() if not name.startswith("THINGISTAT_")}
    words = [sys.executable, "-W", "ignore", "-c", SAMPLING, str(settings.data_dir)]
    with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as process:
        journal = settings.nights_dir / "2026-09-01" / "journal.jsonl"
        deadline = time.monotonic() + 240
        while not (journal.exists() and journal.stat().st_size > 5_000):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    return settings


@pytest.fixture
def instance(orphaned: Settings) -> Iterator[dg.DagsterInstance]:
    home = prepare_dagster_home(orphaned.dagster_home)
    with dg.DagsterInstance.from_config(str(home)) as found:
        yield found


def unfinished(instance: dg.DagsterInstance) -> int:
    return len(instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)))


def test_a_killed_run_holds_its_slot_until_the_next_start_frees_it(
    orphaned: Settings, instance: dg.DagsterInstance
):
    assert unfinished(instance) == 1
    slots = instance.event_log_storage
    assert len(slots.get_concurrency_run_ids()) == 1
    with at_work(orphaned.dagster_home, Runner.UI):
        assert unfinished(instance) == 0
        assert slots.get_concurrency_run_ids() == set()


def test_the_schedule_ticks_on_and_the_next_night_is_sampled(
    orphaned: Settings, instance: dg.DagsterInstance
):
    with at_work(orphaned.dagster_home, Runner.UI):
        pass
    definitions = build_definitions(resources={"settings": orphaned})
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime(2026, 9, 3, 2, tzinfo=UTC),
        repository_def=definitions.get_repository_def(),
    )
    schedule = definitions.resolve_schedule_def("nightly_sampling_schedule")
    assert isinstance(schedule, dg.ScheduleDefinition)
    tick = schedule.evaluate_tick(context)
    assert tick.run_requests is not None
    (request,) = tick.run_requests
    night = date.fromisoformat(str(request.partition_key))
    assert night == date(2026, 9, 3)
    run_job(orphaned, "nightly_sampling", night=night)
    told = json.loads((orphaned.nights_dir / str(night) / "manifest.json").read_text())
    assert told["counts"]["ok"] == 6
