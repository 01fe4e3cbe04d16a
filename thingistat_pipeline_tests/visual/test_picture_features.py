from collections.abc import Iterator

import cv2
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from thingistat_pipeline.features.pictures import MEASURED_LOOKS, PREFIX
from thingistat_pipeline.visual.colour import colour_features
from thingistat_pipeline.visual.composition import composition_features
from thingistat_pipeline.visual.picture_features import FEATURES, frame_of, picture_features
from thingistat_pipeline.visual.subject import subject_features, subject_of
from thingistat_pipeline.visual.texture import texture_features
from thingistat_pipeline.visual.working_picture import Picture, working_picture
from thingistat_pipeline_tests.visual.drawn import BLACK, BLUE, GREY, WHITE, disc, plain

BOUNDS = {
    feature.name: {"share": (0.0, 1.0), "correlation": (-1.0, 1.0), "bits": (0.0, 8.0)}[
        feature.unit
    ]
    for feature in MEASURED_LOOKS
    if feature.unit in ("share", "correlation", "bits")
}
SIDES = st.integers(1, 24)


def named(picture: Picture) -> dict[str, float]:
    return dict(zip(FEATURES, picture_features(picture).tolist(), strict=True))


def assert_sound(picture: Picture) -> None:
    found = named(picture)
    assert np.isfinite(list(found.values())).all()
    for name, (low, high) in BOUNDS.items():
        assert low - 1e-6 <= found[name] <= high + 1e-6, name
    assert -1 <= found["picture_warmth"] <= 1
    assert abs(found["picture_subject_x"]) <= 0.5
    assert abs(found["picture_subject_y"]) <= 0.5
    assert found["picture_subject_area"] <= found["picture_subject_box"] + 1e-9
    assert min(found["picture_colourfulness"], found["picture_sharpness"]) >= 0
    assert found["picture_aspect"] == picture.shape[1] / picture.shape[0]


@given(st.tuples(SIDES, SIDES, st.just(3)).flatmap(lambda shape: arrays(np.uint8, shape)))
@settings(max_examples=60, deadline=None)
def test_every_small_picture_has_finite_features_within_their_ranges(picture: Picture):
    assert_sound(picture)


@pytest.mark.parametrize(
    "picture",
    [
        plain(BLACK, 1, 1),
        plain(WHITE, 1, 1),
        plain(BLACK),
        plain(BLUE, 400, 2),
        plain(GREY, 2, 400),
        np.random.default_rng(1).integers(0, 256, (2, 400, 3), dtype=np.uint8),
        np.random.default_rng(2).integers(0, 256, (300, 200, 3), dtype=np.uint8),
        np.random.default_rng(3).integers(0, 256, (40, 8192, 3), dtype=np.uint8),
    ],
    ids=lambda picture: "x".join(map(str, picture.shape[:2])),
)
def test_odd_pictures_have_finite_features_within_their_ranges(picture: Picture):
    assert_sound(picture)


def test_mirroring_a_picture_turns_its_sides_around_and_leaves_the_rest():
    picture = disc(0.3, 0.4, 0.15)
    picture[200:, :40] = (200, 60, 30)
    seen, mirrored = named(picture), named(np.ascontiguousarray(picture[:, ::-1]))
    swapped = {
        "picture_diagonal_falling": "picture_diagonal_rising",
        "picture_diagonal_rising": "picture_diagonal_falling",
    }
    turned = {"picture_subject_x", "picture_balance_left"}
    for name in FEATURES:
        expected = -seen[name] if name in turned else seen[swapped.get(name, name)]
        assert mirrored[name] == pytest.approx(expected, abs=2e-3), name


def scene(side: int) -> Picture:
    """Draw some shapes on uneven ground at a size, with soft edges."""
    fine = 2048
    picture = disc(0.4, 0.55, 0.2, side=fine, ground=(230, 220, 200))
    picture[1300:1500, 1100:1500] = (190, 60, 40)
    blurred = cv2.GaussianBlur(picture, (0, 0), 12)
    return np.asarray(cv2.resize(blurred, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("side", [300, 400, 512, 1024])
def test_the_features_do_not_depend_on_the_resolution(side: int):
    small, large = named(scene(256)), named(scene(side))
    loose = {"picture_sharpness": 0.15, "picture_edge_density": 0.003, "picture_entropy": 0.15}
    loose |= {"picture_colourfulness": 0.5, "picture_subject_contrast": 0.5}
    loose |= {"picture_background_unevenness": 0.5}
    for name in FEATURES:
        assert large[name] == pytest.approx(small[name], abs=loose.get(name, 0.01)), name


def test_the_number_of_threads_is_left_as_it_was():
    before = cv2.getNumThreads()
    picture_features(plain(GREY))
    assert cv2.getNumThreads() == before


def test_a_frame_has_a_row_for_each_picture_in_their_order():
    pictures = [(7, disc(0.5, 0.5, 0.2)), (3, plain(BLACK, 1, 1))]
    frame = frame_of(iter(pictures))
    assert frame.schema == {"thing_id": pl.Int64, **dict.fromkeys(FEATURES, pl.Float64)}
    assert frame["thing_id"].to_list() == [7, 3]
    for row, (_, picture) in enumerate(pictures):
        assert frame.drop("thing_id").row(row) == tuple(picture_features(picture))


def test_without_pictures_the_frame_has_its_columns_and_no_rows():
    frame = frame_of([])
    assert frame.schema == {"thing_id": pl.Int64, **dict.fromkeys(FEATURES, pl.Float64)}
    assert frame.height == 0


def test_the_next_picture_is_asked_for_only_when_the_last_is_measured(
    monkeypatch: pytest.MonkeyPatch,
):
    happened: list[str] = []

    def measured(picture: Picture) -> np.ndarray:
        happened.append("measured")
        return np.zeros(len(FEATURES))

    def pictures() -> Iterator[tuple[int, Picture]]:
        for number in range(3):
            happened.append("read")
            yield number, plain(GREY, 1, 1)

    monkeypatch.setattr("thingistat_pipeline.visual.picture_features.picture_features", measured)
    frame_of(pictures())
    assert happened == ["read", "measured"] * 3


def test_what_is_measured_is_what_the_registry_documents():
    seen = working_picture(disc(0.5, 0.5, 0.2))
    subject = subject_of(seen)
    parts = [
        colour_features(seen),
        texture_features(seen),
        subject_features(seen, subject),
        composition_features(subject),
    ]
    measured = [PREFIX + name for part in parts for name in part] + ["picture_aspect"]
    assert sorted(measured) == sorted(feature.name for feature in MEASURED_LOOKS)
