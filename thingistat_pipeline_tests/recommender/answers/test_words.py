from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.recommender.answers.words import (
    MOST_CHARACTERS,
    spelling,
    spellings_in,
    title_words,
)
from thingistat_pipeline_tests.features.database import database


def test_spellings_of_the_same_tag_are_one():
    written = ["phone_stand", "Phone Stand", "phone-stands", "PHONESTAND", "phone.stand!"]
    assert {spelling(tag) for tag in written} == {"phonestand"}


def test_short_words_and_words_in_ss_keep_their_s():
    assert [spelling(word) for word in ("bus", "glass", "cups", "Straße")] == [
        "bus",
        "glass",
        "cup",
        "strasse",
    ]


def test_a_text_names_its_words_and_the_pairs_of_neighbours():
    assert spellings_in("Simple Wall Mounts") == [
        "simple",
        "wall",
        "simplewall",
        "mount",
        "wallmount",
    ]


def test_words_that_say_nothing_part_their_neighbours():
    assert spellings_in("stand for the phone") == ["stand", "phone"]


def test_numbers_and_letters_name_nothing_but_in_pairs():
    assert spellings_in("fusion 360 x") == ["fusion", "fusion360", "360x"]


def test_a_word_said_twice_is_named_once():
    assert spellings_in("cat, cat & cats") == ["cat", "catcat"]


@given(st.text(max_size=300))
def test_any_text_names_only_plain_lower_case_spellings(text: str):
    named = spellings_in(text)
    assert len(set(named)) == len(named)
    assert all(each.isalnum() or not each.isascii() for each in named)
    assert "" not in named


def test_of_a_huge_text_only_the_beginning_is_read():
    assert spellings_in("ab " * MOST_CHARACTERS + "late") == ["ab", "abab"]
    assert spellings_in("a" * 10**6) == []


def test_titles_of_live_things_become_rows_beside_their_features(tmp_path: Path):
    with database(
        tmp_path / "published.duckdb",
        things=[
            {"id": 2, "name": "<b>Phone</b> stand"},
            {"id": 1, "name": "!"},
            {"id": 3, "name": None},
        ],
    ) as con:
        words = title_words(con)
    assert words.schema == {"thing_id": pl.Int64, "kind": pl.String, "feature": pl.String}
    assert words.rows() == [
        (2, "word", "phone"),
        (2, "word", "bphone"),
        (2, "word", "phoneb"),
        (2, "word", "stand"),
        (2, "word", "bstand"),
    ]
