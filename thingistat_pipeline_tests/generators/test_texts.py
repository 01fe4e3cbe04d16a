import re
import statistics
from typing import Any

import zstandard

from thingistat_pipeline_tests.generators import texts
from thingistat_pipeline_tests.generators.things import records


def made(things: int) -> list[Any]:
    return list(records(things))


def ratio(pieces: list[str]) -> float:
    content = "\n".join(pieces).encode()
    return len(content) / len(zstandard.ZstdCompressor(level=6).compress(content))


def samples_like_the_real_one():
    """Things in the real sample's mixture: 11 customized ones and 22 others, twenty times."""
    found: dict[bool, list[Any]] = {True: [], False: []}
    for record in made(1_400):
        found["Customizer!" in record.thing.description].append(record.thing)
    return [found[True][k : k + 11] + found[False][2 * k : 2 * k + 22] for k in range(0, 220, 11)]


def test_texts_compress_like_the_33_real_things_of_thingistat_s_first_database():
    # measured on the real ones with zstd level 6: 2.28, 5.19, 5.96
    samples = samples_like_the_real_one()
    kinds = (("description",), ("details",), ("description", "instructions", "details"))
    medians = [
        statistics.median(
            ratio([getattr(thing, name) for thing in things for name in kind]) for things in samples
        )
        for kind in kinds
    ]
    for found, real in zip(medians, (2.28, 5.19, 5.96), strict=True):
        assert abs(found / real - 1) < 0.1


def test_pieces_are_as_long_as_asked_for():
    prose = texts.prose()
    for offset in (0, 12_345, prose.offsets - 1):
        assert len(prose.piece(offset, texts.LONGEST)) == texts.LONGEST


def test_words_differ_and_are_short_when_frequent():
    words = texts.prose().words
    assert len(set(words)) == len(words)
    assert max(map(len, words[:100])) <= 4


def test_html_has_balanced_paragraphs_and_every_word_of_the_text():
    found = texts.html("one\r\n\r\ntwo\r\nthree\n\nfour ")
    assert found == "<div><p>one</p>\n<p>two<br>\nthree</p>\n<p>four</p></div>"


def test_print_settings_all_show_in_their_html():
    settings = texts.settings_of(987_654_321)
    shown = texts.settings_html(settings)
    for key, value in settings.items():
        assert f"{key.title()}: " in shown
        assert value in shown or value.replace(" ", "+") in shown


def test_options_of_a_customizer_keep_their_names_and_change_their_values():
    def names(text: str) -> list[str]:
        return re.findall(r"^(\S+) = \d+$", text, re.M)

    first, second = texts.options(77, 1_000_003, 200), texts.options(77, 5_550_001, 200)
    assert names(first)[:3] == names(second)[:3]
    assert first != second
