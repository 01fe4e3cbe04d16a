from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from thingistat_pipeline.features.frame import popularity_frame, top_categories
from thingistat_pipeline.features.registry import REGISTRY, is_feature
from thingistat_pipeline_tests.features.database import Row, database

NOON = datetime(2026, 9, 1, 12, 0)


def frame_of(tmp_path: Path, **rows: list[Row]) -> pl.DataFrame:
    with database(tmp_path / "published.duckdb", **rows) as con:
        return popularity_frame(con)


def test_every_registered_feature_is_a_column_and_every_column_is_registered(tmp_path: Path):
    frame = frame_of(
        tmp_path,
        things=[{"id": 1}],
        thing_categories=[{"thing_id": 1, "category": "Art"}],
    )
    fixed = {"id", "creator_id", "added", "observed_at"}
    assert {feature.name for feature in REGISTRY} <= set(frame.columns)
    assert all(is_feature(name) for name in set(frame.columns) - fixed)


def test_counts_are_whole_numbers_flags_are_booleans_and_only_a_mean_is_a_fraction(tmp_path: Path):
    frame = frame_of(
        tmp_path,
        things=[{"id": 1}],
        thing_categories=[{"thing_id": 1, "category": "Art"}],
    )
    kinds = {name: dtype for name, dtype in frame.schema.items() if is_feature(name)}
    assert kinds.pop("average_download_count") == pl.Float64
    assert kinds.pop("is_derivative") == kinds.pop("category_art") == pl.Boolean
    assert set(kinds.values()) == {pl.Int64}


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
    unknown = {name for name in frame.columns if frame[name].null_count()}
    assert unknown == {
        "added",
        "observed_at",
        "file_count",
        "image_count",
        "added_images_count",
        "is_derivative",
        "count_of_followers",
        "count_of_designs",
        "age_days",
        "like_count",
        "collect_count",
        "comment_count",
        "root_comment_count",
        "make_count",
        "remix_count",
        "view_count",
        "download_count",
        "average_download_count",
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


def test_only_the_ten_most_frequent_categories_become_columns(tmp_path: Path):
    memberships: list[Row] = [
        {"thing_id": 1, "category": f"Category {number:02}"} for number in range(12)
    ]
    frame = frame_of(tmp_path, things=[{"id": 1}], thing_categories=memberships)
    assert [name for name in frame.columns if name.startswith("category_")] == [
        f"category_category-{number:02}" for number in range(10)
    ]


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
    assert {feature.name for feature in REGISTRY} <= set(frame.columns)
