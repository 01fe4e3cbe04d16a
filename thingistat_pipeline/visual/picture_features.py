"""The features of pictures: some three dozen numbers each, from its pixels alone.

What each is called and means is told in `thingistat_pipeline.features.pictures`; the values here
have the same order.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.features.pictures import MEASURED_LOOKS, PREFIX
from thingistat_pipeline.visual.colour import colour_features
from thingistat_pipeline.visual.composition import composition_features
from thingistat_pipeline.visual.subject import subject_features, subject_of
from thingistat_pipeline.visual.texture import texture_features
from thingistat_pipeline.visual.working_picture import Picture, one_thread, working_picture

FEATURES = tuple(feature.name for feature in MEASURED_LOOKS)
"""Names of the values, in their order."""


def picture_features(picture: Picture) -> NDArray[np.float64]:
    """Measure a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        Red, green and blue; at least one pixel.

    Returns
    -------
    ndarray of float64, shape (len(FEATURES),)
        All finite.

    Raises
    ------
    ValueError
        If the picture has another shape or type.
    """
    with one_thread():
        seen = working_picture(picture)
        subject = subject_of(seen)
        found = {
            **colour_features(seen),
            **texture_features(seen),
            **subject_features(seen, subject),
            **composition_features(subject),
            "aspect": seen.aspect,
        }
    return np.array([found[name.removeprefix(PREFIX)] for name in FEATURES])


def frame_of(pictures: Iterable[tuple[int, Picture]]) -> pl.DataFrame:
    """Measure the cover pictures of things, one after the other.

    Parameters
    ----------
    pictures : iterable of (thing id, ndarray of uint8, shape (height, width, 3))
        One picture is held at a time.

    Returns
    -------
    polars.DataFrame
        `thing_id` (Int64) and `FEATURES` (Float64), in the order of the pictures.
    """
    things: list[int] = []

    def rows() -> Iterator[NDArray[np.float64]]:
        for thing_id, picture in pictures:
            things.append(thing_id)
            yield picture_features(picture)

    values = np.fromiter(rows(), dtype=np.dtype((np.float64, len(FEATURES))))
    ids = pl.DataFrame({"thing_id": pl.Series(things, dtype=pl.Int64)})
    return ids.hstack(pl.DataFrame(values, schema=dict.fromkeys(FEATURES, pl.Float64)))
