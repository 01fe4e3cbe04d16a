"""HTML of the site as the text that the API would give."""

import pytest

from thingistat_pipeline.snapshots.thingipano_fields import Section
from thingistat_pipeline.snapshots.thingipano_texts import (
    details_of,
    section_text,
    settings_of,
    text_of,
)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("plain\n", "plain"),
        ("<p >a</p>\n<p >b</p>\n", "a\n\nb"),
        ("a<br />\nb<BR>c", "a\nb\nc"),
        ("One.  \nTwo,\ngoes on.  \n", "One.\n\nTwo, goes on."),
        ("<strong >bo</strong>ld", "bold"),
        ("<ul ><li >x</li><li >y</li></ul>", "x\ny"),
        ("&lt;b&gt; &amp;amp; &eacute;", "<b> &amp; é"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a&nbsp;b&#0;&#xD800;", "a\xa0b��"),
        ('<a href="https://example.org"\n target="_blank" >link</a>', "link"),
        ("<img src='x.png' />", ""),
        ("<!-- note -->seen", "<!-- note -->seen"),
        ("   many \t\n  blanks  ", "many blanks"),
    ],
)
def test_markup_becomes_the_text_it_shows(markup: str, text: str):
    assert text_of(markup) == text


@pytest.mark.parametrize("part", ["<", "<p", "<p ", "</", "&#32;", "&", "<br", "\n", " ", "<p>"])
def test_hostile_markup_costs_no_more_than_its_length(part: str):
    markup = part * 500_000  # with the square of it the test would run into its time limit

    assert len(text_of(markup)) <= len(markup)


def test_a_section_is_found_by_its_header():
    sections = [
        Section(header=" Summary ", text="<p >a</p>"),
        Section(header="Instructions", text="b"),
        Section(header="Summary", text="c"),
        Section(header=None, text="d"),
        Section(header="Summary", text=None),
    ]

    assert section_text(sections, "Summary") == "a\n\nc"
    assert section_text(sections, "Instructions") == "b"
    assert section_text(sections, "Post-Printing") == ""
    assert section_text(None, "Summary") is None


def test_details_have_the_headings_of_the_api():
    sections = [Section(header="Post-Printing", text="a"), Section(header="<My> Way", text=None)]

    assert details_of(sections) == (
        '<h1 class="thing-component-header tips post-printing">Post-Printing</h1>\n<div>a</div>\n'
        '<h1 class="thing-component-header custom my-way">&lt;My&gt; Way</h1>\n<div></div>\n'
    )
    assert details_of(None) is None


def test_settings_bear_the_names_that_nights_give_them():
    settings = {"Printer Brand:": "Prusa", "Infill": "<p >20%</p>", "Notes:": None, "Rafts:": " "}

    assert settings_of(settings) == {"printer_brand": "Prusa", "infill": "20%"}
    assert settings_of(None) is None
