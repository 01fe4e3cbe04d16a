"""What looks alike, as rows to publish and as figures to show."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.visual.look_alikes import LookAlikes

_DIGITS = 5
"""Of a cosine; the vectors are float16, and more would depend on the order of a sum."""

SCHEMA = pl.Schema(
    {
        "thing_id": pl.Int64(),
        "neighbour_id": pl.Int64(),
        "rank": pl.Int64(),
        "similarity": pl.Float64(),
        "duplicate": pl.Boolean(),
    }
)


def look_alike_rows(things: NDArray[np.int64], found: LookAlikes) -> pl.DataFrame:
    """Return one row a thing and look-alike.

    Parameters
    ----------
    things : ndarray of int64, shape (things,)
        Ids, in the order of the vectors that were compared.
    found : LookAlikes

    Returns
    -------
    polars.DataFrame
        Of the schema `SCHEMA`: `rank` counts from 1, `similarity` is the cosine.
    """
    rows, places = np.nonzero(found.positions >= 0)
    # float16 makes some vectors a little longer than 1
    cosines = np.clip(found.similarities[rows, places].astype(np.float64), -1, 1)
    return pl.DataFrame(
        {
            "thing_id": things[rows],
            "neighbour_id": things[found.positions[rows, places]],
            "rank": places + 1,
            "similarity": cosines.round(_DIGITS),
            "duplicate": found.duplicates[rows, places],
        },
        schema=SCHEMA,
    )


def duplicate_counts(rows: pl.DataFrame) -> dict[str, int]:
    """Return how many things have nearly the picture of another, and how many such pairs are.

    Parameters
    ----------
    rows : polars.DataFrame
        What `look_alike_rows` returns.
    """
    same = rows.filter("duplicate").select(
        pl.min_horizontal("thing_id", "neighbour_id").alias("one"),
        pl.max_horizontal("thing_id", "neighbour_id").alias("other"),
    )
    pairs = same.unique()
    return {
        "duplicates": pl.concat([pairs["one"], pairs["other"]]).n_unique(),
        "duplicate_pairs": pairs.height,
    }


def look_figures(
    rows: pl.DataFrame, found: LookAlikes, *, pictures: int, network: str, dimensions: int
) -> dict[str, Any]:
    """Return what is told of a comparison, ready for JSON.

    Parameters
    ----------
    rows : polars.DataFrame
        What `look_alike_rows` returns for `found`.
    found : LookAlikes
    pictures : int
        Different pictures that were compared.
    network : str
        Name of the network that made the vectors.
    dimensions : int
        Of a vector.
    """
    return {
        "things": len(found.positions),
        "pictures": pictures,
        "network": network,
        "dimensions": dimensions,
        "recall": found.recall,
        "judged_on": found.judged_on,
        **duplicate_counts(rows),
    }
