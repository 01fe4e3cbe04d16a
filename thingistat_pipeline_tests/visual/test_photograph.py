"""Photographs against drawings: on figures made up, and on pictures of the sandbox."""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.pictures import PHOTOGRAPH
from thingistat_pipeline.recommender.store import load_version, save_version
from thingistat_pipeline.sandbox.addresses import Address, Picture
from thingistat_pipeline.sandbox.catalogue import DEFAULT_TODAY, describe_thing
from thingistat_pipeline.sandbox.pictures import picture_bytes
from thingistat_pipeline.visual.photograph import (
    PREDICTORS,
    PhotographWeights,
    photograph_probability,
    with_photograph,
)
from thingistat_pipeline.visual.photograph_fit import PhotographModel, photograph_model
from thingistat_pipeline.visual.picture_features import FEATURES, frame_of

TELLS = "picture_background_unevenness"


def looks_of(n: int, *, seed: int = 1) -> pl.DataFrame:
    values = np.random.default_rng(seed).standard_normal((n, len(FEATURES)))
    return pl.DataFrame({"thing_id": np.arange(n)}).hstack(
        pl.DataFrame(values, schema=list(FEATURES))
    )


def things_of(rendered: Sequence[bool | None], creators: Sequence[int | None]) -> pl.DataFrame:
    columns = {"id": range(len(rendered)), "creator_id": creators, "thumbnail_is_render": rendered}
    kinds = {"id": pl.Int64, "creator_id": pl.Int64, "thumbnail_is_render": pl.Boolean}
    return pl.DataFrame(columns, schema=kinds)


def fitted(found: PhotographModel) -> PhotographWeights:
    assert found.model is not None
    return found.model


