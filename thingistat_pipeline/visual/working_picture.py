"""A picture at the size and in the colour spaces that its features are measured in.

Every picture is brought to one size first, so that what is measured tells of the picture and not
of the resolution at which somebody happened to store it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE = 256
"""Width and height of a working picture in pixels."""


@dataclass(frozen=True, eq=False, slots=True)
class WorkingPicture:
    """A picture squeezed or stretched to a square.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (256, 256, 3)
    grey : ndarray of uint8, shape (256, 256)
    hsv : ndarray of float32, shape (256, 256, 3)
        Hue in degrees, saturation and value from 0 to 1.
    lab : ndarray of float32, shape (256, 256, 3)
        CIELAB under D65: L* from 0 to 100.
    aspect : float
        Width by height of the picture as it was given.
    """

    rgb: Picture
    grey: Picture
    hsv: Floats
    lab: Floats
    aspect: float


def working_picture(picture: Picture) -> WorkingPicture:
    """Return a picture at the working size.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        Red, green and blue; at least one pixel.

    Raises
    ------
    ValueError
        If it has another shape or type.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(
            f"a picture is uint8 of shape (height, width, 3), not {picture.dtype} of shape "
            f"{picture.shape}"
        )
    height, width = picture.shape[:2]
    rgb = _resized(_resized(picture, min(width, SIDE), min(height, SIDE)), SIDE, SIDE)
    shares = rgb.astype(np.float32) / np.float32(255)
    return WorkingPicture(
        rgb=rgb,
        grey=np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8),
        hsv=np.asarray(cv2.cvtColor(shares, cv2.COLOR_RGB2HSV), dtype=np.float32),
        lab=np.asarray(cv2.cvtColor(shares, cv2.COLOR_RGB2LAB), dtype=np.float32),
        aspect=width / height,
    )


def planes(colours: NDArray[np.generic]) -> tuple[Floats, Floats, Floats]:
    """Return the three channels of a picture, each in one piece of memory: much faster to use."""
    first, second, third = (
        np.asarray(channel, dtype=np.float32) for channel in cv2.split(np.asarray(colours))
    )
    return first, second, third


@contextmanager
def one_thread() -> Iterator[None]:
    """Let OpenCV use one thread: pictures are small, and the caller knows what else runs.

    The number of threads belongs to the process; it is set back afterwards.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _resized(picture: Picture, width: int, height: int) -> Picture:
    """Return a picture whose sides have all shrunk (or stayed), or all grown (or stayed).

    OpenCV averages over an area only where no side grows, and samples single pixels otherwise.
    """
    if picture.shape[:2] == (height, width):
        return np.ascontiguousarray(picture)
    shrinks = picture.shape[0] >= height and picture.shape[1] >= width
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=method)
    return np.asarray(resized, dtype=np.uint8)
