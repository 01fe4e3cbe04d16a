"""What only a browser can tell: that the page runs, draws, fits, and asks for nothing."""

import pytest

from thingistat_pipeline.report.page import write_report
from thingistat_pipeline_tests.report import samples
from thingistat_pipeline_tests.report.browser import chromium
from thingistat_pipeline_tests.report.hostile_samples import hostile_data


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    write_report(folder, samples.large(), version="large")
    write_report(folder, samples.small(), version="small")
    write_report(folder, samples.beaten(), version="beaten")
    write_report(folder, samples.later(), version="later")
    write_report(folder, hostile_data(), version="hostile")
    return folder


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def drawn(tab):
    return tab.value("document.querySelectorAll('.js-plotly-plot .main-svg:first-child').length")


@pytest.mark.parametrize("name", ["large", "small", "beaten", "later", "hostile"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_draws_every_plot_in_silence_in_its_width_and_without_the_network(
    tab, reports, name, width
):
    tab.open(reports / name / "report.html", width=width)
    assert drawn(tab) == tab.value("document.querySelectorAll('[data-plot]').length") > 0
    assert tab.complaints == []
    assert tab.foreign_requests == []
    assert tab.named("Page.javascriptDialogOpening") == []
    assert tab.value("innerWidth") == width
    assert tab.value("document.documentElement.scrollWidth") <= width
    sticking_out = tab.value(
        "[...document.querySelectorAll('.js-plotly-plot')]"
        ".filter(n => n.getBoundingClientRect().right > innerWidth).length"
    )
    assert sticking_out == 0


def test_wide_tables_scroll_inside_their_boxes_on_a_narrow_screen(tab, reports):
    tab.open(reports / "later" / "report.html", width=400)
    wide = "[...document.querySelectorAll('#models-creator .scroll, #advice-table .scroll')]"
    assert tab.value(f"{wide}.map(n => n.scrollWidth > n.clientWidth)") == [True, True]
    assert tab.value(f"{wide}.every(n => n.getBoundingClientRect().right <= innerWidth)")


def test_names_and_values_of_rows_do_not_overlap_on_a_narrow_screen(tab, reports):
    tab.open(reports / "later" / "report.html", width=400)
    for plot in (
        "advice", "models", "groups", "coverage", "slices-age", "slices-creator",
        "ranking-methods", "ranking-differences", "ranking-popularity", "cold-start", "tag-trial",
        "picture-weights", "picture-gain", "photographs",
    ):  # fmt: skip
        boxes = tab.value(
            f"[...document.querySelectorAll('[data-plot={plot}] .annotation')].map(n => "
            "{const b = n.getBoundingClientRect(); return [b.left, b.right, b.top, b.bottom]})"
        )
        assert len(boxes) > 3
        for i, (left, right, top, bottom) in enumerate(boxes):
            for other in boxes[i + 1 :]:
                apart = right <= other[0] or other[1] <= left
                assert apart or bottom <= other[2] or other[3] <= top, plot


@pytest.mark.parametrize("width", [400, 1280])
def test_every_picture_of_a_gallery_is_shown_in_the_width_of_the_page(tab, reports, width):
    tab.open(reports / "large" / "report.html", width=width)
    shown = tab.value("[...document.images].map(n => [n.naturalWidth, n.complete])")
    assert len(shown) > 20
    assert all(natural == 112 and complete for natural, complete in shown)
    sticking_out = tab.value(
        "[...document.querySelectorAll('.tile, .chips li')]"
        ".filter(n => n.getBoundingClientRect().right > innerWidth).length"
    )
    assert sticking_out == 0


def test_plots_follow_the_width_of_the_window(tab, reports):
    tab.open(reports / "large" / "report.html", width=1280)
    width = "document.querySelector('[data-plot=search] .main-svg').getBoundingClientRect().width"
    wide = tab.value(width)
    tab.resize(400)
    tab.wait()
    assert tab.value(width) <= 400 < wide


def test_a_dark_screen_gets_light_letters_in_its_plots(tab, reports):
    ink = "getComputedStyle(document.querySelector('[data-plot=search] .xtick text')).fill"
    tab.open(reports / "large" / "report.html", width=1280)
    assert tab.value(ink) == "rgb(58, 68, 77)"
    tab.open(reports / "large" / "report.html", width=1280, dark=True)
    assert tab.value(ink) == "rgb(195, 204, 212)"


def test_a_hostile_name_is_shown_as_it_is_written(tab, reports):
    tab.open(reports / "hostile" / "report.html", width=1280)
    labels = tab.value(
        "[...document.querySelectorAll('[data-plot=tags] .ytick text')].map(n => n.textContent)"
    )
    assert labels[0].startswith("\"'><script>alert(1)")
    assert tab.value("document.images.length") == 0


def test_the_policy_would_stop_a_script_that_slipped_through(tab, reports, tmp_path):
    page = (reports / "large" / "report.html").read_text("utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(page.replace("</header>", "<script>window.slipped = 1</script></header>"))
    tab.open(broken, width=1280)
    assert tab.value("window.slipped === undefined")
    assert any("Content Security Policy" in text for text in tab.complaints)
