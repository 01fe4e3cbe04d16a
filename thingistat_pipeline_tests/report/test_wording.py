import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.report.wording import (
    between,
    compact,
    counted,
    known,
    listed,
    number,
    percent,
    plain,
    plot_text,
    plus_minus,
    score,
)


@given(st.text())
def test_no_text_keeps_control_characters_or_direction_marks(text):
    line = plain(text)
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in line)
    assert not any(
        unicodedata.bidirectional(letter)
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        for letter in line
    )
    assert len(line) <= 80


@given(st.text())
def test_no_plot_text_holds_a_tag(text):
    assert "<" not in plot_text(text)
    assert ">" not in plot_text(text)


def test_letters_of_other_scripts_stay():
    assert plain("מחזיק טלפון 手机支架") == "מחזיק טלפון 手机支架"


def test_a_terminal_escape_loses_its_teeth():
    assert plain("a\x1b[31mred") == "a [31mred"


def test_a_long_text_ends_in_an_ellipsis():
    assert plain("abcdefghij", 5) == "abcd…"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567, 0, "1,234,567"),
        (-0.061, 2, "−0.06"),
        (-0.003, 2, "0.00"),
        (float("nan"), 2, "not available"),
        (None, 0, "not available"),
    ],
)
def test_numbers_are_written_with_separators_and_a_true_minus(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (256, "256"), (2048, "2k"), (15_000, "15k"), (131_072, "131k"), (2.5e6, "2.5M")],
)
def test_ticks_are_short(value, text):
    assert compact(value) == text


def test_shares_scores_and_intervals_say_what_is_not_there():
    assert percent(0.3512) == "35.1 %"
    assert percent(None) == "not available"
    assert score(0.742) == "0.74"
    assert between(0.25, 0.5) == "0.25 to 0.50"
    assert between(None, 0.5) == between(0.5, None) == "not available"
    assert between(0.5, float("nan")) == "not available"
    assert not known(None)
    assert not known(float("inf"))


@pytest.mark.parametrize(
    ("mean", "sd", "text"),
    [
        (0.4123, 0.0312, "0.412 ± 0.031"),
        (0.41, 1.24, "0.41 ± 1.24"),
        (0.0021, 0.0000009, "0.0021 ± 0.0000"),
        (0.5, None, "0.500"),
        (0.5, 0.0, "0.5000 ± 0.0000"),
    ],
)
def test_a_mean_is_written_as_exactly_as_its_deviation_allows(mean, sd, text):
    assert plus_minus(mean, sd) == text


def test_words_agree_with_their_counts():
    assert counted(1, "thing") == "1 thing"
    assert counted(2, "category", "categories") == "2 categories"
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
