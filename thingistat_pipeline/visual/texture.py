"""How sharp and how busy a picture is.

References
----------
J. L. Pech-Pacheco, G. Cristóbal, J. Chamorro-Martínez and J. Fernández-Valdivia, "Diatom
autofocusing in brightfield microscopy: a comparative study", ICPR 2000 (the variance of the
Laplacian as a measure of focus).
J. Canny, "A computational approach to edge detection", IEEE Transactions on Pattern Analysis and
Machine Intelligence 8 (1986) 679-698.
"""

import math

import cv2
import numpy as np

from thingistat_pipeline.visual.colour import entropy
from thingistat_pipeline.visual.working_picture import WorkingPicture

_WEAK_EDGE, _STRONG_EDGE = 60, 150  # gradients in grey values (Sobel, 3 x 3)


def texture_features(seen: WorkingPicture) -> dict[str, float]:
    """Return the features of sharpness and detail, without the prefix of their names."""
    laplacian = np.asarray(cv2.Laplacian(seen.grey, cv2.CV_32F))
    edges = np.asarray(cv2.Canny(seen.grey, _WEAK_EDGE, _STRONG_EDGE))
    return {
        "sharpness": math.log1p(float(laplacian.var())),
        "edge_density": np.count_nonzero(edges) / edges.size,
        "entropy": entropy(np.bincount(seen.grey.ravel(), minlength=256)),
    }
