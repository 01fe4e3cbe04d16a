"""What choosing is learned from: things whose picture, age and downloads are known."""

import numpy as np
import polars as pl

from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.visual.choice_figures import pictured_things
from thingistat_pipeline.visual.compression import Compression

NAMES = [feature.name for feature in LOOKS]
COMPRESSION = Compression(centre=np.array([1.0, 0.0]), directions=np.array([[2.0], [0.0]]))


def looks(*things: int, photograph: float | None = 0.5) -> pl.DataFrame:
    rows = {"thing_id": list(things)} | {
        name: [thing + place for thing in things] for place, name in enumerate(NAMES)
    }
    rows["picture_photograph"] = [photograph for _ in things]  # type: ignore[misc]
    schema = {"thing_id": pl.Int64, **dict.fromkeys(NAMES, pl.Float64)}
    return pl.DataFrame(rows, schema=schema, strict=False)


FEATURES = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "creator_id": [7, None, 8, 9],
        "age_days": [0, 20, None, 40],
        "download_count": [0, 9, 5, None],
        "category_large": [True, True, False, True],
        "category_small": [True, False, False, True],
    }
)


def test_things_of_unknown_age_or_downloads_or_picture_are_left_out() -> None:
    vectors = np.array([[3, 0], [2, 0], [9, 9], [9, 9], [9, 9]], dtype=np.float16)
    found = pictured_things(looks(2, 1, 3, 4, 99), vectors, COMPRESSION, FEATURES)
    assert found.names == (*NAMES, "seen_1")
    assert found.figures[:, 0].tolist() == [1, 2]
    assert found.figures[:, -1].tolist() == [2.0, 4.0]  # (2 - 1) * 2 and (3 - 1) * 2
    assert found.ages.tolist() == [1, 20]
    np.testing.assert_allclose(found.downloads, np.log([1, 10]))


def test_the_narrowest_category_counts_and_an_unknown_creator_is_nobody_else() -> None:
    vectors = np.zeros((2, 2), dtype=np.float16)
    found = pictured_things(looks(1, 2), vectors, COMPRESSION, FEATURES)
    assert found.categories.tolist() == [1, 0]
    assert found.creators[0] == 7
    assert found.creators[1] < 0
    bare = FEATURES.drop("category_large", "category_small")
    alone = pictured_things(looks(1, 2), vectors, COMPRESSION, bare)
    assert alone.categories.tolist() == [-1, -1]


def test_a_figure_that_is_unknown_for_some_is_left_out() -> None:
    vectors = np.zeros((2, 2), dtype=np.float16)
    found = pictured_things(looks(1, 2, photograph=None), vectors, COMPRESSION, FEATURES)
    assert "picture_photograph" not in found.names
    assert found.figures.shape == (2, len(NAMES))


def test_where_nothing_is_known_of_any_thing_there_are_none() -> None:
    found = pictured_things(looks(3, 4), np.zeros((2, 2), np.float16), COMPRESSION, FEATURES)
    assert found.figures.shape == (0, len(NAMES) + 1)
