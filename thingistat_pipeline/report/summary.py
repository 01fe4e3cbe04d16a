"""The report for programs and for a terminal: figures without layout.

`metrics.json` holds what the page quotes and nothing that differs between two runs on the same
data: no times of running, no paths, no run ids. Floats are rounded to ten significant digits, so
that the order in which threads add does not show.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from thingistat_pipeline.report.advisor_results import ADVISOR, Advisor, change_of
from thingistat_pipeline.report.calibration_figures import coverage_in_words
from thingistat_pipeline.report.estimates import factor_in_words, in_words
from thingistat_pipeline.report.looks_findings import pictures_line
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline.report.ranking_findings import summary_line
from thingistat_pipeline.report.ranking_results import Ranking
from thingistat_pipeline.report.results import ReportData, Scores
from thingistat_pipeline.report.takeaways import takeaways
from thingistat_pipeline.report.wording import counted, known, number, percent, plain, score

_DRAWN_ONLY = ("downloads_vs_file_mean", "histograms")


def report_metrics(data: ReportData) -> dict[str, Any]:
    """Return all figures that the page quotes, as plain values in a fixed order."""
    look = data.exploration
    frames = {
        name: getattr(look, name)
        for name in type(look).__dataclass_fields__
        if name not in _DRAWN_ONLY
    }
    parity, advisor = _importances(data.importances)
    metrics = {
        "source": data.card.source,
        "synthetic": data.card.is_synthetic,
        "data": data.card.as_dict(),
        "parity_forest": dict(data.parity),
        "importances": parity,
        "advisor_forest": dict(data.advisor),
        "advisor_importances": advisor,
        "feature_groups": _rows(data.groups, "group_name", "feature"),
        "feature_effects": _rows(data.effects, "feature", "x"),
        "advice": _rows(data.advice, "rank", "change"),
        "file_claim": {"rows": data.file_claim.to_dicts(), "verdict": data.file_verdict},
        "ranking_model": dict(data.ranking),
        "ranking_evaluation": dict(data.ranking_scores),
        "looks": data.looks.as_dict(),
        "drift": data.drift,
        "history": _rows(data.history, "observed_through", "version", "model", "split", "metric"),
        "exploration": {name: frame.to_dicts() for name, frame in frames.items()},
        "takeaways": [f"{point.topic}: {point.sentence}" for point in takeaways(data)],
    }
    return {name: _settled(value) for name, value in metrics.items()}


def _importances(frame: pl.DataFrame) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the importances of the parity forest and those of the advisor's model."""
    keys = [name for name in ("model", "method", "split", "feature") if name in frame.columns]
    ordered = frame.drop("version", strict=False).sort(keys)
    if "model" not in ordered.columns:
        return ordered.to_dicts(), []
    advisors = ordered.filter(pl.col("model") == ADVISOR)
    return ordered.filter(pl.col("model") != ADVISOR).to_dicts(), advisors.to_dicts()


def _rows(frame: pl.DataFrame, *keys: str) -> list[dict[str, Any]]:
    """Return a table's rows in an order that does not depend on how it was made."""
    return [] if frame.is_empty() else frame.sort(*keys).to_dicts()


def metrics_json(metrics: Mapping[str, Any]) -> str:
    """Return the metrics as the text of `metrics.json`."""
    return json.dumps(metrics, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def report_summary(metrics: Mapping[str, Any]) -> list[str]:
    """Return seven to ten lines of plain text: what was found, and how surely.

    Parameters
    ----------
    metrics : Mapping
        What `report_metrics` returned, or the content of a `metrics.json`.
    """
    advisor = Advisor.from_metrics(metrics.get("advisor_forest") or {})
    parity = Scores.of(metrics["parity_forest"])
    lines = [_world(metrics), _sample(metrics["data"])]
    if advisor.is_fitted:
        lines += [_skill(advisor), _coverage(advisor), _advice(metrics.get("advice") or ())]
        if verdict := (metrics.get("file_claim") or {}).get("verdict"):
            lines.append(f"More files: {plain(verdict, 600)}")
    else:
        lines += [
            f"Advisor: no model. {advisor.reason}",
            "Advice: none; no change can be examined without a model.",
        ]
    ranking = Ranking.from_metrics(metrics.get("ranking_model"), metrics.get("ranking_evaluation"))
    looks = Looks.from_metrics(metrics.get("looks") or {})
    lines += [summary_line(ranking), pictures_line(looks), _diagnosis(parity)]
    return [*lines, *_cautions(advisor, parity)][:10]


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


def _skill(advisor: Advisor) -> str:
    best = advisor.best
    if best is None or not best.r2.is_measured:
        return "Advisor: no skill could be measured on held-out creators."
    age = advisor.find("age_only")
    return (
        f"Advisor: {best.label.lower()}, R² {in_words(best.r2)} on log downloads of "
        f"{counted(advisor.test_rows, 'thing')} of creators never seen"
        + (f"; age alone {number(age.r2.value, 2)}." if age and age.r2.is_measured else ".")
    )


def _coverage(advisor: Advisor) -> str:
    return f"Intervals: {coverage_in_words(advisor)}"


def _advice(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give the strongest change, or say that nothing speaks for any."""
    found = [change_of(row) for row in rows]
    if not found:
        return "Advice: none, no change was examined."
    shown = sum(change.is_worth_making for change in found)
    first = next((change for change in found if change.is_worth_making), None)
    if first is None:
        return f"Advice: no evidence for any of {counted(len(found), 'change')} examined."
    return (
        f"Advice: “{first.sentence}” goes with {factor_in_words(first.factor)} downloads, "
        f"{first.evidence} evidence; {number(shown)} of {counted(len(found), 'change')} "
        f"{'shows' if shown == 1 else 'show'} any."
    )


def _diagnosis(parity: Scores) -> str:
    if parity.test is None:
        return "Parity forest: no held-out R² could be measured."
    return (
        f"Parity forest, a diagnosis only: R² {score(parity.test)} held out ({parity.interval}); "
        "likes, comments and makes are consequences of downloads."
    )


def _cautions(advisor: Advisor, parity: Scores) -> list[str]:
    """Warn of what is too small to conclude from."""
    found = [f"Caution: {text}" for text in advisor.warnings[:1]]
    if not advisor.is_fitted and parity.too_wide and parity.rows:
        found.append(
            f"Caution: {counted(parity.test_rows, 'thing')} held out of the parity forest"
            + (f", interval {score(parity.width)} wide" if parity.width is not None else "")
            + ": too little to conclude from."
        )
    return found


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
