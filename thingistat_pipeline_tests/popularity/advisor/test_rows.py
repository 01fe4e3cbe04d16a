from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.pictures import LOOKS, with_looks
from thingistat_pipeline.features.registry import (
    Family,
    FeatureFamilyError,
    feature_named,
    features_of,
)
from thingistat_pipeline.popularity.advisor.rows import advisor_rows, feature_matrix
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame

DAY = datetime(2024, 5, 1)


def frame_of(**columns: list[Any]) -> pl.DataFrame:
    """Return a frame of three things in which only `columns` differ."""
    plain: dict[str, list[Any]] = {
        "id": [3, 1, 2],
        "creator_id": [7, 8, 7],
        "added": [DAY] * 3,
        "download_count": [0, 9, 99],
        "age_days": [10, 20, 30],
        "log_age_days": np.log1p([10.0, 20.0, 30.0]).tolist(),
    }
    return pl.DataFrame({**plain, **columns})


def test_things_come_sorted_by_id_with_the_logarithm_of_their_downloads():
    rows = advisor_rows(frame_of())
    assert rows.ids.tolist() == [1, 2, 3]
    assert rows.creators.tolist() == [8, 7, 7]
    assert rows.y.tolist() == pytest.approx([np.log(10), np.log(100), 0.0])
    assert rows.age_days.tolist() == [20, 30, 10]
    assert rows.added.dtype == np.dtype("datetime64[us]")
    assert rows.features == ["log_age_days"]
    assert rows.left_out == {"age_days": "its logarithm is used"}
    assert rows.rows_dropped == {}


def test_the_types_are_those_that_the_trees_work_on():
    rows = advisor_rows(frame_of(is_wip=[True, None, False], file_count=[1, 2, None]))
    assert [str(a.dtype) for a in (rows.X, rows.y, rows.ids)] == ["float32", "float64", "int64"]
    columns = dict(zip(rows.features, rows.X.T.tolist(), strict=True))
    assert str(columns["is_wip"]) == "[nan, 0.0, 1.0]"
    assert str(columns["file_count"]) == "[2.0, nan, 1.0]"


def test_an_infinite_value_is_an_unknown_one():
    frame = frame_of(
        page_length=[1.0, float("inf"), -float("inf")],
        title_length=[1e300, 2.0, 3.0],
        file_bytes=[float("inf")] * 3,
    )
    rows = advisor_rows(frame)
    assert str(rows.column("page_length").tolist()) == "[nan, nan, 1.0]"
    assert str(rows.column("title_length").tolist()) == "[2.0, 3.0, nan]"
    assert rows.left_out["file_bytes"] == "unknown for all"


def test_no_consequence_of_popularity_gets_in():
    frame = sandbox_frame(300)
    rows = advisor_rows(frame)
    forbidden = {f.name for f in features_of(Family.ENGAGEMENT, Family.OUTCOME)}
    assert forbidden & set(frame.columns) > {"like_count", "download_count"}
    assert not forbidden & set(rows.features)
    assert {feature_named(name).family for name in rows.features} == {
        Family.CONTENT,
        Family.CREATOR_AT_PUBLISH,
        Family.CONTEXT,
    }


@pytest.mark.parametrize("leaked", ["like_count", "download_count", "edited_later", "id"])
def test_a_leaked_column_is_refused_by_name(leaked: str):
    with pytest.raises(FeatureFamilyError, match=leaked):
        advisor_rows(sandbox_frame(50), features=["file_count", leaked])


def test_columns_asked_for_come_in_their_order_and_the_others_are_named():
    frame = frame_of(file_count=[1, 2, 3], tag_count=[4, 5, 6])
    rows = advisor_rows(frame, features=["tag_count", "log_age_days"])
    assert rows.features == ["tag_count", "log_age_days"]
    assert rows.X[:, 0].tolist() == [5, 6, 4]
    assert rows.left_out == {"age_days": "not asked for", "file_count": "not asked for"}


def test_a_column_that_the_frame_lacks_is_reported():
    with pytest.raises(ThingistatError, match="tag_count"):
        advisor_rows(frame_of(), features=["tag_count"])
    with pytest.raises(ThingistatError, match="added"):
        advisor_rows(frame_of().drop("added"))
    with pytest.raises(ThingistatError, match="tag_count"):
        feature_matrix(frame_of(), ["tag_count"])


