from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline_tests.features.database import frame_of

LANGUAGES = ("english", "german", "french", "spanish", "italian", "portuguese", "dutch")
BLANKS = " \t\r\n\N{NO-BREAK SPACE}"
letters = st.characters(exclude_categories=("C", "Z"))
texts = st.text(st.one_of(letters, st.sampled_from(BLANKS)), max_size=60)


@settings(max_examples=25, deadline=None)
@given(st.lists(texts, min_size=1, max_size=30))
def test_words_are_those_that_pythons_split_finds(written: list[str]):
    with TemporaryDirectory() as folder:
        frame = frame_of(
            Path(folder),
            things=[{"id": n, "name": t, "description": t} for n, t in enumerate(written)],
        )
    expected = [len(text.split()) for text in written]
    assert frame["description_words"].to_list() == expected
    assert frame["title_words"].to_list() == expected
    assert frame["title_length"].to_list() == [len(text) for text in written]


def test_without_a_description_it_has_no_words_but_an_unknown_title_stays_unknown(tmp_path: Path):
    frame = frame_of(tmp_path, things=[{"id": 1}])
    assert frame.select("description_words", "description_links", "title_words").rows() == [
        (0, 0, None)
    ]


@pytest.mark.parametrize(("text", "given_"), [(None, False), ("", False), ("Print it.", True)])
def test_instructions_are_given_if_they_have_a_letter(
    tmp_path: Path, text: str | None, given_: bool
):
    frame = frame_of(tmp_path, things=[{"id": 1, "instructions": text}])
    assert frame["instructions_given"].to_list() == [given_]


def test_web_addresses_in_the_description_are_counted(tmp_path: Path):
    text = "See https://example.org/a and http://example.org/b?c=1, not example.org."
    frame = frame_of(tmp_path, things=[{"id": 1, "description": text}])
    assert frame["description_links"].to_list() == [2]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("This is a holder for the spool of my printer, with\r\ntwo screws.", "english"),
        ("Ein Halter für die Rolle, der mit zwei Schrauben auf dem Tisch ist.", "german"),
        ("Un support pour les bobines, avec une vis dans le bois.", "french"),
        ("Un soporte para los carretes que se monta con dos tornillos.", "spanish"),
        ("Supporto per il filo di ogni tipo, che va montato nel telaio.", "italian"),
        ("Um suporte para os carretéis, com uma porca e sem parafusos.", "portuguese"),
        ("Een houder voor de spoel van mijn printer, met het schroefje.", "dutch"),
        ("Customized version of http://example.org/1 Created with a tool", "english"),
        ("v2 90x60 mm", None),  # no little word at all
        ("the", None),  # one is too few to say
        ("les des una con", None),  # two French, two Spanish: a tie
        ("Кронштейн для катушки", None),  # a language that is not among the seven
    ],
)
def test_the_language_goes_by_little_words(tmp_path: Path, text: str, language: str | None):
    frame = frame_of(tmp_path, things=[{"id": 1, "description": text}])
    found = {name: frame[f"language_{name}"][0] for name in LANGUAGES}
    expected = {name: None if language is None else name == language for name in LANGUAGES}
    assert found == expected


def test_a_little_word_that_comes_twice_has_one_vote(tmp_path: Path):
    frame = frame_of(tmp_path, things=[{"id": 1, "description": "the the the und der"}])
    assert frame["language_german"].to_list() == [True]
