"""Answers of the database as text for other programs: harmless, whatever strangers wrote.

A spreadsheet takes a cell that begins with an equals sign (or a plus, a minus, an at sign) for a
formula, and a formula can send what stands beside it to anybody.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

import polars as pl

from thingistat_pipeline.terminal import shown

# Full-width forms count as well; tabulators and line ends are skipped by some programs.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def as_csv(rows: pl.DataFrame) -> str:
    """Return rows as comma-separated values with a header, safe to open in a spreadsheet.

    Parameters
    ----------
    rows : pl.DataFrame
        Lists and structures are written as JSON, bytes in hexadecimal digits.

    Returns
    -------
    str
        All texts in quotation marks. One that a spreadsheet would take for a formula, a column's
        name included, begins with an apostrophe more; control characters become U+FFFD.
    """
    names = _unique(_harmless(name) for name in rows.columns)
    texts = rows.select(
        _as_text(rows[old]).alias(new) for old, new in zip(rows.columns, names, strict=True)
    )
    return texts.write_csv(quote_style="non_numeric") if texts.width else ""


def _as_text(column: pl.Series) -> pl.Series:
    """Return a column of numbers, dates or truth values as it is, any other as harmless texts."""
    if column.dtype == pl.Binary:
        return column.bin.encode("hex").map_elements(_harmless, return_dtype=pl.String)
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        return column.cast(pl.String).map_elements(_harmless, return_dtype=pl.String)
    if column.dtype.is_nested() or column.dtype == pl.Object:
        texts = [None if each is None else _harmless(_json(each)) for each in column.to_list()]
        return pl.Series(texts, dtype=pl.String)
    return column


def _harmless(text: str) -> str:
    text = shown(text)
    return f"'{text}" if _FORMULA.match(text) else text


def _json(value: Any) -> str:  # noqa: ANN401 - whatever a cell holds
    return json.dumps(value, ensure_ascii=False, default=str)


def _unique(names: Iterable[str]) -> list[str]:
    """Return names of which some may have become the same, told apart by blanks at their ends."""
    seen: dict[str, None] = {}
    for name in names:
        while name in seen:
            name += " "  # noqa: PLW2901 - until it is unique
        seen[name] = None
    return list(seen)