def test_columns_of_no_use_are_left_out_with_the_reason():
    frame = frame_of(
        file_count=[2, 2, 2], tag_count=[None] * 3, is_wip=[True, True, None], image_count=[1, 1, 2]
    ).with_columns(pl.col("tag_count").cast(pl.Int64))
    rows = advisor_rows(frame)
    assert rows.left_out["file_count"] == "the same for all"
    assert rows.left_out["tag_count"] == "unknown for all"
    # Whether it is known is something that may tell.
    assert set(rows.features) == {"log_age_days", "is_wip", "image_count"}


def test_a_column_known_for_hardly_anything_is_left_out():
    many = pl.concat([frame_of(id=[3 * i, 3 * i + 1, 3 * i + 2]) for i in range(100)])
    known = pl.int_range(pl.len()) < pl.Series([5]).item()
    frame = many.with_columns(tag_count=pl.when(known).then(pl.col("id")))
    assert advisor_rows(frame).left_out["tag_count"] == "unknown for 98.3%"


def test_things_without_downloads_age_or_day_are_counted_and_not_used():
    frame = frame_of(
        download_count=[None, 5, 6], age_days=[None, None, 3], added=[DAY, DAY, DAY]
    ).with_columns(pl.col("age_days").cast(pl.Int64))
    rows = advisor_rows(frame)
    assert rows.ids.tolist() == [2]
    assert rows.rows_dropped == {"age unknown": 1, "downloads unknown": 1}


@given(st.lists(st.none() | st.integers(-5, 5), min_size=1, max_size=12))
def test_each_thing_of_unknown_creator_is_a_group_of_its_own(creators: list[int | None]):
    n = len(creators)
    frame = pl.DataFrame(
        {
            "id": np.arange(n) * 2,
            "creator_id": pl.Series(creators, dtype=pl.Int64),
            "added": [DAY] * n,
            "download_count": np.arange(n),
            "age_days": np.arange(n),
            "log_age_days": np.log1p(np.arange(n)),
        }
    )
    groups = advisor_rows(frame).creators
    known = [c for c in creators if c is not None]
    assert [g for g, c in zip(groups, creators, strict=True) if c is not None] == known
    assert len(set(groups.tolist())) == len(set(known)) + creators.count(None)


def test_a_thing_of_unknown_creator_stays_the_same_group_whoever_else_comes():
    columns: dict[str, list[object]] = {
        "download_count": [1, 2, 3], "age_days": [1, 2, 3], "added": [DAY] * 3
    }  # fmt: skip
    frame = frame_of(**columns).with_columns(creator_id=pl.Series([None, 7, -9_000_000]))
    (alone,) = advisor_rows(frame[:1]).creators
    assert set(advisor_rows(frame).creators) == {alone, 7, -9_000_000}


def test_taken_rows_keep_the_features_and_leave_the_others_alone():
    rows = advisor_rows(frame_of(file_count=[1, 2, 3]))
    some = rows.taken([2, 0])
    assert some.ids.tolist() == [3, 1]
    assert some.features == rows.features
    assert some.column("file_count").tolist() == [1, 2]
    some.column("file_count")[:] = 0
    assert rows.column("file_count").tolist() == [2, 3, 1]
    with pytest.raises(ThingistatError, match="tag_count"):
        rows.column("tag_count")


def test_the_hash_tells_data_apart_and_does_not_look_at_their_order():
    frame = frame_of(file_count=[1, 2, 3])
    plain = advisor_rows(frame).training_hash()
    assert advisor_rows(frame.reverse()).training_hash() == plain
    changed = [frame_of(file_count=[1, 2, 4]), frame_of(tag_count=[1, 2, 3])]
    changed.append(frame_of(file_count=[1, 2, 3], download_count=[0, 9, 98]))
    assert len({plain, *(advisor_rows(one).training_hash() for one in changed)}) == 4


def test_looks_of_pictures_are_taken_where_they_are_known_and_left_out_where_they_are_not():
    frame = sandbox_frame(60)
    names = [feature.name for feature in LOOKS]
    looks = pl.DataFrame({"thing_id": frame["id"][:30]}).hstack(
        pl.DataFrame(
            {name: np.linspace(0, 1, 30) if name != names[0] else [None] * 30 for name in names},
            schema=dict.fromkeys(names, pl.Float64),
        )
    )
    rows = advisor_rows(with_looks(frame, looks))
    assert [name for name in rows.features if name in names] == names[1:]
    assert rows.left_out[names[0]] == "unknown for all"
    np.testing.assert_array_equal(np.isnan(rows.column(names[1])), np.arange(60) >= 30)
    nobody = advisor_rows(with_looks(frame, looks.clear()))
    assert nobody.features == advisor_rows(frame).features
    assert {nobody.left_out[name] for name in names} == {"unknown for all"}
