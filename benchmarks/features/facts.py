"""What the frames of the two sides are compared by."""

import polars as pl

from benchmarks.features import COMPARED
from benchmarks.stage import Facts


def facts_of(frame: pl.DataFrame) -> Facts:
    """Return what the two sides' frames are compared by."""
    categories = [frame[name].sum() for name in frame.columns if name.startswith("category_")]
    return {
        "rows": frame.height,
        "columns": frame.width,
        "sums": {name: int(frame[name].sum()) for name in COMPARED},
        "in_top_categories": sorted(int(things) for things in categories),
    }
