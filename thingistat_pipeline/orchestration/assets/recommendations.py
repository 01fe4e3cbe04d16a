"""How good what was learned from likes is, and the tables that come of it."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from thingistat_pipeline.features.storage import content_version, read_frame
from thingistat_pipeline.orchestration.assets.raw import OWNERS
from thingistat_pipeline.orchestration.assets.recommender import (
    GROUP,
    INTERACTIONS,
    SIDE_INFORMATION,
    interactions,
    pictures_for_ranker,
    ranking_model,
    side_information,
)
from thingistat_pipeline.orchestration.assets.visual import EMBEDDINGS, picture_embeddings
from thingistat_pipeline.orchestration.automation import (
    WHEN_INPUTS_CHANGED,
    when_other_inputs_changed,
)
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import (
    table_schema,
    whole_table,
    world,
)
from thingistat_pipeline.orchestration.picture_vectors import picture_vectors
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.provenance import (
    library_versions,
    made_by,
    note,
    version_of,
)
from thingistat_pipeline.orchestration.ranking_metadata import (
    effect_metadata,
    evaluation_metadata,
)
from thingistat_pipeline.recommender.published_tables import (
    TABLES,
    made_tables,
    score_rows,
)
from thingistat_pipeline.recommender.ranking_model import (
    EVALUATION,
    RANKING,
    RECOMMENDER,
    SPLIT,
    interactions_in,
    judged_model,
    threshold_in,
)
from thingistat_pipeline.recommender.store import load_version, save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_version
from thingistat_pipeline.warehouse.model_tables import MODEL_TABLES
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import write_results

EVALUATION_CODE_VERSION = "2"
TABLES_CODE_VERSION = "2"
PREVIEWED = 10


@dg.asset(
    name=EVALUATION,
    deps=[ranking_model, side_information, picture_embeddings],
    group_name=GROUP,
    kinds={"numba", "duckdb"},
    owners=OWNERS,
    code_version=EVALUATION_CODE_VERSION,
    pool="warehouse",
    # Features and pictures of new things do not change how the model did on its own.
    automation_condition=when_other_inputs_changed(side_information, picture_embeddings),
    description=(
        "How well hidden likes are found, by every method, with intervals over users: within what "
        "users like, for things that nobody liked yet, and epoch by epoch; and which way of "
        "suggesting tags finds those that were hidden; and what pictures bring. Published in the "
        "table ranking_scores."
    ),
)
def ranking_evaluation(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Judge by the likes that nothing was chosen by, store and publish."""
    with lasting_failures():
        model = load_version(settings.models_dir, RANKING)
        features = read_frame(settings.features_dir, SIDE_INFORMATION)
        metrics: dict[str, Any] = {"fitted": False, "reason": model.metrics["reason"]}
        pictures = picture_vectors(settings)
        if model.metrics["fitted"]:
            with progress_bar(EVALUATION) as progress:
                metrics = judged_model(
                    model.metrics,
                    model.frame(SPLIT),
                    features.frame,
                    seed=settings.seed,
                    effort=settings.effort,
                    pictures=pictures.vectors,
                    progress=progress,
                )
        inputs = {
            RANKING: model.version,
            SIDE_INFORMATION: features.version,
            EMBEDDINGS: pictures.version,
        }
        version = version_of(inputs, metrics, library_versions(), EVALUATION_CODE_VERSION)
        scores = _of_model(score_rows(metrics), EVALUATION, version)
        source = model.source
        made = made_by(
            context,
            settings,
            EVALUATION,
            version=version,
            code_version=EVALUATION_CODE_VERSION,
            inputs=inputs,
            source=source,
            row_counts={"ranking_scores": scores.height},
        )
        folder = save_version(
            settings.models_dir,
            EVALUATION,
            arrays={},
            metrics=metrics,
            provenance=made,
            version=version,
        )
        write_results(settings.warehouse_file, {"ranking_scores": scores}, models=[EVALUATION])
        for record in (model.provenance, made):
            note(settings.warehouse_file, record)
        publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    shown = (
        {
            **evaluation_metadata(metrics["scores"], metrics["tags"], source),
            **effect_metadata(metrics["pictures"]),
        }
        if metrics["fitted"]
        else {"reason": metrics["reason"]}
    )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version),
        metadata={
            **world(source),
            "model_version": model.version,
            "fitted": metrics["fitted"],
            "folder": dg.MetadataValue.path(folder),
            "provenance": dg.MetadataValue.json(made),
            **shown,
        },
    )


