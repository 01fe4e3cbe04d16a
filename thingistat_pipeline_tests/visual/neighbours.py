"""Which pictures are nearest by the network, and by the measures that it has to beat."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import hog

from thingistat_pipeline.visual.embedding import BATCH, embedded, square
from thingistat_pipeline.visual.eyes import Eyes

Picture = NDArray[np.uint8]
Vectors = NDArray[np.float32]

_SIDE, _BINS = 128, 8


class Interval(NamedTuple):
    """A mean, and between what it lies with 90 % confidence: above `low` with 95 %."""

    value: float
    low: float
    high: float


def by_network(eyes: Eyes, pictures: Sequence[Picture]) -> Vectors:
    batches = [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]
    return np.concatenate([embedded(eyes, batch) for batch in batches]).astype(np.float32)


def by_gradients(pictures: Sequence[Picture]) -> Vectors:
    """Histograms of oriented gradients (Dalal and Triggs, CVPR 2005)."""
    greys = [cv2.cvtColor(square(picture, _SIDE), cv2.COLOR_RGB2GRAY) for picture in pictures]
    return np.array([hog(grey) for grey in greys], dtype=np.float32)


def by_colours(pictures: Sequence[Picture]) -> Vectors:
    """Roots of colour histograms, whose products are Bhattacharyya's coefficients."""
    shares = [
        np.histogramdd(
            square(picture, _SIDE).reshape(-1, 3), bins=_BINS, range=[(0, 256)] * 3, density=False
        )[0].ravel()
        for picture in pictures
    ]
    return np.sqrt(np.array(shares, dtype=np.float32))


class Found(NamedTuple):
    """How well pictures with the same label are found, for each picture that has one like it.

    `nearest` says whether the nearest other picture is one; `precision` is the average precision
    of all other pictures in the order of nearness.
    """

    nearest: NDArray[np.bool_]
    precision: NDArray[np.float64]


def found_by(vectors: Vectors, labels: NDArray[np.generic]) -> Found:
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :-1]
    alike = labels[order] == labels[:, None]
    asked = alike.any(axis=1)
    share = np.cumsum(alike, axis=1) / np.arange(1, len(labels))
    precision = (share * alike)[asked].sum(axis=1) / alike[asked].sum(axis=1)
    return Found(alike[asked, 0], precision)


def mean_with_interval(values: NDArray[np.generic], *, draws: int = 2_000) -> Interval:
    """Return a mean and its interval over pictures, by the bootstrap."""
    numbers = values.astype(np.float64)
    drawn = np.random.default_rng(0).integers(0, len(numbers), (draws, len(numbers)))
    low, high = np.percentile(numbers[drawn].mean(axis=1), [5, 95])
    return Interval(float(numbers.mean()), float(low), float(high))


def advantage(ours: NDArray[np.generic], theirs: NDArray[np.generic]) -> Interval:
    """Return by how much one is better than the other on average, on the same pictures."""
    return mean_with_interval(ours.astype(np.float64) - theirs.astype(np.float64))
