"""What the UI shows beside a materialization: schemas, previews and small plots.

All text of a preview comes from strangers: it is escaped here, because the UI renders Markdown.
"""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import inf, nan
from textwrap import fill
from typing import Any, NamedTuple

import dagster as dg
import polars as pl
import polars.selectors as cs
from duckdb import DuckDBPyConnection
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

SANDBOX = "sandbox"
PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 64  # a whole SHA-256
SENTENCE_CHARACTERS = 400
_LABEL_CHARACTERS = 36
_MARKDOWN_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]()#+-.!|~"})


def world(source: str) -> dict[str, str]:
    """Return the entry that says whether the numbers beside it are about the real site."""
    synthetic = "SANDBOX: synthetic, not the real site"
    return {"data": synthetic if source == SANDBOX else f"real things ({source or 'none yet'})"}


def titled(title: str, source: str) -> str:
    """Return a plot's title, marked as synthetic where it is."""
    return f"SANDBOX, synthetic: {title}" if source == SANDBOX else title


def table_schema(con: DuckDBPyConnection, table: str) -> dg.TableSchema:
    """Return a warehouse table's columns, types and comments as Dagster shows them."""
    rows = con.sql(
        "SELECT column_name, data_type, comment FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND table_name = ? "
        "ORDER BY database_name = current_database() DESC, column_index",
        params=[table],
    ).fetchall()
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, type=kind, description=comment) for name, kind, comment in rows
        ]
    )


