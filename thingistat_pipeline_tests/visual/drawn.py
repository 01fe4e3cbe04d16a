"""Pictures with known answers, drawn on a plain ground."""

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
GREY: Colour = (128, 128, 128)
RED: Colour = (255, 0, 0)
GREEN: Colour = (0, 255, 0)
BLUE: Colour = (40, 90, 170)


def plain(colour: Colour, height: int = 256, width: int = 256) -> Picture:
    return np.full((height, width, 3), colour, dtype=np.uint8)


def halves(left: Colour, right: Colour, side: int = 256) -> Picture:
    picture = plain(left, side, side)
    picture[:, side // 2 :] = right
    return picture


def disc(
    x: float,
    y: float,
    radius: float,
    *,
    colour: Colour = BLUE,
    ground: Colour = WHITE,
    side: int = 256,
) -> Picture:
    """Draw a disc; places and the radius are shares of the picture's side."""
    picture = plain(ground, side, side)
    places = (np.arange(side) + 0.5) / side
    within = (places[None, :] - x) ** 2 + (places[:, None] - y) ** 2 <= radius**2
    picture[within] = colour
    return picture
