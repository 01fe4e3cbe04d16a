"""Who likes what, what is known of things beside that, and what ranks them best."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import dagster as dg
import polars as pl

from thingistat_pipeline.features.storage import content_version, read_frame, write_frame
from thingistat_pipeline.orchestration.assets.raw import OWNERS
from thingistat_pipeline.orchestration.assets.visual import EMBEDDINGS, picture_embeddings
from thingistat_pipeline.orchestration.assets.warehouse import published_database
from thingistat_pipeline.orchestration.automation import (
    WHEN_INPUTS_CHANGED,
    when_worth_training,
)
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import (
    frame_schema,
    preview,
    whole_table,
    world,
)
from thingistat_pipeline.orchestration.picture_vectors import PictureVectors, picture_vectors
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.provenance import made_by, version_of
from thingistat_pipeline.orchestration.ranking_metadata import (
    caps_metadata,
    model_metadata,
    threshold_metadata,
)
from thingistat_pipeline.orchestration.reuse import recipe_of, stored_or_made
from thingistat_pipeline.recommender.answers.words import title_words
from thingistat_pipeline.recommender.likes.interactions import read_interactions, with_enough
from thingistat_pipeline.recommender.likes.side_information import thing_features
from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline.recommender.model_names import RANKING
from thingistat_pipeline.recommender.ranking_model import (
    COLUMNS,
    FEATURES,
    PICTURES,
    SPLIT,
    RankingModel,
    fit_ranking_model,
    interactions_in,
    likes_frame,
    threshold_in,
)
from thingistat_pipeline.recommender.search.choice import Choice
from thingistat_pipeline.recommender.search.studies import STUDIES_FILE, studies
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.sampling.plan import likers_caps_in
from thingistat_pipeline.settings import Effort, Settings
from thingistat_pipeline.stored_versions import RECIPE
from thingistat_pipeline.warehouse.contents import source_label
from thingistat_pipeline.warehouse.read import open_published, published_version

GROUP = "recommender"
INTERACTIONS, SIDE_INFORMATION = "interactions", "side_information"
INTERACTIONS_CODE_VERSION = "2"
SIDE_INFORMATION_CODE_VERSION = "1"
RANKING_CODE_VERSION = "3"
LIKES_THAT_MAY_VANISH = 0.05
"""Share of the likes. A few come and go every night as users and things cross the thresholds, and
a like taken back is no reason to learn everything anew."""


@dg.asset(
    deps=[published_database],
    group_name=GROUP,
    kinds={"polars", "parquet"},
    owners=OWNERS,
    code_version=INTERACTIONS_CODE_VERSION,
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "Who likes what, of the users and things that have enough likes. Users are keyed hashes. "
        "One row a like, and whether the thing's list of likers is known to be incomplete."
    ),
)
def interactions(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Read the likes and leave out users and things with too few of them."""
    with lasting_failures():
        with open_published(settings.published_file) as con:
            likes, source = read_interactions(con), source_label(con)
        kept, threshold = with_enough(
            likes,
            least_by_user=settings.likes_per_user,
            least_by_thing=settings.likes_per_thing,
        )
        frame, told = likes_frame(kept), asdict(threshold)
        made = made_by(
            context,
            settings,
            INTERACTIONS,
            version=content_version(frame, told),
            code_version=INTERACTIONS_CODE_VERSION,
            inputs={"published_database": published_version(settings.published_file)},
            source=source,
            parameters={
                "likes_per_user": settings.likes_per_user,
                "likes_per_thing": settings.likes_per_thing,
            },
            row_counts=asdict(kept.size),
        )
        stored = write_frame(settings.features_dir, INTERACTIONS, frame, told=told, provenance=made)
        caps = likers_caps_in(settings.nights_dir)
    meanings = {
        "liker": "Keyed hash of the user",
        "thing_id": "Thing: things.id",
        "truncated": "Whether likers are known to be missing from the thing's list",
    }
    return dg.MaterializeResult(
        data_version=dg.DataVersion(stored.version),
        metadata={
            **world(source),
            "dagster/row_count": frame.height,
            "dagster/column_schema": frame_schema(frame, meanings),
            **threshold_metadata(threshold),
            **caps_metadata(caps),
            "preview": preview(frame),
            "file": dg.MetadataValue.path(stored.path),
            "provenance": dg.MetadataValue.json(made),
        },
    )


