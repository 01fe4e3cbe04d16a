"""Numbers and strangers' texts as words on a page.

What belongs here: how a number is written and how a text from the API is made harmless to a
reader's eye. Escaping for HTML is the template's work, escaping for plots `plot_text`'s.
"""

import math
import re
from collections.abc import Sequence

NOT_AVAILABLE = "not available"

# C0 and C1 controls (terminal escapes among them), and the marks that turn the reading direction
# of everything around them.
_INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


def plain(text: object, limit: int = 80) -> str:
    """Return a stranger's text as one readable line.

    Control characters and direction marks become spaces, white space is collapsed, and what is
    longer than `limit` characters ends in an ellipsis. Nothing is escaped.
    """
    line = " ".join(_INVISIBLE.sub(" ", str(text)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def plot_text(text: object, limit: int = 32) -> str:
    """Return a text for plotly, which reads a small HTML of its own in labels and hover texts."""
    line = plain(text, limit)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def known(value: float | None) -> bool:
    """Return whether a number is there and finite."""
    return value is not None and math.isfinite(value)


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with thousands separated and a true minus sign."""
    if value is None or not math.isfinite(value):
        return NOT_AVAILABLE
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def compact(value: float) -> str:
    """Return a count in few characters, for ticks: 12, 1.5k, 30k, 2M."""
    if value < 0:
        return f"−{compact(-value)}"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            scaled = value / size
            return f"{scaled:.0f}{letter}" if scaled >= 100 else f"{scaled:.2g}{letter}"
    return f"{value:.3g}"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share between 0 and 1 as a percentage."""
    return f"{number(share * 100, digits)} %" if share is not None else NOT_AVAILABLE


def score(value: float | None) -> str:
    """Return an R² with two decimals."""
    return number(value, 2)


def between(low: float | None, high: float | None) -> str:
    """Return an interval of scores in words; with one end unknown there is none."""
    if not known(low) or not known(high):
        return NOT_AVAILABLE
    return f"{score(low)} to {score(high)}"


def plus_minus(mean: float | None, sd: float | None) -> str:
    """Return a mean with its standard deviation, to the deviation's second digit (2 to 4)."""
    if sd is None or not math.isfinite(sd):
        return number(mean, 3)
    digits = 4 if sd <= 0 else min(4, max(2, 1 - math.floor(math.log10(sd))))
    return f"{number(mean, digits)} ± {number(sd, digits)}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun in the right number."""
    return f"{number(count)} {noun if count == 1 else plural or noun + 's'}"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in prose: a, b and c."""
    if len(words) <= 1:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]