def parted(each: int = 40, *, pictures: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return as many creators of photographs as of drawings, told apart by one feature."""
    n = 2 * each * pictures
    rendered: list[bool | None] = [row % 2 == 0 for row in range(n)]
    shift = pl.Series([-9.0 if drawn else 9.0 for drawn in rendered])
    looks = looks_of(n).with_columns(pl.col(TELLS) + shift)
    # Pictures 0, 1, 2 ... are of creators 0, 1, 2 ..., 0, 1, 2 ...: each has one kind.
    return looks, things_of(rendered, [row % (2 * each) for row in range(n)])


def test_what_can_be_told_is_told_and_the_feature_that_tells_weighs_most():
    looks, things = parted()
    found = photograph_model(looks, things, seed=1)
    assert found.figures["fitted"]
    assert found.figures["coefficients"][0]["feature"] == TELLS
    assert found.figures["coefficients"][0]["value"] > 0
    told = photograph_probability(fitted(found), looks)
    assert (told > 0.5).tolist() == (~things["thumbnail_is_render"]).to_list()


def test_being_always_right_is_as_sure_as_the_number_of_creators_makes_it():
    # Wilson, all of n: low = n / (n + 1.96^2). 80 creators with 3 pictures each, 40 of each kind.
    looks, things = parted(pictures=3)
    measures = photograph_model(looks, things, seed=1).figures["measures"]
    z2 = 1.959963984540054**2
    assert measures["accuracy"] == pytest.approx({"value": 1.0, "low": 80 / (80 + z2), "high": 1.0})
    for kind in ("photographs_recognised", "drawings_recognised"):
        assert measures[kind] == pytest.approx({"value": 1.0, "low": 40 / (40 + z2), "high": 1.0})
    assert measures["always_the_commoner"]["value"] == 0.5


def test_a_creator_with_many_pictures_makes_the_figures_less_sure():
    looks, things = parted(pictures=3)
    all_of_one = pl.when(pl.col("id") < 120).then(0).otherwise(pl.col("creator_id"))
    lumped = things.with_columns(creator_id=all_of_one)
    even, uneven = (
        photograph_model(looks, known, seed=1).figures["measures"]["accuracy"]["low"]
        for known in (things, lumped)
    )
    assert uneven < even


def test_nothing_is_learned_where_looks_and_kind_have_nothing_to_do_with_each_other():
    rng = np.random.default_rng(5)
    rendered: list[bool | None] = (rng.random(600) < 0.5).tolist()
    measures = photograph_model(
        looks_of(600), things_of(rendered, list(range(600))), seed=1
    ).figures["measures"]
    assert measures["accuracy"]["low"] < 0.5


def test_a_creators_own_style_is_not_taken_for_the_kind():
    # Each creator has one kind and a place of their own in all features: whoever is judged by
    # pictures of creators seen before is right every time, and on others by chance.
    rng = np.random.default_rng(2)
    creators = np.repeat(np.arange(60), 20)
    style = 5 * rng.standard_normal((60, len(FEATURES)))[creators]
    values = style + 0.01 * rng.standard_normal(style.shape)
    looks = pl.DataFrame({"thing_id": np.arange(1200)}).hstack(
        pl.DataFrame(values, schema=list(FEATURES))
    )
    kinds = rng.permutation(np.repeat([True, False], 30))[creators]
    found = photograph_model(looks, things_of(kinds.tolist(), creators.tolist()), seed=1)
    seen = (photograph_probability(fitted(found), looks) > 0.5) == ~kinds
    assert seen.mean() > found.figures["measures"]["accuracy"]["value"] + 0.15
    assert found.figures["measures"]["accuracy"]["low"] < 0.5


def test_pictures_whose_name_tells_nothing_are_counted_and_left_out():
    looks, things = parted()
    unknown = things.with_columns(
        thumbnail_is_render=pl.when(pl.col("id") >= 10).then("thumbnail_is_render")
    )
    counts = photograph_model(looks, unknown, seed=1).figures
    assert (counts["pictures"], counts["not_told"]) == (70, 10)
    assert (counts["photographs"], counts["drawings"], counts["creators"]) == (35, 35, 70)


def test_things_of_unknown_creators_are_each_a_creator_of_their_own():
    looks, things = parted()
    nobody = things.with_columns(creator_id=pl.lit(None, dtype=pl.Int64))
    assert photograph_model(looks, nobody, seed=1).figures["creators"] == 80


@pytest.mark.parametrize("each", [0, 3, 19])
def test_with_too_few_creators_of_a_kind_nothing_is_learned_and_it_is_said_why(each: int):
    looks, things = parted(each)
    found = photograph_model(looks, things, seed=1)
    assert found.model is None
    assert not found.figures["fitted"]
    assert found.figures["reason"].endswith(f"is known of {each}.")
    assert with_photograph(looks, found.model)[PHOTOGRAPH].null_count() == looks.height


def test_the_shape_of_a_picture_does_not_count_as_covers_are_cut_to_one():
    looks, things = parted()
    model = fitted(photograph_model(looks, things, seed=1))
    upright = looks.with_columns(picture_aspect=pl.lit(0.5))
    assert np.array_equal(
        photograph_probability(model, looks), photograph_probability(model, upright)
    )


def test_its_numbers_say_what_the_fitted_regression_says():
    looks, things = parted()
    X = looks.select(PREDICTORS).to_numpy()
    whole = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    whole.fit(X, ~things["thumbnail_is_render"].to_numpy())
    model = fitted(photograph_model(looks, things, seed=1))
    np.testing.assert_allclose(
        photograph_probability(model, looks), whole.predict_proba(X)[:, 1], rtol=1e-9
    )


def test_its_numbers_come_back_from_the_disk_as_they_were(tmp_path: Path):
    looks, things = parted()
    found = photograph_model(looks, things, seed=1)
    save_version(
        tmp_path, "photograph", arrays=fitted(found).as_arrays(), metrics=found.figures,
        provenance={"version": "one", "source": "sandbox"}, version="one",
    )  # fmt: skip
    stored = load_version(tmp_path, "photograph")
    again = PhotographWeights.from_arrays(stored.arrays, stored.metrics["predictors"])
    assert with_photograph(looks, again).equals(with_photograph(looks, found.model))


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays, names: (arrays, names[::-1]),
        lambda arrays, names: (arrays, names[1:]),
        lambda arrays, names: ({**arrays, "weights": arrays["weights"][1:]}, names),
        lambda arrays, names: ({}, names),
        lambda arrays, names: ({**arrays, "intercept": np.zeros(2)}, names),
    ],
    ids=["another order", "fewer features", "fewer weights", "no numbers", "two intercepts"],
)
def test_numbers_of_another_version_are_refused(change: Callable[..., Any]):
    arrays, names = change(
        fitted(photograph_model(*parted(), seed=1)).as_arrays(), list(PREDICTORS)
    )
    with pytest.raises(ThingistatError, match="another version"):
        PhotographWeights.from_arrays(arrays, names)


def test_the_order_of_the_rows_changes_nothing():
    looks, things = parted()
    shuffled = photograph_model(looks.sample(fraction=1, shuffle=True, seed=3), things, seed=1)
    assert shuffled.figures == photograph_model(looks, things, seed=1).figures


def test_no_pictures_get_no_probabilities():
    looks, things = parted()
    model = fitted(photograph_model(looks, things, seed=1))
    assert photograph_probability(model, looks.clear()).shape == (0,)
    assert with_photograph(looks.clear(), model).schema[PHOTOGRAPH] == pl.Float64


def test_the_sandboxs_photographs_are_told_from_its_drawings_better_than_by_guessing():
    pictures: list[tuple[int, np.ndarray]] = []
    rendered: list[bool] = []
    creators: list[int] = []
    for number in range(1_000, 11_000, 43):
        thing = describe_thing(number, 12, DEFAULT_TODAY)
        drawn = number % 2 == 0
        if not (thing.renders if drawn else thing.photos):
            continue
        address = Address(Picture(thing.id, 0, drawn), "thumb_large")
        image = Image.open(BytesIO(picture_bytes(12, thing, address)))
        pictures.append((len(pictures), np.asarray(image.convert("RGB"))))
        rendered.append(drawn)
        creators.append(thing.creator)
    found = photograph_model(frame_of(pictures), things_of(rendered, creators), seed=1)
    measures = found.figures["measures"]
    assert measures["accuracy"]["low"] > measures["always_the_commoner"]["high"]
    assert measures["photographs_recognised"]["value"] > 0.9
    assert measures["drawings_recognised"]["value"] > 0.9
