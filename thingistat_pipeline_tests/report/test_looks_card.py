from thingistat_pipeline.report.looks_card import looks_card
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline_tests.report import looks_samples, samples


def test_the_card_names_the_network_and_every_answer():
    card = looks_card(looks_samples.looks())
    assert "efficientnet" in card
    assert "1,871 pictures; version 100c5a11ce00" in card
    for words in ("one half is chance", "adds 0.012", "nothing beyond chance", "same category",
                  "always guessing"):  # fmt: skip
        assert words in card


def test_without_pictures_the_card_says_why():
    assert looks_card(Looks()).startswith("No pictures. No cover picture")


def test_a_hostile_text_is_no_markup_in_the_card():
    attack = samples.HOSTILE
    card = looks_card(looks_samples.looks(looks=looks_samples.look_alikes(network=attack)))
    assert "script" in card
    assert "<" not in card.replace("\\<", "")