def frame_schema(frame: pl.DataFrame, meanings: Mapping[str, str]) -> dg.TableSchema:
    """Return a frame's columns and types, with a description where `meanings` knows one."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, type=str(kind), description=meanings.get(name))
            for name, kind in frame.schema.items()
        ]
    )


def preview(
    frame: pl.DataFrame, *, rows: int = PREVIEW_ROWS, characters: int = PREVIEW_CHARACTERS
) -> dg.MarkdownMetadataValue:
    """Return the first rows of a frame as a Markdown table that runs nothing and links nowhere."""
    head = frame.head(rows)
    lines = [_row(head.columns), _row(["---"] * head.width, escaped=True)]
    lines += [
        _row([_cell(value, characters) for value in row], escaped=True) for row in head.iter_rows()
    ]
    return dg.MetadataValue.md("\n".join(lines))


def whole_table(frame: pl.DataFrame, *, digits: int = 3) -> dg.MarkdownMetadataValue:
    """Return all rows of a small frame as such a table, numbers rounded, sentences whole."""
    rounded = frame.with_columns(cs.float().round(digits))
    return preview(rounded, rows=frame.height, characters=SENTENCE_CHARACTERS)


def sentences(said: Sequence[str]) -> dg.MarkdownMetadataValue:
    """Return sentences as a Markdown list that runs nothing and links nowhere."""
    return dg.MetadataValue.md("\n".join(f"- {_escape(' '.join(each.split()))}" for each in said))


def number(value: float | None) -> dg.MetadataValue[Any]:
    """Return a figure that the UI draws over time, or null where it is undefined."""
    return dg.MetadataValue.null() if value is None else dg.MetadataValue.float(float(value))


def tall_preview(frame: pl.DataFrame, *, rows: int = PREVIEW_ROWS) -> dg.MarkdownMetadataValue:
    """Return the first rows of a wide frame turned over: a line for each of its columns."""
    shown = [f"row {number}" for number in range(1, min(rows, frame.height) + 1)]
    turned = pl.DataFrame(
        [[column.name, *map(str, column.to_list())] for column in frame.head(rows).iter_columns()],
        schema=["column", *shown],
        orient="row",
    )
    return preview(turned, rows=turned.height)


def _row(cells: Sequence[str], *, escaped: bool = False) -> str:
    return "| " + " | ".join(cells if escaped else [_escape(cell) for cell in cells]) + " |"


def _cell(value: object, characters: int) -> str:
    text = " ".join(str(value).split())
    shortened = text if len(text) <= characters else text[: characters - 1] + "…"
    return _escape(shortened)


def _escape(text: str) -> str:
    return html.escape(text.translate(_MARKDOWN_SIGNS))


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    errors: Sequence[float] | None = None,
    title: str,
    unit: str,
) -> dg.MarkdownMetadataValue:
    """Return horizontal bars as an inline picture.

    Parameters
    ----------
    labels, values, errors : sequences of equal length
        One bar each, drawn from top to bottom; `errors` are half-widths of the whiskers.
    title : str
        What is shown, on what data.
    unit : str
        Label of the value axis.
    """
    figure, axes = _labelled(labels, title=title, unit=unit)
    axes.barh(range(len(labels)), values, xerr=errors, color="#2a6f97", ecolor="#555555", capsize=2)
    return _picture(figure, title)


def whiskers(
    labels: Sequence[str],
    values: Sequence[float | None],
    lows: Sequence[float | None],
    highs: Sequence[float | None],
    *,
    title: str,
    unit: str,
) -> dg.MarkdownMetadataValue:
    """Return dots with intervals, and a line at 0, as an inline picture.

    Parameters
    ----------
    labels, values, lows, highs : sequences of equal length
        One line each, from top to bottom. Where an end of the interval is not known, there is the
        dot alone; where the value is not, nothing.
    title : str
        What is shown, on what data.
    unit : str
        Label of the value axis.
    """
    figure, axes = _labelled(labels, title=title, unit=unit)
    for place, (value, low, high) in enumerate(zip(values, lows, highs, strict=True)):
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], color="#555555", linewidth=1.5)
        if value is not None:
            axes.plot([value], [place], "o", color="#2a6f97", markersize=5)
    axes.axvline(0, color="#999999", linewidth=0.8, linestyle="dashed")
    return _picture(figure, title)


def best_so_far(
    scores: Sequence[float], complete: Sequence[bool], *, title: str, unit: str
) -> dg.MarkdownMetadataValue:
    """Return the scores of a search, trial by trial, and the best up to each, as a picture.

    Parameters
    ----------
    scores : sequence of float
        In the order of the trials, higher is better.
    complete : sequence of bool
        Whether each trial was made whole; the score of one that was broken off does not count.
    title : str
        What was searched, on what data.
    unit : str
        Label of the score axis.
    """
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    tried = list(enumerate(scores, start=1))
    best = accumulate(
        (score if whole else -inf for score, whole in zip(scores, complete, strict=True)), max
    )
    so_far = [nan if value == -inf else value for value in best]
    axes.step(range(1, len(so_far) + 1), so_far, where="post", color="#c1666b", label="best so far")
    for wanted, face, label in ((True, "#2a6f97", "trial"), (False, "white", "broken off early")):
        shown = [trial for trial, whole in zip(tried, complete, strict=True) if whole == wanted]
        if shown:
            numbers, found = zip(*shown, strict=True)
            axes.scatter(numbers, found, s=16, c=face, label=label, edgecolors="#2a6f97")
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    axes.set_xlabel("trial", fontsize=9)
    axes.set_ylabel(unit, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return _picture(figure, title)


class Line(NamedTuple):
    """A line to be drawn, with its band where both ends of it are known."""

    label: str
    x: Sequence[float]
    values: Sequence[float | None]
    lows: Sequence[float | None]
    highs: Sequence[float | None]


def lines(drawn: Sequence[Line], *, title: str, x: str, unit: str) -> dg.MarkdownMetadataValue:
    """Return lines with their bands as an inline picture.

    Parameters
    ----------
    drawn : sequence of Line
    title : str
        What is shown, on what data.
    x, unit : str
        Labels of the axes.
    """
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    for line in drawn:
        values, lows, highs = (
            [nan if value is None else value for value in column]
            for column in (line.values, line.lows, line.highs)
        )
        (stroke,) = axes.plot(line.x, values, marker="o", markersize=3, label=line.label)
        axes.fill_between(line.x, lows, highs, color=stroke.get_color(), alpha=0.15, linewidth=0)
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(unit, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return _picture(figure, title)


def _labelled(labels: Sequence[str], *, title: str, unit: str) -> tuple[Figure, Axes]:
    """Return a figure whose vertical axis names the labels from top to bottom."""
    wrapped = [fill(label.replace("$", r"\$"), _LABEL_CHARACTERS) for label in labels]
    height = 1.2 + 0.26 * len(labels) + 0.14 * sum(label.count("\n") for label in wrapped)
    figure = Figure(figsize=(7, height), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks(range(len(labels)), wrapped)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    axes.set_xlabel(unit, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def log_histogram(
    values: pl.Series, *, title: str, unit: str, bins: int = 40
) -> dg.MarkdownMetadataValue:
    """Return the distribution of counts on a log(1 + x) axis as an inline picture."""
    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.hist(values.drop_nulls().cast(pl.Float64).log1p().to_numpy(), bins=bins, color="#2a6f97")
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    axes.set_xlabel(f"log(1 + {unit})", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return _picture(figure, title)


def _picture(figure: Figure, title: str) -> dg.MarkdownMetadataValue:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return dg.MetadataValue.md(f"![{_escape(title)}](data:image/png;base64,{encoded})")
