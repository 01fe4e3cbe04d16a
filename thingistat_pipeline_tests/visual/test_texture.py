import math

import cv2
import numpy as np
import pytest
from skimage.measure import shannon_entropy

from thingistat_pipeline.visual.texture import texture_features
from thingistat_pipeline.visual.working_picture import Picture, working_picture
from thingistat_pipeline_tests.visual.drawn import BLACK, GREY, WHITE, disc, halves, plain
from thingistat_pipeline_tests.visual.pictures import noise


def measured(picture: Picture) -> dict[str, float]:
    return texture_features(working_picture(picture))


def test_a_picture_of_one_colour_has_no_detail():
    assert measured(plain(GREY)) == {"sharpness": 0.0, "edge_density": 0.0, "entropy": 0.0}


def test_the_sharpness_of_a_chessboard_is_that_of_its_laplacian():
    rows, columns = np.indices((256, 256))
    board = np.where((rows + columns) % 2, 255, 0).astype(np.uint8)
    # White has four black neighbours, black four white ones: the Laplacian is 1020 or -1020.
    found = measured(np.repeat(board[:, :, None], 3, axis=2))
    assert found["sharpness"] == pytest.approx(math.log1p(1020**2))
    assert found["entropy"] == pytest.approx(1.0)


def test_each_blurring_makes_a_picture_less_sharp():
    sharp = noise(3, 256, 256)
    blurred = [np.asarray(cv2.GaussianBlur(sharp, (0, 0), s), dtype=np.uint8) for s in (1, 2, 4)]
    found = [measured(picture)["sharpness"] for picture in (sharp, *blurred)]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[1] > found[3]


def test_one_straight_edge_takes_one_column_of_pixels_and_a_disc_its_outline():
    assert measured(halves(BLACK, WHITE))["edge_density"] == 1 / 256
    # An outline drawn pixel by pixel has from 4 sqrt(2) to 8 radii of them.
    outline = measured(disc(0.5, 0.5, 0.25, colour=BLACK))["edge_density"] * 256**2
    assert 4 * math.sqrt(2) * 64 <= outline <= 8 * 64 + 8


def test_the_entropy_is_that_of_the_grey_values():
    picture = noise(5, 256, 256)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    assert measured(picture)["entropy"] == pytest.approx(shannon_entropy(grey))
