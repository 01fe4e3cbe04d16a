"""What things look like: their cover pictures, what a network sees in them, what they measure."""

from collections import Counter
from collections.abc import Collection, Set
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.features.registry import feature_named, is_feature
from thingistat_pipeline.features.storage import content_version, write_frame
from thingistat_pipeline.orchestration.assets.raw import OWNERS, raw_things
from thingistat_pipeline.orchestration.assets.warehouse import published_database
from thingistat_pipeline.orchestration.automation import (
    WHEN_INPUTS_CHANGED,
    WHEN_RAW_CHANGED,
    when_inputs_and_raw_changed,
)
from thingistat_pipeline.orchestration.covers import night_covers
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.look_metadata import (
    grid,
    looks_table,
    photograph_metadata,
    reason_metadata,
)
from thingistat_pipeline.orchestration.metadata import (
    frame_schema,
    preview,
    tall_preview,
    titled,
    whole_table,
    world,
)
from thingistat_pipeline.orchestration.partitions import NIGHTS
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.provenance import library_versions, made_by, version_of
from thingistat_pipeline.orchestration.resources import open_pictures, picture_hosts
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual import embedding, measure_store
from thingistat_pipeline.visual.cover_pictures import cover_pictures
from thingistat_pipeline.visual.embedding import EmbeddingStore
from thingistat_pipeline.visual.eyes import Eyes
from thingistat_pipeline.visual.measure_store import FINGERPRINT, MeasureStore
from thingistat_pipeline.visual.network import DIMENSIONS, NETWORKS
from thingistat_pipeline.visual.obtain import obtain_night
from thingistat_pipeline.visual.photograph import with_photograph
from thingistat_pipeline.visual.photograph_fit import PhotographModel, photograph_model
from thingistat_pipeline.visual.pictures import REASONS
from thingistat_pipeline.visual.thumbnails import (
    NightManifest,
    Thumbnails,
    nights_with_pictures,
    read_content,
)
from thingistat_pipeline.warehouse.contents import source_label
from thingistat_pipeline.warehouse.read import open_published, published_version

GROUP = "visual"
CODE_VERSION = "1"
EMBEDDINGS_CODE_VERSION = "1"
MEASURES_CODE_VERSION = "1"
"""Of what a picture measures: with another one, all pictures are measured anew."""
PHOTOGRAPH_CODE_VERSION = "2"
PICTURE_FEATURES_CODE_VERSION = f"{MEASURES_CODE_VERSION}.{PHOTOGRAPH_CODE_VERSION}"
SHOWN = 24
EMBEDDINGS, PICTURE_FEATURES = "picture_embeddings", "picture_features"
PHOTOGRAPH = "photograph"
NO_PICTURES = (
    "There is no picture of any thing. Pictures come with the asset thumbnails of each night; "
    "imported snapshots bring none."
)


