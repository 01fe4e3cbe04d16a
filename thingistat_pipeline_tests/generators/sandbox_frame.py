"""The popularity frame of the sandbox's generator, without its server, a download or a database.

The generator (`thingistat_pipeline.sandbox`) decides what things are; the features that it decides
are computed here by the package's own queries (`features/sql`) from tables held in memory, so that
they mean what they mean in a real run. What is planted in them is
`thingistat_pipeline.sandbox.effects.PLANTED_EFFECTS`. Left out are the columns that need the texts
or the pages themselves (language, words, headings, links), and the gaps that the shape of old
answers leaves: every value is known unless it does not exist.
"""

from datetime import date

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.features.frame import query_named, table_of
from thingistat_pipeline.features.registry import CATEGORY_PREFIX
from thingistat_pipeline.sandbox.catalogue import Thing, describe_things, live_ids
from thingistat_pipeline.sandbox.randomness import Dice, stream_key
from thingistat_pipeline.sandbox.texts import tags_of, title
from thingistat_pipeline.sandbox.timeline import DEFAULT_TODAY, newest_id, noon_of
from thingistat_pipeline.sandbox.vocabulary import LICENSES, TOP_CATEGORIES, slug_of

Ids = NDArray[np.int64]

SETTINGS_SHARE = 0.35
"""Share of the things not customized whose print settings are given, as `payloads` has it."""
_SETTINGS = ("supports_given", "rafts_given", "resolution_given", "infill_given")
_LEAST_LIVE = 0.3
_GOLDEN = 0x9E3779B97F4A7C15
_SHAPES = ("stl", "stl", "stl", "stl", "stl", "stl", "stl", "obj", "3mf")
_PLAIN = ("scad", "f3d", "step", "pdf", "txt", "dxf", "fcstd", "zip")
_PARTS = (
    "content_declared",
    "content_tags",
    "content_files",
    "creator_at_publish",
    "context",
    "engagement",
    "outcome",
)


def sandbox_frame(things: int, *, seed: int = 12, today: date = DEFAULT_TODAY) -> pl.DataFrame:
    """Return what `popularity_frame` makes of a uniform sample of the live things of a sandbox.

    Parameters
    ----------
    things : int
        How many.
    seed : int, default=12
        Of the catalogue and of the sample: another seed is another site.
    today : date
        The day of the observation.

    Returns
    -------
    polars.DataFrame
        Sorted by id: `id`, `creator_id`, `added`, `observed_at`, the features that the generator
        decides, in the names and types of `popularity_frame`, and a column for every category,
        the most frequent first.
    """
    ids = _live_sample(things, seed, today)
    columns = describe_things(ids, seed, today)
    sample = [Thing(*row) for row in zip(*(c.tolist() for c in columns.values()), strict=True)]
    made = pl.DataFrame(columns)
    frame = made.select(
        pl.col("id", "file_count"),
        creator_id="creator",
        name=pl.Series([title(seed, thing) for thing in sample]),
        added=pl.from_epoch(pl.col("added").cast(pl.Int64), time_unit="s").cast(pl.Datetime("us")),
        observed_at=pl.lit(noon_of(today).replace(tzinfo=None)).cast(pl.Datetime("us")),
        license=pl.Series([Dice(seed, "license", thing.id).zipf(LICENSES) for thing in sample]),
        allows_derivatives=pl.lit(value=True),
        is_derivative=pl.col("ancestor") > 0,
        is_wip="wip",
        is_nsfw="nsfw",
        is_ai="ai",
        app_id=pl.when("customizer").then("id"),
    ).hstack(made.select(pl.col("^.*_count$").exclude("file_count", "tag_count")))
    files = _files(made, seed)
    frame = frame.join(
        files.group_by("thing_id").agg(average_download_count=pl.col("download_count").mean()),
        left_on="id",
        right_on="thing_id",
    ).with_columns(modified="added")
    parts = _from_queries(frame.sort("id"), made, files, _tags(sample, seed, today))
    return pl.concat(
        [
            frame.sort("id").select("id", "creator_id", "added", "observed_at"),
            frame.sort("id").select(
                title_length=pl.col("name").str.len_chars().cast(pl.Int64),
                title_words=pl.col("name")
                .str.extract_all("[^ \t\n\r\xa0]+")
                .list.len()
                .cast(pl.Int64),
            ),
            made.select(
                "description_length",
                "instructions_length",
                instructions_given=pl.col("instructions_length") > 0,
            ),
            _print_settings(made, seed),
            *parts[:3],
            _pictures(made),
            *parts[3:],
            _categories(made),
        ],
        how="horizontal",
    )


def hidden_traits(frame: pl.DataFrame, *, seed: int = 12) -> pl.DataFrame:
    """Return what the site does not tell of a frame's things: reputation, quality, attention."""
    columns = describe_things(frame["id"].to_numpy(), seed, frame["observed_at"][0].date())
    return pl.DataFrame({name: columns[name] for name in ("reputation", "quality", "attention")})


