"""An API that drifts, over HTTP and through the nightly job: what is published, and what is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from dagster import AssetCheckSeverity

from thingistat_pipeline.orchestration.build import build_definitions
from thingistat_pipeline.orchestration.checks import (
    every_answer_was_understood,
    most_answers_were_understood,
)
from thingistat_pipeline.sandbox.embedded import Sandbox, running_sandbox
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import read_records

NIGHTS = ("2026-09-01", "2026-09-02", "2026-09-03")
FEW, MANY = "drift.thing.like_count:0.01", "drift.thing.like_count:0.08,drift.files.size:0.05"
LIVE = 100


@dataclass
class Pipeline:
    """A data folder, the API that it asks, and the nightly job."""

    settings: Settings
    sandbox: Sandbox

    def run(self, night: str, **changes: Any) -> dg.ExecuteInProcessResult:
        settings = self.settings.with_changes(**changes)
        job = build_definitions(resources={"settings": settings}).resolve_job_def(
            "nightly_sampling"
        )
        with dg.DagsterInstance.ephemeral() as instance:
            return job.execute_in_process(
                partition_key=night, instance=instance, raise_on_error=False
            )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.published_file), read_only=True) as con:
            return con.execute(query).fetchall()

    def published(self) -> tuple[Path, bytes]:
        """Return the published file, and what is in it byte for byte."""
        path = self.settings.published_file.resolve()
        return path, path.read_bytes()


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with running_sandbox(seed=12, today=date(2026, 9, 1), faults="") as sandbox:
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("data"),
            source="thingiverse",
            api_url=sandbox.url,
            token=sandbox.token,
            things_per_night=LIVE,
            requests_per_5_minutes=10**6,
            subresources=("files",),
            panel_share=0,
        )
        yield Pipeline(settings, sandbox)


def failure(result: dg.ExecuteInProcessResult) -> str:
    (step,) = [event for event in result.all_events if event.is_step_failure]
    error = step.step_failure_data.error
    assert error is not None
    return error.to_string()


def test_a_night_through_all_that_can_happen(pipeline: Pipeline) -> None:
    """One test, because each step begins with what the one before it left."""
    sandbox, settings = pipeline.sandbox, pipeline.settings

    # A few strange records harm themselves only: all others are published, these are named.
    sandbox.misbehave(FEW)
    few = pipeline.run(NIGHTS[0])
    assert few.success
    hit = {
        record.thing_id
        for record in read_records(settings.nights_dir / NIGHTS[0])
        if record.outcome == "quarantined"
    }
    assert 1 <= len(hit) <= 0.01 * LIVE
    held = pipeline.rows("SELECT thing_id, night, resource, place, reason, text FROM quarantine")
    assert {row[0] for row in held} == hit
    for _, night, resource, place, reason, text in held:
        assert (night, resource, place) == (NIGHTS[0], "thing", "$.like_count")
        assert reason == "Expected `int | null`, got `object` - at `$.like_count`"
        assert '"like_count":{"value":' in text
    assert pipeline.rows("SELECT count(*) FROM things") == [(LIVE,)]
    warned = [each for each in few.get_asset_check_evaluations() if not each.passed]
    assert "every_answer_was_understood" in {each.check_name for each in warned}
    assert {each.severity for each in warned} == {AssetCheckSeverity.WARN}

    # Many say that the API has changed: nothing is published, and it is said what to do.
    before = pipeline.published()
    sandbox.misbehave(MANY)
    blocked = pipeline.run(NIGHTS[1])
    assert not blocked.success
    told = failure(blocked)
    for words in (
        "thing $.like_count, ",
        "files $[*].size, ",
        "for example thing ",
        '"like_count":{"value":',
        "Run the same command again",
        "THINGISTAT_QUARANTINE_SHARE_ALLOWED",
    ):
        assert words in told
    assert pipeline.published() == before

    # As long as it goes on, the same command comes to the same end.
    assert not pipeline.run(NIGHTS[1]).success
    assert pipeline.published() == before

    # It is over: the same command goes through, and nothing of the night is missing.
    sandbox.misbehave("")
    assert pipeline.run(NIGHTS[1]).success
    assert pipeline.rows(f"SELECT count(*) FROM quarantine WHERE night = '{NIGHTS[1]}'") == [(0,)]
    assert pipeline.rows("SELECT count(*) FROM files WHERE size_bytes IS NULL") == [(0,)]
    assert pipeline.published()[0] != before[0]

    # Or it goes on for good, and somebody who has looked allows it.
    sandbox.misbehave(MANY)
    before = pipeline.published()
    assert not pipeline.run(NIGHTS[2]).success
    assert pipeline.published() == before
    assert pipeline.run(NIGHTS[2], quarantine_share_allowed=0.5).success
    (held_now,) = pipeline.rows(f"SELECT count(*) FROM quarantine WHERE night = '{NIGHTS[2]}'")
    assert held_now[0] > 0.05 * LIVE

    # The checks say the same of what is in the working file.
    strict = most_answers_were_understood(settings)
    assert isinstance(strict, dg.AssetCheckResult)
    assert (strict.passed, strict.severity) == (False, AssetCheckSeverity.ERROR)
    assert "THINGISTAT_QUARANTINE_SHARE_ALLOWED" in str(strict.description)
    lenient = most_answers_were_understood(settings.with_changes(quarantine_share_allowed=0.5))
    assert isinstance(lenient, dg.AssetCheckResult)
    assert lenient.passed
    warning = every_answer_was_understood(settings)
    assert isinstance(warning, dg.AssetCheckResult)
    assert not warning.passed
    shown = str(warning.metadata["by_reason"].value).replace("\\", "")  # Markdown's escapes
    assert "$.like_count" in shown
    assert "$[*].size" in shown
