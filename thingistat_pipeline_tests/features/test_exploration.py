from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from thingistat_pipeline.features.exploration import (
    SCATTER_ROWS,
    downloads_vs_file_mean,
    explore,
    flag_variances,
    histograms,
    hit_rate_by_id_decile,
)
from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline_tests.features.database import Row, database

DAY = datetime(2026, 9, 1)


def flags_of(tmp_path: Path, values: list[bool | None]) -> pl.DataFrame:
    things: list[Row] = [{"id": n, "is_wip": value} for n, value in enumerate(values)]
    with database(tmp_path / "published.duckdb", things=things) as con:
        return flag_variances(con)


@pytest.mark.parametrize(
    ("true", "false", "kept"),
    [(6, 4, True), (4, 6, True), (61, 39, False), (5, 5, True), (10, 0, False)],
)
def test_a_flag_with_one_value_in_more_than_60_percent_is_dropped(
    tmp_path: Path, true: int, false: int, kept: bool
):
    flags = flags_of(tmp_path, [True] * true + [False] * false + [None] * 7)
    share = true / (true + false)
    assert flags.rows() == [("is_wip", share, pytest.approx(share * (1 - share)), kept)]


def test_a_flag_that_is_never_known_is_not_judged(tmp_path: Path):
    assert flags_of(tmp_path, [None, None]).is_empty()


def test_missing_shares_count_things_and_creators_columns(tmp_path: Path):
    things: list[Row] = [
        {"id": 1, "creator_id": 1, "description": "words"},
        {"id": 2, "creator_id": None, "description": None},
        {"id": 3, "creator_id": 1, "description": ""},
        {"id": 4, "creator_id": 1, "description": "words"},
    ]
    creators: list[Row] = [{"id": 1, "count_of_followers": 3}]
    with database(tmp_path / "published.duckdb", things=things, creators=creators) as con:
        missing = explore(con, popularity_frame(con)).missing
    found = {column: (share, n) for column, share, n in missing.rows()}
    assert found["description"] == (0.25, 1)
    assert found["count_of_followers"] == (0.25, 1)
    assert found["count_of_designs"] == (1.0, 4)
    assert found["id"] == (0.0, 0)
    assert missing["n"].is_sorted(descending=True)


def test_categories_and_tags_come_with_their_median_downloads(tmp_path: Path):
    things: list[Row] = [
        {"id": n, "download_count": d} for n, d in enumerate([10, 20, 90, None], 1)
    ]
    with database(
        tmp_path / "published.duckdb",
        things=things,
        thing_categories=[{"thing_id": n, "category": "Art"} for n in (1, 2, 3, 4)]
        + [{"thing_id": 3, "category": "Tools"}],
        thing_tags=[{"thing_id": n, "tag": tag} for n, tag in [(1, "cat"), (2, "cat"), (3, "box")]],
    ) as con:
        found = explore(con, popularity_frame(con))
    assert found.categories.rows() == [("Art", 4, 20.0), ("Tools", 1, 90.0)]
    assert found.tags.rows() == [("cat", 2, 15.0), ("box", 1, 90.0)]


def test_histogram_bins_double_and_negatives_and_zero_have_their_own(tmp_path: Path):
    values = [-1, 0, 0, 1, 2, 3, 4, 9]
    things: list[Row] = [{"id": n, "added_images_count": v} for n, v in enumerate(values)]
    with database(tmp_path / "published.duckdb", things=things) as con:
        found = histograms(popularity_frame(con))
    rows = found.filter(pl.col("column") == "added_images_count").drop("column").rows()
    assert rows == [(-1, 0, 1), (0, 1, 2), (1, 2, 1), (2, 4, 2), (4, 8, 1), (8, 16, 1)]


def test_a_value_on_the_last_edge_falls_into_the_bin_above_it(tmp_path: Path):
    with database(tmp_path / "published.duckdb", things=[{"id": 1, "like_count": 4}]) as con:
        found = histograms(popularity_frame(con)).filter(pl.col("column") == "like_count")
    assert found.filter(pl.col("count") == 1).select("bin_left", "bin_right").rows() == [(4, 8)]


