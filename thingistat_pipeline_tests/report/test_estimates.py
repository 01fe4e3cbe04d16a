import math

import pytest

from thingistat_pipeline.report.estimates import (
    Estimate,
    factor,
    factor_in_words,
    factor_on_two_lines,
    in_words,
    on_two_lines,
)


def test_what_is_absent_or_not_finite_is_not_measured():
    assert Estimate.of(None) == Estimate()
    assert Estimate.of({"value": float("nan"), "low": math.inf}) == Estimate()
    assert Estimate.of({"coverage": 0.8}, value="coverage") == Estimate(0.8)


@pytest.mark.parametrize(
    ("low", "high", "above", "excludes"),
    [(0.1, 0.2, True, True), (-0.2, -0.1, False, True), (-0.1, 0.1, False, False),
     (0.0, 0.1, False, False), (None, None, False, False)],
)  # fmt: skip
def test_an_interval_is_judged_by_its_ends(low, high, above, excludes):
    estimate = Estimate(0.0, low, high)
    assert estimate.is_above_zero is above
    assert estimate.excludes_zero is excludes


def test_factors_are_the_exponentials_of_all_three_numbers():
    # exp(ln 2) = 2, exp(0) = 1, exp(ln 4) = 4
    assert Estimate(math.log(2), 0.0, math.log(4)).exp().ends() == pytest.approx((2, 1, 4))


def test_estimates_in_words():
    assert in_words(Estimate(0.412, 0.362, 0.462)) == "0.41 (0.36 to 0.46)"
    assert in_words(Estimate(0.412)) == "0.41 (no interval)"
    assert in_words(Estimate()) == "not available"
    assert on_two_lines(Estimate(0.412, 0.362, 0.462)) == "0.41\n0.36 to 0.46"
    assert on_two_lines(Estimate(64.0, 59.0, 69.0), 0, suffix=" %") == "64 %\n59 to 69 %"
    assert on_two_lines(Estimate()) == "–"


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.62, "×1.6"), (0.85, "×0.85"), (1.05, "×1.05"), (12.3, "×12"), (None, "not available")],
)
def test_factors_have_two_digits_or_three_close_to_one(value, words):
    assert factor(value) == words


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        ((1.62, 1.21, 2.17), "×1.6 (×1.2 to ×2.2)"),
        ((1.24, 1.05, 1.46), "×1.24 (×1.05 to ×1.46)"),
        ((2.04, 2.01, 2.08), "×2.04 (×2.01 to ×2.08)"),
        ((8.0, 0.5, 40.0), "×8.0 (×0.50 to ×40)"),
    ],
)
def test_the_ends_of_a_factor_have_as_many_decimals_as_tell_them_apart(estimate, words):
    assert factor_in_words(Estimate(*estimate)) == words
    assert factor_on_two_lines(Estimate(*estimate)) == words.replace(" (", "\n").rstrip(")")