@dg.multi_asset(
    name="recommender_tables",
    specs=[
        dg.AssetSpec(
            table.name,
            deps=[
                *(interactions, side_information, picture_embeddings),
                *(ranking_model, ranking_evaluation),
            ],
            description=f"{table.comment}. Published in the table of that name.",
            group_name=GROUP,
            kinds={"duckdb", "table"},
            owners=OWNERS,
            code_version=TABLES_CODE_VERSION,
            automation_condition=WHEN_INPUTS_CHANGED,
        )
        for table in MODEL_TABLES
        if table.name in TABLES
    ],
    pool="warehouse",
)
def recommender_tables(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.MaterializeResult[None]]:
    """Put all live things into one space, and store and publish what is close to what."""
    with lasting_failures():
        likes = read_frame(settings.features_dir, INTERACTIONS)
        features = read_frame(settings.features_dir, SIDE_INFORMATION)
        model = read_version(settings.models_dir, RANKING)
        evaluation = read_version(settings.models_dir, EVALUATION)
        pictures = pictures_for_ranker(settings)
        with progress_bar(RECOMMENDER) as progress:
            made_of = made_tables(
                interactions_in(likes.frame),
                features.frame,
                threshold_in(likes.provenance["parameters"]),
                model.metrics,
                evaluation.metrics,
                seed=settings.seed,
                pictures=pictures.vectors,
                progress=progress,
            )
        inputs = {
            INTERACTIONS: likes.version,
            SIDE_INFORMATION: features.version,
            RANKING: model.version,
            EVALUATION: evaluation.version,
            **({EMBEDDINGS: pictures.version} if pictures.vectors else {}),
        }
        version = version_of(inputs, library_versions(), TABLES_CODE_VERSION)
        tables = {
            name: _of_model(table, RECOMMENDER, version) for name, table in made_of.tables.items()
        }
        source = likes.provenance["source"]
        made = made_by(
            context,
            settings,
            RECOMMENDER,
            version=version,
            code_version=TABLES_CODE_VERSION,
            inputs=inputs,
            source=source,
            row_counts={name: table.height for name, table in tables.items()},
        )
        folder = save_version(
            settings.models_dir,
            RECOMMENDER,
            arrays=made_of.space.as_arrays(),
            metrics=made_of.metrics,
            provenance=made,
            version=version,
        )
        write_results(settings.warehouse_file, tables, models=[RECOMMENDER])
        note(settings.warehouse_file, made)
        publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    with open_published(settings.published_file) as con:
        for name, table in made_of.tables.items():
            yield dg.MaterializeResult(
                asset_key=name,
                data_version=dg.DataVersion(content_version(table)),
                metadata={
                    **world(source),
                    "dagster/row_count": table.height,
                    "dagster/column_schema": table_schema(con, name),
                    "version": version,
                    "learned_from_likes": made_of.metrics["fitted"],
                    **({"reason": made_of.metrics["reason"]} if made_of.metrics["reason"] else {}),
                    "preview": whole_table(table.head(PREVIEWED)),
                    "folder": dg.MetadataValue.path(folder),
                    "provenance": dg.MetadataValue.json(made),
                },
            )


def _of_model(frame: pl.DataFrame, model: str, version: str) -> pl.DataFrame:
    return frame.select(pl.lit(model).alias("model"), pl.lit(version).alias("version"), pl.all())
