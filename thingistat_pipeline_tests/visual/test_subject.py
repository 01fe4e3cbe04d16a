import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from thingistat_pipeline.visual.subject import Mask, subject_features, subject_of
from thingistat_pipeline.visual.working_picture import Picture, working_picture
from thingistat_pipeline_tests.visual.drawn import BLACK, BLUE, GREY, WHITE, Colour, disc, plain


def measured(picture: Picture) -> dict[str, float]:
    seen = working_picture(picture)
    return subject_features(seen, subject_of(seen))


def overlap(picture: Picture, truth: Mask) -> float:
    found = subject_of(working_picture(picture)).mask
    return float((found & truth).sum() / (found | truth).sum())


@pytest.mark.parametrize(
    ("x", "y"),
    [(0.5, 0.5), (0.2, 0.2), (0.2, 0.8), (0.8, 0.2), (1 / 3, 1 / 3), (2 / 3, 1 / 3)],
)
@pytest.mark.parametrize("radius", [0.08, 0.16])
def test_a_disc_is_found_where_it_is_and_as_large_as_it_is(x: float, y: float, radius: float):
    found = measured(disc(x, y, radius))
    assert found["subject_x"] == pytest.approx(x - 0.5, abs=0.004)  # a pixel
    assert found["subject_y"] == pytest.approx(y - 0.5, abs=0.004)
    assert found["subject_off_centre"] == pytest.approx(math.hypot(x - 0.5, y - 0.5), abs=0.006)
    edge = 2 * math.pi * radius / 256  # one pixel around it
    assert found["subject_area"] == pytest.approx(math.pi * radius**2, abs=edge)
    assert found["subject_box"] == pytest.approx((2 * radius) ** 2, abs=8 * radius / 256)
    assert found["subject_fill"] == pytest.approx(math.pi / 4, abs=0.05)
    assert found["subject_touches_border"] == 0.0
    assert found["background_unevenness"] < 3.0  # but for the disc's soft edge


@pytest.mark.parametrize(("colour", "ground"), [(BLUE, WHITE), (WHITE, BLACK), (BLACK, GREY)])
def test_the_contrast_of_subject_and_background_is_that_of_cielab(colour: Colour, ground: Colour):
    lab = rgb2lab(np.array([[colour, ground]], dtype=np.uint8))[0]
    found = measured(disc(0.5, 0.5, 0.3, colour=colour, ground=ground))
    assert found["subject_contrast"] == pytest.approx(np.linalg.norm(lab[0] - lab[1]), rel=0.03)


@pytest.mark.parametrize(
    "picture",
    [
        plain(BLACK),
        plain(WHITE),
        disc(0.5, 0.5, 0.3, colour=(130, 130, 130), ground=GREY),  # less than 1 in CIELAB
    ],
)
def test_without_anything_that_stands_out_there_is_no_subject(picture: Picture):
    found = measured(picture)
    assert found.pop("background_unevenness") < 1.0
    assert found == dict.fromkeys(found, 0.0)


def test_a_subject_that_runs_out_of_the_picture_is_found_and_said_to_touch_the_border():
    truth = (disc(0.0, 0.5, 0.25) == BLUE).all(axis=2)
    assert overlap(disc(0.0, 0.5, 0.25), truth) > 0.95
    touches = measured(disc(0.0, 0.5, 0.25))["subject_touches_border"]
    assert touches == pytest.approx(128 / 1020, abs=0.01)  # its diameter, of 4 x 255 pixels


def test_a_table_before_a_wall_is_background_and_an_uneven_one():
    picture = disc(0.5, 0.5, 0.2)
    truth = (picture == BLUE).all(axis=2)
    table = np.arange(256)[:, None] >= 110
    picture[table & ~truth] = (150, 100, 60)
    assert overlap(picture, truth) > 0.95
    assert measured(picture)["background_unevenness"] > 15


def test_light_from_one_side_does_not_stand_out():
    light = np.linspace(120, 240, 256)
    lit = np.repeat(np.tile(light, (256, 1))[:, :, None], 3, axis=2).astype(np.uint8)
    assert measured(lit)["subject_area"] == 0.0
    truth = (disc(0.5, 0.5, 0.2) == BLUE).all(axis=2)
    lit[truth] = BLUE
    assert overlap(lit, truth) > 0.95


def test_specks_do_not_make_the_subject_larger():
    picture = disc(0.5, 0.5, 0.2)
    rng = np.random.default_rng(1)
    picture[rng.integers(0, 256, 200), rng.integers(0, 256, 200)] = BLACK
    assert measured(picture)["subject_box"] == pytest.approx(0.16, abs=0.03)


def test_the_parts_of_real_things_are_found_on_their_renders(real_data: Path):
    folder = real_data / "renders"
    if not folder.is_dir():
        pytest.skip("the renders of real parts are not here")
    overlaps = []
    for path in sorted(folder.glob("*.png")):
        picture = np.asarray(Image.open(path).convert("RGB"))
        drawn = np.abs(rgb2lab(picture) - (100, 0, 0)).max(axis=2) > 5  # they stand before white
        found = subject_of(working_picture(picture)).mask
        assert 0.05 < found.mean() < 0.8, path.name
        overlaps.append((found & drawn).sum() / (found | drawn).sum())
    assert len(overlaps) == 88
    assert np.mean(overlaps) > 0.97
    assert min(overlaps) > 0.85
