"""A terminal is told nothing but text, and a log no line but ours."""

import unicodedata

import pytest

from thingistat_pipeline.terminal import one_line, shown
from thingistat_pipeline_tests.hostile_texts import HOSTILE

TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def obeyed(text: str) -> set[str]:
    controls = {sign for sign in text if unicodedata.category(sign) == "Cc"}
    return (controls - set("\t\r\n")) | (set(text) & TURNING)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_terminal_would_obey_is_left(text: str):
    assert obeyed(shown(text)) == set()
    assert len(shown(text)) == len(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_stays_one_line(text: str):
    assert len(one_line(text).splitlines()) == 1
    assert obeyed(one_line(text)) == set()


def test_letters_of_any_script_and_pictures_stay():
    text = "Döner 3D-печать 印刷 \N{ROCKET}\tx\n"
    assert shown(text) == text
