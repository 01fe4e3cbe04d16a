"""Published tables of what is alike, drawn by lot: as many rows as the true ones, and no truth."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

_NEIGHBOURS, _CLOSEST, _LEAST_THINGS = 10, 50, 5


def alike_tables(
    things: NDArray[np.int64],
    tags: pl.DataFrame,
    random: np.random.Generator,
    models: Mapping[str, str],
    version: str,
) -> dict[str, pl.DataFrame]:
    """Return the tables of the recommender and of the looks.

    Parameters
    ----------
    things : ndarray of int64, shape (n,)
        Ids of all live things.
    tags : polars.DataFrame
        tag, things: how many bear it.
    random : Generator
    models : Mapping of str to str
        What the models "recommender" and "looks" are called.
    version : str
        Of both.
    """
    closeness = tags.filter(pl.col("things") >= _LEAST_THINGS).sort("tag")
    common = closeness["tag"]

    def lists(of: pl.Series, rows: int) -> dict[str, pl.Series]:
        rank = np.tile(np.arange(1, rows + 1), len(of))
        return {
            of.name: of.gather(np.repeat(np.arange(len(of)), rows)),
            "rank": pl.Series(rank, dtype=pl.Int64),
            "score": pl.Series(1.0 / (1.0 + rank)),
        }

    def others(among: pl.Series, count: int) -> pl.Series:
        return among.gather(random.integers(0, len(among), count))

    def named(model: str, columns: Mapping[str, pl.Series]) -> pl.DataFrame:
        frame = pl.DataFrame(columns)
        return frame.select(
            pl.lit(models[model]).alias("model"), pl.lit(version).alias("version"), pl.all()
        )

    every = pl.Series("thing_id", things)
    pairs, closest = len(every) * _NEIGHBOURS, len(common) * _CLOSEST
    beside = (
        np.repeat(np.arange(len(every)), _NEIGHBOURS) + random.integers(1, len(every), pairs)
    ) % len(every)
    bases = pl.Series(["likes", "both", "features", "content"])
    looks = lists(every, _NEIGHBOURS)
    looks["similarity"] = looks.pop("score")
    suggested = random.integers(0, len(common), pairs)
    return {
        "similar_things": named(
            "recommender",
            lists(every, _NEIGHBOURS)
            | {"neighbour_id": every.gather(beside), "basis": others(bases, pairs)},
        ),
        "suggested_tags": named(
            "recommender",
            lists(every, _NEIGHBOURS)
            | {"tag": common.gather(suggested), "things": closeness["things"].gather(suggested)},
        ),
        "tag_things": named(
            "recommender", lists(common, _CLOSEST) | {"thing_id": others(every, closest)}
        ),
        "tag_neighbours": named(
            "recommender",
            lists(common, _NEIGHBOURS) | {"neighbour": others(common, len(common) * _NEIGHBOURS)},
        ),
        "look_alikes": named(
            "looks",
            looks
            | {
                "neighbour_id": every.gather(beside),
                "duplicate": pl.Series(random.random(pairs) < 0.01),
            },
        ),
    }
