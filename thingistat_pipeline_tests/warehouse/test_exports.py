"""Rows as text for spreadsheets and terminals, whatever strangers wrote into them."""

import csv
import datetime as dt
import io
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.warehouse.exports import as_csv
from thingistat_pipeline_tests.hostile_texts import FORMULAS, HOSTILE

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def read_back(rows: pl.DataFrame) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(rows), newline="")))


def valid(text: str) -> str:
    return text.encode(errors="replace").decode()


@pytest.mark.parametrize("text", FORMULAS[:-1])
def test_a_text_that_is_a_formula_begins_with_an_apostrophe(text: str):
    (_, (cell,)) = read_back(pl.DataFrame({"name": [text]}))
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", [valid(text) for text in HOSTILE])
def test_a_hostile_text_stays_one_cell_that_is_no_formula(text: str):
    header, row, *more = read_back(pl.DataFrame({"id": [1], "name": [text], "last": ["x"]}))
    assert (header, more) == (["id", "name", "last"], [])
    assert (row[0], row[2]) == ("1", "x")
    assert not row[1].lstrip(" ").startswith(DANGEROUS)


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_any_texts_stay_their_own_cells_and_none_is_a_formula(texts: list[str]):
    cells = [cell for row in read_back(pl.DataFrame({"a": texts, "b": texts}))[1:] for cell in row]
    assert len(cells) == 2 * len(texts)
    assert not any(cell.lstrip(" ").startswith(DANGEROUS) for cell in cells)


def test_a_name_of_a_column_is_no_formula_either():
    header, _ = read_back(pl.DataFrame({"=1+1": [1], "'=1+1": [2], "plain": [3]}))
    assert header == ["'=1+1", "'=1+1 ", "plain"]


def test_numbers_dates_and_nothing_stay_what_they_are():
    rows = pl.DataFrame(
        {"n": [-5, None], "x": [-0.5, 1.0], "day": [dt.date(2026, 9, 1), None], "ok": [True, False]}
    )
    assert read_back(rows)[1:] == [["-5", "-0.5", "2026-09-01", "true"], ["", "1.0", "", "false"]]


def test_lists_and_structures_are_json_and_bytes_are_digits():
    rows = pl.DataFrame(
        {"tags": [["=a", "b"]], "who": [{"name": "ü", "id": 7}], "raw": [b"\x00\xff"]}
    )
    tags, who, raw = read_back(rows)[1]
    assert json.loads(tags) == ["=a", "b"]
    assert json.loads(who) == {"name": "ü", "id": 7}
    assert raw == "00ff"


def test_no_rows_have_a_header_and_no_columns_have_nothing():
    assert read_back(pl.DataFrame({"name": []}, schema={"name": pl.String})) == [["name"]]
    assert as_csv(pl.DataFrame()) == ""