def test_the_scatter_plot_is_thinned_evenly_and_always_alike():
    things = 3 * SCATTER_ROWS
    frame = pl.DataFrame({"id": range(things)}).with_columns(
        download_count=pl.col("id"), average_download_count=pl.col("id") / 2
    )
    thinned = downloads_vs_file_mean(frame)
    assert thinned.height == SCATTER_ROWS
    assert (thinned["id"][0], thinned["id"][-1]) == (0, things - 1)
    assert thinned["id"].diff().drop_nulls().is_in([2, 3, 4]).all()
    assert thinned.equals(downloads_vs_file_mean(frame.sample(fraction=1, shuffle=True, seed=1)))


def test_downloads_over_time_are_quartiles_by_month_of_publication(tmp_path: Path):
    things: list[Row] = [
        {"id": n, "added": datetime(2020, 2, day), "download_count": downloads, "view_count": views}
        for n, (day, downloads, views) in enumerate([(1, 0, 5), (15, 10, None), (29, 20, 7)])
    ]
    things.append({"id": 9, "added": datetime(2020, 3, 1), "download_count": 4})
    with database(tmp_path / "published.duckdb", things=things) as con:
        found = explore(con, popularity_frame(con)).downloads_over_time
    assert found.rows() == [
        (date(2020, 2, 1), 3, 10.0, 6.0, 5.0, 15.0),
        (date(2020, 3, 1), 1, 4.0, None, 4.0, 4.0),
    ]


def attempt(thing_id: int, outcome: str, **more: object) -> Row:
    return {
        "thing_id": thing_id,
        "outcome": outcome,
        "observed_at": DAY,
        "source": "sandbox",
        "panel": False,
        **more,
    }


def test_hit_rates_are_counted_in_tenths_of_the_ids_up_to_the_newest_drawn(tmp_path: Path):
    attempts = [attempt(1, "gone"), attempt(10, "ok"), attempt(11, "ok"), attempt(100, "private")]
    with database(tmp_path / "published.duckdb", attempts=attempts) as con:
        found = hit_rate_by_id_decile(con)
    assert found.select("decile", "id_low", "id_high").row(0) == (1, 1, 10)
    assert found.select("decile", "id_low", "id_high").row(9) == (10, 91, 100)
    assert found["attempted"].to_list() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert found["live"].to_list() == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert found["hit_rate"].to_list()[:3] == [0.5, 1.0, None]
    # Wilson's interval of 1 of 2: centre 1/2, half width z / (2 sqrt(2 + z^2)).
    assert found["low"][0] == pytest.approx(0.0945, abs=1e-4)
    assert found["high"][0] == pytest.approx(0.9055, abs=1e-4)
    assert found["low"][2] is None


def test_tenths_leave_no_id_out_where_the_newest_does_not_divide_by_ten(tmp_path: Path):
    attempts = [attempt(n, "ok") for n in range(1, 24)]
    with database(tmp_path / "published.duckdb", attempts=attempts) as con:
        found = hit_rate_by_id_decile(con)
    assert found["attempted"].sum() == 23
    assert (found["id_low"][0], found["id_high"][-1]) == (1, 23)


def test_snapshots_the_panel_and_unsettled_answers_do_not_change_the_hit_rate(tmp_path: Path):
    later = datetime(2026, 9, 8)
    attempts = [
        attempt(10, "gone"),
        attempt(4, "ok"),
        attempt(4, "gone", observed_at=later),  # deleted after it had been drawn
        attempt(5, "ok", source="snapshot"),
        attempt(3, "ok"),  # drawn before a snapshot that covers it was brought in
        attempt(3, "ok", source="snapshot"),
        attempt(6, "ok", panel=True),
        attempt(7, "retry"),
        attempt(8, "quarantined"),
        attempt(9, "retry"),
        attempt(9, "ok", observed_at=later),
    ]
    with database(tmp_path / "published.duckdb", attempts=attempts) as con:
        found = hit_rate_by_id_decile(con)
    assert (found["attempted"].sum(), found["live"].sum()) == (3, 2)


def test_an_empty_database_is_explored_without_rows(tmp_path: Path):
    with database(tmp_path / "published.duckdb") as con:
        found = explore(con, popularity_frame(con))
    assert found.hit_rate_by_id_decile.is_empty()
    assert found.histograms.is_empty()
    assert found.downloads_over_time.is_empty()
    assert found.hit_rate_by_id_decile.columns[-3:] == ["hit_rate", "low", "high"]
