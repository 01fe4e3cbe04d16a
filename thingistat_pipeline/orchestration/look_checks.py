"""Checks of the pictures and of what a network saw in them, before anything rests on it."""

import dagster as dg
import numpy as np
from dagster import AssetCheckSeverity

from thingistat_pipeline.features.storage import read_frame
from thingistat_pipeline.orchestration.assets.looks import LOOKS, look_alikes
from thingistat_pipeline.orchestration.assets.visual import (
    EMBEDDINGS,
    embeddings_folder,
    picture_embeddings,
    thumbnails,
)
from thingistat_pipeline.orchestration.checks import verdict
from thingistat_pipeline.recommender.store import load_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.embedding import EmbeddingStore
from thingistat_pipeline.visual.look_alikes import looks_like
from thingistat_pipeline.visual.thumbnails import nights_with_pictures

LEAST_OBTAINED = 0.8
ROUNDING = 2e-3
"""By which a vector kept as float16 may be longer or shorter than 1."""
ASKED = 100
_AT_ONCE = 16_384
_NOT_APPLICABLE = "Not applicable: there is no picture of any thing."


@dg.asset_check(asset=thumbnails)
def most_pictures_were_obtained(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """At least 80 % of the pictures of live things that have an address are there."""
    tried = [
        each
        for night in nights_with_pictures(settings.thumbnails_dir)
        for each in night.pictures
        if each.address is not None
    ]
    if not tried:
        return dg.AssetCheckResult(passed=True, description=_NOT_APPLICABLE)
    obtained = sum(each.held is not None for each in tried)
    return dg.AssetCheckResult(
        passed=obtained >= LEAST_OBTAINED * len(tried),
        severity=AssetCheckSeverity.WARN,
        description=(
            f"{obtained:,} of {len(tried):,} pictures were obtained. Why the others were not is in "
            "the metadata of each night; materialize a night again to ask for them once more."
        ),
        metadata={"share_obtained": obtained / len(tried)},
    )


@dg.asset_check(asset=picture_embeddings, blocking=True)
def embeddings_are_unit_vectors(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Every number of every vector is finite, and every vector has the length 1."""
    frame = read_frame(settings.features_dir, EMBEDDINGS).frame
    bad = 0
    for (network,), pictures in frame.group_by("network"):
        store = EmbeddingStore(embeddings_folder(settings, str(network)))
        digests = pictures["sha256"].unique().sort().to_list()
        for start in range(0, len(digests), _AT_ONCE):
            vectors = store.vectors(digests[start : start + _AT_ONCE]).astype(np.float32)
            lengths = np.linalg.norm(vectors, axis=1)
            bad += int((~(np.abs(lengths - 1) <= ROUNDING)).sum())  # NaN is not near 1 either
    return verdict(
        [f"{bad:,} pictures have vectors that are not finite or not of length 1"] if bad else [],
        f"delete the folder {settings.features_dir / EMBEDDINGS} and materialize {EMBEDDINGS}",
    )


@dg.asset_check(asset=look_alikes, blocking=True)
def each_picture_is_nearest_to_itself(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """What the network saw in a thing's picture is nearest to that thing, for a sample of them."""
    stored = load_version(settings.models_dir, LOOKS)
    if "vectors" not in stored.arrays:
        return dg.AssetCheckResult(passed=True, description=_NOT_APPLICABLE)
    vectors, things = stored.arrays["vectors"], stored.arrays["things"]
    embedded = read_frame(settings.features_dir, EMBEDDINGS).frame
    pictures = dict(embedded.select("thing_id", "sha256").iter_rows())
    store = EmbeddingStore(embeddings_folder(settings, embedded["network"][0]))
    places = np.unique(np.linspace(0, len(things) - 1, min(ASKED, len(things))).astype(np.int64))
    own = store.vectors([pictures[int(things[place])] for place in places])
    lost = []
    for place, vector in zip(places, own, strict=True):
        nearest = looks_like(vector, vectors, 1)
        itself = float(vectors[place].astype(np.float32) @ vector.astype(np.float32))
        # another thing may have the same picture, or one that rounding cannot tell from it
        if not itself >= nearest.scores[0, 0] - ROUNDING:
            lost.append(int(things[place]))
    return verdict(
        [f"{len(lost)} of {len(places)} things are not, thing {lost[0]} for one"] if lost else [],
        "materialize picture_embeddings and look_alikes again",
    )
