import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    folders = ("--results", str(folder / "results"), "--scratch", str(folder / "scratch"))
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *options, *folders],
        cwd=REPOSITORY,
        env={name: text for name, text in os.environ.items() if not name.startswith("THINGISTAT_")},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_a_small_benchmark_runs_both_sides_of_a_stage_and_writes_table_and_figures(tmp_path: Path):
    done = run(tmp_path, "--things", "150", "--stages", "features,load")
    assert done.returncode == 0, done.stderr
    (figures,) = (tmp_path / "results").glob("*.json")
    result = json.loads(figures.read_text())
    assert [stage["stage"] for stage in result["stages"]] == ["load", "features"]
    for stage in result["stages"]:
        assert stage["rows"] == 150
        for name, ratio in stage["ratios"].items():
            assert ratio == pytest.approx(stage["reference"][name] / stage["ours"][name])
        # the whole process used at least what its measured part did (clock ticks aside)
        for run_ in stage["ours"]["runs"] + stage["reference"]["runs"]:
            assert run_["process_cpu_seconds"] > run_["cpu_seconds"] - 0.02
    (page,) = (tmp_path / "results").glob("*.md")
    assert "| raw parts → published database | 150 |" in page.read_text()
    assert page.read_text() in done.stdout
    left = [path.name for path in (tmp_path / "scratch").iterdir()]
    assert left == ["150-things-seed-12-recipe-1-format-1"], "the databases should be gone"


def test_an_unknown_stage_is_refused_with_the_names_of_those_there_are(tmp_path: Path):
    done = run(tmp_path, "--stages", "lode")
    assert done.returncode == 2
    assert "load, features, tuning, importance" in done.stderr
    assert not any(tmp_path.iterdir())
