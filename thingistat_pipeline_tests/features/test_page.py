from pathlib import Path

import polars as pl
import pytest

from thingistat_pipeline_tests.features.database import frame_of

SUMMARY = '<h1 class="thing-component-header summary summary">Summary</h1>\n'
PAGE = (
    f"<div>{SUMMARY}<div><h2>Parts</h2><ul><li>one</li>\n<li>two</li></ul>"
    '<p>See <a rel="nofollow" href="https://example.org">this</a>.</p></div>\n'
    '<h1 class="thing-component-header tips post-printing">Post-Printing</h1>\n'
    '<p class="detail-image"><img src="https://example.org/a.jpg"></p><h1>Done</h1></div>'
)
SETTINGS = ("supports_given", "rafts_given", "resolution_given", "infill_given")


def page_of(tmp_path: Path, details: str | None, settings: dict[str, str] | None) -> pl.DataFrame:
    return frame_of(tmp_path, things=[{"id": 1, "details": details, "print_settings": settings}])


def test_sections_are_the_sites_headings_and_the_others_are_the_creators(tmp_path: Path):
    page = page_of(tmp_path, PAGE, None)
    columns = ("section_count", "heading_count", "list_item_count", "link_count")
    assert page.select(columns).rows() == [(2, 2, 2, 1)]
    assert page.select("inline_image_count", "names_youtube").rows() == [(1, False)]


def test_markup_that_the_creator_only_quotes_is_text(tmp_path: Path):
    page = page_of(tmp_path, f"{SUMMARY}&lt;li&gt;&lt;a href&gt;&lt;img &gt; header", None)
    assert page.select("list_item_count", "link_count", "inline_image_count").rows() == [(0, 0, 0)]
    assert page["section_count"].to_list() == [1]


@pytest.mark.parametrize("address", ["https://www.youtube.com/watch?v=a", "https://youtu.be/a"])
def test_a_video_is_told_by_its_site(tmp_path: Path, address: str):
    assert page_of(tmp_path, f"{SUMMARY}{address}", None)["names_youtube"].to_list() == [True]


def test_the_length_of_the_page_is_in_bytes_of_utf8(tmp_path: Path):
    assert page_of(tmp_path, "für", None)["page_length"].to_list() == [4]


def test_an_unknown_page_and_unknown_settings_leave_everything_unknown(tmp_path: Path):
    page = page_of(tmp_path, None, None)
    columns = ("page_length", "heading_count", "print_setting_count", "print_settings_given")
    assert page.select(*columns, *SETTINGS).rows() == [(None,) * 8]


def test_settings_are_counted_and_those_that_matter_are_told(tmp_path: Path):
    settings = {"supports": "No", "rafts": "Doesn't Matter", "infill": "20%"}
    page = page_of(tmp_path, PAGE, settings)
    assert page.select("print_setting_count", "print_settings_given", *SETTINGS).rows() == [
        (3, True, True, True, False, True)
    ]
    assert page.select("needs_supports", "needs_rafts").rows() == [(False, None)]


def test_an_empty_section_of_settings_is_known_to_be_empty(tmp_path: Path):
    page = page_of(tmp_path, PAGE, {})
    assert page.select("print_setting_count", "print_settings_given", *SETTINGS).rows() == [
        (0, False, False, False, False, False)
    ]


def test_where_only_the_page_is_known_the_settings_are_found_in_it(tmp_path: Path):
    details = (
        f'{SUMMARY}<p class="detail-setting printer brand"><strong>Printer Brand: </strong></p>'
        '<pre><code>&lt;p class="detail-setting rafts"&gt;&lt;strong&gt;Rafts: '
        '&lt;/strong&gt;</code></pre><p class="detail-setting resolution">0.2</p>'
    )
    page = page_of(tmp_path, details, None)
    assert page.select("print_setting_count", "print_settings_given", *SETTINGS).rows() == [
        (3, True, False, True, True, False)
    ]
    assert page["needs_rafts"].to_list() == [None]
