"""Numbers with their 95 % intervals, read from stored metrics and put into words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from thingistat_pipeline.report.wording import NOT_AVAILABLE, known, number

_MOST_DECIMALS = 6  # an end closer to 0 than these tell is as good as 0
LARGEST_EXPONENT = 50.0
"""Factors beyond exp(50) are drawn and written as that."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the ends of its interval; what was not measured, or is not finite, is None."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any] | None, *, value: str = "value") -> "Estimate":
        """Read an estimate from a mapping with the keys `value`, low and high."""
        entry = entry or {}
        return cls(_finite(entry.get(value)), _finite(entry.get("low")), _finite(entry.get("high")))

    @property
    def is_measured(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the interval are known."""
        return self.low is not None and self.high is not None

    @property
    def is_above_zero(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low is not None and self.low > 0

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside the interval."""
        return self.is_above_zero or (self.high is not None and self.high < 0)

    def exp(self) -> "Estimate":
        """Return the estimate of the factor, where this one is of its logarithm."""
        return Estimate(_exp(self.value), _exp(self.low), _exp(self.high))

    def times(self, scale: float) -> "Estimate":
        """Return the estimate in another unit; `scale` must not be negative."""
        return Estimate(*(None if v is None else v * scale for v in self.ends()))

    def turned(self) -> "Estimate":
        """Return the estimate of the difference the other way round."""
        return Estimate(*(None if v is None else -v for v in (self.value, self.high, self.low)))

    def ends(self) -> tuple[float | None, float | None, float | None]:
        """Return value, low and high."""
        return self.value, self.low, self.high


def in_words(estimate: Estimate, digits: int = 2, *, prefix: str = "", suffix: str = "") -> str:
    """Return a value with its 95 % interval in brackets: 0.41 (0.36 to 0.46)."""
    if not estimate.is_measured:
        return NOT_AVAILABLE
    value = f"{prefix}{number(estimate.value, digits)}{suffix}"
    if not estimate.has_interval:
        return f"{value} (no interval)"
    return (
        f"{value} ({prefix}{number(estimate.low, digits)} to "
        f"{prefix}{number(estimate.high, digits)}{suffix})"
    )


def difference_in_words(estimate: Estimate, digits: int = 2) -> str:
    """Return a difference with its interval, no end of which reads as 0 that is not.

    On which side of 0 an end lies is what the interval of a difference is looked at for.
    """
    ends = [abs(end) for end in (estimate.low, estimate.high) if end]
    while digits < _MOST_DECIMALS and any(not float(f"{end:.{digits}f}") for end in ends):
        digits += 1
    return in_words(estimate, digits)


def on_two_lines(estimate: Estimate, digits: int = 2, *, prefix: str = "", suffix: str = "") -> str:
    """Return a table's cell: the value, and on its second line the interval."""
    if not estimate.is_measured:
        return "–"
    value = f"{prefix}{number(estimate.value, digits)}{suffix}"
    if not estimate.has_interval:
        return value
    low, high = number(estimate.low, digits), number(estimate.high, digits)
    return f"{value}\n{prefix}{low} to {prefix}{high}{suffix}"


def factor(value: float | None) -> str:
    """Return a factor: ×1.6, ×0.85, ×12."""
    if value is None or not math.isfinite(value):
        return NOT_AVAILABLE
    return f"×{number(value, factor_digits(value))}"


def factor_range(low: float | None, high: float | None) -> str:
    """Return an interval of factors, with equally many decimals at both ends."""
    if low is None or high is None:
        return "no interval"
    digits = _digits(low, high)
    if digits is None:
        return f"{factor(low)} to {factor(high)}"
    return f"×{number(low, digits)} to ×{number(high, digits)}"


def factor_in_words(estimate: Estimate) -> str:
    """Return a factor with its 95 % interval: ×1.6 (×1.3 to ×1.9)."""
    if not estimate.is_measured:
        return NOT_AVAILABLE
    return f"{_fitting(estimate)} ({factor_range(estimate.low, estimate.high)})"


def factor_on_two_lines(estimate: Estimate) -> str:
    """Return a table's cell: the factor, and on its second line the interval."""
    if not estimate.is_measured:
        return "–"
    if not estimate.has_interval:
        return factor(estimate.value)
    return f"{_fitting(estimate)}\n{factor_range(estimate.low, estimate.high)}"


def factor_digits(value: float) -> int:
    """Return how many decimals a factor deserves: two digits, three close to 1."""
    if value >= 9.95:
        return 0
    return 2 if value < 1.2 else 1


def _fitting(estimate: Estimate) -> str:
    """Return the factor with as many decimals as the ends of its interval."""
    digits = _digits(estimate.low, estimate.high)
    return factor(estimate.value) if digits is None else f"×{number(estimate.value, digits)}"


def _digits(low: float | None, high: float | None) -> int | None:
    """Return the decimals that an interval deserves; None where its ends are too far apart."""
    if low is None or high is None or high >= 9.95:
        return None
    return max(factor_digits(low), 2 if high - low < 0.1 else 0)


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(min(value, LARGEST_EXPONENT))


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and known(value) else None
