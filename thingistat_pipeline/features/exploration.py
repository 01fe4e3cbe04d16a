"""What ThingiStat's notebook looked at before it modelled anything, as small frames for plots.

Missing values, flags that hardly ever vary, categories and tags, distributions, downloads against
the mean of the files' downloads and against the date; and one thing that it did not look at: how
many ids of each age are still there (the sample is one of survivors).
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from thingistat_pipeline.features.frame import query_named, table_of
from thingistat_pipeline.features.intervals import with_wilson_interval

HISTOGRAM_COLUMNS = (
    *("title_words", "description_length", "description_words", "instructions_length"),
    *("tag_count", "file_count", "file_bytes", "image_count", "added_images_count", "photo_count"),
    *("count_of_followers", "count_of_designs", "creator_earlier_designs", "age_days"),
    *("like_count", "collect_count", "comment_count", "root_comment_count", "make_count"),
    *("remix_count", "view_count", "download_count", "average_download_count"),
)
"""What is looked at one by one: the notebook's quantities and a few more, not every feature."""
JOINED_OR_RECKONED = ("count_of_followers", "count_of_designs", "age_days")
"""Features that can be missing although nothing of the table `things` is."""
SCATTER_ROWS = 5000
TAGS = 50
_BOOKKEEPING = {"load", "source"}


@dataclass(frozen=True, slots=True)
class Exploration:
    """Small frames, one a question; every one has its columns even where it has no rows.

    Attributes
    ----------
    missing : DataFrame
        column, share, n: how many of the things lack it; the most lacking first. Columns of the
        table `things`, the creator's numbers and the age.
    flags : DataFrame
        flag, share_true, variance, kept: Bernoulli variance p(1-p) of each flag where known, and
        whether it reaches .6 x .4, below which ThingiStat dropped a flag as nearly constant.
    categories : DataFrame
        name, things, median_downloads.
    tags : DataFrame
        tag, things, median_downloads; the 50 most frequent.
    histograms : DataFrame
        column, bin_left, bin_right, count: bins [left, right) that double in width; 0 has its own.
    downloads_vs_file_mean : DataFrame
        id, download_count, average_download_count; at most 5,000 things, evenly over the ids.
    downloads_over_time : DataFrame
        month of publication, things, median_downloads, median_views, q25, q75 (of downloads).
    hit_rate_by_id_decile : DataFrame
        decile, id_low, id_high, attempted, live, hit_rate, low, high (95 % Wilson).
    """

    missing: pl.DataFrame
    flags: pl.DataFrame
    categories: pl.DataFrame
    tags: pl.DataFrame
    histograms: pl.DataFrame
    downloads_vs_file_mean: pl.DataFrame
    downloads_over_time: pl.DataFrame
    hit_rate_by_id_decile: pl.DataFrame


def explore(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> Exploration:
    """Look at the published database and the popularity frame made from it.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Open on a published database.
    frame : polars.DataFrame
        What `popularity_frame` returned for the same database.
    """
    return Exploration(
        missing=missing_values(con, frame),
        flags=flag_variances(con),
        categories=table_of(con, query_named("categories")),
        tags=table_of(con, query_named("tags"), n=TAGS),
        histograms=histograms(frame),
        downloads_vs_file_mean=downloads_vs_file_mean(frame),
        downloads_over_time=downloads_over_time(frame),
        hit_rate_by_id_decile=hit_rate_by_id_decile(con),
    )


def missing_values(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> pl.DataFrame:
    """Count what is not known: columns of `things`, and what is joined to them or reckoned."""
    counted = table_of(con, "SELECT count(*) - count(COLUMNS(*)) FROM things")
    lacking = counted.row(0, named=True)
    for name in JOINED_OR_RECKONED:
        lacking[name] = frame[name].null_count()
    things = max(frame.height, 1)
    return pl.DataFrame(
        [
            {"column": column, "share": n / things, "n": n}
            for column, n in lacking.items()
            if column not in _BOOKKEEPING
        ],
        schema={"column": pl.String, "share": pl.Float64, "n": pl.Int64},
    ).sort(["n", "column"], descending=[True, False])


def flag_variances(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return each flag's Bernoulli variance and whether it reaches the threshold .6 x .4.

    The threshold is the example of scikit-learn's guide to `VarianceThreshold`, which ThingiStat
    used: a flag that has one value in more than 60 % of the things is dropped. It is decided in
    whole numbers, so that exactly 60 % is kept on every machine.
    """
    flags = [
        name
        for name, dtype in table_of(con, "FROM things LIMIT 0").schema.items()
        if dtype == pl.Boolean
    ]
    rows = []
    for flag in flags:
        counted = table_of(con, f'SELECT count(*) FILTER ("{flag}"), count("{flag}") FROM things')
        true, known = counted.row(0)
        if known:
            rows.append(
                {
                    "flag": flag,
                    "share_true": true / known,
                    "variance": true * (known - true) / known**2,
                    "kept": 100 * true * (known - true) >= 24 * known**2,
                }
            )
    return pl.DataFrame(
        rows,
        schema={
            "flag": pl.String,
            "share_true": pl.Float64,
            "variance": pl.Float64,
            "kept": pl.Boolean,
        },
    )


def histograms(frame: pl.DataFrame) -> pl.DataFrame:
    """Count values in bins that double: below 0, [0, 1), [1, 2), [2, 4), [4, 8) and so on."""
    rows = []
    for column in HISTOGRAM_COLUMNS:
        values = frame[column].drop_nulls().cast(pl.Float64).to_numpy()
        if not len(values):
            continue
        edges = _doubling_edges(values.min(), values.max())
        counts, _ = np.histogram(values, bins=edges)
        rows += [
            {"column": column, "bin_left": left, "bin_right": right, "count": int(count)}
            for left, right, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
    return pl.DataFrame(
        rows,
        schema={
            "column": pl.String,
            "bin_left": pl.Float64,
            "bin_right": pl.Float64,
            "count": pl.Int64,
        },
    )


def _doubling_edges(smallest: float, largest: float) -> list[float]:
    """Return edges from below `smallest` to above `largest`: negatives, 0, 1, 2, 4, 8 ..."""
    edges = [0.0, 1.0]
    while edges[-1] <= largest:
        edges.append(edges[-1] * 2)
    return [float(np.floor(smallest)), *edges] if smallest < 0 else edges


def downloads_vs_file_mean(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a thing's downloads beside the mean of its files', thinned evenly over the ids."""
    columns = ["id", "download_count", "average_download_count"]
    known = frame.select(columns).drop_nulls().sort("id")
    if known.height <= SCATTER_ROWS:
        return known
    kept = np.linspace(0, known.height - 1, SCATTER_ROWS).astype(np.int64)
    return known[kept]


def downloads_over_time(frame: pl.DataFrame) -> pl.DataFrame:
    """Return quartiles of downloads and the median of views by month of publication."""
    downloads = pl.col("download_count")
    return (
        frame.filter(pl.col("added").is_not_null())
        .group_by(month=pl.col("added").dt.truncate("1mo").dt.date())
        .agg(
            things=pl.len().cast(pl.Int64),
            median_downloads=downloads.median(),
            median_views=pl.col("view_count").median(),
            q25=downloads.quantile(0.25, "linear"),
            q75=downloads.quantile(0.75, "linear"),
        )
        .sort("month")
    )


def hit_rate_by_id_decile(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return how many randomly drawn ids are live in each tenth of the id range, with intervals."""
    counted = table_of(con, query_named("hit_rate_by_id_decile"))
    return with_wilson_interval(counted.cast(pl.Int64), "live", "attempted")
