from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from thingistat_pipeline.features.frame import popularity_frame, top_categories
from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.features.registry import REGISTRY, YES_OR_NO, feature_named, is_feature
from thingistat_pipeline_tests.features.database import Row, database, frame_of

NOON = datetime(2026, 9, 1, 12, 0)
FRACTIONS = {
    "average_download_count",
    "creator_earlier_median_downloads",
    "log_age_days",
    "tag_mean_log_things",
    "tag_max_log_things",
    "tag_min_log_things",
}


def test_every_registered_feature_is_a_column_and_every_column_is_registered(tmp_path: Path):
    frame = frame_of(
        tmp_path,
        things=[{"id": 1}],
        thing_categories=[{"thing_id": 1, "category": "Art"}],
    )
    fixed = {"id", "creator_id", "added", "observed_at"}
    assert {feature.name for feature in REGISTRY if feature not in LOOKS} <= set(frame.columns)
    assert all(is_feature(name) for name in set(frame.columns) - fixed)


def test_flags_are_booleans_means_and_logarithms_fractions_and_all_else_whole_numbers(
    tmp_path: Path,
):
    frame = frame_of(
        tmp_path,
        things=[{"id": 1}],
        thing_categories=[{"thing_id": 1, "category": "Art"}],
    )
    for name in filter(is_feature, frame.columns):
        if feature_named(name).unit == YES_OR_NO:
            assert frame.schema[name] == pl.Boolean, name
        else:
            assert frame.schema[name] == (pl.Float64 if name in FRACTIONS else pl.Int64), name


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (None, 0),
        ("", 0),
        ("abc", 3),
        ("a\r\nb", 4),  # a line end as Windows writes it is two characters
        ("Würfel", 6),  # seven bytes in UTF-8
        ("\N{PRINTER}\N{VARIATION SELECTOR-16}", 2),  # one picture, two code points
    ],
)
def test_a_text_is_as_long_as_pythons_len_says_and_no_text_is_0(
    tmp_path: Path, text: str | None, length: int
):
    frame = frame_of(tmp_path, things=[{"id": 1, "description": text, "instructions": text}])
    assert frame["description_length"].to_list() == [length]
    assert frame["instructions_length"].to_list() == [length]
    assert len(text or "") == length


@pytest.mark.parametrize(
    ("added", "observed", "age"),
    [
        (datetime(2026, 8, 31, 23, 59, 59), datetime(2026, 9, 1, 0, 0, 1), 1),
        (datetime(2026, 9, 1, 0, 0, 1), datetime(2026, 9, 1, 23, 59, 59), 0),
        (datetime(2024, 2, 28, 12), datetime(2024, 3, 1, 12), 2),  # a leap year
        (datetime(2026, 9, 2), datetime(2026, 9, 1), None),  # observed before it was published
        (None, datetime(2026, 9, 1), None),
    ],
)
def test_age_is_counted_in_calendar_days(
    tmp_path: Path, added: datetime | None, observed: datetime, age: int | None
):
    frame = frame_of(tmp_path, things=[{"id": 1, "added": added, "observed_at": observed}])
    assert frame["age_days"].to_list() == [age]


def test_two_observations_on_one_day_give_one_age(tmp_path: Path):
    added = datetime(2026, 8, 1, 10)
    things: list[Row] = [
        {"id": 1, "added": added, "observed_at": datetime(2026, 9, 1, 9)},
        {"id": 2, "added": added, "observed_at": datetime(2026, 9, 1, 11)},
    ]
    assert frame_of(tmp_path, things=things)["age_days"].to_list() == [31, 31]


def test_what_is_unknown_stays_null(tmp_path: Path):
    frame = frame_of(tmp_path, things=[{"id": 1, "creator_id": 5}])
    known = {name for name in frame.columns if not frame[name].null_count()}
    assert known == {
        "id",
        "creator_id",
        # No text is a text of length 0, and no tag listed is no tag.
        "description_length",
        "description_words",
        "description_links",
        "instructions_length",
        "instructions_given",
        "tag_count",
        "is_customizer",
        "is_customized",
    }


def test_a_thing_takes_reach_and_designs_from_its_creator(tmp_path: Path):
    frame = frame_of(
        tmp_path,
        things=[{"id": 2, "creator_id": 9}, {"id": 1, "creator_id": None}],
        creators=[{"id": 9, "count_of_followers": 107, "count_of_designs": 112}],
    )
    assert frame.select("id", "count_of_followers", "count_of_designs").rows() == [
        (1, None, None),
        (2, 107, 112),
    ]


def test_the_frame_holds_no_text(tmp_path: Path):
    frame = frame_of(tmp_path, things=[{"id": 1, "description": "secret", "name": "secret"}])
    assert pl.String not in frame.schema.values()


