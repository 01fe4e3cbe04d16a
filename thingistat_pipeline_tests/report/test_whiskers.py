import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.report.estimates import Estimate
from thingistat_pipeline.report.whiskers import (
    Series,
    factor_axis,
    line_at,
    span,
    whiskers,
)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.9, 1.1, ["×0.9", "×1", "×1.1"]),
        (0.95, 2.2, ["×1", "×1.2", "×1.4", "×1.6", "×1.8", "×2"]),
        (0.04, 30, ["×0.1", "×1", "×10"]),
        (0.99, 1.005, ["×1"]),
        (0.61, 1.43, ["×0.8", "×1", "×1.2", "×1.4"]),
        (0.65, 1.37, ["×0.8", "×1", "×1.2"]),  # less than half of the axis, and still readable
    ],
)
def test_an_axis_of_factors_has_ticks_that_fit_its_range(low, high, ticks):
    axis = factor_axis(math.log(low), math.log(high), "times")
    assert axis["ticktext"] == ticks
    assert [math.exp(value) for value in axis["tickvals"]] == pytest.approx(
        [float(text.removeprefix("×")) for text in ticks]
    )


@given(low=st.floats(-6, -0.05), high=st.floats(0.05, 6))
def test_ticks_of_factors_never_crowd(low, high):
    ticks = factor_axis(low, high, "times")["tickvals"]
    assert all(right - left >= (high - low) / 14 for left, right in pairwise(ticks))


def test_a_span_holds_all_ends_with_room_and_is_cut_at_its_bounds():
    low, high = span([[Estimate(0.5, -9.0, 0.9)]], include=(0.0,), floor=-1.0, ceiling=1.0)
    assert (low, high) == pytest.approx((-1.0 - 0.06 * 1.9, 0.9 + 0.06 * 1.9))
    assert span([[Estimate()]], include=(0.0, 1.0)) == pytest.approx((-0.06, 1.06))


def test_unmeasured_rows_have_a_name_and_no_mark():
    series = Series(
        name="R²", estimates=[Estimate(), Estimate(0.5, 0.4, 0.6)], hovers=["none", "half"]
    )
    plot = whiskers(
        "plot", ["first", "second"], ["–", "0.50"], [series],
        axis={"title": {"text": "R²"}, "range": [0, 1]}, lines=[line_at(0.2)],
    ).plot  # fmt: skip
    (trace,) = plot["data"]
    assert trace["x"] == [0.5]
    assert trace["customdata"] == ["half"]
    assert 1 < trace["y"][0] < 1.5
    assert [note["text"] for note in plot["layout"]["annotations"]] == [
        "first", "second", "–", "0.50",
    ]  # fmt: skip
    # A line has a piece for each row, below the row's name.
    assert [(shape["y0"], shape["y1"]) for shape in plot["layout"]["shapes"]] == [
        (-0.14, 0.45), (0.86, 1.45),
    ]  # fmt: skip
