"""Drafts are read as published things are: held to what the SQL counted of the world's things."""

from math import isnan, log
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.advisor.advice import Adviser
from thingistat_pipeline.advisor.asked import DraftCreator, DraftPost
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.draft_features import Base, DraftFeatures, Reading
from thingistat_pipeline.advisor.draft_texts import PageGrowth, words_of
from thingistat_pipeline.advisor.drafts import DraftRefusedError, read_draft
from thingistat_pipeline.advisor.parts import PARTS
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.populations import population

NAN = float("nan")
COUNTED = {
    "title": ("title_length", "title_words"),
    "description": (
        "description_length",
        "description_words",
        "description_links",
        *(f"language_{name}" for name in ("english", "german", "french", "spanish", "italian")),
    ),
    "instructions": ("instructions_length", "instructions_given"),
    "tags": (
        "tag_count",
        "tag_mean_log_things",
        "tag_max_log_things",
        "tag_min_log_things",
        "is_customized",
    ),
    "licence": ("license_attribution", "license_non_commercial", "license_share_alike"),
    "files": ("file_count", "files_stl", "files_obj", "files_3mf", "files_document"),
    "megabytes": ("file_bytes",),
    "photographs": ("photo_count", "thumbnail_is_render"),
    "print_settings": ("print_setting_count", "supports_given", "infill_given", "needs_supports"),
    "remix": ("is_derivative", "ancestor_count"),
    "customizable": ("is_customizer",),
    "work_in_progress": ("is_wip",),
    "weekday": ("published_weekday",),
    "hour": ("published_hour",),
    "creator": ("count_of_followers", "creator_earlier_designs", "creator_days_since_first"),
}
"""What a field of a form alone decides, and the table of features knows."""


@pytest.fixture(scope="module")
def adviser(world: Settings, database: Database) -> Adviser:
    return Adviser.load(world, database)


@pytest.fixture(scope="module")
def features(adviser: Adviser) -> DraftFeatures:
    assert adviser.ready is not None, adviser.state().reason
    return adviser.ready.features


def values_of(features: DraftFeatures, row: np.ndarray) -> dict[str, float]:
    return dict(zip(features.known.features, row.tolist(), strict=True))


def based_on(adviser: Adviser, thing_id: int) -> Base:
    assert adviser.ready is not None
    found = adviser.ready.base(thing_id)
    assert found is not None
    return found.as_base()


def known_row(features: DraftFeatures, thing_id: int) -> np.ndarray:
    row = features.known.row(thing_id)
    assert row is not None
    return row


def read(features: DraftFeatures, **given: Any) -> dict[str, float]:
    return values_of(features, read_draft(features, DraftPost(**given)).row)


def test_known_things_turned_into_drafts_have_the_features_that_the_table_has(
    adviser: Adviser, features: DraftFeatures
):
    checked = dict.fromkeys(COUNTED, 0)
    for thing_id in features.known.ids[::2].tolist():
        draft = based_on(adviser, thing_id).draft
        row = values_of(features, known_row(features, thing_id))
        blank = dict.fromkeys(row, NAN) | {"render_count": row["render_count"]}
        reading = Reading(draft, blank, None, Base(thing_id, "", draft))
        for field, names in COUNTED.items():
            if getattr(draft, field) is None or (field == "files" and not draft.files):
                continue
            found = features.of_field(field, reading)
            for name in set(names) & set(row):
                if isnan(row[name]):
                    continue  # the table does not know it, the form does
                assert found[name] == pytest.approx(row[name], rel=1e-6), (thing_id, name)
                checked[field] += 1
    assert all(checked.values()), checked


def test_a_draft_that_is_left_as_the_thing_that_it_starts_from_is_that_thing(
    adviser: Adviser, features: DraftFeatures
):
    for thing_id in features.known.ids[::7].tolist():
        base = based_on(adviser, thing_id)

        for draft in (base.draft, DraftPost(based_on=thing_id)):
            found = read_draft(features, draft, base)
            np.testing.assert_array_equal(found.row, features.known.row(thing_id))


def test_an_empty_draft_is_the_typical_post_and_says_so_of_every_part(features: DraftFeatures):
    found = read_draft(features, DraftPost())

    np.testing.assert_array_equal(found.row, features.known.typical(None))
    assert found.told == frozenset()
    assert len(found.assumed) == len(PARTS)
    assert all("(as usual)" in said for said in found.assumed)


def test_an_empty_description_is_told_if_it_was_sent_and_usual_if_not(features: DraftFeatures):
    usual = values_of(features, features.known.typical(None))

    assert read(features, description="")["description_length"] == 0
    assert read(features, title="A vase")["description_length"] == usual["description_length"]


def test_a_post_without_title_or_files_there_is_not_so_that_nothing_is_told_by_none(
    features: DraftFeatures,
):
    found = read_draft(features, DraftPost(title="", files={}))

    assert found.told == frozenset()


def test_a_tag_of_a_new_post_is_counted_with_the_post_itself(features: DraftFeatures):
    things = len(features.known.ids)
    tag, bearers = max(features.tags.items(), key=lambda item: item[1])

    found = read(features, tags=[tag, "never-met-before"])

    assert found["tag_count"] == 2
    assert found["tag_max_log_things"] == pytest.approx(log(10_000 * (bearers + 1) / (things + 1)))
    assert found["tag_min_log_things"] == pytest.approx(log(10_000 / (things + 1)))


def test_a_tag_typed_twice_or_in_another_case_is_one(features: DraftFeatures):
    assert read(features, tags=["Phone Stand", "phone_stand", " "])["tag_count"] == 1


def test_without_tags_how_common_they_are_is_unknown(features: DraftFeatures):
    found = read(features, tags=[])

    assert found["tag_count"] == 0
    assert isnan(found["tag_mean_log_things"])


