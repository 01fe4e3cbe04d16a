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
from thingistat_pipeline.orchestration.metadata import table_schema, whole_table, world
from thingistat_pipeline.orchestration.picture_vectors import PictureVectors, picture_vectors
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.provenance import made_by, note, version_of
from thingistat_pipeline.orchestration.ranking_metadata import effect_metadata, evaluation_metadata
from thingistat_pipeline.orchestration.reuse import recipe_of, stored_or_made
from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline.recommender.model_names import EVALUATION, RANKING, RECOMMENDER
from thingistat_pipeline.recommender.published_tables import (
    TABLES,
    made_tables,
    score_rows,
)
from thingistat_pipeline.recommender.ranking_model import (
    FEATURES,
    PICTURES,
    SPLIT,
    interactions_in,
    judged_model,
    threshold_in,
)
from thingistat_pipeline.recommender.store import Stored, load_version, save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import RECIPE, read_version
from thingistat_pipeline.warehouse.model_tables import MODEL_TABLES, RANKING_SCORES
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import write_results

EVALUATION_CODE_VERSION = "3"
RECOMMENDER_CODE_VERSION = "2"
TABLES_CODE_VERSION = "2"
PREVIEWED = 10
PUBLISHED = (*TABLES, RANKING_SCORES.name)