@dg.asset(
    deps=[published_database],
    group_name=GROUP,
    kinds={"polars", "parquet"},
    owners=OWNERS,
    code_version=SIDE_INFORMATION_CODE_VERSION,
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "What is known of each live thing beside its likes: tags, categories, creator, licence, "
        "and the words of its title. One row a thing and feature."
    ),
)
def side_information(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Gather the features of all live things."""
    with lasting_failures():
        with open_published(settings.published_file) as con:
            told = pl.concat([thing_features(con), title_words(con)])
            source = source_label(con)
        frame = told.sort("thing_id", "kind", "feature")
        made = made_by(
            context,
            settings,
            SIDE_INFORMATION,
            version=content_version(frame),
            code_version=SIDE_INFORMATION_CODE_VERSION,
            inputs={"published_database": published_version(settings.published_file)},
            source=source,
            row_counts={"features": frame.height, "things": frame["thing_id"].n_unique()},
        )
        stored = write_frame(settings.features_dir, SIDE_INFORMATION, frame, provenance=made)
    uses = frame.group_by("kind", "feature").len("things")
    kinds = (
        uses.group_by("kind")
        .agg(
            features=pl.len(),
            uses=pl.col("things").sum(),
            of_one_thing=(pl.col("things") == 1).sum(),
            on_most_things=pl.col("feature").sort_by("things", descending=True).first(),
            things=pl.col("things").max(),
        )
        .sort("kind")
    )
    tags = uses.filter(kind="tag")
    enough = tags.filter(pl.col("things") >= settings.things_per_tag).height
    return dg.MaterializeResult(
        data_version=dg.DataVersion(stored.version),
        metadata={
            **world(source),
            "dagster/row_count": frame.height,
            "dagster/column_schema": frame_schema(frame, {"thing_id": "Thing: things.id"}),
            "things": frame["thing_id"].n_unique(),
            "features_by_kind": whole_table(kinds),
            "tags": tags.height,
            "tags_on_enough_things": enough,
            "things_a_tag_must_be_on": settings.things_per_tag,
            "preview": preview(frame),
            "file": dg.MetadataValue.path(stored.path),
            "provenance": dg.MetadataValue.json(made),
        },
    )


@dg.asset(
    name=RANKING,
    deps=[interactions, side_information, picture_embeddings],
    group_name=GROUP,
    kinds={"numba", "optuna"},
    owners=OWNERS,
    code_version=RANKING_CODE_VERSION,
    automation_condition=when_worth_training(RANKING, INTERACTIONS, fall=LIKES_THAT_MAY_VANISH),
    description=(
        "A matrix factorisation that learns to rank things by likes, searched for without and "
        "with side information, and the baselines it has to beat. Likes to judge it by are held "
        "out; which method recommends is chosen on others. What things look like is part of the "
        "side information where pictures_in_ranker is set. Nothing is learned again from the same "
        "likes, features and pictures with the same settings and code."
    ),
)
def ranking_model(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Search, choose, fit and store the model, or store why there is none."""
    with lasting_failures():
        likes = read_frame(settings.features_dir, INTERACTIONS)
        features = read_frame(settings.features_dir, SIDE_INFORMATION)
        source = likes.provenance["source"]
        pictures = pictures_for_ranker(settings)
        inputs = {
            INTERACTIONS: likes.version,
            SIDE_INFORMATION: features.version,
            **({EMBEDDINGS: pictures.version} if pictures.vectors else {}),
        }
        recipe = recipe_of(
            settings,
            inputs,
            code_version=RANKING_CODE_VERSION,
            things_per_tag=settings.things_per_tag,
        )
        journals = settings.models_dir / RANKING / ".search"

        def make() -> None:
            with progress_bar(RANKING) as progress:
                model = fit_ranking_model(
                    interactions_in(likes.frame),
                    features.frame,
                    threshold_in(likes.told),
                    things_per_tag=settings.things_per_tag,
                    seed=settings.seed,
                    effort=settings.effort,
                    pictures=pictures.vectors,
                    journals=journals,
                    progress=progress,
                )
            metrics = model.metrics
            version = version_of(recipe, metrics)
            made = made_by(
                context,
                settings,
                RANKING,
                version=version,
                code_version=RANKING_CODE_VERSION,
                inputs=inputs,
                source=source,
                parameters=metrics["choice"]["with_side"]["chosen"] if metrics["fitted"] else {},
                row_counts=metrics.get("likes", {}),
            )
            save_version(
                settings.models_dir,
                RANKING,
                arrays=model.arrays,
                frames=_frames(model, features.frame, pictures.vectors),
                beside=_studies(metrics, settings.effort),
                metrics=metrics,
                provenance={**made, RECIPE: recipe},
                version=version,
            )

        stored, reused = stored_or_made(settings, RANKING, recipe, make)
        shutil.rmtree(journals, ignore_errors=True)  # all of it is in the metrics now
    metrics = stored.metrics
    shown = model_metadata(metrics, source) if metrics["fitted"] else {"reason": metrics["reason"]}
    return dg.MaterializeResult(
        data_version=dg.DataVersion(stored.version),
        metadata={
            **world(source),
            "rows_offered": likes.frame.height,
            "fitted": metrics["fitted"],
            "reused": reused,
            "folder": dg.MetadataValue.path(stored.folder),
            "provenance": dg.MetadataValue.json(dict(stored.provenance)),
            **shown,
        },
    )


def pictures_for_ranker(settings: Settings) -> PictureVectors:
    """Return the vectors of pictures if the ranker is to be told of them; otherwise none."""
    return picture_vectors(settings) if settings.pictures_in_ranker else PictureVectors(None, "")


def _frames(
    model: RankingModel, features: pl.DataFrame, pictures: ThingVectors | None
) -> dict[str, pl.DataFrame]:
    """Return what is stored beside a model's arrays: nothing where it has none."""
    if model.split is None or model.columns is None:
        return {}
    shown = {} if pictures is None else {PICTURES: pictures.frame_of(model.split["thing_id"])}
    return {SPLIT: model.split, COLUMNS: model.columns, FEATURES: features, **shown}


def _studies(metrics: Mapping[str, Any], effort: Effort) -> dict[str, bytes]:
    if not metrics["fitted"]:
        return {}
    return {STUDIES_FILE: studies(Choice.from_dict(metrics["choice"]), effort=effort)}
