"""The pictures of things as the recommender takes them: short vectors, by thing."""

import hashlib
from typing import NamedTuple

import numpy as np

from thingistat_pipeline.features.storage import read_frame
from thingistat_pipeline.orchestration.assets.visual import EMBEDDINGS, embeddings_folder
from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.compression import fit_compression
from thingistat_pipeline.visual.embedding import EmbeddingStore

_DIGITS = 4
"""Of a number whose variance is 1: what comes after them depends on the order of a sum."""


class PictureVectors(NamedTuple):
    """The vectors, None where no thing has a picture, and the version of what they hold."""

    vectors: ThingVectors | None
    version: str


def picture_vectors(settings: Settings) -> PictureVectors:
    """Return the compressed vectors of the things' pictures, what tells most first.

    They are found on the pictures of all things; what anybody likes has no part in it.
    """
    embedded = read_frame(settings.features_dir, EMBEDDINGS)
    seen = embedded.frame.sort("thing_id")
    if seen.is_empty():
        return PictureVectors(None, embedded.version)
    store = EmbeddingStore(embeddings_folder(settings, seen["network"][0]))
    full = store.vectors(seen["sha256"].to_list())
    things = seen["thing_id"].to_numpy()
    digest = hashlib.sha256(things.astype("<i8").tobytes())
    digest.update(full.tobytes())
    short = fit_compression(full, seed=settings.seed).compressed(full)
    return PictureVectors(
        ThingVectors(things, np.round(short, _DIGITS).astype(np.float32)),
        digest.hexdigest(),
    )
