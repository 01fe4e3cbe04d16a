"""Our side: the whole pipeline after sampling, in one process, as the assets call it."""

from pathlib import Path

import polars as pl

from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.features.exploration import explore
from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.features.storage import write_frame
from thingistat_pipeline.popularity.parity import PARITY, fit_parity, parity_importances
from thingistat_pipeline.popularity.store import save_model
from thingistat_pipeline.report.data_card import data_card
from thingistat_pipeline.report.page import write_report
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import write_results

_VERSION = "benchmark"


def prepare(inputs: Inputs) -> Task:
    """Name a data folder of its own."""
    folder = Path(inputs.work) / "everything"
    warehouse = folder / "warehouse.duckdb"
    link = folder / "thingistat.duckdb"

    def work() -> Facts:
        load_warehouse(warehouse, inputs.nights, folder / "no snapshots", run_id="benchmark")
        publish(warehouse, folder / "published", link)
        with open_published(link) as con:
            frame = popularity_frame(con)
        write_frame(folder / "features", "popularity_features", frame)
        forest = fit_parity(frame, seed=inputs.seed, effort="full")
        split = forest.split_frame()
        save_model(
            folder / "models",
            PARITY,
            forest.model,
            metrics=forest.metrics,
            provenance={},
            split=split,
            version=_VERSION,
        )
        measured = parity_importances(
            forest.model,
            frame,
            features=forest.metrics["features"],
            split=split,
            seed=inputs.seed,
        )
        named = (pl.lit(PARITY).alias("model"), pl.lit(_VERSION).alias("version"))
        ends = [pl.lit(None, pl.Float64).alias(end) for end in ("low", "high")]
        table = measured.select(*named, pl.all(), *ends)
        write_results(warehouse, {"feature_importance": table}, models=[PARITY])
        publish(warehouse, folder / "published", link)
        with open_published(link) as con:
            data = ReportData(
                card=data_card(con),
                exploration=explore(con, frame),
                parity=forest.metrics,
                importances=measured,
                provenance={},
                model_version=_VERSION,
            )
        report = write_report(folder / "reports", data, version=_VERSION) / "report.html"
        metrics = forest.metrics
        return {
            "rows": frame.height,
            "training_rows": metrics["n_train"],
            "best": metrics["best_params"],
            "r2_train": metrics["r2_train"],
            "r2_test": metrics["r2_test"],
            "report_kilobytes": report.stat().st_size / 1000,
        }

    return Task(work, lambda facts: facts)
