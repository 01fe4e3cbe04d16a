"""What to change before posting: every change examined, ranked by evidence and by size.

Where many changes are tried, some look good by chance; so the p-values are judged together
(Benjamini and Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical
Society B 57, 1995). What else a change must pass to be called more than weak is in `evidence`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.action import Action
from thingistat_pipeline.popularity.explanation.actions import ACTIONS, FILE_ACTION
from thingistat_pipeline.popularity.explanation.effects import (
    LEAST_ROWS,
    PartialEffect,
    UndeterminedError,
    partial_effect,
)
from thingistat_pipeline.popularity.explanation.evidence import (
    EVIDENCE,
    ModelView,
    evidence_for,
    remark,
)
from thingistat_pipeline.popularity.explanation.file_claim import FileClaim, file_claim
from thingistat_pipeline.settings import Effort

__all__ = [
    "ADVICE_SCHEMA",
    "EVIDENCE",
    "FALSE_DISCOVERIES",
    "NOT_EXAMINED_SCHEMA",
    "Advice",
    "advice",
]

FALSE_DISCOVERIES = 0.05
"""Share of the changes said to matter that may be chance, on average."""
ADVICE_SCHEMA = {
    "rank": pl.Int64,
    "action": pl.String,
    "change": pl.String,
    "feature": pl.String,
    "before": pl.String,
    "after": pl.String,
    "effect": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "sampling_low": pl.Float64,
    "sampling_high": pl.Float64,
    "factor": pl.Float64,
    "factor_low": pl.Float64,
    "factor_high": pl.Float64,
    "support": pl.Int64,
    "support_before": pl.Int64,
    "could": pl.Int64,
    "evidence": pl.String,
    "ale": pl.Float64,
    "group": pl.String,
    "group_importance": pl.Float64,
    "note": pl.String,
}
NOT_EXAMINED_SCHEMA = {
    "action": pl.String,
    "change": pl.String,
    "feature": pl.String,
    "why": pl.String,
}


@dataclass(frozen=True, eq=False, slots=True)
class Advice:
    """The changes, ranked.

    Attributes
    ----------
    table : polars.DataFrame
        One row for each change that could be examined, in the columns of `ADVICE_SCHEMA`: effects
        in log downloads; `low` and `high` are the 95 % interval widened by the allowance for a
        hidden trait, `sampling_low` and `sampling_high` the interval without it; `factor`s are
        their exponentials; `support` and `support_before` count the things that look like after
        and before; `could` those that can still make the change; `ale` is what the model itself
        says; `group_importance` the fall of held-out R² when the feature's group is shuffled.
    not_examined : polars.DataFrame
        action, change, feature, why: the changes about which these data say nothing.
    file_claim : FileClaim
        Whether more files bring people or clicks.
    chance : str
        How many of the changes could show up by chance.
    reason : str or None
        Why nothing was examined.
    n_rows, n_creators : int
    effort : {"quick", "full"}
    """

    table: pl.DataFrame
    not_examined: pl.DataFrame
    file_claim: FileClaim
    chance: str
    reason: str | None
    n_rows: int
    n_creators: int
    effort: Effort


@dataclass(frozen=True, slots=True)
class _Examined:
    action: Action
    values: Floats
    effect: PartialEffect
    significant: bool = False


def advice(
    rows: AdvisorRows,
    frame: pl.DataFrame,
    *,
    seed: int,
    effort: Effort = "quick",
    curves: pl.DataFrame | None = None,
    importances: pl.DataFrame | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Advice:
    """Examine every change that a maker can make, and rank them.

    Parameters
    ----------
    rows : AdvisorRows
    frame : polars.DataFrame
        The popularity frame that the rows were made from.
    seed : int
        Of folds and caps.
    effort : {"quick", "full"}
        Recorded; the cost follows from the rows, which are capped.
    curves : polars.DataFrame, optional
        The model's accumulated local effects: feature, x, effect, low, high, things.
    importances : polars.DataFrame, optional
        Held-out importance of groups: group, mean, low, high.
    groups : mapping of str to sequence of str, optional
        The features of each group. Without these three, no evidence is strong.
    """
    creators = len(np.unique(rows.creators))
    if len(rows.y) < LEAST_ROWS:
        reason = (
            f"Advice needs at least {LEAST_ROWS} things of known age and downloads; there are "
            f"{len(rows.y)}. Sample or import more things."
        )
        return Advice(
            table=pl.DataFrame(schema=ADVICE_SCHEMA),
            not_examined=_not_examined(dict.fromkeys(ACTIONS, "too few things")),
            file_claim=FileClaim.unexamined(reason),
            chance="Nothing was examined.",
            reason=reason,
            n_rows=len(rows.y),
            n_creators=creators,
            effort=effort,
        )
    claim = file_claim(rows, frame, seed=seed)
    examined, refused = _examined(rows, frame, seed=seed)
    table = pl.DataFrame(
        [
            _row(
                each,
                _model_view(each, curves=curves, importances=importances, groups=groups or {}),
                claim,
            )
            for each in examined
        ],
        schema=ADVICE_SCHEMA,
    )
    return Advice(
        table=_ranked(table),
        not_examined=_not_examined(refused),
        file_claim=claim,
        chance=_chance(examined),
        reason=None,
        n_rows=len(rows.y),
        n_creators=creators,
        effort=effort,
    )


def _examined(
    rows: AdvisorRows, frame: pl.DataFrame, *, seed: int
) -> tuple[list[_Examined], dict[Action, str]]:
    """Return the changes with their effects, judged together, and why others have none."""
    found: list[tuple[Action, Floats, PartialEffect]] = []
    refused: dict[Action, str] = {}
    for action in ACTIONS:
        try:
            values = _values(rows, frame, action)
            effect = partial_effect(
                rows,
                action.change.treatment(values),
                excluded=action.excluded(rows.features),
                seed=seed,
            )
        except UndeterminedError as error:
            refused[action] = str(error)
        else:
            found.append((action, values, effect))
    if not found:
        return [], refused
    adjusted = stats.false_discovery_control([effect.p_value for *_, effect in found])
    return [
        _Examined(*each, significant=bool(p <= FALSE_DISCOVERIES))
        for each, p in zip(found, adjusted, strict=True)
    ], refused


def _values(rows: AdvisorRows, frame: pl.DataFrame, action: Action) -> Floats:
    """Return the values of an action's feature, NaN for things that it does not ask."""
    asked = [action.feature, *([action.among[0]] if action.among else [])]
    for name in asked:
        if name not in rows.features:
            raise UndeterminedError(_why_absent(frame, name))
    return action.values(rows)


