"""Pictures with known answers, drawn for tests."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def noise(seed: int, height: int = 64, width: int = 64) -> Picture:
    """Return a picture of coarse coloured squares, unlike that of any other seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    drawn = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(drawn, dtype=np.uint8)


def saved_again(picture: Picture, *, quality: int = 70) -> Picture:
    """Return a picture after it was saved as JPEG."""
    _, content = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    read = cv2.imdecode(content, cv2.IMREAD_COLOR)
    assert read is not None
    return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), dtype=np.uint8)
