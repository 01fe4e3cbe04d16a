from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.popularity.advisor.panel_rates import (
    panel_rates,
    panel_results,
    panel_rows,
)
from thingistat_pipeline.popularity.advisor.search import AdvisorParameters
from thingistat_pipeline.popularity.splits import creator_roles
from thingistat_pipeline_tests.features.database import Row, database
from thingistat_pipeline_tests.popularity.advisor.simulated_rows import rows_with

ADDED = datetime(2025, 1, 1)
PARAMETERS = AdvisorParameters(8, 1.0, 0.8, 3, 20)


def seen(thing: int, day: float, downloads: int | None, *, load: str = "a") -> Row:
    return {
        "thing_id": thing,
        "observed_at": ADDED + timedelta(days=day),
        "load": load,
        "download_count": downloads,
    }


def rates_of(folder: Path, *observations: Row, added: datetime | None = ADDED) -> pl.DataFrame:
    things = [
        {"id": number, "added": added} for number in {row["thing_id"] for row in observations}
    ]
    with database(folder / "db.duckdb", things=things, observations=list(observations)) as con:
        return panel_rates(con)


def test_what_came_between_two_observations_is_told_per_day(tmp_path: Path):
    rates = rates_of(tmp_path, seen(5, 10, 100), seen(5, 40, 190))
    assert rates.select("id", "days", "rate", "spacing_days", "age_days").rows() == [
        (5, 30, 3.0, 30.0, 10)
    ]
    assert rates["first_observed"].to_list() == [ADDED + timedelta(days=10)]
    assert rates["second_observed"].to_list() == [ADDED + timedelta(days=40)]


def test_a_spacing_serves_from_two_thirds_to_one_and_a_half_of_what_is_wanted(tmp_path: Path):
    spacings = {1: 20.0, 2: 20.2, 3: 45.0, 4: 45.1, 5: 60.3, 6: 135.0, 7: 300.0, 8: 548.0}
    rows = [row for n, d in spacings.items() for row in (seen(n, 1, 0), seen(n, 1 + d, 9))]
    found = rates_of(tmp_path, *rows).select("id", "days").rows()
    assert found == [(2, 30), (3, 30), (5, 90), (6, 90), (7, 365)]


def test_of_several_pairs_the_nearest_spacing_is_taken_and_of_equals_the_earliest(tmp_path: Path):
    rows = [seen(1, day, int(day)) for day in (0, 25, 31, 61, 91)]
    rates = rates_of(tmp_path, *rows).select("days", "spacing_days", "age_days").rows()
    # 30 days: 31 to 61 and 61 to 91; 90 days: 0 to 91.
    assert rates == [(30, 30.0, 31), (90, 91.0, 0)]


def test_unknown_and_falling_counts_make_no_pair(tmp_path: Path):
    rows = [seen(1, 0, None), seen(1, 30, 5), seen(2, 0, 9), seen(2, 30, 8)]
    rows += [seen(3, 0, 4), seen(3, 30, 4)]
    assert rates_of(tmp_path, *rows).select("id", "rate").rows() == [(3, 0.0)]


def test_things_seen_before_their_publication_or_of_unknown_day_make_no_pair(tmp_path: Path):
    (tmp_path / "a").mkdir()
    assert rates_of(tmp_path / "a", seen(1, -5, 0), seen(1, 25, 5)).is_empty()
    assert rates_of(tmp_path, seen(1, 0, 0), seen(1, 30, 5), added=None).is_empty()


def test_an_empty_panel_has_the_same_columns(tmp_path: Path):
    empty = rates_of(tmp_path, seen(1, 0, 3))
    assert empty.is_empty()
    assert empty.columns == [
        "id",
        "days",
        "rate",
        "first_observed",
        "second_observed",
        "spacing_days",
        "age_days",
    ]


def test_the_target_is_the_log_of_downloads_in_so_many_days_at_the_age_of_the_first_look():
    rows = rows_with([1.0, 2.0, 3.0], age_days=[500.0, 600.0, 700.0], file_count=[7.0, 8.0, 9.0])
    panel = pl.DataFrame(
        {"id": [2, 0, 1, 77], "days": [30, 30, 90, 30], "rate": [2.0, 0.0, 9.0, 1.0]}
    ).with_columns(age_days=pl.Series([650, 450, 5, 5]))
    some, places = panel_rows(panel, 30, rows)
    assert places.to_list() == [0, 2]
    assert some.y.tolist() == pytest.approx([0.0, np.log(61.0)])
    assert some.age_days.tolist() == [450, 650]
    np.testing.assert_allclose(some.column("log_age_days"), np.log1p([450, 650]), rtol=1e-6)
    assert some.column("file_count").tolist() == [7, 9]
    np.testing.assert_allclose(rows.column("log_age_days")[0], np.log1p(500), rtol=1e-6)


def test_too_small_a_panel_is_said_to_be_so():
    rows = rows_with(np.arange(400.0))
    panel = pl.DataFrame({"id": np.arange(299), "days": 30, "rate": 1.0, "age_days": 9})
    roles = creator_roles(rows.creators, seed=1)
    found = panel_results(panel, rows, roles, lambda _: PARAMETERS, seed=1, effort="quick")
    assert [(row["days"], row["n_rows"], row["fitted"]) for row in found] == [
        (30, 299, False),
        (90, 0, False),
        (365, 0, False),
    ]
    assert "299 things of 299 creators" in found[0]["reason"]
    assert all(row["scores"] is None for row in found)


def test_many_things_of_few_creators_are_too_small_a_panel():
    rows = rows_with(np.arange(400.0), creators=np.arange(400) % 49)
    panel = pl.DataFrame({"id": np.arange(400), "days": 30, "rate": 1.0, "age_days": 9})
    roles = creator_roles(rows.creators, seed=1)
    found = panel_results(panel, rows, roles, lambda _: PARAMETERS, seed=1, effort="quick")
    assert "of 49 creators" in found[0]["reason"]


def test_with_enough_pairs_the_rate_is_learned_and_judged_on_other_creators():
    rng = np.random.default_rng(1)
    files = rng.integers(1, 30, 900)
    rows = rows_with(np.zeros(900), creators=np.arange(900) // 2, file_count=files)
    panel = pl.DataFrame(
        {"id": np.arange(900), "days": 30, "rate": rng.poisson(5 * files) / 30, "age_days": 9}
    )
    roles = creator_roles(rows.creators, seed=1)
    result, *others = panel_results(
        panel, rows, roles, lambda _: PARAMETERS, seed=1, effort="quick"
    )
    assert (result["fitted"], result["reason"], result["n_creators"]) == (True, None, 450)
    assert result["scores"]["r2_log"]["low"] > 0.8
    assert not any(other["fitted"] for other in others)


def test_the_parameters_are_those_for_the_things_fitted_on():
    rng = np.random.default_rng(1)
    rows = rows_with(np.zeros(400), file_count=rng.integers(1, 30, 400))
    panel = pl.DataFrame({"id": np.arange(400), "days": 30, "rate": rng.random(400), "age_days": 9})
    roles = creator_roles(rows.creators, seed=1)
    asked = []

    def parameters(fitted: int) -> AdvisorParameters:
        asked.append(fitted)
        return PARAMETERS

    panel_results(panel, rows, roles, parameters, seed=1, effort="quick")
    assert asked == [400 - len(roles.test)]
