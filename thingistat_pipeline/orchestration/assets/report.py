"""The report: one page that says what was found, on what data, and how sure it is."""

import json

import dagster as dg

from thingistat_pipeline.features.storage import read_frame
from thingistat_pipeline.files import write_whole
from thingistat_pipeline.orchestration.assets.explanation import advice, feature_importance
from thingistat_pipeline.orchestration.assets.looks import (
    CHOICE,
    LOOKS,
    look_alikes,
    measured_gain,
    picture_choice,
)
from thingistat_pipeline.orchestration.assets.popularity import FEATURES, popularity_features
from thingistat_pipeline.orchestration.assets.raw import OWNERS
from thingistat_pipeline.orchestration.assets.recommendations import recommender_tables
from thingistat_pipeline.orchestration.assets.visual import PHOTOGRAPH, thumbnails
from thingistat_pipeline.orchestration.assets.warehouse import published_database
from thingistat_pipeline.orchestration.automation import when_other_inputs_changed
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import world
from thingistat_pipeline.orchestration.provenance import (
    Provenance,
    package_code_version,
    version_of,
)
from thingistat_pipeline.orchestration.report_data import report_data
from thingistat_pipeline.orchestration.retention import prune
from thingistat_pipeline.popularity.advisor.picture_gain import GAIN
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.parity import PARITY
from thingistat_pipeline.recommender.model_names import EVALUATION, RANKING, RECOMMENDER
from thingistat_pipeline.report.page import write_report
from thingistat_pipeline.report.summary import report_metrics, report_summary
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_version
from thingistat_pipeline.visual.thumbnails import Thumbnails
from thingistat_pipeline.warehouse.read import published_version

CODE_VERSION = "3"


@dg.asset(
    deps=[
        *(advice, feature_importance, popularity_features, published_database),
        *(recommender_tables, thumbnails, look_alikes, picture_choice, measured_gain),
    ],
    group_name="report",
    kinds={"plotly", "html"},
    owners=OWNERS,
    code_version=CODE_VERSION,
    # The nights' pictures are never all there, and one more changes no more than an example.
    automation_condition=when_other_inputs_changed(thumbnails),
    description=(
        "One self-contained page: what was found, what to do and how sure that is, scores against "
        "baselines, calibration, what matters, drift, the parity model, what people who like a "
        "thing like, what pictures tell, the sample, limits and provenance; with metrics.json and "
        "a model card."
    ),
)
def report(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Write the page and its figures, and make it the latest."""
    with lasting_failures():
        stored = read_frame(settings.features_dir, FEATURES)
        pictures = Thumbnails(settings.thumbnails_dir)
        inputs = {
            "published_database": published_version(settings.published_file),
            FEATURES: stored.version,
            PARITY: read_version(settings.models_dir, PARITY).version,
            **{
                model: read_version(settings.models_dir, model).version
                for model in (
                    *(ADVISOR, RANKING, EVALUATION, RECOMMENDER),
                    *(LOOKS, PHOTOGRAPH, CHOICE, GAIN),
                )
            },
            "thumbnails": version_of({thing: held.sha256 for thing, held in pictures.held.items()}),
        }
        version = version_of(inputs, CODE_VERSION)
        made = Provenance(
            artefact="report",
            version=version,
            code_version=package_code_version(CODE_VERSION),
            inputs=inputs,
            source=str(stored.provenance["source"]),
            seed=settings.seed,
            effort=settings.effort,
            row_counts={"things": stored.frame.height},
            run_id=context.run.run_id,
        ).as_dict()
        data = report_data(
            settings.published_file,
            settings.models_dir,
            stored.frame,
            provenance=made,
            seed=settings.seed,
            effort=settings.effort,
            picture=pictures.picture,
        )
        folder = write_report(settings.reports_dir, data, version=version)
        write_whole(folder / "provenance.json", json.dumps(made, indent=1, sort_keys=True) + "\n")
    prune(settings)
    summary = "\n".join(f"- {line}" for line in report_summary(report_metrics(data)))
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version),
        metadata={
            **world(data.card.source),
            "summary": dg.MetadataValue.md(summary),
            "page": dg.MetadataValue.url((folder / "report.html").as_uri()),
            "provenance": dg.MetadataValue.json(made),
            "kilobytes": (folder / "report.html").stat().st_size / 1000,
        },
    )
