"""How a picture is composed: where it has what stands out.

Each rule of composition is a pattern of weights, and its feature the correlation of the pattern
with how much each part of the picture stands out. The idea of kernels is pikkit's.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.visual.subject import Subject

Pattern = NDArray[np.float64]

_CELLS = 64


def composition_features(subject: Subject) -> dict[str, float]:
    """Return the features of composition, without the prefix of their names."""
    coarse = cv2.resize(subject.saliency, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    standing_out = _standardised(np.asarray(coarse, dtype=np.float64))
    if standing_out is None:
        return {**dict.fromkeys(KERNELS, 0.0), "symmetry": 1.0}
    return {
        **{name: _correlation(standing_out, kernel) for name, kernel in KERNELS.items()},
        "symmetry": _correlation(standing_out, standing_out[:, ::-1]),
    }


def _correlation(first: Pattern, second: Pattern) -> float:
    """Return the correlation of two standardised patterns; rounding stays within its bounds."""
    return float(np.clip((first * second).mean(), -1.0, 1.0))


def _standardised(pattern: Pattern) -> Pattern | None:
    """Return a pattern of mean 0 and variance 1, or None where it is the same all over."""
    spread = pattern.std()
    if spread < 1e-9:
        return None
    return np.asarray((pattern - pattern.mean()) / spread)


def _bump(distance: Pattern, width: float) -> Pattern:
    return np.asarray(np.exp(-((distance / width) ** 2) / 2))


def _signed_root(place: Pattern) -> Pattern:
    return np.asarray(np.sign(place) * np.sqrt(np.abs(place)))


def _at_thirds(x: Pattern, y: Pattern) -> Pattern:
    third = 1 / 3
    return _bump(np.hypot(np.abs(x) - third, np.abs(y) - third), 0.18)


# Places run from -1 (left, top) to 1 (right, bottom); widths are in the same unit.
_RULES: Mapping[str, Callable[[Pattern, Pattern], Pattern]] = MappingProxyType(
    {
        "centre": lambda x, y: _bump(np.hypot(x, y), 0.35),
        "thirds": _at_thirds,
        "border": lambda x, y: np.maximum(np.abs(x), np.abs(y)) ** 6,
        "diagonal_falling": lambda x, y: _bump(x - y, 0.2),
        "diagonal_rising": lambda x, y: _bump(x + y, 0.2),
        "band_horizontal": lambda _, y: _bump(y, 0.25),
        "band_vertical": lambda x, _: _bump(x, 0.25),
        "balance_left": lambda x, _: _signed_root(-x),
        "balance_top": lambda _, y: _signed_root(-y),
    }
)


def _kernels() -> Mapping[str, Pattern]:
    places = (np.arange(_CELLS) + 0.5) / _CELLS * 2 - 1
    x, y = np.meshgrid(places, places)
    drawn = {name: _standardised(rule(x, y)) for name, rule in _RULES.items()}
    return MappingProxyType({name: one for name, one in drawn.items() if one is not None})


KERNELS = _kernels()
"""The patterns, each of shape (64, 64), mean 0 and variance 1."""
