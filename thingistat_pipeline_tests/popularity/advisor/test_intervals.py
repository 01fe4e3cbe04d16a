import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.advisor.coverage import coverage
from thingistat_pipeline.popularity.advisor.intervals import (
    AGE_BANDS,
    Band,
    PredictionIntervals,
    band_name,
    fit_intervals,
)
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap

YOUNG, OLD = 10.0, 3000.0


def whole_range(low: float, high: float) -> PredictionIntervals:
    return PredictionIntervals(0.8, (Band(0.0, None, low, high, 100),))


def test_the_ends_are_the_corrected_order_statistics_of_the_residuals():
    # 99 residuals: rank .1 * 100 = 10 from either end.
    residuals = np.random.default_rng(0).permutation(np.linspace(1, 99, 99))
    fitted = fit_intervals(residuals, np.full(99, YOUNG))
    assert fitted.bands == (Band(0.0, None, 10.0, 90.0, 99),)
    # 98: rank .1 * 99 = 9.9, rounded outwards to 9.
    fewer = fit_intervals(np.linspace(1, 98, 98), np.full(98, YOUNG)).bands[0]
    assert (fewer.low, fewer.high) == (9.0, 90.0)


@pytest.mark.parametrize(("nominal", "needed"), [(0.8, 9), (0.9, 19), (0.95, 39)])
def test_too_few_things_have_no_intervals_but_a_reason(nominal: float, needed: int):
    residuals = np.linspace(-1, 1, needed)
    fitted = fit_intervals(residuals, np.full(needed, YOUNG), nominal=nominal)
    assert (fitted.bands[0].low, fitted.bands[0].high) == (-1.0, 1.0)
    refused = fit_intervals(residuals[1:], np.full(needed - 1, YOUNG), nominal=nominal)
    assert refused.bands == ()
    assert refused.reason is not None
    assert f"at least {needed} things" in refused.reason
    low, high = refused.around(np.zeros(2), np.zeros(2))
    assert np.isnan([low, high]).all()


def test_things_of_each_age_have_the_interval_of_their_band():
    age = np.repeat([0.0, 90.0, 91.0, 5000.0], [100, 100, 200, 200])
    residuals = np.concatenate([np.linspace(-1, 1, 200), np.linspace(-2, 2, 200), np.ones(200)])
    fitted = fit_intervals(residuals, age)
    # The two bands between are empty and become part of their neighbours.
    assert [band.n for band in fitted.bands] == [200, 200, 200]
    low, high = fitted.around(np.full(3, 7.0), np.array([90.0, 91.0, 9000.0]))
    assert (high - low)[1] == pytest.approx(2 * (high - low)[0])
    assert (low[2], high[2]) == (8.0, 8.0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=9, max_size=600), st.integers(0, 9))
def test_bands_are_large_enough_and_leave_no_age_out(chosen: list[int], seed: int):
    age = np.array([*AGE_BANDS[1:], 8000.0])[chosen] - 1.0
    residuals = np.random.default_rng(seed).normal(size=len(age))
    bands = fit_intervals(residuals, age).bands
    assert sum(band.n for band in bands) == len(age)
    assert len(bands) == 1 or min(band.n for band in bands) >= 100
    assert bands[0].from_days == 0.0
    assert [band.to_days for band in bands] == [*(band.from_days for band in bands[1:]), None]
    assert all(band.low <= band.high for band in bands)


@settings(deadline=None)
@given(st.floats(-50, 50), st.floats(-5, 5), st.floats(0, 5))
def test_no_interval_reaches_below_no_downloads(predicted: float, offset: float, width: float):
    low, high = whole_range(offset, offset + width).around(np.array([predicted]), np.array([5.0]))
    assert 0.0 <= low[0] <= high[0]


def test_intervals_survive_being_stored():
    fitted = fit_intervals(np.linspace(-1, 2, 400), np.linspace(0, 2000, 400))
    assert PredictionIntervals.from_dict(json.loads(json.dumps(fitted.as_dict()))) == fitted
    refused = fit_intervals(np.zeros(3), np.zeros(3))
    assert PredictionIntervals.from_dict(json.loads(json.dumps(refused.as_dict()))) == refused


@pytest.mark.parametrize(
    "stored", [{}, {"nominal": 0.8, "bands": [{"low": 1}], "reason": None}, {"nominal": "much"}]
)
def test_what_is_not_stored_intervals_is_refused_with_advice(stored: dict[str, Any]):
    with pytest.raises(ThingistatError, match="fit it again"):
        PredictionIntervals.from_dict(stored)


