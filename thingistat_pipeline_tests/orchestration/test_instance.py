"""Dagster's home lies in the data folder and is set up for unattended nights."""

import os
from pathlib import Path

import dagster as dg
import pytest

from thingistat_pipeline.orchestration.instance import prepare_dagster_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "")
    return prepare_dagster_home(tmp_path / "dagster")


def test_dagster_accepts_the_settings_and_keeps_telemetry_off(home: Path):
    assert os.environ["DAGSTER_HOME"] == str(home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.nux_enabled is False
        assert instance.run_monitoring_enabled
        assert instance.run_retries_enabled


def test_an_upgrade_of_the_package_reaches_an_old_home(home: Path):
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: true\n")
    prepare_dagster_home(home)
    assert "enabled: false" in (home / "dagster.yaml").read_text()


def test_every_pool_admits_one_step_at_a_time(home: Path):
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.event_log_storage.supports_global_concurrency_limits
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