@dg.asset(
    partitions_def=NIGHTS,
    deps=[raw_things],
    group_name=GROUP,
    kinds={"python", "jpeg"},
    owners=OWNERS,
    code_version=CODE_VERSION,
    pool="picture_hosts",
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "The cover picture of every live thing of a night, as received, each content once, or the "
        "reason why there is none. Resumable: what is there already is not asked for again."
    ),
)
def thumbnails(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Obtain the pictures of the night that the partition names."""
    night = date.fromisoformat(context.partition_key)
    pixels = settings.thumbnail_pixels
    with lasting_failures(), progress_bar("thumbnails") as progress:
        things = night_covers(
            settings.nights_dir / night.isoformat(),
            picture_hosts(settings),
            source=settings.source,
            pixels=pixels,
        )
        manifest = obtain_night(
            settings.thumbnails_dir,
            night.isoformat(),
            things.covers,
            lambda: open_pictures(settings, night),
            source=things.source,
            pixels=pixels,
            progress=progress,
        )
        shown = _samples(settings, manifest, things.not_safe)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(manifest.content_hash),
        metadata={
            **world(manifest.source),
            **_figures(manifest),
            "why_not": whole_table(_reasons(manifest)),
            "sample": grid(shown, titled(f"Covers of the night {night}", manifest.source)),
            "folder": dg.MetadataValue.path(settings.thumbnails_dir / night.isoformat()),
        },
    )


def _figures(manifest: NightManifest) -> dict[str, int | float]:
    tried, held = manifest.pictures, [each.held for each in manifest.pictures if each.held]
    contents = {each.sha256: each.bytes for each in held}
    return {
        "dagster/partition_row_count": len(tried),
        "live_things": len(tried),
        "obtained": len(held),
        "share_obtained": len(held) / len(tried) if tried else 0.0,
        "reused": sum(each.reused for each in tried),
        "failed": len(tried) - len(held),
        "distinct_contents": len(contents),
        "bytes": sum(contents.values()),
    }


def _reasons(manifest: NightManifest) -> pl.DataFrame:
    """Return how many things have no picture, by reason."""
    counts = Counter(each.reason for each in manifest.pictures if each.reason is not None)
    rows = [(name, number, REASONS[name]) for name, number in counts.most_common()]
    return pl.DataFrame(rows, schema=["reason", "things", "meaning"], orient="row")


def _samples(settings: Settings, manifest: NightManifest, left_out: Collection[int]) -> list[bytes]:
    """Return some of the pictures, spread evenly over the ids."""
    held = [
        each.held
        for each in manifest.pictures
        if each.held is not None and each.thing_id not in left_out
    ]
    chosen = held[:: max(1, len(held) // SHOWN)][:SHOWN]
    contents = (read_content(settings.thumbnails_dir, each.sha256) for each in chosen)
    return [content for content in contents if content is not None]


@dg.asset(
    deps=[thumbnails],
    group_name=GROUP,
    kinds={"onnx", "numpy"},
    owners=OWNERS,
    code_version=EMBEDDINGS_CODE_VERSION,
    automation_condition=WHEN_RAW_CHANGED,
    description=(
        "What a pretrained network sees in each cover picture: a vector of length 1, near those of "
        "pictures that look alike. Each content is looked at once by each network."
    ),
)
def picture_embeddings(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Embed the pictures that the network has not seen yet, and list whose they are."""
    network = NETWORKS[settings.network]
    store = EmbeddingStore(embeddings_folder(settings, network.version))
    with lasting_failures(), progress_bar(EMBEDDINGS) as progress:
        covers, source = _covers(settings.thumbnails_dir)
        missing = _missing(covers, store.known().keys())
        if missing:
            pictures = cover_pictures(settings.thumbnails_dir, missing)
            for done in embedding.add_missing(store, Eyes(network), pictures):
                progress("pictures", done, len(missing))
        seen = store.known().keys()
        frame = covers.filter(pl.col("sha256").is_in(seen)).with_columns(
            network=pl.lit(network.version)
        )
        made = made_by(
            context,
            settings,
            EMBEDDINGS,
            version=content_version(frame),
            code_version=EMBEDDINGS_CODE_VERSION,
            inputs={"thumbnails": content_version(covers)},
            source=source,
            parameters={"network": network.name, "weights": network.sha256},
            row_counts={"things": frame.height, "pictures": frame["sha256"].n_unique()},
        )
        stored = write_frame(settings.features_dir, EMBEDDINGS, frame, provenance=made)
    meanings = {
        "thing_id": "Thing: things.id",
        "sha256": "Of the content of its cover picture",
        "network": "Name and weights of the network; the vectors are in the folder of that name",
    }
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version_of(stored.version, network.version)),
        metadata={
            **world(source),
            **reason_metadata(NO_PICTURES if covers.is_empty() else ""),
            "dagster/row_count": frame.height,
            "dagster/column_schema": frame_schema(frame, meanings),
            **_looked_at(covers, seen, missing),
            "network": network.name,
            "weights": network.sha256,
            "dimensions": DIMENSIONS,
            "preview": preview(frame),
            "folder": dg.MetadataValue.path(store.folder),
            "provenance": dg.MetadataValue.json(made),
        },
    )


