"""The kinds of change: one state against another, twice as much, a step more.

Each says which things are compared, in which unit, and what is typical before and after.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.evaluation import Floats

Range = tuple[float, float]
"""Lowest and highest value, both included."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Contrast:
    """One state against another; what is in neither is left out."""

    before: Range = (0.0, 0.0)
    after: Range = (1.0, inf)

    def treatment(self, values: Floats) -> Floats:
        """Return 0 before, 1 after, NaN where neither or unknown."""
        before, after = self.sides(values)
        return np.where(after, 1.0, np.where(before, 0.0, np.nan))

    def sides(self, values: Floats) -> tuple[Flags, Flags]:
        """Return which things look like before, and which like after."""
        return _within(values, self.before), _within(values, self.after)

    def could(self, values: Floats) -> Flags:
        """Return which things can still make the change: all that are before it."""
        return _within(values, self.before)

    def span(self, values: Floats) -> Range:
        """Return a typical value before and one after; there must be things on both sides."""
        before, after = self.sides(values)
        return _typical(values[before]), _typical(values[after])


@dataclass(frozen=True, slots=True)
class Doubling:
    """Twice as much, among things that have some."""

    least: float = 1.0

    def treatment(self, values: Floats) -> Floats:
        """Return the logarithm to base 2, NaN below `least` or unknown."""
        some = _within(values, (self.least, inf))
        return np.where(some, np.log2(np.where(some, values, 1.0)), np.nan)

    def sides(self, values: Floats) -> tuple[Flags, Flags]:
        """Return which things have about the median, and which about twice of it."""
        before, after = self.span(values)
        half = np.sqrt(2.0)
        return (
            _within(values, (before / half, np.nextafter(before * half, 0.0))),
            _within(values, (before * half, after * half)),
        )

    def could(self, values: Floats) -> Flags:
        """Return which things can still make the change: those with clearly less than after."""
        before, after = self.span(values)
        return _within(values, (self.least, np.nextafter(np.sqrt(before * after), 0.0)))

    def span(self, values: Floats) -> Range:
        """Return the median of those that have some, and twice of it."""
        middle = _typical(values[_within(values, (self.least, inf))])
        return middle, 2.0 * middle


@dataclass(frozen=True, slots=True)
class Steps:
    """A step more, up to a number beyond which more counts as no more."""

    step: float
    most: float

    def treatment(self, values: Floats) -> Floats:
        """Return the number of steps, at most that of `most`; NaN where unknown."""
        return np.minimum(values, self.most) / self.step

    def sides(self, values: Floats) -> tuple[Flags, Flags]:
        """Return which things have about the median or less, and which about a step more."""
        before, after = self.span(values)
        border = (before + after) / 2.0
        return (
            _within(values, (-inf, np.nextafter(border, -inf))),
            _within(values, (border, inf)),
        )

    def could(self, values: Floats) -> Flags:
        """Return which things can still make the change: those with room for a step."""
        return _within(values, (-inf, self.most - self.step))

    def span(self, values: Floats) -> Range:
        """Return the median, or `most` less a step if that is lower, and a step more."""
        start = min(_typical(values[~np.isnan(values)]), self.most - self.step)
        return start, start + self.step


def _typical(values: Floats) -> float:
    """Return the median, the lower one of two, so that it is a value that occurs."""
    return float(np.quantile(values, 0.5, method="lower"))


def _within(values: Floats, bounds: Range) -> Flags:
    inside: Flags = (values >= bounds[0]) & (values <= bounds[1])
    return inside
