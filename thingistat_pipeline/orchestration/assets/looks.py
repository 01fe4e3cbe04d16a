"""What comes of looking at pictures: things that look alike, the choice of one, what it adds."""

import hashlib
from dataclasses import dataclass
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.features.storage import content_version, read_frame
from thingistat_pipeline.orchestration.assets.advisor import advisor_forest
from thingistat_pipeline.orchestration.assets.popularity import FEATURES, popularity_features
from thingistat_pipeline.orchestration.assets.raw import OWNERS
from thingistat_pipeline.orchestration.assets.visual import (
    EMBEDDINGS,
    GROUP,
    NO_PICTURES,
    PICTURE_FEATURES,
    embeddings_folder,
    picture_embeddings,
    picture_features,
)
from thingistat_pipeline.orchestration.automation import (
    WHEN_INPUTS_CHANGED,
    when_other_inputs_changed,
    when_worth_training,
)
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.look_metadata import (
    choice_metadata,
    gain_metadata,
    look_alike_grids,
    reason_metadata,
)
from thingistat_pipeline.orchestration.metadata import number, table_schema, whole_table, world
from thingistat_pipeline.orchestration.provenance import (
    library_versions,
    made_by,
    note,
    version_of,
)
from thingistat_pipeline.popularity.advisor.picture_gain import GAIN, picture_gain
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.splits import read_split
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import LATEST, read_version
from thingistat_pipeline.visual.choice_figures import pictured_things
from thingistat_pipeline.visual.choice_fit import fit_choice, standard_errors
from thingistat_pipeline.visual.choice_trial import choice_trial
from thingistat_pipeline.visual.compression import fit_compression
from thingistat_pipeline.visual.embedding import EmbeddingStore, Vectors
from thingistat_pipeline.visual.look_alikes import look_alikes as compared
from thingistat_pipeline.visual.look_tables import look_alike_rows, look_figures
from thingistat_pipeline.visual.measure_store import FINGERPRINT
from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline.visual.thumbnails import Thumbnails
from thingistat_pipeline.warehouse.model_tables import LOOK_ALIKES
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import write_results

LOOKS, CHOICE = "looks", "picture_choice"
NEIGHBOURS = 10
LOOK_ALIKES_CODE_VERSION = "2"
CHOICE_CODE_VERSION = "2"
GAIN_CODE_VERSION = "1"
PREVIEWED = 10


