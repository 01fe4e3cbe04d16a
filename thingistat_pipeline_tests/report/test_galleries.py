import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.report import galleries
from thingistat_pipeline.report.galleries import data_uri, safe_url
from thingistat_pipeline.report.looks_examples import LookExamples
from thingistat_pipeline.report.recommender_examples import Examples, TagSuggestions
from thingistat_pipeline_tests.report import looks_samples, ranking_samples


@pytest.mark.parametrize(
    "url",
    [
        "https://www.thingiverse.com/thing:763622", "http://www.thingiverse.com/thing:1",
        "http://127.0.0.1:8765/thing:1?a=b%20c#x", "http://localhost/thing:1",
        "http://[::1]:99/thing:1",
    ],
)  # fmt: skip
def test_addresses_of_pages_are_let_through_as_they_are(url):
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd", "//www.thingiverse.com/thing:1", "/thing:1", "https://", "https:///x",
        "ftp://example.org/x", " https://example.org", "https://example.org/\u202egnp.exe",
        "https://example.org/a b", "https://user:secret@example.org/", "https://[::1", "vbscript:x",
        "https://www.thingiverse.com/" + "a" * 500, "https://example.org/thing:1",
        "https://www.thingiverse.com.example.org/", "https://www.thingiverse.com@example.org/",
        "https://example.org\\@www.thingiverse.com/", "https://www.thingiverse.com:x/",
        "https://example.org#@www.thingiverse.com/", "https://thingiverse.com.co/thing:1",
        "https://www.thingiverse.com:8443/", "https://127.0.0.1/", "http://10.0.0.1/thing:1",
        "https://www.thingiverse.com/\u202egnp.exe", "http://127.0.0.1.example.org/",
    ],
)  # fmt: skip
def test_what_is_no_page_on_the_web_gets_no_link(url):
    assert safe_url(url) == ""


@given(st.text())
def test_no_text_gets_through_that_is_no_page(text):
    assert safe_url(text) == ""
    assert safe_url(f"https://{text}") in {"", f"https://{text}"}


def test_a_picture_is_held_in_its_address_and_anything_else_is_not():
    picture = ranking_samples.picture(1)
    kind, content = data_uri(picture).split(",")
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(content) == picture
    assert data_uri(b"<svg xmlns='http://www.w3.org/2000/svg'/>") == ""
    assert data_uri(None) == ""


def test_similar_things_are_shelved_with_links_and_say_what_they_rest_on():
    gallery = galleries.similar_gallery(ranking_samples.examples(), "Learned from likes.")
    assert gallery is not None
    shelf = gallery.shelves[0]
    assert (shelf.heading, shelf.remark) == ("Lightweight Pen Holder for Ender 3", "2,900 likes")
    assert [tile.remark for tile in shelf.tiles] == ["", "", "", "by features", "", ""]
    assert shelf.tiles[0].url == "https://www.thingiverse.com/thing:101"
    assert [bool(tile.picture) for tile in shelf.tiles] == [True] * 4 + [False, True]
    assert gallery.finding.endswith(
        "each with those most alike: liked by the same people, about the same."
    )
    assert "“By features”: one of the two has too few likes and stands where" in gallery.caption
    assert "Learned from likes." in gallery.caption


@pytest.mark.parametrize(
    ("basis", "finding", "caption"),
    [
        ("likes", "what those who like it also tend to like", "who likes them decides."),
        ("both", "liked by the same people", "likes them decides, together with the words"),
        ("content", "about the same", "the words of their titles, tags and category decide."),
    ],
)
def test_what_all_likeness_rests_on_is_said_once_and_not_beside_each(basis, finding, caption):
    one = ranking_samples.examples().similar[0]
    only = replace(one, neighbours=tuple((thing, basis) for thing, _ in one.neighbours))
    gallery = galleries.similar_gallery(Examples(similar=(only,)), "")
    assert gallery is not None
    assert finding in gallery.finding
    assert caption in gallery.caption
    assert "maker" not in gallery.caption
    assert {tile.remark for tile in gallery.shelves[0].tiles} == {""}


def test_a_link_to_elsewhere_becomes_plain_text():
    thing = ranking_samples.thing(5, url="https://example.org/thing:5")
    shown = Examples(suggestions=(TagSuggestions(thing, (), ()),))
    gallery = galleries.suggestion_gallery(shown, "")
    assert gallery is not None
    assert gallery.shelves[0].lead is not None
    assert gallery.shelves[0].lead.url == ""


def test_things_without_their_tag_are_counted():
    gallery = galleries.tag_gallery(ranking_samples.examples())
    assert gallery is not None
    assert gallery.shelves[0].heading == "spool holder"
    assert gallery.finding == "4 of the 14 things below do not bear the tag they are shown under."


def test_tags_that_a_thing_bears_are_filled_and_those_suggested_counted():
    gallery = galleries.suggestion_gallery(ranking_samples.examples(), "Vote of nearest things")
    assert gallery is not None
    assert [(chip.word, chip.remark, chip.filled) for chip in gallery.shelves[0].chips] == [
        ("hook", "", True), ("kitchen", "", True), ("wall mount", "", True),
        ("holder", "120", False), ("towel", "9", False), ("hanger", "14", False),
    ]  # fmt: skip
    assert gallery.caption.endswith("Suggested by: vote of nearest things.")


def test_look_alikes_are_shelved_with_their_similarity_and_what_is_nearly_the_same():
    gallery = galleries.look_alike_gallery(looks_samples.examples(), "A finding.", "a network")
    assert gallery is not None
    shelf = gallery.shelves[0]
    assert shelf.heading == "Calibration Cube"
    assert [tile.remark for tile in shelf.tiles] == [
        "0.98, nearly the same", "0.93", "0.88", "0.83", "0.78", "0.73",
    ]  # fmt: skip
    assert "the cosine of what a network sees" in gallery.caption


def test_repeated_pictures_are_shelved_with_whose_they_are():
    gallery = galleries.duplicate_gallery(looks_samples.examples(), "A finding.", "A rule.")
    assert gallery is not None
    assert [[tile.remark for tile in shelf.tiles] for shelf in gallery.shelves] == [
        ["same creator", "another creator"], ["another creator"],
    ]  # fmt: skip
    assert gallery.caption.endswith("A rule.")


def test_strangers_words_are_made_plain_and_a_thing_without_a_name_gets_its_number():
    thing = ranking_samples.thing(5, creator="a\x1b[2J\u202eb", url="javascript:alert(1)")
    shown = Examples(suggestions=(TagSuggestions(replace(thing, name="\n"), (), (("\x07x", 3),)),))
    gallery = galleries.suggestion_gallery(shown, "")
    assert gallery is not None
    (shelf,) = gallery.shelves
    assert shelf.lead is not None
    assert (shelf.heading, shelf.lead.maker, shelf.lead.url) == ("Thing 5", "a [2J b", "")
    assert shelf.chips[0].word == "x"


def test_without_examples_there_is_no_gallery():
    nothing = Examples()
    assert galleries.similar_gallery(nothing, "") is None
    assert galleries.tag_gallery(nothing) is None
    assert galleries.suggestion_gallery(nothing, "") is None
    assert galleries.look_alike_gallery(LookExamples(), "", "") is None
    assert galleries.duplicate_gallery(LookExamples(), "", "") is None
