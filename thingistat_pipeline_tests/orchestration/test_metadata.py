"""What the UI shows beside a materialization is readable and harmless."""

import base64
import re
from math import nan

import dagster as dg
import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.orchestration.metadata import (
    Line,
    bars,
    best_so_far,
    frame_schema,
    lines,
    log_histogram,
    preview,
    sentences,
    table_schema,
    tall_preview,
    whiskers,
    whole_table,
)
from thingistat_pipeline_tests.hostile_texts import HOSTILE

UNESCAPED_MARKDOWN = re.compile(r"(?<!\\)[`*_{}\[\]()]")


def test_a_preview_shows_five_rows_under_their_column_names():
    frame = pl.DataFrame({"id": list(range(9)), "name": ["gear"] * 9})
    lines = preview(frame).value.splitlines()
    assert lines[0] == "| id | name |"
    assert lines[2] == "| 0 | gear |"
    assert len(lines) == 2 + 5


def test_a_wide_frame_is_turned_over_with_a_line_for_each_column():
    frame = pl.DataFrame({"id": [7, 8, 9], "is_wip": [True, None, False]})
    assert tall_preview(frame, rows=2).value.splitlines() == [
        "| column | row 1 | row 2 |",
        "| --- | --- | --- |",
        "| id | 7 | 8 |",
        "| is\\_wip | True | None |",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_preview_neither_runs_nor_links_nor_breaks_the_table(text: str):
    storable = text.encode(errors="replace").decode()
    lines = preview(pl.DataFrame({"name": [storable]})).value.splitlines()
    assert len(lines) == 3
    row = lines[2]
    assert "<" not in row
    assert not UNESCAPED_MARKDOWN.search(row)
    assert len(re.findall(r"(?<!\\)\|", row)) == 2


@given(st.text())
def test_any_text_stays_one_cell_of_one_line_without_markup(text: str):
    lines = preview(pl.DataFrame({"name": [text]})).value.split("\n")
    assert len(lines) == 3
    assert "<" not in lines[2]
    assert not UNESCAPED_MARKDOWN.search(lines[2])


def test_a_small_table_is_shown_whole_with_rounded_numbers_and_unbroken_sentences():
    sentence = "A remark of more than sixty-four characters that nobody wants to see cut short"
    frame = pl.DataFrame({"rank": [1] * 7, "effect": [0.123456] * 7, "note": [sentence] * 7})
    lines = whole_table(frame).value.splitlines()
    assert len(lines) == 2 + 7
    assert lines[2].startswith("| 1 | 0\\.123 |")
    assert "cut short" in lines[2]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_a_list_of_sentences_neither_runs_nor_links(hostile: str):
    text = sentences([hostile, "plain"]).value
    assert "<" not in text
    assert not UNESCAPED_MARKDOWN.search(text)
    assert text.splitlines()[1:] == ["- plain"]


def test_a_table_schema_carries_types_and_comments():
    with duckdb.connect() as con:
        con.execute("CREATE TABLE things (id BIGINT, name VARCHAR)")
        con.execute("COMMENT ON COLUMN things.id IS 'the thing''s number'")
        columns = table_schema(con, "things").columns
    assert columns == [
        dg.TableColumn("id", type="BIGINT", description="the thing's number"),
        dg.TableColumn("name", type="VARCHAR"),
    ]


def test_a_frame_schema_carries_the_meanings_that_are_known():
    frame = pl.DataFrame({"id": [1], "age_days": [2]})
    schema = frame_schema(frame, {"age_days": "days since publication"})
    assert [column.description for column in schema.columns] == [None, "days since publication"]
    assert [column.type for column in schema.columns] == ["Int64", "Int64"]


def test_plots_are_inline_pictures_with_a_caption():
    plots = [
        bars(["a", "b$x$"], [0.5, 0.1], errors=[0.1, 0.0], title="Falls <of> R²", unit="R²"),
        log_histogram(pl.Series([0, 5, None, 10_000]), title="Downloads", unit="downloads"),
        whiskers(
            ["a $x$", "b", "c"],
            [1, 2, None],
            [0.5, None, None],
            [2, None, None],
            title="Effects",
            unit="log",
        ),
        best_so_far([0.2, 0.5, 0.4], [True, False, True], title="Search", unit="R²"),
        best_so_far([0.2], [False], title="Nothing was made whole", unit="R²"),
        best_so_far([nan, 0.2], [False, True], title="The first failed", unit="NDCG"),
        lines(
            [
                Line("train", [1, 2, 4], [0.1, 0.2, None], [0.0, None, None], [0.2, None, None]),
                Line("test", [1], [0.1], [None], [None]),
            ],
            title="Learning <curves>",
            x="epoch",
            unit="NDCG",
        ),
    ]
    for plot in plots:
        match = re.fullmatch(r"!\[(.+)\]\(data:image/png;base64,(.+)\)", plot.value or "")
        assert match
        caption, encoded = match.groups()
        assert base64.b64decode(encoded).startswith(b"\x89PNG")
        assert "<" not in caption
