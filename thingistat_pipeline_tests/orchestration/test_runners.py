"""Runs that were killed are buried, and those that live are left alone."""

from pathlib import Path

import dagster as dg
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.orchestration.instance import prepare_dagster_home
from thingistat_pipeline.orchestration.runners import RUNNER_TAG, Runner, at_work

POOL = "thingiverse_api"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "")
    return prepare_dagster_home(tmp_path / "dagster")


@dg.op
def nothing() -> None: ...


@dg.job
def job() -> None:
    nothing()


def killed_run(home: Path, tags: dict[str, str]) -> str:
    """Leave behind what a killed process leaves: a started run that holds a slot."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
        instance.event_log_storage.initialize_concurrency_limit_to_default(POOL)
        instance.event_log_storage.claim_concurrency_slot(POOL, run.run_id, "raw_things")
        assert slots(home) == {run.run_id}
        return run.run_id


def slots(home: Path) -> set[str]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return set(instance.event_log_storage.get_concurrency_run_ids())


def status(home: Path, run_id: str) -> dg.DagsterRunStatus:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = instance.get_run_by_id(run_id)
        assert run is not None
        return run.status


@pytest.mark.parametrize("tags", [{RUNNER_TAG: Runner.COMMAND.value}, {}])
@pytest.mark.parametrize("runner", list(Runner))
def test_whoever_comes_next_buries_a_dead_run_and_frees_its_slot(
    home: Path, runner: Runner, tags: dict[str, str]
):
    run_id = killed_run(home, tags)
    with at_work(home, runner):
        assert status(home, run_id) is dg.DagsterRunStatus.FAILURE
        assert slots(home) == set()


def test_a_command_leaves_the_runs_of_a_living_ui_alone(home: Path):
    with at_work(home, Runner.UI):
        run_id = killed_run(home, {})
        with at_work(home, Runner.COMMAND):
            assert status(home, run_id) is dg.DagsterRunStatus.STARTED
            assert slots(home) == {run_id}


def test_two_of_a_kind_are_refused_until_the_first_has_ended(home: Path):
    with at_work(home, Runner.COMMAND):
        with pytest.raises(ThingistatError, match="--data-dir"), at_work(home, Runner.COMMAND):
            pass
        with at_work(home, Runner.UI):
            pass
    with at_work(home, Runner.COMMAND):
        pass