@dg.asset(
    deps=[thumbnails, published_database],
    group_name=GROUP,
    kinds={"opencv", "parquet"},
    owners=OWNERS,
    code_version=PICTURE_FEATURES_CODE_VERSION,
    automation_condition=when_inputs_and_raw_changed(thumbnails),
    description=(
        "What each cover picture measures: colour, texture, subject, composition, whether it is a "
        "photograph, and a fingerprint. One row a thing; each content is measured once."
    ),
)
def picture_features(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Measure the pictures that were not measured yet, and tell photographs from drawings."""
    store = MeasureStore(settings.features_dir / "picture_measures" / MEASURES_CODE_VERSION)
    with lasting_failures(), progress_bar(PICTURE_FEATURES) as progress:
        covers, _ = _covers(settings.thumbnails_dir)
        missing = _missing(covers, store.known())
        pictures = cover_pictures(settings.thumbnails_dir, missing)
        for done in measure_store.add_missing(store, pictures):
            progress("pictures", done, len(missing))
        with open_published(settings.published_file) as con:
            things, source = popularity_frame(con), source_label(con)
        measured = (
            covers.join(store.measures(covers["sha256"].to_list()), on="sha256")
            .join(things, left_on="thing_id", right_on="id", how="semi")
            .sort("thing_id")
        )
        photograph = photograph_model(measured, things, seed=settings.seed)
        frame = with_photograph(measured, photograph.model).select(
            "thing_id", "sha256", FINGERPRINT, *(feature.name for feature in LOOKS)
        )
        inputs = {
            "thumbnails": content_version(covers),
            "published_database": published_version(settings.published_file),
        }
        made = made_by(
            context,
            settings,
            PICTURE_FEATURES,
            version=content_version(frame),
            code_version=MEASURES_CODE_VERSION,
            inputs=inputs,
            source=source,
            row_counts={"things": frame.height, "pictures": frame["sha256"].n_unique()},
        )
        stored = write_frame(settings.features_dir, PICTURE_FEATURES, frame, provenance=made)
        _store_photograph(context, settings, photograph, stored.version, source)
    meanings = {name: feature_named(name).meaning for name in frame.columns if is_feature(name)} | {
        "thing_id": "Thing: things.id",
        "sha256": "Of the content of its cover picture",
        FINGERPRINT: "64 bits that hardly differ between copies of one picture",
    }
    return dg.MaterializeResult(
        data_version=dg.DataVersion(stored.version),
        metadata={
            **world(source),
            **reason_metadata(NO_PICTURES if covers.is_empty() else ""),
            "dagster/row_count": frame.height,
            "dagster/column_schema": frame_schema(frame, meanings),
            **_looked_at(covers, store.known(), missing),
            "features": looks_table(frame),
            **photograph_metadata(photograph.figures),
            "preview": tall_preview(frame),
            "folder": dg.MetadataValue.path(store.folder),
            "provenance": dg.MetadataValue.json(made),
        },
    )


def embeddings_folder(settings: Settings, network_version: str) -> Path:
    """Return where the vectors of a network are."""
    return settings.features_dir / EMBEDDINGS / network_version


def _covers(thumbnails_dir: Path) -> tuple[pl.DataFrame, str]:
    """Return the content of each thing's latest picture, sorted by thing, and whose things."""
    held = Thumbnails(thumbnails_dir).held
    frame = pl.DataFrame(
        [(thing, held[thing].sha256) for thing in sorted(held)],
        schema={"thing_id": pl.Int64, "sha256": pl.String},
        orient="row",
    )
    sources = {night.source for night in nights_with_pictures(thumbnails_dir)}
    return frame, "+".join(sorted(sources))


def _missing(covers: pl.DataFrame, known: Set[str]) -> list[str]:
    return sorted(set(covers["sha256"].to_list()) - known)


def _looked_at(covers: pl.DataFrame, seen: Set[str], missing: list[str]) -> dict[str, int]:
    """Return how many things have a picture, and what became of the pictures."""
    pictures = set(covers["sha256"].to_list())
    return {
        "things_with_a_picture": covers.height,
        "distinct_pictures": len(pictures),
        "new_pictures": len(missing),
        "not_to_be_opened": len(pictures - seen),
    }


def _store_photograph(
    context: dg.AssetExecutionContext,
    settings: Settings,
    photograph: PhotographModel,
    looks_version: str,
    source: str,
) -> None:
    figures, inputs = photograph.figures, {PICTURE_FEATURES: looks_version}
    version = version_of(inputs, figures, library_versions(), PHOTOGRAPH_CODE_VERSION)
    made = made_by(
        context,
        settings,
        PHOTOGRAPH,
        version=version,
        code_version=PHOTOGRAPH_CODE_VERSION,
        inputs=inputs,
        source=source,
        row_counts={name: figures[name] for name in ("pictures", "creators", "not_told")},
    )
    save_version(
        settings.models_dir,
        PHOTOGRAPH,
        arrays={} if photograph.model is None else photograph.model.as_arrays(),
        metrics=figures,
        provenance=made,
        version=version,
    )
