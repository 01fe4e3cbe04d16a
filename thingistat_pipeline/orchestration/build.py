"""One assembly of assets, checks, jobs and automation, for UI, command line and tests alike."""

import warnings
from collections.abc import Mapping

import dagster as dg

from thingistat_pipeline.orchestration import checks, jobs, look_checks, recommender_checks
from thingistat_pipeline.orchestration.assets import (
    advisor,
    explanation,
    looks,
    popularity,
    raw,
    recommendations,
    recommender,
    report,
    visual,
    warehouse,
)
from thingistat_pipeline.orchestration.health_sensors import HEALTH_SENSORS
from thingistat_pipeline.settings import Settings

ASSET_MODULES = (
    raw,
    visual,
    warehouse,
    popularity,
    advisor,
    explanation,
    looks,
    recommender,
    recommendations,
    report,
)


def build_definitions(
    *,
    resources: Mapping[str, object] | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """Return everything that Dagster shall know.

    Parameters
    ----------
    resources : Mapping[str, object], optional
        Replacements for the resources; ``settings`` is the only one. By default the settings are
        read from the environment.
    loggers : Mapping[str, LoggerDefinition], optional
        Loggers in place of Dagster's own.
    """
    return dg.Definitions(
        assets=dg.load_assets_from_modules(ASSET_MODULES),
        asset_checks=dg.load_asset_checks_from_modules([checks, look_checks, recommender_checks]),
        jobs=jobs.JOBS,
        schedules=[jobs.nightly_sampling_schedule],
        sensors=[_automation_sensor(), *HEALTH_SENSORS],
        resources=dict(resources or {"settings": Settings()}),
        loggers=loggers,
        # Steps are short and take turns at the working file: a process for each would spend most
        # of its time importing.
        executor=dg.in_process_executor,
    )


def _automation_sensor() -> dg.AutomationConditionSensorDefinition:
    with warnings.catch_warnings():
        # Conditions of our own (`RowsGrew`) run in our code server only; the option is in beta.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.AutomationConditionSensorDefinition(
            "automation",
            target=dg.AssetSelection.all(),
            use_user_code_server=True,
            description="Renews what its condition calls for. Switch it on in the UI.",
        )