def test_files_are_counted_by_kind_and_the_site_draws_those_that_it_can_show(
    features: DraftFeatures,
):
    found = read(features, files={"stl": 3, "obj": 1}, photographs=2, megabytes=8.0)

    assert (found["file_count"], found["files_stl"], found["files_obj"]) == (4, 3, 1)
    assert (found["photo_count"], found["render_count"]) == (2, 4)
    assert found["image_count"] == 6
    assert found["added_images_count"] == 2
    assert found["file_bytes"] == 8e6
    assert 2e6 <= found["largest_file_bytes"] <= 8e6


def test_one_file_is_the_largest(features: DraftFeatures):
    found = read(features, files={"stl": 1}, megabytes=3.5)

    assert found["largest_file_bytes"] == found["file_bytes"] == 3.5e6


def test_photographs_change_what_the_cover_is_expected_to_look_like(features: DraftFeatures):
    drawn, taken = read(features, photographs=0), read(features, photographs=3)

    assert (drawn["thumbnail_is_render"], taken["thumbnail_is_render"]) == (1, 0)
    assert drawn["picture_photograph"] < taken["picture_photograph"]


def test_a_measured_cover_is_taken_as_it_is(features: DraftFeatures):
    found = read(features, cover={"picture_brightness": 0.25}, photographs=1)

    assert found["picture_brightness"] == 0.25
    assert found["thumbnail_is_render"] == 0
    assert isnan(found["picture_warmth"]), "what was not measured is unknown, not usual"


def test_print_settings_are_counted_and_supports_need_to_be_among_them(features: DraftFeatures):
    none = read(features, print_settings=[])
    some = read(features, print_settings=["infill"], needs_supports=True)
    told = read(features, needs_supports=False)

    assert (none["print_setting_count"], none["print_settings_given"]) == (0, 0)
    assert (some["infill_given"], some["supports_given"], some["print_setting_count"]) == (1, 0, 1)
    assert isnan(some["needs_supports"])
    assert (told["supports_given"], told["needs_supports"]) == (1, 0)


def creator_read(**figures: Any) -> dict[str, float]:
    """Read a creator's figures among things half of whose creators published before."""
    known = population(
        {
            "creator_earlier_designs": [0] * 40 + [2] * 41,
            "creator_earlier_median_downloads": [NAN] * 40 + [50] * 41,
            "creator_earlier_most_downloads": [NAN] * 40 + [70] * 41,
        }
    )
    features = DraftFeatures(known, {}, {}, {}, PageGrowth(0.0, 0.0, 0.0))
    return read(features, creator=DraftCreator(**figures))


def test_a_creator_who_never_published_has_no_history():
    found = creator_read(earlier_designs=0, earlier_median_downloads=90)

    assert found["creator_earlier_designs"] == 0
    assert isnan(found["creator_earlier_median_downloads"])
    assert isnan(found["creator_earlier_most_downloads"])


def test_a_creator_with_a_history_has_published_before_and_the_rest_of_it_is_usual():
    found = creator_read(earlier_median_downloads=90)

    assert found["creator_earlier_designs"] == 2
    assert found["creator_earlier_median_downloads"] == 90
    assert found["creator_earlier_most_downloads"] == 70


def test_what_is_told_of_a_creator_is_told_of_the_right_part(features: DraftFeatures):
    reach = read_draft(features, DraftPost(creator=DraftCreator(followers=3)))
    record = read_draft(features, DraftPost(creator=DraftCreator(earlier_designs=3)))

    assert reach.told == {"audience"}
    assert record.told == {"record"}


def test_a_draft_is_in_its_category_and_compared_with_it(
    features: DraftFeatures, database: Database
):
    name = database.top_categories(1)[0].name

    found = read_draft(features, DraftPost(category=name))

    assert found.category == name
    assert found.row[features.known.places[features.columns[name]]] == 1


def test_a_changed_category_moves_the_draft_out_of_the_thing_s_own(
    adviser: Adviser, features: DraftFeatures, database: Database
):
    first, second = (top.name for top in database.top_categories(2))
    members = database.frame("draft_members")
    only = members.filter(pl.col("category") == first).join(
        members.filter(pl.col("category") == second), on="thing_id", how="anti"
    )
    base = based_on(adviser, only["thing_id"].sort()[0])

    found = read_draft(features, DraftPost(category=second, based_on=base.thing_id), base)

    assert found.row[features.known.places[features.columns[second]]] == 1
    assert found.category in {second, None}


@pytest.mark.parametrize(
    "given",
    [
        {"category": "No such <b>category</b>"},
        {"licence": "No such licence"},
        {"files": {"exe": 1}},
        {"cover": {"download_count": 5.0}},
        {"cover": {"picture_no_such_thing": 5.0}},
    ],
)
def test_what_there_is_not_is_refused_in_words(features: DraftFeatures, given):
    with pytest.raises(DraftRefusedError, match=r"/api/v1|The kinds are"):
        read_draft(features, DraftPost(**given))


def test_a_longer_text_makes_a_longer_page_and_none_is_shorter_than_the_shortest(
    features: DraftFeatures,
):
    short, long = read(features, description=""), read(features, description="word " * 400)

    assert long["page_length"] > short["page_length"]
    assert short["page_length"] >= np.nanmin(features.known.column("page_length"))


@given(st.text(alphabet=" \t\n\r\u00a0ab\u2003", max_size=40))
def test_words_lie_between_blanks_and_not_between_other_spaces(text: str):
    blanks = " \t\n\r\u00a0"
    expected = sum(
        1
        for place, letter in enumerate(text)
        if letter not in blanks and (place == 0 or text[place - 1] in blanks)
    )

    assert words_of(text) == expected
