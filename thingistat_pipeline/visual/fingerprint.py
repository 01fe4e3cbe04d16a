"""Fingerprints that tell whether two pictures are the same one, saved or scaled differently.

A difference hash (N. Krawetz, "Kind of like that", The Hacker Factor Blog, 2013): the picture in 9
by 8 grey squares, and for each of 8 by 8 places whether it is brighter than its right neighbour.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

BITS = 64
_BYTES = 8


def fingerprint(picture: NDArray[np.uint8]) -> np.uint64:
    """Return the 64 bits of a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        Red, green, blue.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_BYTES + 1, _BYTES), interpolation=cv2.INTER_AREA)
    brighter = np.asarray(small[:, :-1] > small[:, 1:])
    return np.uint64(np.packbits(brighter).view(np.uint64)[0])


def differing_bits(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return by how many of their 64 bits fingerprints differ; shapes as for one ^ other."""
    return np.asarray(np.bitwise_count(one ^ other), dtype=np.uint8)
