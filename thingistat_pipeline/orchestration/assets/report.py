"""The report: one page that says what was found, on what data, and how sure it is."""

import json

import dagster as dg
import polars as pl

from thingistat_pipeline.features.exploration import explore
from thingistat_pipeline.features.storage import read_frame
from thingistat_pipeline.files import write_whole
from thingistat_pipeline.orchestration.assets.popularity import (
    FEATURES,
    feature_importance,
    popularity_features,
)
from thingistat_pipeline.orchestration.assets.raw import OWNERS
from thingistat_pipeline.orchestration.automation import WHEN_INPUTS_CHANGED
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import world
from thingistat_pipeline.orchestration.provenance import (
    Provenance,
    package_code_version,
    version_of,
)
from thingistat_pipeline.popularity.parity import PARITY
from thingistat_pipeline.popularity.store import load_model
from thingistat_pipeline.report.data_card import data_card
from thingistat_pipeline.report.page import write_report
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.summary import report_metrics, report_summary
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.warehouse.read import open_published, published_version

CODE_VERSION = "1"


@dg.asset(
    deps=[feature_importance, popularity_features],
    group_name="report",
    kinds={"plotly", "html"},
    owners=OWNERS,
    code_version=CODE_VERSION,
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "One self-contained page: data card, exploration, scores against baselines, importances "
        "with error bars, takeaways computed from the figures, limits and provenance."
    ),
)
def report(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Write the page and its figures, and make it the latest."""
    with lasting_failures():
        stored = read_frame(settings.features_dir, FEATURES)
        _, metrics, model_provenance = load_model(settings.models_dir, PARITY)
        with open_published(settings.published_file) as con:
            card = data_card(con)
            exploration = explore(con, stored.frame)
            importances: pl.DataFrame = con.sql(
                "SELECT * FROM feature_importance WHERE model = ?", params=[PARITY]
            ).pl()
        inputs = {
            "published_database": published_version(settings.published_file),
            FEATURES: stored.version,
            PARITY: model_provenance["version"],
        }
        version = version_of(inputs, CODE_VERSION)
        made = Provenance(
            artefact="report",
            version=version,
            code_version=package_code_version(CODE_VERSION),
            inputs=inputs,
            source=card.source,
            seed=settings.seed,
            effort=settings.effort,
            row_counts={"things": card.things},
            run_id=context.run.run_id,
        ).as_dict()
        data = ReportData(
            card=card,
            exploration=exploration,
            parity=metrics,
            importances=importances,
            provenance=made,
            model_version=model_provenance["version"],
        )
        folder = write_report(settings.reports_dir, data, version=version)
        write_whole(folder / "provenance.json", json.dumps(made, indent=1, sort_keys=True) + "\n")
    summary = "\n".join(f"- {line}" for line in report_summary(report_metrics(data)))
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version),
        metadata={
            **world(card.source),
            "summary": dg.MetadataValue.md(summary),
            "page": dg.MetadataValue.url((folder / "report.html").as_uri()),
            "provenance": dg.MetadataValue.json(made),
            "kilobytes": (folder / "report.html").stat().st_size / 1000,
        },
    )
