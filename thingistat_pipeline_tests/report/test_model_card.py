import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.report.markdown import escaped
from thingistat_pipeline.report.model_card import model_card
from thingistat_pipeline_tests.report import samples
from thingistat_pipeline_tests.report.hostile_samples import hostile_data

# What Mitchell et al. (2019) ask of a card, in our words.
ASKED = (
    "Model", "Intended use", "Data", "Features", "Training and splits", "Metrics", "Cautions",
    "Parts of the data", "Advice drawn from it", "The recommender", "Cover pictures", "Limits",
    "Ethical considerations", "Provenance",
)  # fmt: skip


def headings(card):
    return re.findall(r"^## (.+)$", card, flags=re.MULTILINE)


def test_the_card_has_the_parts_that_a_card_has():
    assert headings(model_card(samples.large())) == list(ASKED)


def test_the_card_gives_metrics_with_intervals_and_the_advice():
    card = model_card(samples.large())
    assert "| Random forest | 0.41 (0.36 to 0.46) | 0.14 (0.04 to 0.24) |" in card
    assert "0.35 (0.30 to 0.40)" in card
    assert "81.3 % of held-out things lie inside their 80 % intervals" in card
    assert "- Add a photograph of the print: ×1.6 (×1.2 to ×2.2) downloads, strong evidence" in card
    assert "| photo\\_count | pictures |" in card
    assert card.startswith("# Model card: what goes with downloads\n\n> **SANDBOX")


def test_all_categories_share_one_line():
    card = model_card(samples.large())
    assert card.count("Filed under the category") == card.count("category\\_…") == 1


def test_the_card_of_a_model_that_was_not_fitted_says_so_and_has_no_metrics():
    card = model_card(samples.small())
    assert "There is no model. 33 things of 31 creators are too few" in card
    assert headings(card) == [
        "Model", "Intended use", "Data", "Cautions", "The recommender", "Cover pictures",
        "Limits", "Ethical considerations", "Provenance",
    ]  # fmt: skip
    assert "R²" not in card.split("## Limits")[0]
    assert "> Real data." in card


def test_the_card_does_not_differ_from_run_to_run():
    again = samples.large(provenance={**samples.provenance(), "run_id": "another"})
    assert model_card(again) == model_card(samples.large())


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("photo_count", "photo\\_count"),
        ("a | b", "a \\| b"),
        ("[x](https://evil.example)", "\\[x\\](https:\\//evil.example)"),
        ("<b onclick=alert(1)>", "\\<b onclick\\=alert(1)\\>"),
        ("see www.evil.example", "see www\\.evil.example"),
        ("# not a heading", "\\# not a heading"),
        ("- not a list", "\\- not a list"),
        ("1. not a list", "1\\. not a list"),
        ("2026-09-01", "2026-09-01"),
        ("two\nlines", "two lines"),
    ],
)
def test_markup_is_escaped_and_plain_words_are_not(text, markdown):
    assert escaped(text) == markdown


@given(st.text())
def test_no_text_brings_bare_markup(text):
    bare = re.sub(r"\\.", "", escaped(text))
    assert not set(bare) & set("<>[]|`*_#~&")
    assert "\n" not in bare


def test_hostile_texts_stay_texts_in_the_card():
    card = model_card(hostile_data())
    bare = re.sub(r"\\.", "", card)
    assert "<" not in bare
    assert "](" not in bare
    assert "\u202e" not in card
    for line in card.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in {3, 4, 5, 7, 8}, line


def test_the_card_says_what_the_stress_test_was_or_why_there_was_none():
    assert "on. The search had seen some of these." in model_card(samples.large())
    data = samples.large()
    without = {**data.advisor, "time_split": {"cutoff": None, "reason": "All at one moment."}}
    assert "- Stress test: none. All at one moment." in model_card(replace(data, advisor=without))
