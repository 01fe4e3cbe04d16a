"""The pixels of cover pictures, one picture after the other, as those who look at them need them.

What belongs here: from a stored content to an array of bounded size. What does not: what is seen.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.visual.pictures import PictureRefusedError, upright
from thingistat_pipeline.visual.thumbnails import read_content

Picture = NDArray[np.uint8]

LARGEST_SIDE = 720
"""Pixels: no listed size of a cover is larger, and a larger picture would show nothing more."""


def pixels_of(content: bytes) -> Picture:
    """Return the pixels of a picture file, made smaller where it is larger than a cover can be.

    Parameters
    ----------
    content : bytes
        JPEG, PNG or WebP.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Red, green and blue, turned as its EXIF says, on white.

    Raises
    ------
    PictureRefusedError
        When the bytes are no picture that we open.
    """
    return np.asarray(upright(content, LARGEST_SIDE), dtype=np.uint8)


def cover_pictures(thumbnails_dir: Path, digests: Iterable[str]) -> Iterator[tuple[str, Picture]]:
    """Yield the digest and the pixels of pictures, one at a time.

    Contents that are lost, damaged or refused are passed over, which their absence shows.

    Parameters
    ----------
    thumbnails_dir : Path
    digests : iterable of str
        SHA-256 of the contents, hexadecimal.
    """
    for digest in digests:
        content = read_content(thumbnails_dir, digest)
        if content is None:
            continue
        try:
            yield digest, pixels_of(content)
        except PictureRefusedError:
            continue
