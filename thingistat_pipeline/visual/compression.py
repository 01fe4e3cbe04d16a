"""The vectors of pictures in a few numbers: principal components, whitened.

The components of a sample's covariance, each scaled to a variance of one (K. Pearson, "On lines and
planes of closest fit to systems of points in space", Philosophical Magazine 2, 1901). Nothing of
what became of the things enters, so that it may be found on all pictures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COMPRESSED_TO = 64
FITTED_ON = 20_000
_ROWS_AT_ONCE = 4_096
_LEAST_SHARE = 1e-6
"""Of the first component's variance; a component with less is rounding."""


@dataclass(frozen=True, eq=False, slots=True)
class Compression:
    """How vectors become fewer numbers.

    Attributes
    ----------
    centre : ndarray of float64, shape (dimensions,)
    directions : ndarray of float64, shape (dimensions, components)
    """

    centre: Floats
    directions: Floats

    def compressed(self, vectors: NDArray[np.float16]) -> Floats:
        """Return vectors in the components, float64 (n, components); read in blocks."""
        found = np.empty((len(vectors), self.directions.shape[1]))
        for start in range(0, len(vectors), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            found[rows] = (vectors[rows].astype(np.float64) - self.centre) @ self.directions
        return found


def fit_compression(
    vectors: NDArray[np.float16], *, seed: int, components: int = COMPRESSED_TO
) -> Compression:
    """Find the components of vectors, on a sample where there are many.

    Parameters
    ----------
    vectors : ndarray of float16, shape (n, dimensions)
        At least one; may be mapped from a file.
    seed : int
        Of the sample.
    components : int, default=64
        At most this many; fewer where the vectors do not differ in so many ways.
    """
    size = min(FITTED_ON, len(vectors))
    random = np.random.default_rng(seed)
    sample = np.sort(random.choice(len(vectors), size=size, replace=False))
    total, products = np.zeros(vectors.shape[1]), np.zeros((vectors.shape[1],) * 2)
    for start in range(0, size, _ROWS_AT_ONCE):
        block = vectors[sample[start : start + _ROWS_AT_ONCE]].astype(np.float64)
        total += block.sum(axis=0)
        products += block.T @ block
    centre = total / size
    variances, directions = np.linalg.eigh(products / size - np.outer(centre, centre))
    kept = np.flatnonzero(variances > _LEAST_SHARE * max(variances[-1], 1e-12))[::-1][:components]
    chosen = directions[:, kept]
    ends = chosen[np.abs(chosen).argmax(axis=0), np.arange(len(kept))]
    return Compression(centre, chosen * np.sign(ends) / np.sqrt(variances[kept]))
