"""When assets renew themselves, once the automation sensor is switched on in the UI.

`eager()` alone fires again for a rerun that changed nothing, and never fires below a partitioned
asset with a missing night; hence the changes to it.
"""

from typing import Any

import dagster as dg

GROWTH_THAT_MATTERS = 0.05
WEEKLY = "0 5 * * 1"


def _row_count(context: dg.AutomationContext[Any], key: dg.AssetKey, name: str) -> float | None:
    event = context.asset_graph_view.instance.get_latest_materialization_event(key)
    materialization = event.asset_materialization if event else None
    value = materialization.metadata.get(name) if materialization else None
    return float(str(value.value)) if value is not None else None


class RowsGrew(dg.AutomationCondition[Any]):
    """True when the training rows grew by a share since a model was last trained, or fell by one.

    Compares the row count of the latest `rows` with the rows that the model's latest training was
    offered.

    Parameters
    ----------
    model : str
        Name of the model's asset.
    rows : str
        Name of the asset that it is trained on.
    fall : float
        Share of the rows that may vanish without being missed.
    """

    def __init__(self, model: str, rows: str, fall: float = 0.0) -> None:
        self._model = model
        self._rows = rows
        self._fall = fall

    @property
    def name(self) -> str:
        """Name shown in the UI."""
        return f"rows_grew_since_{self._model}"

    @property
    def requires_cursor(self) -> bool:
        """No: everything is read from the latest materializations."""
        return False

    def evaluate(self, context: dg.AutomationContext[Any]) -> dg.AutomationResult[Any]:
        """Return the whole asset when there are enough new rows, otherwise nothing."""
        rows = _row_count(context, dg.AssetKey(self._rows), "dagster/row_count")
        trained = _row_count(context, dg.AssetKey(self._model), "rows_offered")
        grew = rows is not None and (
            trained is None
            or rows > trained * (1 + GROWTH_THAT_MATTERS)
            or rows < trained * (1 - self._fall)
        )
        subset = context.candidate_subset if grew else context.get_empty_subset()
        return dg.AutomationResult(context, subset)


_DATA_CHANGED = dg.AutomationCondition.data_version_changed()

WHEN_INPUTS_CHANGED = dg.AutomationCondition.eager().replace("newly_updated", _DATA_CHANGED)
"""For what lies below tables and models: never before all of them are there."""

WHEN_RAW_CHANGED = (
    dg.AutomationCondition.eager()
    .without(~dg.AutomationCondition.any_deps_missing())
    .replace("newly_updated", _DATA_CHANGED)
)
"""For what lies directly below the nights, of which some are always missing."""


def when_inputs_and_raw_changed(*raw: dg.AssetsDefinition) -> dg.AutomationCondition[Any]:
    """Return `WHEN_INPUTS_CHANGED` for what also lies directly below the nights.

    Parameters
    ----------
    *raw : AssetsDefinition
        Inputs of which some partitions are always missing.
    """
    others_missing = dg.AutomationCondition.any_deps_missing().ignore(
        dg.AssetSelection.assets(*raw)
    )
    return WHEN_INPUTS_CHANGED.replace("any_deps_missing", others_missing)


def when_other_inputs_changed(*ignored: dg.AssetsDefinition) -> dg.AutomationCondition[Any]:
    """Return `WHEN_INPUTS_CHANGED`, but for changes of some inputs that alone change too little.

    Parameters
    ----------
    *ignored : AssetsDefinition
        Inputs whose changes, and whose missing partitions, are passed over.
    """
    eager = dg.AutomationCondition.eager().ignore(dg.AssetSelection.assets(*ignored))
    return eager.replace("newly_updated", _DATA_CHANGED)


def when_worth_training(model: str, rows: str, *, fall: float = 0.0) -> dg.AutomationCondition[Any]:
    """Return the condition of a model: enough new rows, or a week since the last time.

    Changed settings, seeds or code are noticed by the week.

    Parameters
    ----------
    model : str
        Name of the model's asset, whose materializations say how many rows it was offered.
    rows : str
        Name of the asset that it is trained on, whose materializations say how many there are.
    fall : float, default=0.0
        Share of the rows that may vanish without being missed. None where rows vanish only by
        being withdrawn, because what was withdrawn should not be in a model any longer.
    """
    grew_or_a_week_passed: dg.AutomationCondition[Any] = RowsGrew(
        model, rows, fall
    ) | dg.AutomationCondition.cron_tick_passed(WEEKLY)
    return (
        grew_or_a_week_passed.since_last_handled()
        & ~dg.AutomationCondition.any_deps_missing()
        & ~dg.AutomationCondition.any_deps_in_progress()
        & ~dg.AutomationCondition.in_progress()
        & dg.AutomationCondition.all_deps_blocking_checks_passed()
    )