@dg.asset(
    name=LOOK_ALIKES.name,
    deps=[picture_embeddings, picture_features],
    group_name=GROUP,
    kinds={"duckdb", "table", "numpy"},
    owners=OWNERS,
    code_version=LOOK_ALIKES_CODE_VERSION,
    pool="warehouse",
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        f"{LOOK_ALIKES.comment}, and whether it is nearly the same picture. Published in the table "
        "of that name; the vectors are stored beside it."
    ),
)
def look_alikes(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Compare all pictures with each other, store the vectors and publish what looks alike."""
    with lasting_failures():
        seen = _seen(settings)
        found = compared(
            seen.vectors,
            seen.fingerprints,
            NEIGHBOURS,
            seed=settings.seed,
            exact_up_to=settings.exact_look_alikes_up_to,
        )
        rows = look_alike_rows(seen.things, found)
        metrics = {
            **look_figures(
                rows,
                found,
                pictures=seen.looks["sha256"].n_unique(),
                network=seen.network,
                dimensions=seen.vectors.shape[1],
            ),
            **reason_metadata(seen.reason),
        }
        inputs = seen.inputs
        version = version_of(
            inputs, seen.digest, metrics, library_versions(), LOOK_ALIKES_CODE_VERSION
        )
        made = made_by(
            context,
            settings,
            LOOKS,
            version=version,
            code_version=LOOK_ALIKES_CODE_VERSION,
            inputs=inputs,
            source=seen.source,
            parameters={
                "neighbours": NEIGHBOURS,
                "exact_look_alikes_up_to": settings.exact_look_alikes_up_to,
            },
            row_counts={"things": len(seen.things), LOOK_ALIKES.name: rows.height},
        )
        folder = save_version(
            settings.models_dir,
            LOOKS,
            arrays={} if seen.reason else seen.arrays,
            metrics=metrics,
            provenance=made,
            version=version,
        )
        table = rows.select(
            pl.lit(LOOKS).alias("model"), pl.lit(version).alias("version"), pl.all()
        )
        write_results(settings.warehouse_file, {LOOK_ALIKES.name: table}, models=[LOOKS])
        note(settings.warehouse_file, made)
        publish(settings.warehouse_file, settings.published_dir, settings.published_file)
        hidden = _not_safe(settings)
        with open_published(settings.published_file) as con:
            schema = table_schema(con, LOOK_ALIKES.name)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(content_version(rows)),
        metadata={
            **world(seen.source),
            **reason_metadata(seen.reason),
            "dagster/row_count": rows.height,
            "dagster/column_schema": schema,
            "version": version,
            **{name: metrics[name] for name in ("things", "pictures", "network", "dimensions")},
            "near_duplicate_things": metrics["duplicates"],
            "near_duplicate_pairs": metrics["duplicate_pairs"],
            "recall": number(metrics["recall"]),
            "recall_judged_on": metrics["judged_on"],
            "compared": "nearly all pairs" if metrics["judged_on"] else "all pairs, in full",
            **look_alike_grids(
                rows, Thumbnails(settings.thumbnails_dir).picture, hidden, seen.source
            ),
            "preview": whole_table(rows.head(PREVIEWED)),
            "folder": dg.MetadataValue.path(folder),
            "provenance": dg.MetadataValue.json(made),
        },
    )


@dg.asset(
    name=CHOICE,
    deps=[picture_embeddings, picture_features, popularity_features],
    group_name=GROUP,
    kinds={"scikitlearn"},
    owners=OWNERS,
    code_version=CHOICE_CODE_VERSION,
    automation_condition=when_worth_training(CHOICE, PICTURE_FEATURES),
    description=(
        "Which of several pictures would do best: learned from pairs of similar things, of which "
        "one did better for its age, and judged on creators that were not learned from."
    ),
)
def picture_choice(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Judge the choice on held-out creators, fit it on all, and store both."""
    arrays: dict[str, NDArray[Any]] = {}
    with lasting_failures():
        seen = _seen(settings)
        features = read_frame(settings.features_dir, FEATURES)
        metrics: dict[str, Any] = {"judged": False, "reason": seen.reason}
        if not seen.reason:
            compression = fit_compression(seen.vectors, seed=settings.seed)
            things = pictured_things(seen.looks, seen.vectors, compression, features.frame)
            metrics = choice_trial(things, seed=settings.seed, effort=settings.effort)
        if metrics["judged"]:
            how = {"seed": settings.seed, "strength": metrics["strength"]}
            choice = fit_choice(things, **how)
            metrics |= {"names": list(choice.names), "weights": choice.weights.tolist()}
            arrays = {
                "centre": choice.centre,
                "spread": choice.spread,
                "weights": choice.weights,
                "errors": standard_errors(choice, things, **how),
                "seen_centre": compression.centre,
                "seen_directions": compression.directions,
            }
        inputs = {**seen.inputs, FEATURES: features.version}
        version = version_of(inputs, seen.digest, metrics, library_versions(), CHOICE_CODE_VERSION)
        made = made_by(
            context,
            settings,
            CHOICE,
            version=version,
            code_version=CHOICE_CODE_VERSION,
            inputs=inputs,
            source=seen.source,
            parameters={"network": seen.network},
            row_counts={name: metrics[name] for name in ("things", "pairs") if name in metrics},
        )
        folder = save_version(
            settings.models_dir,
            CHOICE,
            arrays=arrays,
            metrics=metrics,
            provenance=made,
            version=version,
        )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version),
        metadata={
            **world(seen.source),
            "rows_offered": seen.looks.height,
            "judged": metrics["judged"],
            **choice_metadata(metrics, seen.source),
            "folder": dg.MetadataValue.path(folder),
            "provenance": dg.MetadataValue.json(made),
        },
    )


