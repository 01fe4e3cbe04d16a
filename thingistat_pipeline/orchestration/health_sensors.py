"""``health.json`` after runs that the daemon started; a command writes it itself."""

import dagster as dg

from thingistat_pipeline.orchestration.health import write_health
from thingistat_pipeline.settings import Settings


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="health_after_success",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes health.json after every run that ended well.",
)
def health_after_success(settings: dg.ResourceParam[Settings]) -> None:
    """Write what a monitor reads."""
    write_health(settings)


@dg.run_failure_sensor(
    name="health_after_failure",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes health.json after every run that failed.",
)
def health_after_failure(settings: dg.ResourceParam[Settings]) -> None:
    """Write what a monitor reads."""
    write_health(settings)


HEALTH_SENSORS = (health_after_success, health_after_failure)
