"""A reference that ran only some of its folds is multiplied up and marked as an estimate."""

from typing import Any

import pytest

import benchmarks.run
from benchmarks.stage import Disagreement, Facts, Inputs, Stage
from benchmarks.table import markdown
from benchmarks.tuning import agreement

INPUTS = Inputs(100, 12, 0, 1, 2, "nights", "work")


def tuning_facts(scores: list[list[float]], **more: Any) -> Facts:
    return {"rows": 10, "combinations": ["a", "b"], "scores": scores, "jobs": 1, **more}


OURS = tuning_facts([[0.5, 0.7, 0.1, 0.1, 0.1], [0.3, 0.5, 0.9, 0.9, 0.9]])


def stage(name: str, **more: Any) -> Stage:
    return Stage(name, f"title of {name}", "it", (), lambda _ours, _reference: ["equal"], **more)


def measured(
    monkeypatch: pytest.MonkeyPatch,
    what: Stage,
    *,
    ours: Facts | None = None,
    reference: Facts | None = None,
    before: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the result of a stage whose reference takes 4 s of CPU, 6 s and 100 MiB, ours half."""

    def run_side(_stage: str, side: str, _inputs: Inputs) -> dict[str, Any]:
        share = 0.5 if side == "ours" else 1.0
        figures = {"cpu_seconds": 4 * share, "wall_seconds": 6 * share, "peak_mib": 100 * share}
        facts = (ours if side == "ours" else reference) or {}
        return {**figures, "others_busy": None, "facts": {"rows": 100, **facts}}

    monkeypatch.setattr(benchmarks.run, "run_side", run_side)
    return benchmarks.run.stage_result(what, INPUTS, 1, before or {})


def page(*stages: dict[str, Any]) -> str:
    machine = {"cores": 2, "processor": "x", "memory_gib": 8.0, "system": "y"}
    options = {"things": 100, "seed": 12, "repeat": 1}
    facts = {"started_at": "2026-01-01", "machine": machine, "versions": {}, "options": options}
    return markdown({**facts, "stages": list(stages), "chains": []})


def test_the_times_of_two_folds_of_five_are_multiplied_by_two_and_a_half(monkeypatch):
    result = measured(monkeypatch, stage("tuning"), reference={"times_multiplied_by": 2.5})
    reference = result["reference"]
    assert (reference["cpu_seconds"], reference["wall_seconds"]) == (10, 15)
    assert reference["peak_mib"] == 100
    assert result["ratios"] == {"cpu_seconds": 5, "wall_seconds": 5, "peak_mib": 2}
    assert reference["runs"][0]["cpu_seconds"] == 4
    row = "| 100 | ≈10.00 → 2.00 | ≈5.0x | ≈15.00 → 3.00 | ≈5.0x | 100 → 50 | 2.0x |"
    assert f"| title of tuning {row}" in page(result)


def test_a_sum_that_holds_an_estimate_is_called_one(monkeypatch):
    before = {
        "load": measured(monkeypatch, stage("load")),
        "tuning": measured(monkeypatch, stage("tuning"), reference={"times_multiplied_by": 5 / 1}),
    }
    result = measured(monkeypatch, stage("all", adds=("load", "tuning")), before=before)
    # 4 s of its own, 4 s of load, five times 4 s of tuning
    assert result["reference"]["cpu_seconds"] == 28
    assert any("*title of tuning* is an estimate" in remark for remark in result["remarks"])
    assert "≈28.00 → 2.00" in page(result)


def test_measured_figures_are_not_marked(monkeypatch):
    result = measured(
        monkeypatch,
        stage("all", adds=("load",)),
        before={"load": measured(monkeypatch, stage("load"))},
    )
    assert result["remarks"] == ["equal"]
    assert "≈" not in page(result)


def test_a_part_of_our_side_has_a_line_of_its_own_before_the_whole(monkeypatch):
    part = {"cpu_seconds": 0.5, "wall_seconds": 2.0, "peak_mib": 25.0}
    result = measured(
        monkeypatch,
        stage("load", parts=(("first", "its first half"),)),
        ours={"parts": {"first": part}},
    )
    lines = [line for line in page(result).splitlines() if line.startswith("| ")][1:]
    assert lines == [
        "| its first half | 100 | 4.00 → 0.50 | 8.0x | 6.00 → 2.00 | 3.0x | 100 → 25 | 4.0x |",
        "| title of load | 100 | 4.00 → 2.00 | 2.0x | 6.00 → 3.00 | 2.0x | 100 → 50 | 2.0x |",
    ]


def test_scores_are_compared_over_the_folds_that_the_reference_ran():
    # over two folds ours are 0.6 and 0.4, so a; over all five b would be ahead
    remark, estimate = agreement(OURS, tuning_facts([[0.4, 0.6], [0.35, 0.55]]))
    assert "over 2 of the 5 folds differs by 0.1000 at most" in remark
    assert "(0.0750 on average)" in remark
    assert remark.endswith("chose the same combination.")
    assert (
        "the reference ran 2 of its 5 folds, its times are multiplied by 5/2: an estimate"
        in estimate
    )


def test_a_reference_that_ran_all_folds_is_no_estimate():
    (remark,) = agreement(OURS, tuning_facts([[0.5, 0.7, 0.2, 0.2, 0.2], [0.1] * 5]))
    # ours chose b (0.7 against 0.3); the reference a, 0.36, and gives b 0.26 less
    assert "over all folds" in remark
    assert "chose differently (b against a)" in remark
    assert "0.2600 less" in remark


def test_other_rows_are_a_disagreement():
    with pytest.raises(Disagreement, match="rows"):
        agreement(OURS, tuning_facts([[0.5], [0.1]], rows=9))
