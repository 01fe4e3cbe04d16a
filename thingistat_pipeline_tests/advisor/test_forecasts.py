from math import exp, expm1, log1p
from typing import Any

import pytest

from thingistat_pipeline.advisor.forecasts import DAYS, Forecaster
from thingistat_pipeline.popularity.advisor.intervals import Band, PredictionIntervals
from thingistat_pipeline_tests.advisor.populations import population

TENTH = PredictionIntervals(0.8, (Band(0.0, 91.0, -0.5, 1.0, 200), Band(91.0, None, -1, 2, 200)))
NOTHING_MEASURED: dict[str, Any] = {"intervals": {"bands": []}}


def forecaster(downloads, age_days, *, members=None, intervals=TENTH, metrics=NOTHING_MEASURED):
    known = population(
        {"title_words": [1] * len(downloads)},
        downloads=downloads,
        age_days=age_days,
        members=members,
    )
    return Forecaster(known, intervals, metrics)


def test_predictions_become_downloads_with_the_interval_of_their_age():
    teller = forecaster([0] * 40, [90] * 40)

    month, quarter, year = teller.forecasts([log1p(9), log1p(19), log1p(99)], None)

    assert [each.days for each in (month, quarter, year)] == list(DAYS)
    assert month.downloads.value == pytest.approx(9)
    assert month.downloads.low == pytest.approx(10 * exp(-0.5) - 1)
    assert quarter.downloads.high == pytest.approx(20 * exp(1.0) - 1)
    assert year.downloads.low == pytest.approx(100 * exp(-1) - 1)
    assert year.downloads.high == pytest.approx(100 * exp(2) - 1)


def test_a_percentile_is_the_share_of_alike_posts_below_and_half_of_the_equal_ones():
    teller = forecaster([1] * 10 + [5] * 20 + [100] * 10, [90] * 40)

    found = teller.forecasts([0.0, log1p(5), 0.0], None)[1].percentile

    assert found.value == pytest.approx(100 * (10 + 10) / 40)
    assert found.things == 40
    assert (found.from_days, found.to_days) == (72, 112)
    assert found.category is None


def test_posts_of_other_ages_are_asked_only_where_there_are_too_few_of_about_that_age():
    near, far = [1] * 29, [1000] * 31
    teller = forecaster([*near, *far], [90] * 29 + [170] * 31)

    found = teller.forecasts([0.0, log1p(50), 0.0], None)[1].percentile

    assert (found.from_days, found.to_days) == (45, 180)
    assert found.things == 60
    assert found.value == pytest.approx(100 * 29 / 60)


def test_the_own_category_comes_first_and_is_dropped_for_want_of_things_of_that_age():
    teller = forecaster(
        [1] * 40 + [9] * 40,
        [90] * 40 + [365] * 40,
        members={"Rings": range(40), "Chess": range(40, 80)},
    )
    predicted = [0.0, log1p(5), 0.0]

    assert teller.forecasts(predicted, "Rings")[1].percentile.category == "Rings"
    assert teller.forecasts(predicted, "Rings")[1].percentile.value == 100
    dropped = teller.forecasts(predicted, "Chess")[1].percentile
    assert dropped.category is None
    assert dropped.things == 40


def test_without_posts_of_about_that_age_there_is_no_percentile():
    teller = forecaster([1] * 80, [4000] * 80)

    assert [each.percentile for each in teller.forecasts([1, 2, 3], None)] == [None] * 3


def test_what_was_measured_of_the_age_is_told_and_doubted_where_it_falls_short():
    measured = {
        "from_days": 0.0,
        "to_days": 91.0,
        "coverage": 0.6,
        "low": 0.5,
        "high": 0.7,
    }
    teller = forecaster([1] * 200, [60] * 200, metrics={"intervals": {"bands": [measured]}})

    month, _, year = teller.forecasts([1, 1, 1], None)

    assert (month.coverage.value, month.coverage.low, month.coverage.high) == (0.6, 0.5, 0.7)
    assert "60 %" in month.caution
    assert "80 %" in month.caution
    assert year.coverage is None
    assert "0 things of 91 to 365 days" in year.caution
    assert "things of over 90 days" in year.caution, "its interval is that of all older things"


def test_an_age_at_which_much_was_seen_and_all_held_needs_no_caution():
    measured = {"from_days": 0.0, "to_days": 91.0, "coverage": 0.8, "low": 0.7, "high": 0.9}
    teller = forecaster([1] * 200, [60] * 200, metrics={"intervals": {"bands": [measured]}})

    assert teller.forecasts([1, 1, 1], None)[0].caution is None


def test_without_intervals_the_figure_stands_alone_and_says_so():
    teller = forecaster(
        [1] * 200, [60] * 200, intervals=PredictionIntervals(0.8, (), "No intervals: too few.")
    )

    found = teller.forecasts([2, 2, 2], None)[0]

    assert found.downloads.low == found.downloads.high == found.downloads.value
    assert found.downloads.value == pytest.approx(expm1(2))
    assert "No intervals: too few." in found.caution


def test_fewer_than_no_downloads_are_never_predicted():
    found = forecaster([0] * 40, [30] * 40).forecasts([-0.5, 0.0, 0.0], None)[0]

    assert found.downloads.value == 0
    assert found.downloads.low == 0
