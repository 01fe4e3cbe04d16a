import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.advisor.population import (
    FEWEST_ALIKE,
    MOST_SAMPLED,
    read_population,
)
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline_tests.advisor.populations import population

NAN = float("nan")


def test_a_typical_number_is_the_lower_median_of_those_that_are_known():
    known = population({"title_words": [1, 2, 3, 4, NAN] * 8})

    assert known.typical(None)[0] == 2


def test_what_most_things_leave_unknown_is_unknown_of_the_typical_one():
    known = population({"needs_supports": [1, 1, NAN, NAN, NAN] * 8})

    assert np.isnan(known.typical(None)[0])


def test_of_days_of_the_week_the_commonest_is_typical_and_not_the_one_in_the_middle():
    known = population({"published_weekday": [1, 1, 3, 7, 6] * 8})

    assert known.typical(None)[0] == 1


def test_a_category_has_its_own_typical_post_if_it_has_things_enough():
    ten, twenty = [10] * FEWEST_ALIKE, [20] * (FEWEST_ALIKE + 5)
    known = population(
        {"title_words": [*ten, *twenty]},
        members={
            "Rings": range(FEWEST_ALIKE),
            "Chess": range(FEWEST_ALIKE - 1),
        },
    )

    assert known.typical("Rings")[0] == 10
    assert known.typical("Chess")[0] == known.typical(None)[0] == 20
    assert known.enough("Rings")
    assert not known.enough("Chess")
    assert not known.enough("no such category")


def test_only_things_with_a_certain_value_are_asked_where_there_are_enough():
    half = FEWEST_ALIKE + 1
    known = population(
        {"photo_count": [0] * half + [3] * half, "title_words": [1] * half + [9] * half}
    )

    assert known.typical(None, ("photo_count", 1, np.inf))[1] == 9
    assert known.typical(None, ("photo_count", 100, np.inf))[1] == 1, "there are none, so all"


def test_what_is_typical_cannot_be_changed_by_those_who_got_it():
    known = population({"title_words": [3] * 40})
    known.typical(None)[0] = 99

    assert known.typical(None)[0] == 3


def test_the_range_holds_98_percent_of_the_known_values():
    known = population({"title_words": [*range(101)], "files_stl": [NAN] * 101})

    low, high = known.ranges()

    assert (low[0], high[0]) == (1, 99)
    assert np.isnan(low[1])
    assert np.isnan(high[1])


def test_things_are_sorted_by_age_and_those_of_unknown_age_or_downloads_left_out():
    known = population(
        {"title_words": [1, 1, 1, 1]}, downloads=[5, NAN, 7, 8], age_days=[30, 20, 10, NAN]
    )

    ages, downloads = known.by_age(None)

    assert ages.tolist() == [10, 30]
    assert downloads.tolist() == [7, 5]


def test_features_are_read_from_a_stored_frame_with_who_is_in_which_category(tmp_path):
    path = tmp_path / "frame.parquet"
    pl.DataFrame(
        {
            "id": [3, 5, 9],
            "download_count": [1, None, 4],
            "age_days": [10, 20, None],
            "title_words": [2, None, 4],
            "is_wip": [True, False, None],
        }
    ).write_parquet(path)
    members = pl.DataFrame({"thing_id": [5, 9, 9, 77], "category": ["A", "A", "A", "A"]})

    known = read_population(path, ["is_wip", "title_words"], members, np.array([3, 9]))

    np.testing.assert_array_equal(known.X, [[1, 2], [0, NAN], [NAN, 4]])
    assert known.members["A"].tolist() == [1, 2]
    assert known.fitted.tolist() == [True, False, True]
    found = known.row(9)
    assert found is not None
    assert found[1] == 4
    assert known.row(4) is None
    assert known.row(10) is None


def test_a_frame_of_another_version_is_refused_in_words(tmp_path):
    path = tmp_path / "frame.parquet"
    pl.DataFrame({"id": [3], "download_count": [1], "age_days": [1]}).write_parquet(path)
    nobody = pl.DataFrame(schema={"thing_id": pl.Int64, "category": pl.String})

    with pytest.raises(ThingistatError, match="cannot be read"):
        read_population(path, ["title_words"], nobody, np.array([3]))


def test_of_many_things_a_sample_is_kept_in_which_small_categories_have_all_of_theirs(tmp_path):
    path = tmp_path / "frame.parquet"
    many = 2 * MOST_SAMPLED
    ids = np.arange(1, many + 1)
    columns = {"id": ids, "download_count": ids, "age_days": ids, "title_words": ids % 100}
    pl.DataFrame(columns).write_parquet(path)
    few = [2, 4, 30, many]
    members = pl.DataFrame({"thing_id": few, "category": ["Rings"] * len(few)})

    known = read_population(path, ["title_words"], members, ids)

    assert MOST_SAMPLED <= len(known.sample) <= MOST_SAMPLED + len(few)
    assert set(few) <= set(known.ids[known.sample].tolist())
    np.testing.assert_array_equal(known.X[:, 0], known.ids[known.sample] % 100)
    assert len(known.by_age(None)[0]) == many, "ages and downloads are those of all"
    left_out = int(np.setdiff1d(ids, known.ids[known.sample])[0])
    found = known.row(left_out)
    assert found is not None
    assert found[0] == left_out % 100
    np.testing.assert_array_equal(known.columns(["title_words"])[:, 0], ids % 100)


def test_a_thing_whose_features_were_removed_meanwhile_is_refused_in_words(tmp_path):
    path = tmp_path / "frame.parquet"
    columns = {"id": [3], "download_count": [1], "age_days": [1], "title_words": [2]}
    pl.DataFrame(columns).write_parquet(path)
    nobody = pl.DataFrame(schema={"thing_id": pl.Int64, "category": pl.String})
    known = read_population(path, ["title_words"], nobody, np.array([3]))
    path.unlink()

    with pytest.raises(ThingistatError, match="cannot be read"):
        known.row(3)