@dg.asset(
    name=EVALUATION,
    deps=[ranking_model, picture_embeddings],
    group_name=GROUP,
    kinds={"numba"},
    owners=OWNERS,
    code_version=EVALUATION_CODE_VERSION,
    # Pictures of new things do not change how the model did on its own.
    automation_condition=when_other_inputs_changed(picture_embeddings),
    description=(
        "How well hidden likes are found, by every method, with intervals over users: within what "
        "users like, for things that nobody liked yet, and epoch by epoch; and which way of "
        "suggesting tags finds those that were hidden; and what pictures bring. All of it with "
        "what was known of things when the model was made; pictures that it was not told of are "
        "those of now."
    ),
)
def ranking_evaluation(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Judge by the likes that nothing was chosen by, and store it."""
    with lasting_failures():
        model = load_version(settings.models_dir, RANKING)
        source = model.source
        pictures = _pictures_to_judge_by(settings, model)
        inputs = {RANKING: model.version, EMBEDDINGS: pictures.version}
        recipe = recipe_of(settings, inputs, code_version=EVALUATION_CODE_VERSION)

        def make() -> None:
            metrics: dict[str, Any] = {"fitted": False, "reason": model.metrics["reason"]}
            if model.metrics["fitted"]:
                with progress_bar(EVALUATION) as progress:
                    metrics = judged_model(
                        model.metrics,
                        model.frame(SPLIT),
                        model.frame(FEATURES),
                        seed=settings.seed,
                        effort=settings.effort,
                        pictures=pictures.vectors,
                        progress=progress,
                    )
            version = version_of(recipe, metrics)
            made = made_by(
                context,
                settings,
                EVALUATION,
                version=version,
                code_version=EVALUATION_CODE_VERSION,
                inputs=inputs,
                source=source,
                row_counts={RANKING_SCORES.name: score_rows(metrics).height},
            )
            save_version(
                settings.models_dir,
                EVALUATION,
                arrays={},
                metrics=metrics,
                provenance={**made, RECIPE: recipe},
                version=version,
            )

        stored, reused = stored_or_made(settings, EVALUATION, recipe, make)
    metrics = stored.metrics
    shown = (
        {
            **evaluation_metadata(metrics["scores"], metrics["tags"], source),
            **effect_metadata(metrics["pictures"]),
        }
        if metrics["fitted"]
        else {"reason": metrics["reason"]}
    )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(stored.version),
        metadata={
            **world(source),
            "model_version": model.version,
            "fitted": metrics["fitted"],
            "reused": reused,
            **({"why_no_tags": why} if (why := metrics.get("tags_reason")) else {}),
            "folder": dg.MetadataValue.path(stored.folder),
            "provenance": dg.MetadataValue.json(dict(stored.provenance)),
            **shown,
        },
    )


@dg.asset(
    name=RECOMMENDER,
    deps=[
        *(interactions, side_information, picture_embeddings),
        *(ranking_model, ranking_evaluation),
    ],
    group_name=GROUP,
    kinds={"numba"},
    owners=OWNERS,
    code_version=RECOMMENDER_CODE_VERSION,
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "All live things, and the tags, in one space learned from all likes, and what is close to "
        "what in it. Things without likes are known by their features, and by their pictures where "
        "pictures_in_ranker is set."
    ),
)
def recommender(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Put all live things into one space, and store it with what is close to what."""
    with lasting_failures():
        likes = read_frame(settings.features_dir, INTERACTIONS)
        features = read_frame(settings.features_dir, SIDE_INFORMATION)
        model = read_version(settings.models_dir, RANKING)
        evaluation = read_version(settings.models_dir, EVALUATION)
        pictures = pictures_for_ranker(settings)
        source = likes.provenance["source"]
        inputs = {
            INTERACTIONS: likes.version,
            SIDE_INFORMATION: features.version,
            RANKING: model.version,
            EVALUATION: evaluation.version,
            **({EMBEDDINGS: pictures.version} if pictures.vectors else {}),
        }
        recipe = recipe_of(settings, inputs, code_version=RECOMMENDER_CODE_VERSION)

        def make() -> None:
            with progress_bar(RECOMMENDER) as progress:
                made_of = made_tables(
                    interactions_in(likes.frame),
                    features.frame,
                    threshold_in(likes.told),
                    model.metrics,
                    evaluation.metrics,
                    seed=settings.seed,
                    pictures=pictures.vectors,
                    progress=progress,
                )
            version = version_of(recipe, made_of.metrics)
            made = made_by(
                context,
                settings,
                RECOMMENDER,
                version=version,
                code_version=RECOMMENDER_CODE_VERSION,
                inputs=inputs,
                source=source,
                row_counts={name: table.height for name, table in made_of.tables.items()},
            )
            save_version(
                settings.models_dir,
                RECOMMENDER,
                arrays=made_of.space.as_arrays(),
                frames=made_of.tables,
                metrics=made_of.metrics,
                provenance={**made, RECIPE: recipe},
                version=version,
            )

        stored, reused = stored_or_made(settings, RECOMMENDER, recipe, make)
    metrics = stored.metrics
    return dg.MaterializeResult(
        data_version=dg.DataVersion(stored.version),
        metadata={
            **world(source),
            "learned_from_likes": metrics["fitted"],
            **({"reason": metrics["reason"]} if metrics["reason"] else {}),
            "reused": reused,
            "things": metrics["things"],
            "things_with_enough_likes": metrics["warm"],
            "tags_suggested_by": metrics["tags_by"],
            "folder": dg.MetadataValue.path(stored.folder),
            "provenance": dg.MetadataValue.json(dict(stored.provenance)),
        },
    )


@dg.multi_asset(
    name="recommender_tables",
    specs=[
        dg.AssetSpec(
            table.name,
            deps=[recommender, ranking_evaluation],
            description=f"{table.comment}. Published in the table of that name.",
            group_name=GROUP,
            kinds={"duckdb", "table"},
            owners=OWNERS,
            code_version=TABLES_CODE_VERSION,
            automation_condition=WHEN_INPUTS_CHANGED,
        )
        for table in MODEL_TABLES
        if table.name in PUBLISHED
    ],
    # Of all that is learned from likes, this alone takes turns at the working file, and is short.
    pool="warehouse",
)
def recommender_tables(
    settings: dg.ResourceParam[Settings],
) -> Iterator[dg.MaterializeResult[None]]:
    """Publish what is close to what, and how good what recommends is."""
    with lasting_failures():
        made = load_version(settings.models_dir, RECOMMENDER)
        evaluation = read_version(settings.models_dir, EVALUATION)
        tables = {name: (made.frame(name), RECOMMENDER, made) for name in TABLES}
        scores = score_rows(evaluation.metrics)
        told = {**tables, RANKING_SCORES.name: (scores, EVALUATION, evaluation)}
        write_results(
            settings.warehouse_file,
            {
                name: _of_model(table, model, of.version)
                for name, (table, model, of) in told.items()
            },
            models=[RECOMMENDER, EVALUATION],
        )
        for of in (read_version(settings.models_dir, RANKING), evaluation, made):
            note(settings.warehouse_file, of.provenance)
        publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    with open_published(settings.published_file) as con:
        for name, (table, _, of) in told.items():
            reason = of.metrics["reason"]
            yield dg.MaterializeResult(
                asset_key=name,
                data_version=dg.DataVersion(content_version(table)),
                metadata={
                    **world(of.source),
                    "dagster/row_count": table.height,
                    "dagster/column_schema": table_schema(con, name),
                    "version": of.version,
                    "learned_from_likes": of.metrics["fitted"],
                    **({"reason": reason} if reason else {}),
                    "preview": whole_table(table.head(PREVIEWED)),
                    "provenance": dg.MetadataValue.json(dict(of.provenance)),
                },
            )


def _pictures_to_judge_by(settings: Settings, model: Stored) -> PictureVectors:
    """Return the pictures that the model was told of; of one that was not, those of now."""
    if model.metrics["fitted"] and model.metrics.get("pictures"):
        told = ThingVectors.in_frame(model.frame(PICTURES))
        return PictureVectors(told, model.provenance["inputs"][EMBEDDINGS])
    return picture_vectors(settings)


def _of_model(frame: pl.DataFrame, model: str, version: str) -> pl.DataFrame:
    return frame.select(pl.lit(model).alias("model"), pl.lit(version).alias("version"), pl.all())
