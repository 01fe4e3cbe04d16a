"""The chain in one process, step by step, as the assets call it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.stage import Facts, Inputs, Task
from benchmarks.steps import Steps
from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.orchestration.report_data import report_data
from thingistat_pipeline.popularity.advisor.fit import fit_advisor
from thingistat_pipeline.popularity.advisor.history import history, stored_versions
from thingistat_pipeline.popularity.advisor.model import Advisor, AdvisorForest, NotFitted
from thingistat_pipeline.popularity.advisor.panel_rates import panel_rates
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.explanation.explain import (
    Advised,
    Importances,
    advised,
    explained,
    importances,
)
from thingistat_pipeline.popularity.parity import (
    PARITY,
    ParityForest,
    fit_parity,
    parity_importances,
)
from thingistat_pipeline.popularity.store import save_model
from thingistat_pipeline.report.page import write_report
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import write_results

_VERSION = "benchmark"
_PARTS_OF_ADVISOR = {
    1: "advisor: search and fit",
    2: "advisor: challengers, held-out creators",
    3: "advisor: all of them again, newest quarter held out",
    4: "advisor: intervals, slices, panel",
}
"""What has been done when the advisor's fit tells so many of its steps."""


def prepare(inputs: Inputs) -> Task:
    """Copy the warehouse, so that what this stage writes is not in the others' way."""
    folder = Path(inputs.work) / "chain"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(inputs.warehouse, folder / "warehouse.duckdb")
    return Task(lambda: _work(inputs.published, folder, inputs.seed), lambda facts: facts)


def _work(published: Path, folder: Path, seed: int) -> Facts:
    steps, models = Steps(), folder / "models"
    with open_published(published) as con:
        frame, panel = popularity_frame(con), panel_rates(con)
    steps.end("features")
    parity = fit_parity(frame, seed=seed, effort="full")
    _save(models, PARITY, parity.model, parity)
    steps.end("parity: tuning, fit, scores")
    of_parity = parity_importances(
        parity.model,
        frame,
        features=parity.metrics["features"],
        split=parity.split_frame(),
        seed=seed,
    )
    steps.end("parity: importance")
    fitted = fit_advisor(frame, panel, seed=seed, effort="full", progress=_told_to(steps))
    if isinstance(fitted, NotFitted):
        raise SystemExit(f"Name more things: {fitted.reason}")
    _save(models, ADVISOR, fitted.forest, fitted, winner=fitted.stored_winner)
    steps.end("advisor: storing")
    metrics = fitted.metrics
    serving = Advisor(metrics["winner"], fitted.winner, metrics["features"], metrics, fitted.forest)
    model = explained(serving, frame, fitted.split_frame())
    measured = importances(model, seed=seed, effort="full")
    steps.end("advisor: importance, groups, fits without groups")
    found = advised(model, frame, measured, seed=seed, effort="full")
    steps.end("advice: curves, changes, claim about files")
    link = folder / "thingistat.duckdb"
    tables = _tables(of_parity, measured, found, models)
    write_results(folder / "warehouse.duckdb", tables, models=[PARITY, ADVISOR])
    publish(folder / "warehouse.duckdb", folder / "published", link)
    steps.end("tables and publishing")
    data = report_data(link, models, frame, provenance={}, seed=seed, effort="full")
    report = write_report(folder / "reports", data, version=_VERSION) / "report.html"
    steps.end("report")
    return {
        "rows": frame.height,
        "steps": steps.taken,
        "found": _found(fitted, found, report.stat().st_size / 1000),
    }


def _told_to(steps: Steps) -> Callable[[str, int, int], None]:
    def tell(what: str, done: int, _: int) -> None:
        if what == "fitting" and done in _PARTS_OF_ADVISOR:
            steps.end(_PARTS_OF_ADVISOR[done])

    return tell


def _save(
    models: Path,
    name: str,
    forest: Any,  # noqa: ANN401
    fitted: ParityForest | AdvisorForest,
    **options: Any,  # noqa: ANN401
) -> None:
    save_model(
        models,
        name,
        forest,
        metrics=fitted.metrics,
        provenance={"version": _VERSION, "source": "sandbox"},
        version=_VERSION,
        split=fitted.split_frame(),
        **options,
    )


def _tables(
    of_parity: pl.DataFrame, measured: Importances, found: Advised, models: Path
) -> dict[str, pl.DataFrame]:
    def of(model: str, frame: pl.DataFrame) -> pl.DataFrame:
        named = (pl.lit(model).alias("model"), pl.lit(_VERSION).alias("version"))
        return frame.select(*named, pl.all())

    return {
        "feature_importance": pl.concat(
            [of(PARITY, of_parity), of(ADVISOR, measured.table)], how="diagonal"
        ),
        "feature_groups": of(ADVISOR, measured.groups),
        "feature_effects": of(ADVISOR, found.curves),
        "advice": of(ADVISOR, found.advice.table),
        "advice_remarks": of(ADVISOR, found.remarks()),
        "file_claim": of(ADVISOR, found.advice.file_claim.table),
        "metrics_history": history(stored_versions(models)),
    }


def _found(fitted: AdvisorForest, found: Advised, kilobytes: float) -> str:
    metrics, changes = fitted.metrics, found.advice.table
    examined = changes.filter(pl.col("evidence") != "no evidence")
    return (
        f"The advisor was fitted on {metrics['n_train']:,} things, calibrated on "
        f"{metrics['n_calibration']:,} and judged by {metrics['n_test']:,} of "
        f"{metrics['n_test_creators']:,} creators, on {metrics['n_features']} features; the search "
        f"saw {metrics['search']['rows']:,} things in {len(metrics['search']['trials'])} trials. "
        f"{changes.height} changes were examined, {examined.height} show evidence. The report has "
        f"{kilobytes:,.0f} kB."
    )
