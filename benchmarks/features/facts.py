"""What the frames of the two sides are compared by."""

import polars as pl

from benchmarks.features import COMPARED, TOP
from benchmarks.stage import Facts


def facts_of(frame: pl.DataFrame, features: int) -> Facts:
    """Return what the two sides' frames are compared by; `features` of the columns are features."""
    categories = [frame[name].sum() for name in frame.columns if name.startswith("category_")]
    return {
        "rows": frame.height,
        "columns": frame.width,
        "features": features,
        "sums": {name: int(frame[name].sum()) for name in COMPARED},
        "in_top_categories": sorted((int(things) for things in categories), reverse=True)[:TOP],
    }
