"""What can be told of a candidate picture by itself: its measures, and what a network sees in it.

A candidate comes in any shape and size, covers were measured in the site's. So it is first made
what it would be as a cover: cut to their shape where they have one, and no larger than they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.features.pictures import PHOTOGRAPH
from thingistat_pipeline.visual.embedding import embedded
from thingistat_pipeline.visual.fingerprint import fingerprint
from thingistat_pipeline.visual.photograph import PREDICTORS, PhotographWeights
from thingistat_pipeline.visual.picture_features import FEATURES, picture_features

if TYPE_CHECKING:
    from thingistat_pipeline.visual.eyes import Eyes

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CoverShape:
    """How covers come.

    Attributes
    ----------
    pixels : int
        Their longer side at most.
    aspect : float or None
        Width by height; None where they differ.
    """

    pixels: int
    aspect: float | None


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """A candidate picture in numbers.

    Attributes
    ----------
    measures : dict of str to float
        By the names of the features of pictures; how likely it is a photograph only where a model
        tells.
    vector : ndarray of float16, shape (1280,), or None
        What the network sees; None without a network.
    fingerprint : uint64
    """

    measures: dict[str, float]
    vector: NDArray[np.float16] | None
    fingerprint: np.uint64


def candidates(
    pictures: Sequence[Picture],
    shape: CoverShape,
    *,
    eyes: "Eyes | None",
    photograph: PhotographWeights | None,
) -> list[Candidate]:
    """Return the candidates in numbers, in their order.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shapes (height, width, 3)
        Red, green and blue.
    shape : CoverShape
        What they are made to be before anything is measured.
    eyes : Eyes, optional
    photograph : PhotographWeights, optional
    """
    covers = [as_cover(picture, shape) for picture in pictures]
    vectors = [None] * len(covers) if eyes is None else embedded(eyes, covers)
    return [
        Candidate(_measures(cover, photograph), vector, fingerprint(cover))
        for cover, vector in zip(covers, vectors, strict=True)
    ]


def as_cover(picture: Picture, shape: CoverShape) -> Picture:
    """Return a picture as it would be a cover: its middle, cut to their shape and not larger."""
    height, width = picture.shape[:2]
    if shape.aspect is not None:
        cut_width = min(width, max(1, round(height * shape.aspect)))
        cut_height = min(height, max(1, round(width / shape.aspect)))
        top, left = (height - cut_height) // 2, (width - cut_width) // 2
        picture = picture[top : top + cut_height, left : left + cut_width]
        height, width = cut_height, cut_width
    scale = shape.pixels / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(picture)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    smaller = cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, dtype=np.uint8)


def _measures(cover: Picture, photograph: PhotographWeights | None) -> dict[str, float]:
    measures = dict(zip(FEATURES, picture_features(cover).tolist(), strict=True))
    if photograph is not None:
        predictors = np.array([[measures[name] for name in PREDICTORS]])
        measures[PHOTOGRAPH] = float(photograph.probability(predictors)[0])
    return measures
