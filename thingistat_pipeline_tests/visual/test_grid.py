"""Pictures in rows."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from thingistat_pipeline.visual.grid import picture_grid
from thingistat_pipeline_tests.visual.picture_files import encoded


def plain(colour: tuple[int, int, int], width: int = 80, height: int = 40) -> bytes:
    return encoded(Image.new("RGB", (width, height), colour), "PNG")


@pytest.mark.parametrize(("count", "size"), [(1, (44, 44)), (3, (124, 44)), (4, (124, 84))])
def test_there_are_as_many_rows_as_needed(count: int, size: tuple[int, int]) -> None:
    sheet = picture_grid([plain((0, 0, 0))] * count, columns=3, pixels=36)
    assert Image.open(BytesIO(sheet)).size == size


def test_each_picture_is_shown_whole_in_the_middle_of_its_square() -> None:
    sheet = picture_grid([plain((255, 0, 0)), plain((0, 0, 255), 40, 80)], columns=2, pixels=40)
    pixels = np.asarray(Image.open(BytesIO(sheet)), dtype=int)
    red, blue = pixels[24, 24], pixels[24, 68]
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]
    for row, column in ((8, 24), (40, 24), (24, 52), (24, 84)):  # above, below, left, right
        assert pixels[row, column].min() > 230