def test_about_four_of_five_new_things_lie_within():
    # The share covered is Beta distributed about .8, with deviation .012 at 1,000 things.
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(40):
        residuals = np.exp(rng.normal(size=5000))  # skewed
        fitted = fit_intervals(residuals[:1000], np.full(1000, YOUNG))
        low, high = fitted.around(np.zeros(4000), np.full(4000, YOUNG))
        below, above = residuals[1000:] < low, residuals[1000:] > high
        shares.append([1 - below.mean() - above.mean(), below.mean(), above.mean()])
    assert np.all(np.abs(np.array(shares)[:, 0] - 0.8) < 0.05)
    assert np.mean(shares, axis=0) == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_the_share_within_is_at_least_nominal_even_of_few_calibration_things():
    # Exactly: between .8 and .8 + 2/13 for 12 things; 4,000 draws, standard deviation .006.
    rng = np.random.default_rng(2)
    within = 0
    for _ in range(4000):
        residuals = rng.normal(size=13)
        band = fit_intervals(residuals[:12], np.full(12, YOUNG)).bands[0]
        within += band.low <= residuals[12] <= band.high
    assert 0.78 < within / 4000 < 0.8 + 2 / 13 + 0.02


def test_every_age_is_covered_although_old_things_are_harder_to_predict():
    rng = np.random.default_rng(3)
    # 2,000 things of each band to calibrate on and 2,000 to try: standard deviation .013.
    half = 10_000
    creators = np.arange(2 * half) // 2
    edges = np.array([*AGE_BANDS, 4000.0])
    band = rng.integers(0, 5, 2 * half)
    age = np.floor(rng.uniform(edges[band], edges[band + 1]))
    predicted = 5 + np.log1p(age) / 4
    actual = predicted + rng.normal(size=2 * half) * (0.2 + age / 2000)
    fitted = fit_intervals((actual - predicted)[:half], age[:half])
    found = coverage(
        fitted,
        actual[half:],
        predicted[half:],
        age[half:],
        CreatorBootstrap(creators[half:], seed=1),
    )
    assert found["nominal"] == 0.8
    assert found["overall"]["n"] == half
    assert found["table"] == fitted.as_dict()
    assert len(found["bands"]) == 5
    for part in (found["overall"], *found["bands"]):
        assert 0.75 <= part["coverage"] <= 0.85
        assert part["low"] <= part["coverage"] <= part["high"]
    widths = [part["width_factor"] for part in found["bands"]]
    assert widths == sorted(widths)
    assert widths[-1] > 10 * widths[0]


def test_coverage_is_counted_by_band_and_width_is_a_factor():
    # Young: 0 and .5 lie in [1 - 1, 1 + 1], 3 does not. Old: 3 lies in [3, 5] (ends count).
    found = coverage(
        whole_range(-1.0, 1.0),
        np.array([0.0, 0.5, 3.0, 3.0]),
        np.array([1.0, 1.0, 1.0, 4.0]),
        np.array([YOUNG, YOUNG, YOUNG, OLD]),
        CreatorBootstrap(np.arange(4), seed=1),
    )
    young, old = found["bands"]
    assert found["overall"] == {
        "n": 4,
        "coverage": 0.75,
        "low": None,
        "high": None,
        "width_factor": pytest.approx(np.exp(2)),
    }
    assert (young["band"], young["n"], young["coverage"]) == ("0 to 90 days", 3, 2 / 3)
    assert (old["band"], old["n"], old["coverage"]) == ("over 6 years", 1, 1.0)
    assert (old["from_days"], old["to_days"]) == (2192.0, None)


def test_without_intervals_nothing_is_covered_and_nothing_claimed():
    none = PredictionIntervals(0.8, (), "too few")
    found = coverage(
        none, np.ones(20), np.ones(20), np.full(20, OLD), CreatorBootstrap(np.arange(20), seed=1)
    )
    for part in (found["overall"], *found["bands"]):
        assert part["n"] == 20
        assert part["coverage"] is part["low"] is part["high"] is part["width_factor"] is None
    assert found["table"]["reason"] == "too few"


def test_bands_have_names_that_readers_understand():
    ends = [*AGE_BANDS[1:], None]
    assert [band_name(a, b) for a, b in zip(AGE_BANDS, ends, strict=True)] == [
        "0 to 90 days",
        "91 to 365 days",
        "1 to 3 years",
        "3 to 6 years",
        "over 6 years",
    ]
    assert band_name(0, None) == "all ages"
    assert band_name(0, 1096) == "0 to 3 years"
    assert band_name(91, 1096) == "91 days to 3 years"
