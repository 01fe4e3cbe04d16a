"""How light, how contrasted and how coloured a picture is.

References
----------
D. Hasler and S. Süsstrunk, "Measuring colourfulness in natural images", Human Vision and
Electronic Imaging VIII, Proc. SPIE 5007 (2003) 87-95.
"""

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.visual.working_picture import Floats, Picture, WorkingPicture, planes

HUES = 12
_LEAST_CHROMA = 0.05  # below it a pixel is grey, and its hue an accident of the compression
_ORANGE = 30.0  # degrees


def colour_features(seen: WorkingPicture) -> dict[str, float]:
    """Return the features of lightness and colour, without the prefix of their names."""
    lightness = planes(seen.lab)[0] / np.float32(100)
    low, high = np.percentile(lightness, [2, 98])
    hue, saturation, value = planes(seen.hsv)
    chroma = saturation * value
    return {
        "brightness": float(lightness.mean()),
        "contrast_rms": float(lightness.std()),
        "contrast_range": float(high - low),
        "saturation_mean": float(saturation.mean()),
        "saturation_spread": float(saturation.std()),
        "colourfulness": colourfulness(seen.rgb),
        "hue_entropy": _hue_entropy(hue, chroma),
        "warmth": float((chroma * np.cos(np.radians(hue - _ORANGE))).mean()),
    }


def colourfulness(rgb: Picture) -> float:
    """Return Hasler and Süsstrunk's third measure of colourfulness.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    float
        In the units of the pixel values, from 0 (grey) up.
    """
    red, green, blue = planes(rgb)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def entropy(weights: NDArray[np.floating] | NDArray[np.integer]) -> float:
    """Return the Shannon entropy of counts or weights in bits; 0 where all are nought."""
    total = weights.sum()
    if not total:
        return 0.0
    shares = weights[weights > 0] / total
    # Rounding must not make a single share's entropy negative.
    return max(float(-(shares * np.log2(shares)).sum()), 0.0)


def _hue_entropy(hue: Floats, chroma: Floats) -> float:
    # Red, yellow, green and so on lie in the middle of a bin, not on its edge.
    bins = (hue * np.float32(HUES / 360) + np.float32(0.5)).astype(np.uint8)
    bins[bins == HUES] = 0
    coloured = np.where(chroma >= _LEAST_CHROMA, chroma, np.float32(0))
    return entropy(np.bincount(bins.ravel(), weights=coloured.ravel(), minlength=HUES))
