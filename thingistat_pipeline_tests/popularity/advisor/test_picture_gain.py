import json
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.features.pictures import LOOKS, with_looks
from thingistat_pipeline.popularity.advisor.picture_gain import TREES, picture_gain
from thingistat_pipeline.popularity.advisor.rows import advisor_rows
from thingistat_pipeline.popularity.splits import creator_roles
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame

NAMES = [feature.name for feature in LOOKS]


@cache
def things() -> pl.DataFrame:
    return sandbox_frame(1500)


def looks_of(frame: pl.DataFrame, *, pictured: int | None = None) -> pl.DataFrame:
    """Return looks drawn by lot of the first things."""
    some = frame.head(frame.height if pictured is None else pictured)
    drawn = np.random.default_rng(4).normal(size=(some.height, len(NAMES)))
    return pl.DataFrame({"thing_id": some["id"]}).hstack(pl.DataFrame(drawn, schema=NAMES))


def gain(frame: pl.DataFrame, *, features: list[str] | None = None) -> dict[str, Any]:
    """Return the gain with an advisor that was fitted on most of the things."""
    rows = advisor_rows(frame)
    roles = creator_roles(rows.creators, seed=7)
    split = pl.concat(
        pl.DataFrame({"id": rows.ids[places], "split": [name] * len(places)})
        for name, places in (
            ("train", roles.train),
            ("calibration", roles.calibration),
            ("test", roles.test),
        )
    )
    advisor = {
        "features": features or rows.features,
        "best_params": {"max_depth": 8, "max_features": 0.33, "min_samples_leaf": 3},
        "search": {},
    }
    return picture_gain(advisor, frame, split, seed=1, effort="quick")


@cache
def of_nothing() -> dict[str, Any]:
    return gain(with_looks(things(), looks_of(things())))


@cache
def of_something() -> dict[str, Any]:
    """Return the gain where brighter pictures were downloaded more, as was planted."""
    looks = looks_of(things())
    brightness = looks.sort("thing_id")["picture_brightness"]
    factor = (0.8 * brightness).exp()
    frame = things().with_columns(
        download_count=((pl.col("download_count") + 1) * factor - 1)
        .clip(lower_bound=0)
        .round()
        .cast(pl.Int64)
    )
    return gain(with_looks(frame, looks))


def test_a_planted_effect_of_looks_is_recovered():
    found = of_something()
    assert found["difference"]["low"] > 0.02
    assert found["against_shuffled"]["low"] > 0.02
    assert found["spearman"]["difference"]["low"] > 0


def test_looks_that_tell_nothing_add_nothing():
    found = of_nothing()
    assert found["difference"]["low"] <= 0
    assert found["against_shuffled"]["low"] <= 0 <= found["against_shuffled"]["high"]


def test_a_difference_is_with_less_without():
    for found in (of_something(), of_something()["spearman"]):
        assert found["difference"]["value"] == pytest.approx(
            found["with"]["value"] - found["without"]["value"]
        )


def test_what_it_rests_on_is_told_and_fits_into_json():
    found = of_nothing()
    assert found["measured"]
    assert found["reason"] is None
    assert found["features"] == NAMES
    assert found["pictured_train"] == found["n_train"]
    assert found["pictured_test"] == found["n_test"]
    assert 0 < found["creators"] <= found["n_test"]
    assert found["trees"] == TREES["quick"]
    json.dumps(found, allow_nan=False)


def test_an_advisor_that_was_fitted_before_there_were_pictures_is_asked_the_same_question():
    frame = with_looks(things(), looks_of(things()))
    assert gain(frame, features=advisor_rows(things()).features) == of_nothing()


@pytest.mark.parametrize("pictured", [None, 0, 100])
def test_without_enough_pictures_nothing_is_said_but_why(pictured: int | None):
    frame = things()
    if pictured is not None:
        frame = with_looks(frame, looks_of(frame, pictured=pictured))
    found = gain(frame)
    assert not found["measured"]
    assert "picture" in found["reason"]
    assert "with" not in found
    assert found["pictured_train"] + found["pictured_test"] <= (pictured or 0)
