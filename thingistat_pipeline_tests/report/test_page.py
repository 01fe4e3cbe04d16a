import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from thingistat_pipeline.popularity.parity import fit_parity, parity_importances
from thingistat_pipeline.report import page
from thingistat_pipeline.report.page import report_html, write_report
from thingistat_pipeline.report.parity_findings import parity_findings
from thingistat_pipeline_tests.popularity.simulated import simulated_frame
from thingistat_pipeline_tests.report import ranking_samples, samples
from thingistat_pipeline_tests.report.hostile_samples import hostile_data

LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "manifest"}


class Elements(HTMLParser):
    """Every element with its attributes, and the words between them outside scripts."""

    def __init__(self, html):
        super().__init__()
        self.found, self.words, self._inside = [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self._inside = tag if tag in {"script", "style"} else None

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside is None:
            self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def between(html, start, end):
    return html.split(start, 1)[1].split(end, 1)[0]


@pytest.fixture(scope="module")
def large():
    return report_html(samples.large(), version="v1")


@pytest.fixture(scope="module")
def small():
    return report_html(samples.small(), version="v1")


def test_the_synthetic_banner_is_there_if_and_only_if_the_data_are(large, small):
    sentence = (
        "SANDBOX: every number on this page describes a simulated Thingiverse, not the real site"
    )
    assert sentence in Elements(large).text
    assert "sandbox" not in Elements(small).text.lower()
    assert "synthetic" not in Elements(small).text.lower()
    assert "Real data." in Elements(small).text


BADGE = '<span class="badge">Synthetic</span> '


def test_every_figure_and_table_of_synthetic_data_is_labelled_in_its_caption(large):
    captions = re.findall(r'(?:<figcaption>|<p class="caption"[^>]*>)(.*)', large)
    assert len(captions) > 10
    assert all(words.startswith(BADGE) for words in captions)
    assert "<b>Data:</b>" not in large


def test_plots_of_synthetic_data_are_labelled_on_hover_and_for_those_who_do_not_see_them(
    large, small
):
    for html, is_labelled in ((large, True), (small, False)):
        plots = json.loads(between(html, 'id="plots">', "</script>"))
        hovers = [
            trace["hovertemplate"]
            for plot in plots.values()
            for trace in plot["data"]
            if "hovertemplate" in trace
        ]
        assert len(hovers) > 3
        assert all(hover.endswith("<extra>synthetic</extra>") is is_labelled for hover in hovers)
        words = [a["aria-label"] for _, a in Elements(html).found if "data-plot" in a]
        assert all(label.startswith("Synthetic data. ") is is_labelled for label in words)


def test_plotly_is_embedded_once_and_nothing_is_loaded(large):
    assert large.count("plotly.js v") == 1
    elements = Elements(large)
    assert not elements.all("link")
    assert not elements.all("iframe")
    for tag, attributes in elements.found:
        loading = LOADING & {name for name in attributes if not name.startswith("data-")}
        assert loading <= ({"src"} if tag == "img" else set()), tag
    assert all(a["src"].startswith("data:image/jpeg;base64,") for a in elements.all("img"))
    style = between(large, "<style>", "</style>")
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_two_scripts_by_hash_and_nothing_from_elsewhere(large):
    (policy,) = (
        meta["content"]
        for meta in Elements(large).all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"('sha256-[A-Za-z0-9+/]{43}=' ?){2}", rules["script-src"])


def test_the_page_is_light_enough(large):
    assert len(large.encode()) < 8_000_000


def test_headings_do_not_skip_a_level_and_the_language_is_said(large):
    elements = Elements(large)
    assert elements.all("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(large):
    elements = Elements(large)
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in elements.all("a"):
        if link["href"].startswith("#"):
            assert link["href"].removeprefix("#") in ids


def test_every_tile_leads_to_the_things_page_and_takes_nothing_along(large):
    elements = Elements(large)
    leading = [link for link in elements.all("a") if not link["href"].startswith("#")]
    # 3 things and 6 alike each, 2 tags with 7 things each, 2 things with suggested tags; 3 things
    # and 6 that look like each, 2 things and the 3 that have their pictures
    assert len(leading) == 3 * 7 + 2 * 7 + 2 + 3 * 7 + 5
    assert leading[0]["href"] == "https://www.thingiverse.com/thing:100"
    assert all(link["rel"] == "noopener noreferrer" for link in leading)


def test_every_picture_is_held_in_the_page_and_has_words(large):
    pictures = Elements(large).all("img")
    assert pictures[0]["alt"] == "Picture of Lightweight Pen Holder for Ender 3"
    assert all(picture["alt"] for picture in pictures)
    drawn = [a for _, a in Elements(large).found if a.get("class") == "drawn"]
    # of the numbers that end in 5 or 0, two that were said to have none; and among look-alikes
    # the fifth of each, and one that was said to have none
    assert len(drawn) == 3 + 4 + 2 + 3 + 1
    assert drawn[0] == {
        "class": "drawn", "role": "img", "aria-label": "No picture of Cable Holder No. 105",
    }  # fmt: skip


def test_addresses_and_pictures_are_not_typeset_as_words_are():
    shown = ranking_samples.examples()
    odd = "https://www.thingiverse.com/1%20a-1?x=-2&y=5%"
    picture = ranking_samples.picture(1)
    thing = ranking_samples.thing(1, url=odd, picture=picture)
    examples = replace(shown, similar=(replace(shown.similar[0], thing=thing),))
    elements = Elements(report_html(samples.large(examples=examples), version="v"))
    assert odd in [link["href"] for link in elements.all("a")]
    source = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    assert elements.all("img")[0]["src"] == source


def test_every_plot_has_its_data_and_words_for_those_who_do_not_see_it(large):
    plots = json.loads(between(large, 'id="plots">', "</script>"))
    drawn = [a for _, a in Elements(large).found if "data-plot" in a]
    assert sorted(a["data-plot"] for a in drawn) == sorted(plots)
    assert all(a["role"] == "img" and len(a["aria-label"]) > 30 for a in drawn)


def test_hostile_texts_stay_texts():
    html = report_html(hostile_data(), version="v1")
    assert "<script>alert" not in html
    assert "<img" not in html
    assert "\u202e" not in html
    elements = Elements(html)
    assert len(elements.all("script")) == 4
    for _, attributes in elements.found:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    plots = between(html, 'id="plots">', "</script>")
    assert "<" not in plots
    assert "&lt;script&gt;" in json.dumps(json.loads(plots))


def test_a_small_real_sample_renders_with_its_warnings(small):
    text = Elements(small).text
    assert "Live share: not applicable" in text
    assert "categories" in text
    assert "The model rests on 33 things only" in text
    assert "too wide to conclude anything" in text


def test_sections_stand_in_the_order_in_which_they_are_read(large):
    assert [section["id"] for section in Elements(large).all("section")] == [
        "findings", "what-to-do", "how-sure", "model-table", "calibration-coverage", "what-matters",
        "curves", "parts", "drift-history", "liked-together", "tags-that-fit", "how-learned",
        "looks", "parity", "data", "exploration", "limits", "provenance",
    ]  # fmt: skip


def test_a_page_without_a_model_says_why_and_shows_no_number_of_one(small):
    elements = Elements(small)
    assert [section["id"] for section in elements.all("section")] == [
        "findings", "what-to-do", "liked-together", "looks", "parity", "data", "exploration",
        "limits", "provenance",
    ]  # fmt: skip
    assert "33 things of 31 creators are too few to train a model" in elements.text
    told = between(small, 'id="what-to-do"', "</section>")
    assert "R²" not in told
    assert "×" not in told
    assert "data-plot" not in told


def test_a_first_night_says_that_there_is_nothing_to_compare(large):
    text = Elements(large).text
    assert "This is the first model of these data" in text
    assert "Scores over time are drawn from the second night on" in text


def test_the_parity_model_is_labelled_a_diagnosis(large):
    told = Elements(between(large, 'id="parity"', "</section>")).text
    assert "Diagnostic." in told
    assert "A diagnosis, not advice ThingiStat’s way of modelling" in told
    assert "Nothing in this part says what to change." in told


def test_provenance_is_on_the_page(large):
    text = Elements(large).text
    for fact in ("f3b7c6d2-0000-4000-8000-1234567890ab", "5f2c1d0a9b3e", "0.1.0+1", "duckdb"):
        assert fact in text


def test_a_report_without_results_still_renders():
    look = samples.exploration()
    bare = samples.small(
        parity={},
        importances=samples.importances().clear(),
        provenance={},
        exploration=type(look)(
            **{name: getattr(look, name).clear() for name in type(look).__dataclass_fields__}
        ),
    )
    assert "Not applicable to these data" in report_html(bare, version="v1")


@pytest.mark.parametrize("rows", [4, 6, 12])
def test_the_forest_of_a_handful_of_things_makes_a_page_that_concludes_nothing(rows):
    frame = simulated_frame(rows)
    fitted = fit_parity(frame)
    found = parity_importances(
        fitted.model, frame, features=fitted.metrics["features"], split=fitted.split_frame()
    )
    measured = set(found.filter(method="permutation")["split"])
    assert ("test" in measured) is (fitted.metrics["r2_test"] is not None)
    data = samples.small(parity=fitted.metrics, importances=found)
    points = parity_findings(data)
    assert points[0].topic == "How sure"
    assert "conclude" in points[0].sentence
    text = Elements(report_html(data, version="v1")).text
    assert "not available to" not in text
    assert "0.0000 on training data" not in text
    assert "0.0000 ± 0.0000 on training data" not in text


def test_a_report_appears_complete_with_a_link_to_it(tmp_path):
    folder = write_report(tmp_path, samples.large(), version="abc123")
    assert folder == tmp_path / "abc123"
    assert sorted(file.name for file in folder.iterdir()) == [
        "metrics.json",
        "model_card.md",
        "report.html",
    ]
    assert (tmp_path / "latest").resolve() == folder
    assert not (tmp_path / "latest").readlink().is_absolute()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["abc123", "latest"]


def test_writing_the_same_report_again_changes_no_file(tmp_path):
    folder = write_report(tmp_path, samples.large(), version="v1")
    before = {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in folder.iterdir()}
    write_report(tmp_path, samples.large(), version="v1")
    after = {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in folder.iterdir()}
    assert before == after


def test_a_changed_report_replaces_only_what_differs(tmp_path):
    folder = write_report(tmp_path, samples.large(), version="v1")
    metrics = (folder / "metrics.json").stat().st_ino
    again = samples.large(provenance={**samples.provenance(), "run_id": "the-second-run"})
    write_report(tmp_path, again, version="v1")
    assert "the-second-run" in (folder / "report.html").read_text("utf-8")
    assert (folder / "metrics.json").stat().st_ino == metrics


def test_a_new_version_leaves_the_old_one_and_moves_the_link(tmp_path):
    write_report(tmp_path, samples.large(), version="one")
    write_report(tmp_path, samples.small(), version="two")
    assert (tmp_path / "one" / "report.html").exists()
    assert (tmp_path / "latest").resolve().name == "two"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def full_disk(target, content):
        if target.name == "metrics.json":
            raise OSError("no space left on device")
        target.write_text(content)

    monkeypatch.setattr(page, "write_whole", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write_report(tmp_path, samples.large(), version="v1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("version", ["", "..", "../x", "a/b", "latest", ".hidden", "a b"])
def test_a_version_that_is_no_folder_name_is_refused(tmp_path, version):
    with pytest.raises(ValueError, match="cannot name"):
        write_report(tmp_path, samples.large(), version=version)


def test_the_page_of_two_equal_inputs_is_equal(large):
    assert report_html(samples.large(), version="v1") == large


def test_signs_stay_with_their_numbers(large):
    assert "0.412\u00a0±\u00a00.031" in large
    assert "35.1\u00a0%" in large
    assert re.search(r"[0-9] [%±]", between(large, "<main>", "</main>")) is None


def test_signs_of_sentences_made_elsewhere_are_set_as_ours_are():
    data = samples.large()
    advisor = {**data.advisor, "warnings": ["It is -0.12 of 8% on 2023-03-27, step-3 to run-4."]}
    html = report_html(replace(data, advisor=advisor), version="v")
    assert "It is \u22120.12 of 8\u00a0% on 2023-03-27, step-3 to run-4." in html