def test_a_thing_in_no_known_category_is_in_none_of_the_top_ones(tmp_path: Path):
    frame = frame_of(
        tmp_path,
        things=[{"id": 1}, {"id": 2}, {"id": 3}],
        categories=[{"name": "3D Printing", "slug": "3d-printing"}, {"name": "Art"}],
        thing_categories=[
            {"thing_id": 1, "category": "3D Printing"},
            {"thing_id": 1, "category": "Art"},
            {"thing_id": 2, "category": "Art"},
        ],
    )
    assert frame["category_3d-printing"].to_list() == [True, False, False]
    assert frame["category_art"].to_list() == [True, True, False]


def test_of_equally_frequent_categories_the_first_by_name_is_taken(tmp_path: Path):
    memberships: list[Row] = [
        {"thing_id": thing, "category": name}
        for thing, name in [(1, "Tools"), (2, "Tools"), (1, "Art"), (2, "Hobby"), (3, "Fashion")]
    ]
    things: list[Row] = [{"id": 1}, {"id": 2}, {"id": 3}]
    path = tmp_path / "published.duckdb"
    with database(path, things=things, thing_categories=memberships) as con:
        found = [(top.name, top.things) for top in top_categories(con, n=3)]
    assert found == [("Tools", 2), ("Art", 1), ("Fashion", 1)]


def test_every_category_becomes_a_column_the_most_frequent_first(tmp_path: Path):
    memberships: list[Row] = [
        {"thing_id": thing, "category": f"Category {number:02}"}
        for number in range(12)
        for thing in range(1, 2 + (number == 11))
    ]
    frame = frame_of(tmp_path, things=[{"id": 1}, {"id": 2}], thing_categories=memberships)
    assert [name for name in frame.columns if name.startswith("category_")] == [
        f"category_category-{number:02}" for number in (11, *range(11))
    ]
    assert frame["category_category-11"].to_list() == [True, True]
    assert frame["category_category-10"].to_list() == [True, False]


def test_only_so_many_categories_become_columns_as_are_asked_for(tmp_path: Path):
    memberships: list[Row] = [{"thing_id": 1, "category": name} for name in ("Art", "Fashion")]
    path = tmp_path / "published.duckdb"
    with database(path, things=[{"id": 1}], thing_categories=memberships) as con:
        frame = popularity_frame(con, categories=1)
    assert [name for name in frame.columns if name.startswith("category_")] == ["category_art"]


def test_a_membership_of_a_thing_that_is_not_there_counts_for_nothing(tmp_path: Path):
    memberships: list[Row] = [
        {"thing_id": thing, "category": name}
        for thing, name in [(1, "Art"), (8, "Tools"), (9, "Tools")]
    ]
    frame = frame_of(tmp_path, things=[{"id": 1}], thing_categories=memberships)
    assert [name for name in frame.columns if name.startswith("category_")] == ["category_art"]


def test_hostile_and_clashing_category_names_get_plain_and_different_columns(tmp_path: Path):
    names = ['a"; DROP TABLE things; --', "A; drop table THINGS", "動物"]
    memberships: list[Row] = [{"thing_id": 1, "category": name} for name in names]
    frame = frame_of(tmp_path, things=[{"id": 1}], thing_categories=memberships)
    assert sorted(name for name in frame.columns if name.startswith("category_")) == [
        "category_a-drop-table-things",
        "category_a-drop-table-things-2",
        "category_unnamed",
    ]


def test_without_any_thing_the_frame_has_its_columns_and_no_rows(tmp_path: Path):
    frame = frame_of(tmp_path)
    assert frame.height == 0
    assert {feature.name for feature in REGISTRY if feature not in LOOKS} <= set(frame.columns)


def test_the_logarithm_of_the_age_begins_at_zero_on_the_day_of_publication(tmp_path: Path):
    things: list[Row] = [
        {"id": 1, "added": NOON, "observed_at": NOON},
        {"id": 2, "added": NOON, "observed_at": datetime(2026, 9, 10, 12, 0)},
        {"id": 3, "added": NOON, "observed_at": datetime(2026, 8, 1, 12, 0)},
    ]
    ages = frame_of(tmp_path, things=things)["log_age_days"].to_list()
    assert ages == [0.0, pytest.approx(2.302585092994046), None]  # ln 10


def test_the_top_file_is_the_most_downloaded_one_and_unknown_if_a_count_is(tmp_path: Path):
    rows: list[Row] = [
        {"thing_id": 1, "position": 1, "download_count": 5},
        {"thing_id": 1, "position": 2, "download_count": 7},
        {"thing_id": 2, "position": 1, "download_count": 5},
        {"thing_id": 2, "position": 2, "download_count": None},
    ]
    frame = frame_of(tmp_path, things=[{"id": n} for n in (1, 2, 3)], files=rows)
    assert frame["top_file_downloads"].to_list() == [7, None, None]
