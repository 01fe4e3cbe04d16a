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


def test_the_largest_of_more_counters_is_not_taken_for_more_people():
    # As many people whatever the files; each file is taken by its own share of them.
    frame = counted(clicks_per_file=0.6, people_per_doubling=0.0)
    rng = np.random.default_rng(8)
    taken = [
        rng.binomial(people, rng.uniform(0.2, 0.95, files))
        for people, files in frame.select("top_file_downloads", "file_count").iter_rows()
    ]
    frame = frame.with_columns(
        download_count=pl.Series([int(each.sum()) for each in taken]),
        top_file_downloads=pl.Series([int(each.max()) for each in taken]),
    )
    found = claim_of(frame)
    top = found.table.filter(outcome="top_file_downloads")
    assert top["low"].item() > 0.05
    assert found.judged == "clicks"
    assert "the largest of more counters is larger by itself" in found.verdict


def test_more_than_everybody_s_clicks_on_every_file_are_people():
    found = claim_of(counted(clicks_per_file=1.0, people_per_doubling=0.4))
    assert found.judged == "people"
    assert "more people come as well" in found.verdict


def test_fewer_downloads_with_more_files_are_called_fewer():
    found = claim_of(counted(clicks_per_file=0.0, people_per_doubling=-0.3))
    assert found.judged == "undecided"
    assert "fewer, not more" in found.verdict


@pytest.mark.parametrize("counter", ["top_file_downloads", "average_download_count"])
def test_a_counter_that_is_the_same_for_all_is_left_out(counter):
    frame = counted(clicks_per_file=0.6, people_per_doubling=0.0).with_columns(
        pl.lit(0).alias(counter)
    )
    assert counter not in claim_of(frame).table["outcome"].to_list()


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
    ("total", "top", "judged"),
    [
        (effect(0.01), effect(0.5), "undecided"),  # nothing to explain
        (effect(-0.2), effect(0.5), "undecided"),
        (effect(ALL_CLICKS + 0.03), None, "people"),  # more than clicks can make
        (effect(ALL_CLICKS), None, "clicks"),
        (effect(0.2), effect(0.1), "clicks"),  # the largest of more is larger by itself
        (effect(0.2), effect(0.01), "clicks"),
        (effect(0.2), effect(-0.3), "clicks"),
    ],
)
def test_the_burden_of_proof_is_on_the_people(total, top, judged):
    effects = {"download_count": total} | ({"top_file_downloads": top} if top else {})
    assert judgement(effects)[0] == judged


def test_twice_the_files_taken_by_everybody_are_twice_the_clicks():
    assert math.exp(ALL_CLICKS) == pytest.approx(2.0)
