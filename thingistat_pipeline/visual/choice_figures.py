"""What choosing pictures is learned from: things, their pictures' figures, and how they did."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.features.registry import CATEGORY_PREFIX
from thingistat_pipeline.visual.compression import Compression
from thingistat_pipeline.visual.picture_choice import Floats, PicturedThings

SEEN_PREFIX = "seen_"
"""Of the names of what the network sees, which mean nothing to people."""
_NEEDED = ("age_days", "download_count")


def pictured_things(
    looks: pl.DataFrame,
    vectors: NDArray[np.float16],
    compression: Compression,
    features: pl.DataFrame,
) -> PicturedThings:
    """Return the things of which a picture, the age and the downloads are known.

    Parameters
    ----------
    looks : polars.DataFrame
        `thing_id` and the features of its picture, one row a thing. A feature that is unknown for
        some is left out.
    vectors : ndarray of float16, shape (len(looks), dimensions)
        Of the same things, in the same order.
    compression : Compression
        Of the vectors.
    features : polars.DataFrame
        What `popularity_frame` returns. Of the categories that a thing is in, the one with the
        fewest things counts.

    Returns
    -------
    PicturedThings
        Sorted by the thing's id.
    """
    categories = [name for name in features.columns if name.startswith(CATEGORY_PREFIX)]
    known = features.select("id", "creator_id", *_NEEDED, _narrowest(categories))
    rows = (
        looks.with_row_index("place")
        .join(known, left_on="thing_id", right_on="id")
        .drop_nulls(_NEEDED)
        .sort("thing_id")
    )
    names = [feature.name for feature in LOOKS if not looks[feature.name].null_count()]
    seen = compression.compressed(vectors)[rows["place"].to_numpy()]
    return PicturedThings(
        figures=np.hstack([_floats(rows, names), seen]),
        names=(*names, *(f"{SEEN_PREFIX}{place + 1}" for place in range(seen.shape[1]))),
        # a thing of unknown creator is a group of its own
        creators=rows.select(pl.coalesce("creator_id", -pl.col("thing_id") - 1))
        .to_series()
        .cast(pl.Int64)
        .to_numpy(),
        categories=rows["category"].cast(pl.Int64).to_numpy(),
        ages=np.maximum(rows["age_days"].cast(pl.Float64).to_numpy(), 1.0),
        downloads=np.log1p(rows["download_count"].cast(pl.Float64).to_numpy()),
    )


def _narrowest(categories: Sequence[str]) -> pl.Expr:
    """Return the number of the last category a thing is in, or -1; the largest come first."""
    numbered = [
        pl.when(pl.col(name)).then(place).otherwise(-1) for place, name in enumerate(categories)
    ]
    return pl.max_horizontal(pl.lit(-1), *numbered).alias("category")


def _floats(rows: pl.DataFrame, names: Sequence[str]) -> Floats:
    columns = [rows[name].to_numpy() for name in names]
    return np.array(columns, dtype=np.float64).reshape(len(names), len(rows)).T
