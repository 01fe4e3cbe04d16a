import math

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.popularity.advisor.rows import advisor_rows
from thingistat_pipeline.popularity.explanation.effects import PartialEffect
from thingistat_pipeline.popularity.explanation.file_claim import (
    ALL_CLICKS,
    OUTCOMES,
    file_claim,
    judgement,
    share_above,
)
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame


def effect(value: float, reach: float = 0.02) -> PartialEffect:
    return PartialEffect(
        effect=value,
        error=reach / 2,
        sampling_low=value - reach,
        sampling_high=value + reach,
        allowance=0.0,
        low=value - reach,
        high=value + reach,
        p_value=0.5,
        n_rows=1_000,
        n_creators=900,
        n_trimmed=0,
    )


def counted(*, clicks_per_file: float, people_per_doubling: float, n: int = 2_500) -> pl.DataFrame:
    """Things whose visitors take the first file, and each other one with some probability.

    Twice as many files bring `people_per_doubling` (logarithm) more visitors.
    """
    rng = np.random.default_rng(6)
    files = 1 + rng.poisson(2.5, n)
    age = rng.integers(30, 4_000, n)
    people = np.exp(3.0 + people_per_doubling * np.log2(files) + 0.3 * np.log1p(age) / 2)
    people = rng.poisson(people * rng.gamma(4.0, 0.25, n)) + 5
    others = rng.binomial(people, clicks_per_file)
    total = people + (files - 1) * others
    return pl.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "creator_id": rng.integers(1, n, n),
            "added": pl.Series([0] * n).cast(pl.Datetime("us")),
            "age_days": age,
            "log_age_days": np.log1p(age),
            "count_of_followers": rng.poisson(20, n),
            "file_count": files,
            "download_count": total,
            "top_file_downloads": people,
            "average_download_count": total / files,
        }
    )


def claim_of(frame: pl.DataFrame):
    return file_claim(advisor_rows(frame), frame, seed=1)


def test_clicks_on_more_files_are_not_taken_for_people():
    found = claim_of(counted(clicks_per_file=0.6, people_per_doubling=0.0))
    effects = dict(found.table.select("outcome", "effect").iter_rows())
    assert found.judged == "clicks"
    assert "All of it can be clicks" in found.verdict
    assert effects["download_count"] > 0.3
    assert abs(effects["top_file_downloads"]) < 0.05


def test_more_people_are_told_from_clicks_by_the_most_downloaded_file():
    found = claim_of(counted(clicks_per_file=0.6, people_per_doubling=0.15))
    assert found.judged == "people"
    assert "more people come as well" in found.verdict


def test_files_that_nobody_takes_twice_show_no_association():
    found = claim_of(counted(clicks_per_file=0.0, people_per_doubling=0.0))
    assert found.judged == "undecided"
    assert "no association" in found.verdict


def test_each_outcome_has_its_figures():
    table = claim_of(sandbox_frame(600)).table
    assert table["outcome"].to_list() == list(OUTCOMES)
    assert table.schema["n"] == pl.Int64
    assert (table["low"] < table["effect"]).all()
    assert (table["effect"] < table["high"]).all()


def test_unknown_counters_of_files_leave_only_the_thing_s():
    frame = sandbox_frame(600).drop("top_file_downloads", "average_download_count")
    found = claim_of(frame)
    assert found.table["outcome"].to_list() == ["download_count"]


def test_unknown_numbers_of_files_leave_it_undecided():
    found = claim_of(sandbox_frame(400).drop("file_count"))
    assert found.judged == "undecided"
    assert found.table.is_empty()
    assert "cannot be examined" in found.verdict


@pytest.mark.parametrize(
    ("total", "top", "above", "judged"),
    [
        (effect(0.01), effect(0.5), 0.0, "undecided"),  # nothing to explain
        (effect(ALL_CLICKS + 0.03), None, None, "people"),  # more than clicks can make
        (effect(ALL_CLICKS), None, None, "clicks"),
        (effect(0.2), effect(0.1), 0.0, "people"),
        (effect(0.2), effect(0.01), 0.0, "clicks"),
        (effect(0.2), effect(-0.3), 0.0, "clicks"),
        (effect(0.2), effect(0.1), 0.5, "clicks"),  # counters that do not belong together
    ],
)
def test_the_burden_of_proof_is_on_the_people(total, top, above, judged):
    effects = {"download_count": total} | ({"top_file_downloads": top} if top else {})
    assert judgement(effects, above)[0] == judged


def test_twice_the_files_taken_by_everybody_are_twice_the_clicks():
    assert math.exp(ALL_CLICKS) == pytest.approx(2.0)


def test_counters_are_compared_where_there_are_several_files():
    counters = {
        "download_count": np.array([5.0, 5.0, 5.0, np.nan, 5.0]),
        "top_file_downloads": np.array([9.0, 9.0, 4.0, 9.0, np.nan]),
    }
    files = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert share_above(counters, files) == 0.5
    assert share_above({"download_count": files}, files) is None
    assert share_above(counters, np.ones(5)) is None
