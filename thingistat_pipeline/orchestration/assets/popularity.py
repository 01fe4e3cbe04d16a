"""Features, and the model that reproduces ThingiStat's."""

import dagster as dg

from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.features.pictures import with_looks
from thingistat_pipeline.features.registry import feature_named, is_feature
from thingistat_pipeline.features.storage import content_version, read_frame, write_frame
from thingistat_pipeline.orchestration.assets.raw import OWNERS
from thingistat_pipeline.orchestration.assets.visual import PICTURE_FEATURES, picture_features
from thingistat_pipeline.orchestration.assets.warehouse import published_database
from thingistat_pipeline.orchestration.automation import (
    WHEN_INPUTS_CHANGED,
    when_worth_training,
)
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import (
    frame_schema,
    log_histogram,
    number,
    sentences,
    tall_preview,
    titled,
    world,
)
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.provenance import (
    Provenance,
    library_versions,
    package_code_version,
    version_of,
)
from thingistat_pipeline.popularity.parity import PARITY, fit_parity
from thingistat_pipeline.popularity.store import save_model
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.warehouse.contents import source_label
from thingistat_pipeline.warehouse.read import open_published, published_version

GROUP = "popularity"
FEATURES_CODE_VERSION = "4"
PARITY_CODE_VERSION = "1"
FEATURES = "popularity_features"


@dg.asset(
    deps=[published_database, picture_features],
    group_name=GROUP,
    kinds={"polars", "parquet"},
    owners=OWNERS,
    code_version=FEATURES_CODE_VERSION,
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "One row a thing, one column a feature, those of its cover picture among them. Every "
        "column is registered with its family: content, creator_at_publish, context, engagement "
        "or outcome."
    ),
)
def popularity_features(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Make the feature frame from the published database and what the pictures measure."""
    with lasting_failures():
        looks = read_frame(settings.features_dir, PICTURE_FEATURES)
        with open_published(settings.published_file) as con:
            frame, source = with_looks(popularity_frame(con), looks.frame), source_label(con)
        made = Provenance(
            artefact=FEATURES,
            version=content_version(frame),
            code_version=package_code_version(FEATURES_CODE_VERSION),
            inputs={
                "published_database": published_version(settings.published_file),
                PICTURE_FEATURES: looks.version,
            },
            source=source,
            seed=settings.seed,
            effort=settings.effort,
            row_counts={"things": frame.height},
            run_id=context.run.run_id,
        ).as_dict()
        stored = write_frame(settings.features_dir, FEATURES, frame, provenance=made)
    meanings = {
        name: f"{feature_named(name).meaning} ({feature_named(name).family})"
        for name in frame.columns
        if is_feature(name)
    }
    return dg.MaterializeResult(
        data_version=dg.DataVersion(stored.version),
        metadata={
            **world(source),
            "dagster/row_count": frame.height,
            "dagster/column_schema": frame_schema(frame, meanings),
            "columns": frame.width,
            "preview": tall_preview(frame),
            "downloads": log_histogram(
                frame["download_count"],
                title=titled(f"Downloads of {frame.height} sampled things", source),
                unit="downloads",
            ),
            "file": dg.MetadataValue.path(stored.path),
            "provenance": dg.MetadataValue.json(made),
        },
    )


@dg.asset(
    deps=[popularity_features],
    group_name=GROUP,
    kinds={"scikitlearn"},
    owners=OWNERS,
    code_version=PARITY_CODE_VERSION,
    automation_condition=when_worth_training(PARITY, FEATURES),
    description=(
        "ThingiStat's random forest, faithfully: raw downloads, a random split, five folds, a grid "
        "of 72 combinations. Diagnostic: it predicts downloads from their consequences."
    ),
)
def parity_forest(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Tune, fit and store the forest."""
    with lasting_failures():
        stored = read_frame(settings.features_dir, FEATURES)
        with progress_bar("parity_forest") as progress:
            forest = fit_parity(
                stored.frame, seed=settings.seed, effort=settings.effort, progress=progress
            )
        metrics = forest.metrics
        version = version_of(forest.training_hash, metrics, library_versions(), PARITY_CODE_VERSION)
        source = stored.provenance["source"]
        made = Provenance(
            artefact=PARITY,
            version=version,
            code_version=package_code_version(PARITY_CODE_VERSION),
            inputs={FEATURES: stored.version, "training_rows": forest.training_hash},
            source=source,
            seed=settings.seed,
            effort=settings.effort,
            parameters=metrics["best_params"],
            row_counts={"train": metrics["n_train"], "test": metrics["n_test"]},
            run_id=context.run.run_id,
        ).as_dict()
        folder = save_model(
            settings.models_dir,
            PARITY,
            forest.model,
            metrics=metrics,
            provenance=made,
            split=forest.split_frame(),
            version=version,
        )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version),
        metadata={
            **world(source),
            "rows_offered": stored.frame.height,
            "rows_used": metrics["n_rows"],
            "r2_train": number(metrics["r2_train"]),
            "r2_test": number(metrics["r2_test"]),
            "r2_test_low": number(metrics["r2_test_low"]),
            "r2_test_high": number(metrics["r2_test_high"]),
            "cv_best_score": number(metrics["cv"]["best_score"]),
            "best_params": dg.MetadataValue.json(metrics["best_params"]),
            "warnings": sentences(metrics["warnings"]),
            "folder": dg.MetadataValue.path(folder),
            "provenance": dg.MetadataValue.json(made),
        },
    )
