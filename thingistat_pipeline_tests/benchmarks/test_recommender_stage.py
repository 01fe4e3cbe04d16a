"""The recommender's stages: what they learn from, what they say, and a small run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import recommender, recommender_large
from benchmarks.recommender.tastes import LARGE, THE_SEEDS, Extent, tastes
from benchmarks.stage import USUAL_STAGES
from benchmarks.steps import Steps

REPOSITORY = Path(__file__).resolve().parents[2]
SMALL = THE_SEEDS.at(1_500)


def test_the_seeds_size_and_the_large_one_are_those_of_the_brief() -> None:
    assert THE_SEEDS == (15_274, 25_655, 547_477, 20_352, 161_510)
    assert LARGE[:3] == (500_000, 154_000, 5_000_000)
    # more things than there are in an extent do not make it larger
    assert THE_SEEDS.at(1_000_000) == THE_SEEDS
    assert Extent(1_000, 2_000, 40_000, 800, 8_000).at(1_000) == (500, 1_000, 20_000, 400, 4_000)


def test_as_much_is_generated_as_was_asked_for() -> None:
    made = tastes(SMALL, seed=3)
    assert (*made.likes.shape, made.likes.nnz) == SMALL[:3]
    assert (*made.tags.shape, made.tags.nnz) == (SMALL.things, SMALL.tags, SMALL.tagged)
    again = tastes(SMALL, seed=3)
    assert (made.likes != again.likes).nnz == 0
    assert (made.likes != tastes(SMALL, seed=4).likes).nnz > 0
    sums = made.tags.sum(axis=1)
    np.testing.assert_allclose(sums[np.diff(made.tags.indptr) > 0], 1, rtol=1e-5)


def test_few_users_and_things_have_most_of_the_likes() -> None:
    likes = tastes(SMALL, seed=3).likes
    for counts in (np.diff(likes.indptr), np.bincount(likes.indices, minlength=likes.shape[1])):
        top = np.sort(counts)[::-1][: len(counts) // 10]
        # a tenth has 10 % of what is spread evenly
        assert top.sum() > 0.2 * likes.nnz


def race(title: str, ours: list[float], reference: list[float] | None) -> dict[str, Any]:
    def side(epochs: list[float]) -> dict[str, Any]:
        return {"epochs": epochs, "precision": 0.2, "low": 0.1, "high": 0.3}

    other = None if reference is None else side(reference)
    return {"title": title, "ours": side(ours), "reference": other}


def test_epochs_are_compared_without_the_first() -> None:
    facts = {"data": "what", "races": [race("tags", [0.1, 2.0, 1.0], [0.1, 4.0, 4.0])]}
    _, said = recommender.remarks(facts, {})
    # 1 of 4 by the best; 0.5 and 0.25 side by side
    assert "0.25 of its CPU by the best epochs, 0.38 by the median" in said
    assert "at most 0.4 is met" in said
    facts = {"data": "what", "races": [race("tags", [0.1, 2.0], [9.0, 4.0])]}
    assert "0.50 of its CPU" in recommender.remarks(facts, {})[1]
    assert "**not met**" in recommender.remarks(facts, {})[1]


def test_without_the_reference_ours_stands_alone_and_it_is_said() -> None:
    said = recommender.remarks({"data": "what", "races": [race("tags", [1.0, 2.0], None)]}, {})
    assert "rectools-lightfm is not installed, so ours alone" in said[1]
    assert "met" not in said[1]


def test_the_large_run_says_whether_its_memory_sufficed() -> None:
    for peak, met in ((8_000.0, "(met)"), (8_400.0, "(**not met**)")):
        assert met in recommender_large.remarks({"data": "what"}, {"peak_mib": peak})[1]


def test_a_step_may_go_on_later_and_its_times_add_up() -> None:
    steps = Steps()
    took = [steps.end(title) for title in ("one", "other", "one")]
    assert [step["title"] for step in steps.taken] == ["one", "other"]
    assert steps.taken[0]["cpu_seconds"] == pytest.approx(took[0] + took[2])


@pytest.mark.parametrize("stage", ["recommender", "recommender_large"])
def test_a_small_run_tells_what_each_step_took(tmp_path: Path, stage: str) -> None:
    folders = ("--results", str(tmp_path / "results"), "--scratch", str(tmp_path / "scratch"))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--things", "400", "--stages", stage, *folders],
        cwd=REPOSITORY,
        env={name: text for name, text in os.environ.items() if not name.startswith("THINGISTAT_")},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (figures,) = (tmp_path / "results").glob("*.json")
    (chain,) = json.loads(figures.read_text())["chains"]
    assert chain["rows"] == 400
    together = sum(step["cpu_seconds"] for step in chain["steps"])
    assert together == pytest.approx(chain["cpu_seconds"], abs=0.1)
    assert "epochs" in done.stdout
    assert "400 things" in done.stdout


def test_what_takes_long_runs_only_if_named() -> None:
    assert "recommender" in USUAL_STAGES
    assert not {"recommender_search", "recommender_large"} & set(USUAL_STAGES)