def _why_absent(frame: pl.DataFrame, name: str) -> str:
    if name not in frame.columns:
        return f"these data have no {name}"
    known = frame[name].drop_nulls()
    if known.is_empty():
        return "it is unknown for all"
    return "it is the same for all" if known.n_unique() == 1 else "the model does not use it"


def _model_view(
    each: _Examined,
    *,
    curves: pl.DataFrame | None,
    importances: pl.DataFrame | None,
    groups: Mapping[str, Sequence[str]],
) -> ModelView:
    group = next((name for name, own in groups.items() if each.action.feature in own), None)
    mean = low = None
    if importances is not None and group is not None:
        found = importances.filter(pl.col("group") == group)
        mean, low = found.select("mean", "low").row(0) if found.height else (None, None)
    return ModelView(_model_effect(each, curves), group, mean, low)


def _model_effect(each: _Examined, curves: pl.DataFrame | None) -> float | None:
    """Return the difference of the model's own curve between before and after."""
    if curves is None:
        return None
    curve = curves.filter(pl.col("feature") == each.action.feature).sort("x")
    if curve.height < 2:
        return None
    x, effect = curve["x"].to_numpy(), curve["effect"].to_numpy()
    before, after = each.action.change.span(each.values)
    return float(np.interp(after, x, effect) - np.interp(before, x, effect))


def _row(each: _Examined, view: ModelView, claim: FileClaim) -> dict[str, object]:
    action, effect = each.action, each.effect
    like_before, like_after = action.change.sides(each.values)
    before, after = action.words(each.values)
    support = int(like_after.sum())
    evidence = evidence_for(effect, significant=each.significant, support=support, view=view)
    note = remark(effect, evidence, support=support, view=view)
    if action.key == FILE_ACTION:
        evidence, note = _of_files(evidence, note, claim)
    return {
        "rank": 0,
        "action": action.key,
        "change": action.sentence,
        "feature": action.feature,
        "before": before,
        "after": after,
        "effect": effect.effect,
        "low": effect.low,
        "high": effect.high,
        "sampling_low": effect.sampling_low,
        "sampling_high": effect.sampling_high,
        "factor": float(np.exp(effect.effect)),
        "factor_low": float(np.exp(effect.low)),
        "factor_high": float(np.exp(effect.high)),
        "support": support,
        "support_before": int(like_before.sum()),
        "could": int(action.change.could(each.values).sum()),
        "evidence": evidence,
        "ale": view.ale,
        "group": view.group,
        "group_importance": view.importance,
        "note": note,
    }


def _of_files(evidence: str, note: str, claim: FileClaim) -> tuple[str, str]:
    """Return evidence and note for more files: clicks are no reason to split a thing up."""
    if evidence == "no evidence" or claim.judged == "people":
        return evidence, f"{note} {claim.verdict}".strip()
    return "no evidence", f"No evidence that it brings people. {claim.verdict}"


def _ranked(table: pl.DataFrame) -> pl.DataFrame:
    """Return the changes by evidence, then by the interval's end that is nearer to nothing."""
    sure = pl.max_horizontal(pl.col("low"), -pl.col("high"), pl.lit(0.0))
    return (
        table.with_columns(
            level=pl.col("evidence").replace_strict(
                {name: place for place, name in enumerate(EVIDENCE)}, return_dtype=pl.Int64
            ),
            sure=sure,
            size=pl.col("effect").abs(),
        )
        .sort("level", "sure", "size", "action", descending=[False, True, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
        .select(*ADVICE_SCHEMA)
    )


def _chance(examined: Sequence[_Examined]) -> str:
    tried, found = len(examined), sum(each.significant for each in examined)
    if not tried:
        return "Nothing was examined."
    return (
        f"{tried} changes were examined. Taken one by one, about {0.05 * tried:.1f} of them would "
        f"show an effect by chance alone; judged together, {found} do, and on average at most "
        f"{FALSE_DISCOVERIES:.0%} of those are chance.".replace("%", " %")
    )


def _not_examined(refused: Mapping[Action, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(a.key, a.sentence, a.feature, f"Not examined: {why}.") for a, why in refused.items()],
        schema=NOT_EXAMINED_SCHEMA,
        orient="row",
    )
