"""What is unhealthy is found, said with its remedy, and mended where that is safe."""

import json
import logging
import os
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from thingistat_pipeline.forgetting.lock import NOTE
from thingistat_pipeline.leftovers import leftovers
from thingistat_pipeline.orchestration.health import (
    DAY,
    health,
    health_written_after,
    mend,
    write_health,
)
from thingistat_pipeline.orchestration.instance import prepare_dagster_home
from thingistat_pipeline.orchestration.retention import prune
from thingistat_pipeline.orchestration.runners import Runner, at_work
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import described_versions
from thingistat_pipeline_tests.command import Shell
from thingistat_pipeline_tests.orchestration.pictured import published


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def aged(path: Path, days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text("{}")
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))
    return path


def subjects(settings: Settings) -> list[str]:
    return [problem["subject"] for problem in health(settings)["problems"]]


def run_of(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> dg.DagsterRun:
    return instance.create_run_for_job(dg.GraphDefinition(name="night").to_job(), status=status)


def test_an_empty_folder_is_healthy(settings: Settings):
    found = health(settings)
    assert found["healthy"]
    assert (found["last_night"], found["last_publish"]) == (None, None)


def test_a_night_that_was_never_finished_is_stuck_after_two_days(settings: Settings):
    plan = aged(settings.nights_dir / "2026-09-01" / "plan.json", 1)
    assert health(settings)["healthy"]
    aged(plan, 3)
    (problem,) = health(settings)["problems"]
    assert "2026-09-01" in problem["found"]
    assert "thingistat sample --night 2026-09-01" in problem["mend"]


def test_the_last_night_and_the_last_publish_are_told(settings: Settings):
    published(settings.data_dir, 3)
    found = health(settings)
    assert found["healthy"]
    assert found["last_night"]["live_things"] == 3
    assert found["last_publish"]["file"] == settings.published_file.resolve().name


def test_half_written_files_are_found_when_old_and_removed_on_request(settings: Settings):
    published(settings.data_dir, 1)
    data = settings.data_dir
    orphans = [
        aged(data / "raw/things/2026-09-01/.things-0000.jsonl.zst.a1b2c3d4.tmp", 1),
        aged(data / "published/.thingistat-0.duckdb.q1.tmp.wal", 1),
        aged(data / "models/m/.one.k3j2h1ab/metrics.json", 1).parent,
        aged(data / "models/m/.two.removed/metrics.json", 1).parent,
    ]
    for orphan in orphans:
        aged(orphan, 1)
    kept = [aged(data / "models/m/.pruned/one/metrics.json", 9), data / "thingistat.duckdb"]
    young = aged(data / "reports/.abc.x.tmp", 0)
    assert set(leftovers(data)) == {*orphans, young}
    (problem,) = health(settings)["problems"]
    assert problem["found"].startswith("4 half-written files")
    assert mend(settings) == ["removed 5 half-written files"]
    assert leftovers(data) == []
    assert all(path.exists() for path in kept)
    assert health(settings)["healthy"]


def test_a_run_whose_process_is_gone_is_told_and_ended(settings: Settings):
    home = prepare_dagster_home(settings.dagster_home)
    with at_work(home, Runner.UI):
        with dg.DagsterInstance.from_config(str(home)) as instance:
            run_of(instance, dg.DagsterRunStatus.STARTED)
        assert health(settings)["runs"]["dead"] == []  # whoever holds the lock may be running it
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run_of(instance, dg.DagsterRunStatus.STARTED)
    assert "their process is gone" in health(settings)["problems"][0]["found"]
    assert mend(settings) == ["ended 2 runs whose process was killed"]
    assert health(settings)["runs"]["dead"] == []


def test_a_run_that_hangs_and_one_that_failed_last_are_told(settings: Settings):
    home = prepare_dagster_home(settings.dagster_home)
    with at_work(home, Runner.COMMAND):
        with dg.DagsterInstance.from_config(str(home)) as instance:
            run = run_of(instance, dg.DagsterRunStatus.STARTED)
        later = health(settings, now=time.time() + 2 * DAY)
        assert run.run_id in later["problems"][0]["found"]
        with dg.DagsterInstance.from_config(str(home)) as instance:
            instance.report_run_failed(run, "for a test")
    found = health(settings)
    assert found["runs"]["failed_in_7_days"] == 1
    assert "failed" in found["problems"][0]["found"]


def test_an_interrupted_forgetting_and_an_old_import_are_told(settings: Settings):
    aged(settings.raw_dir / NOTE, 0)
    aged(settings.raw_dir / ".importing-big" / "import.json", 3)
    aged(settings.raw_dir / ".importing-big", 3)
    assert subjects(settings) == ["forgetting", "imports"]


def test_the_health_file_is_written_however_a_run_ends(settings: Settings):
    with pytest.raises(KeyboardInterrupt), health_written_after(settings):
        raise KeyboardInterrupt
    assert json.loads(settings.health_file.read_text())["healthy"]


def test_a_health_file_that_cannot_be_written_hides_nothing(settings: Settings):
    settings.data_dir.mkdir()
    settings.health_file.mkdir()
    write_health(settings)


def test_doctor_answers_in_json_and_says_what_is_wrong(
    thingistat: Shell, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("thingistat_pipeline.doctor._sandbox", lambda _: _fine())
    aged(settings.nights_dir / "2026-09-01" / "plan.json", 3)
    ended = thingistat("doctor", "--json", "--data-dir", settings.data_dir)
    answer = json.loads(ended.out)
    assert ended.code == 1
    assert not answer["fine"]
    (bad,) = (finding for finding in answer["findings"] if not finding["fine"])
    assert bad["subject"] == "nights"
    assert answer["health"]["problems"][0]["subject"] == "nights"


def _fine() -> object:
    from thingistat_pipeline.doctor import Finding  # noqa: PLC0415 - slow

    return Finding("sandbox", True, "not asked")


def test_old_versions_go_but_their_scores_stay(settings: Settings):
    few = settings.with_changes(models_kept=2, reports_kept=1)
    for number, version in enumerate(("one", "two", "three")):
        for model in ("advisor_forest", "looks"):
            folder = save_version(
                few.models_dir,
                model,
                arrays={},
                metrics={"r2": number},
                provenance={"version": version, "source": "sandbox"},
                version=version,
            )
            aged(folder, 3 - number)
        aged(few.reports_dir / version / "report.html", 0)
        aged(few.reports_dir / version, 3 - number)
    removed = {str(path.relative_to(few.data_dir)) for path in prune(few)}
    assert removed == {
        "models/advisor_forest/one", "models/looks/one", "reports/one", "reports/two"
    }  # fmt: skip
    told = described_versions(few.models_dir, "advisor_forest")
    assert {name: each.metrics["r2"] for name, each in told.items()} == {
        "one": 0, "two": 1, "three": 2
    }  # fmt: skip
    assert set(described_versions(few.models_dir, "looks")) == {"two", "three"}
    assert prune(few) == []


def test_a_log_line_of_ours_is_shown_once_while_a_job_shows_it(
    thingistat: Shell, capsys: pytest.CaptureFixture[str]
):
    thingistat("--version")
    ours = logging.getLogger("thingistat_pipeline")
    root = logging.StreamHandler(sys.stderr)
    from thingistat_pipeline.cli import _is_not_shown_by_the_run  # noqa: PLC0415 - slow

    root.addFilter(_is_not_shown_by_the_run)
    line = logging.LogRecord(f"{ours.name}.x", logging.WARNING, "", 0, "night=1", None, None)
    assert root.filter(line)
    managed = logging.NullHandler()
    ours.addHandler(managed)
    try:
        assert not root.filter(line)
    finally:
        ours.removeHandler(managed)
