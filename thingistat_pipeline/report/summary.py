"""The report for programs and for a terminal: figures without layout.

`metrics.json` holds what the page quotes and nothing that differs between two runs on the same
data: no times of running, no paths, no run ids. Floats are rounded to ten significant digits, so
that the order in which threads add does not show.
"""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from thingistat_pipeline.report.results import PERMUTATION, ReportData, Scores, ranking
from thingistat_pipeline.report.takeaways import baseline_name, takeaways
from thingistat_pipeline.report.wording import (
    counted,
    known,
    listed,
    number,
    percent,
    plain,
    plus_minus,
    score,
)

_DRAWN_ONLY = ("downloads_vs_file_mean", "histograms")


def report_metrics(data: ReportData) -> dict[str, Any]:
    """Return all figures that the page quotes, as plain values in a fixed order."""
    importances = data.importances.drop("version", strict=False)
    keys = [name for name in ("model", "method", "split", "feature") if name in importances.columns]
    look = data.exploration
    frames = {
        name: getattr(look, name)
        for name in type(look).__dataclass_fields__
        if name not in _DRAWN_ONLY
    }
    metrics = {
        "source": data.card.source,
        "synthetic": data.card.is_synthetic,
        "data": data.card.as_dict(),
        "parity_forest": dict(data.parity),
        "importances": importances.sort(keys).to_dicts(),
        "exploration": {name: frame.to_dicts() for name, frame in frames.items()},
        "takeaways": [f"{point.topic}: {point.sentence}" for point in takeaways(data)],
    }
    return {name: _settled(value) for name, value in metrics.items()}


def metrics_json(metrics: Mapping[str, Any]) -> str:
    """Return the metrics as the text of `metrics.json`."""
    return json.dumps(metrics, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def report_summary(metrics: Mapping[str, Any]) -> list[str]:
    """Return five to eight lines of plain text: what was found, and how surely.

    Parameters
    ----------
    metrics : Mapping
        What `report_metrics` returned, or the content of a `metrics.json`.
    """
    scores = Scores.of(metrics["parity_forest"])
    lines = [_world(metrics), _sample(metrics["data"]), *_skill(scores)]
    frame = pl.DataFrame(
        metrics["importances"] or None,
        schema=None
        if metrics["importances"]
        else dict.fromkeys(("method", "split", "feature", "mean", "std"), pl.String),
        infer_schema_length=None,
    )
    held_out = ranking(frame, PERMUTATION, "test")
    if held_out:
        leaders = [item for item in held_out[:3] if item.stands_out]
        named = listed([f"{plain(i.feature)} {plus_minus(i.mean, i.std)}" for i in leaders])
        flat = sum(not item.stands_out for item in held_out)
        if leaders:
            lines.append(f"Held-out permutation ranks highest: {named} (fall of R², mean ± sd).")
        lines.append(
            f"{number(flat)} of {counted(len(held_out), 'feature')} cannot be told from 0 "
            "on held-out data (mean below 2 sd)."
        )
    if scores.too_wide and scores.rows:
        lines.append(
            f"Caution: {counted(scores.test_rows, 'held-out thing')} only"
            + (f", interval {score(scores.width)} wide" if scores.width is not None else "")
            + ": too little to conclude from."
        )
    lines.append(
        "The parity forest is a diagnosis: likes, comments and makes are consequences of downloads."
    )
    return lines


def _world(metrics: Mapping[str, Any]) -> str:
    if metrics["synthetic"]:
        return "SANDBOX: every number describes a simulated Thingiverse, not the real site."
    return f"Real data ({plain(metrics['source'])})."


def _sample(card: Mapping[str, Any]) -> str:
    things = counted(card["things"], "thing")
    if card["live_share"] is None:
        return f"Sample: {things}; live share not applicable (no failed attempts are kept)."
    live, decided = card["outcomes"].get("ok", 0), card["ids_decided"]
    return (
        f"Sample: {things}; {number(live)} of {number(decided)} ids live, "
        f"{percent(card['live_share'])} (95 % interval "
        f"{percent(card['live_share_low'])} to {percent(card['live_share_high'])})."
    )


def _skill(scores: Scores) -> list[str]:
    if scores.test is None:
        return ["Parity forest: no held-out R² could be measured."]
    baselines = listed([f"{baseline_name(name)} {score(r2)}" for name, r2 in scores.baselines])
    return [
        f"Parity forest: R² {score(scores.test)} held out ({scores.interval}), "
        f"{score(scores.train)} on training data."
        + (f" Baselines: {baselines}." if baselines else "")
    ]


def _settled(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return a value as JSON can hold it and as two runs agree on it."""
    if isinstance(value, Mapping):
        return {str(key): _settled(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_settled(item) for item in value]
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, float):
        return float(f"{value:.10g}") if known(value) else None
    return str(value)
