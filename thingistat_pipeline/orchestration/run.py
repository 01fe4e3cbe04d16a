"""Runs of the lineage in this very process, for the command line.

History goes to the same Dagster home as the UI's, so a run started here is seen there.
"""

from datetime import date

import dagster as dg

from thingistat_pipeline.errors import MisuseError, ThingistatError
from thingistat_pipeline.orchestration.build import build_definitions
from thingistat_pipeline.orchestration.forget import finish_interrupted
from thingistat_pipeline.orchestration.health import health_written_after
from thingistat_pipeline.orchestration.instance import COMMAND_SETTINGS, prepare_dagster_home
from thingistat_pipeline.orchestration.partitions import FIRST_NIGHT, NIGHTS
from thingistat_pipeline.orchestration.progress import step_lines
from thingistat_pipeline.orchestration.resources import today
from thingistat_pipeline.orchestration.runners import RUNNER_TAG, Runner, at_work
from thingistat_pipeline.settings import Settings


def usual_night(settings: Settings) -> date:
    """Return the night that a run samples unless told otherwise.

    The sandbox has a "today" of its own, so that two runs agree whenever they are started.
    """
    return FIRST_NIGHT if settings.source == "sandbox" else today()


def known_night(night: date) -> date:
    """Return `night` if there is such a partition.

    Raises
    ------
    MisuseError
        When the night lies before the first one or has not begun.
    """
    if NIGHTS.has_partition_key(night.isoformat()):
        return night
    raise MisuseError(
        f"There is no night {night}. Nights run from {FIRST_NIGHT} to {today()} (today, UTC); "
        "choose one of them with --night."
    )


def run_job(settings: Settings, job_name: str, *, night: date | None = None) -> str:
    """Run one job to its end and return the run's id.

    Parameters
    ----------
    settings : Settings
        What the assets are given.
    job_name : str
        One of `jobs.JOBS`.
    night : date, optional
        The partition, for jobs that sample.

    Raises
    ------
    ThingistatError
        When a step failed for a reason that a user can mend, or another command is at work.
    """
    home = prepare_dagster_home(settings.dagster_home)
    definitions = build_definitions(
        resources={"settings": settings}, loggers={"console": step_lines}
    )
    job = definitions.resolve_job_def(job_name)
    with (
        at_work(home, Runner.COMMAND),
        health_written_after(settings),
        dg.DagsterInstance.from_config(str(home), COMMAND_SETTINGS) as instance,
    ):
        finish_interrupted(settings)
        try:
            result = job.execute_in_process(
                instance=instance,
                partition_key=night.isoformat() if night else None,
                # without being named, Dagster's own logger would speak instead of ours
                run_config={"loggers": {"console": {}}},
                # the UI's daemon must not start again what was stopped here
                tags={RUNNER_TAG: Runner.COMMAND.value, "dagster/max_retries": "0"},
            )
        except dg.Failure as failure:
            raise ThingistatError(failure.description or str(failure)) from failure
        except dg.DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        return result.run_id
