import math

import numpy as np
import pytest

from thingistat_pipeline.visual.colour import colour_features, colourfulness, entropy
from thingistat_pipeline.visual.working_picture import Picture, working_picture
from thingistat_pipeline_tests.visual.drawn import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    RED,
    WHITE,
    Colour,
    disc,
    halves,
    plain,
)


def measured(picture: Picture) -> dict[str, float]:
    return colour_features(working_picture(picture))


@pytest.mark.parametrize("colour", [BLACK, GREY, WHITE])
def test_grey_has_no_saturation_no_hue_no_warmth_and_no_colourfulness(colour: Colour):
    found = measured(plain(colour))
    names = ("saturation_mean", "saturation_spread", "hue_entropy", "warmth", "colourfulness")
    assert [found[name] for name in names] == [0.0] * 5


def test_a_pure_colour_is_fully_saturated_wherever_it_is():
    assert measured(plain(RED))["saturation_mean"] == pytest.approx(1.0)
    half = measured(halves(RED, GREY))
    assert half["saturation_mean"] == pytest.approx(0.5)
    assert half["saturation_spread"] == pytest.approx(0.5)  # half at 0, half at 1


def test_a_saturated_disc_makes_a_picture_more_saturated_and_colourful_than_a_grey_one():
    coloured, grey = (measured(disc(0.5, 0.5, 0.3, colour=c)) for c in (BLUE, GREY))
    assert coloured["saturation_mean"] > grey["saturation_mean"] == 0.0
    assert coloured["colourfulness"] > grey["colourfulness"] == 0.0


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        # red - green is 255 and (red + green) / 2 - blue 127.5 all over: no spread
        (plain(RED), 0.3 * math.hypot(255, 127.5)),
        # red - green is 255 or -255, (red + green) / 2 - blue is 127.5 in both halves
        (halves(RED, GREEN), 255 + 0.3 * 127.5),
    ],
)
def test_colourfulness_is_that_of_hasler_and_suesstrunk(picture: Picture, expected: float):
    assert colourfulness(picture) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("colour", "warmth"),
    [
        (RED, math.cos(math.radians(30))),
        ((255, 128, 0), 1.0),  # orange, 30 degrees
        ((0, 127, 255), -1.0),  # azure, 210 degrees
    ],
)
def test_warmth_is_the_nearness_to_orange(colour: Colour, warmth: float):
    assert measured(plain(colour))["warmth"] == pytest.approx(warmth, abs=1e-3)


def test_two_hues_that_take_equal_parts_have_an_entropy_of_one_bit():
    assert measured(halves(RED, GREEN))["hue_entropy"] == pytest.approx(1.0)


def test_a_little_red_on_either_side_of_the_circles_end_is_one_hue():
    assert measured(halves((255, 20, 0), (255, 0, 20)))["hue_entropy"] == 0.0


def test_flat_and_contrasted_pictures_are_told_apart():
    flat, contrasted = measured(plain(GREY)), measured(halves(BLACK, WHITE))
    assert (flat["contrast_rms"], flat["contrast_range"]) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert contrasted["contrast_rms"] == pytest.approx(0.5, abs=1e-3)
    assert contrasted["contrast_range"] == pytest.approx(1.0, abs=1e-3)
    assert contrasted["brightness"] == pytest.approx(0.5, abs=1e-3)


def test_brightness_is_the_lightness_of_cielab():
    # Grey 119 is L* = 50.03 (Y = 0.1845).
    assert measured(plain((119, 119, 119)))["brightness"] == pytest.approx(0.5003, abs=2e-3)


def test_entropy_of_equal_weights_is_the_logarithm_of_their_number():
    assert entropy(np.array([3, 3, 3, 3, 0])) == pytest.approx(2.0)
    assert entropy(np.array([7, 0])) == 0.0
    assert entropy(np.zeros(4)) == 0.0