def _live_sample(things: int, seed: int, today: date) -> Ids:
    newest = newest_id(today)
    tries = min(newest, int(things / _LEAST_LIVE) + 200)
    drawn = np.random.default_rng(seed).choice(newest, size=tries, replace=False) + 1
    live = live_ids(drawn, seed, today)
    if len(live) < things:
        raise ValueError(f"only {len(live)} live things among {tries} ids")
    return np.sort(live[:things])


def _draws(seed: int, stream: str, ids: Ids, place: Ids | int) -> NDArray[np.float64]:
    """Return the number that `Dice(seed, stream, id)` gives at a place in its sequence, from 0."""
    state = np.array([stream_key(seed, stream)], dtype=np.uint64) + ids.astype(
        np.uint64
    ) * np.uint64(_GOLDEN)
    state = _mixed(state) + (np.asarray(place).astype(np.uint64) + np.uint64(1)) * np.uint64(
        _GOLDEN
    )
    return ((_mixed(state) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _files(made: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return every file of the things as `pieces.files_of` makes them: kind, size, downloads.

    After one number for the word in the name, a file takes four of its thing's dice: ending, name,
    size, share of the downloads; a single file takes two, ending and size.
    """
    count = made["file_count"].to_numpy()
    owner = np.repeat(np.arange(made.height), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    ids, single = made["id"].to_numpy()[owner], count[owner] == 1
    shaped = place < (made["file_count"] - made["plain_files"]).to_numpy()[owner]
    first = 1 + 4 * place
    ending = _draws(seed, "files", ids, first)
    size = _draws(seed, "files", ids, np.where(single, 2, first + 2))
    share = np.where(single, 0.97, 0.5 + 1.4 * _draws(seed, "files", ids, first + 3) ** 1.5)
    kind = np.where(
        shaped,
        np.array(_SHAPES)[(ending * len(_SHAPES)).astype(np.intp)],
        np.array(_PLAIN)[(ending * len(_PLAIN)).astype(np.intp)],
    )
    return pl.DataFrame(
        {
            "thing_id": ids,
            "name": kind,
            "kind": kind,
            "size_bytes": (40 * 10 ** (5 * size**0.8 + 1)).astype(np.int64),
            "download_count": (made["download_count"].to_numpy()[owner] * share).astype(np.int64),
        }
    )


def _tags(sample: list[Thing], seed: int, today: date) -> pl.DataFrame:
    newest = newest_id(today)
    pairs = [
        (thing.id, tag.name.lower()) for thing in sample for tag in tags_of(seed, thing, newest)
    ]
    return pl.DataFrame(
        pairs, schema={"thing_id": pl.Int64, "tag": pl.String}, orient="row"
    ).unique()


def _from_queries(
    things: pl.DataFrame, made: pl.DataFrame, files: pl.DataFrame, thing_tags: pl.DataFrame
) -> list[pl.DataFrame]:
    """Return the columns of the package's own queries, run on tables in memory."""
    tables = {
        "things": things,
        "files": files,
        "thing_tags": thing_tags,
        "creators": made.select(
            id="creator",
            count_of_followers="followers",
            count_of_following="following",
            count_of_designs="designs",
            accepts_tips=pl.lit(None, dtype=pl.Boolean),
        ).unique("id"),
        "ancestors": made.filter(pl.col("ancestor") > 0).select(thing_id="id"),
    }
    with duckdb.connect() as con:
        for name, table in tables.items():
            con.register(name, table)
        parts = [table_of(con, query_named(part)).sort("id").drop("id") for part in _PARTS]
    return [part.drop("accepts_tips", strict=False) for part in parts]


def _print_settings(made: pl.DataFrame, seed: int) -> pl.DataFrame:
    given = (_draws(seed, "details", made["id"].to_numpy(), 0) < SETTINGS_SHARE) & ~made[
        "customized"
    ].to_numpy()
    flags = dict.fromkeys(("print_settings_given", *_SETTINGS), given)
    return pl.DataFrame({"print_setting_count": np.where(given, 6, 0).astype(np.int64), **flags})


def _pictures(made: pl.DataFrame) -> pl.DataFrame:
    photos, renders = pl.col("photos"), pl.col("renders")
    return made.select(
        image_count=photos + renders,
        added_images_count=photos + renders - pl.col("file_count"),
        photo_count=photos,
        render_count=renders,
        thumbnail_is_placeholder=photos + renders == 0,
        thumbnail_is_render=pl.when(photos + renders > 0).then(photos == 0),
    )


def _categories(made: pl.DataFrame) -> pl.DataFrame:
    """Return one-hot categories: a top category and, for most things, a part of it."""
    top, part = made["top"].to_numpy(), made["part"].to_numpy()
    flags = {}
    for t, category in enumerate(TOP_CATEGORIES):
        flags[category.name] = (category.slug, top == t)
        for p, inner in enumerate(category.parts):
            flags[inner.name] = (slug_of(inner.name), (top == t) & (part == p))
    ranked = sorted(flags.items(), key=lambda item: (-int(item[1][1].sum()), item[0]))
    return pl.DataFrame({CATEGORY_PREFIX + slug: flag for _, (slug, flag) in ranked if flag.any()})