@dg.asset(
    name=GAIN,
    deps=[advisor_forest, popularity_features],
    group_name=GROUP,
    kinds={"scikitlearn"},
    owners=OWNERS,
    code_version=GAIN_CODE_VERSION,
    # Newer features do not change what pictures added to the model on its own split.
    automation_condition=when_other_inputs_changed(popularity_features),
    description=(
        "What the features of pictures add to the prediction of downloads on creators not learned "
        "from, with an interval, also where that is nothing."
    ),
)
def measured_gain(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Grow the forest with pictures and without, and store the difference."""
    with lasting_failures():
        advisor = read_version(settings.models_dir, ADVISOR)
        features = read_frame(settings.features_dir, FEATURES)
        metrics: dict[str, Any] = {"measured": False, "reason": advisor.metrics.get("reason")}
        if advisor.fitted:
            metrics = picture_gain(
                advisor.metrics,
                features.frame,
                read_split(settings.models_dir / ADVISOR / LATEST),
                seed=settings.seed,
                effort=settings.effort,
            )
        inputs = {ADVISOR: advisor.version, FEATURES: features.version}
        version = version_of(inputs, metrics, library_versions(), GAIN_CODE_VERSION)
        made = made_by(
            context,
            settings,
            GAIN,
            version=version,
            code_version=GAIN_CODE_VERSION,
            inputs=inputs,
            source=advisor.source,
            row_counts={name: metrics[name] for name in ("n_train", "n_test") if name in metrics},
        )
        folder = save_version(
            settings.models_dir,
            GAIN,
            arrays={},
            metrics=metrics,
            provenance=made,
            version=version,
        )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version),
        metadata={
            **world(advisor.source),
            "measured": metrics["measured"],
            **gain_metadata(metrics),
            "folder": dg.MetadataValue.path(folder),
            "provenance": dg.MetadataValue.json(made),
        },
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Seen:
    """All things whose picture was both measured and embedded, ascending by id.

    `looks` are the rows of the picture features and `vectors` those of the network; `reason` says
    why there are none.
    """

    looks: pl.DataFrame
    vectors: Vectors
    network: str
    inputs: dict[str, str]
    source: str

    @property
    def things(self) -> NDArray[np.int64]:
        return self.looks["thing_id"].to_numpy()

    @property
    def fingerprints(self) -> NDArray[np.uint64]:
        return self.looks[FINGERPRINT].to_numpy()

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is kept for a new picture to be compared with."""
        return {
            "vectors": self.vectors,
            "things": self.things,
            "fingerprints": self.fingerprints,
        }

    @property
    def reason(self) -> str:
        return NO_PICTURES if self.looks.is_empty() else ""

    @property
    def digest(self) -> str:
        """The content of the vectors: their last bits may depend on what was embedded together."""
        return hashlib.sha256(self.vectors.data).hexdigest()


def _seen(settings: Settings) -> _Seen:
    looks = read_frame(settings.features_dir, PICTURE_FEATURES)
    embedded = read_frame(settings.features_dir, EMBEDDINGS)
    both = looks.frame.join(embedded.frame, on=["thing_id", "sha256"]).sort("thing_id")
    network = NETWORKS[settings.network].version if both.is_empty() else str(both["network"][0])
    store = EmbeddingStore(embeddings_folder(settings, network))
    return _Seen(
        looks=both.drop("network"),
        vectors=store.vectors(both["sha256"].to_list()),
        network=network,
        inputs={PICTURE_FEATURES: looks.version, EMBEDDINGS: embedded.version},
        source=str(looks.provenance["source"]),
    )


def _not_safe(settings: Settings) -> frozenset[int]:
    """Return the things that are not for everybody."""
    with open_published(settings.published_file) as con:
        rows = con.sql("SELECT id FROM things WHERE is_nsfw").fetchall()
    return frozenset(thing for (thing,) in rows)
