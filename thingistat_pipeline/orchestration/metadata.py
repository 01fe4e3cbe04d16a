"""What the UI shows beside a materialization: schemas, previews and small plots.

All text of a preview comes from strangers: it is escaped here, because the UI renders Markdown.
"""

import base64
import html
import io
from collections.abc import Mapping, Sequence

import dagster as dg
import polars as pl
from duckdb import DuckDBPyConnection
from matplotlib.figure import Figure

SANDBOX = "sandbox"
PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 64  # a whole SHA-256
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


def preview(frame: pl.DataFrame, *, rows: int = PREVIEW_ROWS) -> dg.MarkdownMetadataValue:
    """Return the first rows of a frame as a Markdown table that runs nothing and links nowhere."""
    head = frame.head(rows)
    lines = [_row(head.columns), _row(["---"] * head.width, escaped=True)]
    lines += [_row([_cell(value) for value in row], escaped=True) for row in head.iter_rows()]
    return dg.MetadataValue.md("\n".join(lines))


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


def _cell(value: object) -> str:
    text = " ".join(str(value).split())
    shortened = text if len(text) <= PREVIEW_CHARACTERS else text[: PREVIEW_CHARACTERS - 1] + "…"
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
    figure = Figure(figsize=(7, 1.2 + 0.26 * len(labels)), layout="constrained")
    axes = figure.subplots()
    axes.barh(range(len(labels)), values, xerr=errors, color="#2a6f97", ecolor="#555555", capsize=2)
    axes.set_yticks(range(len(labels)), [label.replace("$", r"\$") for label in labels])
    axes.invert_yaxis()
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    axes.set_xlabel(unit, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return _picture(figure, title)


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
