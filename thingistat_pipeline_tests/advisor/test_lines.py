"""Texts searched for words, held to the plain way of doing it."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.advisor.lines import Lines

SHORT = st.text(alphabet="ab é🤖.\\\n*", max_size=8)
WORDS = st.lists(st.text(alphabet="abé🤖.\\*", min_size=1, max_size=3), max_size=3)


@given(texts=st.lists(SHORT, max_size=8), words=WORDS, most=st.integers(0, 9))
def test_texts_are_found_that_hold_every_word_in_order_and_no_more_than_asked_for(
    texts: list[str], words: list[str], most: int
):
    plainly = [n for n, text in enumerate(texts) if all(word in text for word in words)]
    assert Lines(pl.Series(texts, dtype=pl.String)).holding(words, most).tolist() == plainly[:most]


@given(texts=st.lists(SHORT, min_size=1, max_size=8), start=st.text(alphabet="abé🤖.", max_size=3))
def test_texts_are_told_that_begin_with_another(texts: list[str], start: str):
    lines = Lines(pl.Series(texts, dtype=pl.String))
    plainly = [text.startswith(start) for text in texts]
    assert lines.beginning(lines.holding([], len(texts)), start).tolist() == plainly


def test_half_a_sign_finds_nothing_and_harms_nothing():
    assert Lines(pl.Series(["robot"])).holding(["\ud800"], 9).tolist() == []
