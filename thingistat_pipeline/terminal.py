"""Strangers' text on a terminal or in a log: shown, never obeyed."""

import re

# C0 and C1 controls but for tabulator and line ends, and the marks that turn the reading direction.
_OBEYED = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]"
)


def shown(text: str) -> str:
    """Return a text in which U+FFFD stands for whatever a terminal would obey."""
    return _OBEYED.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """Return a text as `shown`, in one line, so that it cannot forge another line of a log."""
    return shown(" ".join(text.split()))
