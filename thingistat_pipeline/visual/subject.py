"""What a picture is of: the part that stands out from its borders.

People put a thing before a table or a wall, and the site draws it before a flat colour, so the
border shows what the background looks like (the boundary prior of Y. Wei, F. Wen, W. Zhu and J.
Sun, "Geodesic saliency using background priors", ECCV 2012). A pixel is background so far as it
looks like both ends of its row or like both ends of its column: rows follow a table that runs into
a wall, columns a light from one side, and a subject that touches one side still differs from the
other.

References
----------
N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions on Systems,
Man, and Cybernetics 9 (1979) 62-66.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.visual.working_picture import SIDE, Floats, WorkingPicture, planes

Mask = NDArray[np.bool_]

LEAST_DIFFERENCE = 6.0
"""What stands out differs from the background by more than this in CIELAB (2.3 is just seen)."""

_BORDER = 6  # pixels of the working picture
_GRAIN = 1.5  # pixels; what is finer is noise
_ALONG_THE_BORDER = 4.0  # pixels
_FIRST, _LAST = slice(None, _BORDER), slice(-_BORDER, None)


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """What stands out.

    Attributes
    ----------
    saliency : ndarray of float32, shape (256, 256)
        How far each pixel is from the background's colours, in CIELAB units; all 0 where nothing
        is far enough to count.
    mask : ndarray of bool, shape (256, 256)
        The subject's pixels.
    """

    saliency: Floats
    mask: Mask


def subject_of(seen: WorkingPicture) -> Subject:
    """Return what stands out from the borders of a picture."""
    saliency = _difference_from_the_border(seen.lab)
    strongest = float(saliency.max())
    if strongest <= LEAST_DIFFERENCE:
        return Subject(np.zeros_like(saliency), np.zeros(saliency.shape, dtype=np.bool_))
    levels = (saliency * np.float32(255 / strongest)).astype(np.uint8)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    threshold = max(LEAST_DIFFERENCE, (level + 1) / 255 * strongest)
    standing_out = (saliency >= min(threshold, strongest)).astype(np.uint8)
    return Subject(saliency, np.asarray(cv2.medianBlur(standing_out, 5), dtype=np.bool_))


def subject_features(seen: WorkingPicture, subject: Subject) -> dict[str, float]:
    """Return the features of subject and background, without the prefix of their names."""
    mask = subject.mask
    contrast, unevenness = 0.0, 0.0
    if not mask.all():
        background, spread = _mean_and_spread(seen.lab, ~mask)
        unevenness = float(np.linalg.norm(spread))
        if mask.any():
            contrast = float(np.linalg.norm(_mean_and_spread(seen.lab, mask)[0] - background))
    return {
        **_place(mask),
        "subject_contrast": contrast,
        "background_unevenness": unevenness,
    }


def _place(mask: Mask) -> dict[str, float]:
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    area = int(np.count_nonzero(mask))
    x, y, box = 0.0, 0.0, 0
    if area:
        x = _middle(mask.sum(axis=0))
        y = _middle(mask.sum(axis=1))
        box = int(columns[-1] - columns[0] + 1) * int(rows[-1] - rows[0] + 1)
    outermost = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return {
        "subject_area": area / mask.size,
        "subject_x": x,
        "subject_y": y,
        "subject_off_centre": float(np.hypot(x, y)),
        "subject_box": box / mask.size,
        "subject_fill": area / max(box, 1),
        "subject_touches_border": float(outermost.mean()),
    }


def _middle(pixels: NDArray[np.integer]) -> float:
    """Return the mean place of the pixels counted, from -0.5 at one side to 0.5 at the other."""
    places = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    return float((pixels * places).sum() / pixels.sum())


def _mean_and_spread(lab: Floats, mask: Mask) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the mean and the standard deviation of each channel where the mask holds."""
    mean, spread = cv2.meanStdDev(lab, mask=mask.view(np.uint8))
    return np.asarray(mean), np.asarray(spread)


def _difference_from_the_border(lab: Floats) -> Floats:
    smooth = planes(cv2.GaussianBlur(lab, (0, 0), _GRAIN))
    of_row = _distance(smooth, _FIRST, axis=1) + _distance(smooth, _LAST, axis=1)
    of_column = _distance(smooth, _FIRST, axis=0) + _distance(smooth, _LAST, axis=0)
    return np.asarray(np.minimum(of_row, of_column) / np.float32(2))


def _distance(colours: tuple[Floats, ...], end: slice, axis: int) -> Floats:
    """Return each pixel's distance in colour from one end of its row (axis 1) or column (0)."""
    squares = np.zeros((SIDE, SIDE), dtype=np.float32)
    for plane in colours:
        strip = plane[end] if axis == 0 else plane[:, end]
        along = cv2.GaussianBlur(strip.mean(axis=axis, keepdims=True), (0, 0), _ALONG_THE_BORDER)
        difference = plane - along
        squares += difference * difference
    return np.asarray(np.sqrt(squares))
