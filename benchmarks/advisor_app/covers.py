"""Cover pictures for very many things: few are drawn, and things share them."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from benchmarks.looks import simulated
from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.visual.cover_pictures import pixels_of
from thingistat_pipeline.visual.fingerprint import fingerprint
from thingistat_pipeline.visual.photograph import PhotographWeights, with_photograph
from thingistat_pipeline.visual.picture_features import FEATURES, picture_features
from thingistat_pipeline.visual.thumbnails import (
    Held,
    NightManifest,
    Tried,
    content_hash,
    store_content,
    write_night,
)

NIGHT = date(2026, 9, 1)
_DRAWN = 300
_NOISE = 0.05
"""Of a feature's spread, so that things that share a picture do not measure the same."""


@dataclass(frozen=True, eq=False, slots=True)
class Covers:
    """What the covers of things measure.

    Attributes
    ----------
    looks : polars.DataFrame
        thing_id and the measured features, a row a thing, ascending.
    fingerprints : ndarray of uint64, shape (things,)
    """

    looks: pl.DataFrame
    fingerprints: NDArray[np.uint64]

    def looks_with(self, model: PhotographWeights | None) -> pl.DataFrame:
        """Return the looks with the estimated chance of a photograph beside them."""
        names = [feature.name for feature in LOOKS]
        return with_photograph(self.looks, model).select("thing_id", *names)


def given_covers(
    thumbnails_dir: Path, things: pl.DataFrame, random: np.random.Generator, *, seed: int
) -> Covers:
    """Give every thing one of a few pictures, store them, and return what they measure.

    Parameters
    ----------
    thumbnails_dir : Path
    things : polars.DataFrame
        With `id`, ascending.
    random : Generator
        Says who gets which.
    seed : int
        Of the pictures.
    """
    contents = simulated.covers(min(_DRAWN, things.height), seed=seed)
    pixels = [pixels_of(content) for content in contents]
    held = [_held(thumbnails_dir, content) for content in contents]
    drawn = random.integers(0, len(contents), things.height)
    measured = np.array([picture_features(picture) for picture in pixels])
    noise = _NOISE * measured.std(axis=0) * random.standard_normal((things.height, 1))
    ids = things["id"].to_list()
    tried = [
        Tried(thing_id=thing, address=None, tried_at=f"{NIGHT}T12:00:00Z", held=held[place])
        for thing, place in zip(ids, drawn.tolist(), strict=True)
    ]
    manifest = NightManifest(
        night=str(NIGHT),
        source="sandbox",
        pixels=320,
        content_hash=content_hash(tried),
        pictures=tried,
    )
    write_night(thumbnails_dir, manifest)
    looks = pl.DataFrame(measured[drawn] + noise, schema=list(FEATURES))
    return Covers(
        looks.select(pl.Series("thing_id", ids), pl.all()),
        np.array([fingerprint(picture) for picture in pixels], dtype=np.uint64)[drawn],
    )


def _held(thumbnails_dir: Path, content: bytes) -> Held:
    width, height = Image.open(BytesIO(content)).size
    store_content(thumbnails_dir, content)
    return Held(
        sha256=sha256(content).hexdigest(),
        bytes=len(content),
        format="JPEG",
        width=width,
        height=height,
    )
