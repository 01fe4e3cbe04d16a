import cv2
import numpy as np
import pytest
from skimage.color import rgb2hsv, rgb2lab

from thingistat_pipeline.visual.working_picture import one_thread, working_picture
from thingistat_pipeline_tests.visual.drawn import BLACK, GREY, WHITE, halves, plain
from thingistat_pipeline_tests.visual.pictures import noise


def test_colours_agree_with_another_library():
    picture = noise(1, 256, 256)
    seen = working_picture(picture)
    assert np.abs(seen.lab - rgb2lab(picture)).max() < 0.6
    hsv = rgb2hsv(picture)
    assert np.abs(seen.hsv[..., 0] / 360 - hsv[..., 0]).max() < 1e-4
    assert np.abs(seen.hsv[..., 1:] - hsv[..., 1:]).max() < 1e-5


def test_every_picture_becomes_a_square_and_its_aspect_is_kept():
    seen = working_picture(plain(GREY, 300, 400))
    assert seen.rgb.shape == seen.lab.shape == seen.hsv.shape == (256, 256, 3)
    assert seen.grey.shape == (256, 256)
    assert seen.aspect == pytest.approx(4 / 3)


def test_a_side_that_shrinks_is_averaged_even_where_the_other_grows():
    stripes = np.zeros((2, 2560, 3), dtype=np.uint8)
    stripes[:, ::2] = 255  # ten stripes to a pixel of the working picture
    assert np.abs(working_picture(stripes).grey.astype(int) - 128).max() <= 1


@pytest.mark.parametrize("side", [256, 512, 1024])
def test_a_large_picture_is_reduced_by_averaging(side: int):
    assert np.array_equal(working_picture(halves(BLACK, WHITE, side)).rgb, halves(BLACK, WHITE))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), dtype=np.uint8),
        np.zeros((4, 4, 4), dtype=np.uint8),
        np.zeros((0, 4, 3), dtype=np.uint8),
        np.zeros((4, 4, 3)),
    ],
)
def test_what_is_no_picture_is_refused(wrong: np.ndarray):
    with pytest.raises(ValueError, match="uint8 of shape"):
        working_picture(wrong)


def test_the_number_of_threads_is_set_back_even_after_an_error():
    before = cv2.getNumThreads()
    with one_thread():
        assert cv2.getNumThreads() == 1
    with pytest.raises(KeyError), one_thread():
        raise KeyError
    assert cv2.getNumThreads() == before
