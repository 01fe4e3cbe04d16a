"""Markdown of which no reader takes a stranger's text for markup, link or HTML."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from thingistat_pipeline.report.wording import plain

_MARKUP = re.compile(r"[\\`*_\[\]<>#|~&$^=@]|(?<=:)//|(?<=www)\.|^[-+]|(?<=^\d)[.)]")


def escaped(text: object, limit: int = 200) -> str:
    """Return a text as one line that no reader of Markdown takes for markup, link or HTML."""
    return _MARKUP.sub(r"\\\g<0>", plain(text, limit))


def bullets(lines: Iterable[str]) -> str:
    """Return lines as a list."""
    return "\n".join(f"- {line}" for line in lines)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table of cells that have been escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
