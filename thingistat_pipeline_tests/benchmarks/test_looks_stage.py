"""The looks' stage: what it simulates, what it says, and a small run."""

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks import looks
from benchmarks.looks.simulated import covers, write_vectors
from benchmarks.stage import USUAL_STAGES

REPOSITORY = Path(__file__).resolve().parents[2]


def test_simulated_vectors_vary_as_those_of_pictures_do(tmp_path: Path) -> None:
    write_vectors(tmp_path / "vectors.npy", 1_749, seed=3)
    vectors = np.load(tmp_path / "vectors.npy")
    assert (vectors.dtype, vectors.shape) == (np.float16, (1_749, 1_280))
    units = vectors.astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1, atol=2e-3)
    lengths = np.linalg.svd(units, compute_uv=False) ** 2
    held = np.cumsum(lengths) / lengths.sum()
    # what the first 1, 32, 128 and 512 directions of embeddings of pictures held
    assert held[[0, 31, 127, 511]] == pytest.approx([0.37, 0.80, 0.93, 0.99], abs=0.06)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -1)
    assert cosines.mean() == pytest.approx(0.37, abs=0.06)
    assert np.median(cosines.max(axis=1)) == pytest.approx(0.90, abs=0.06)
    write_vectors(tmp_path / "again.npy", 1_749, seed=3)
    assert (np.load(tmp_path / "again.npy") == vectors).all()


def test_covers_are_pictures_of_different_things() -> None:
    made = covers(6, seed=1)
    assert len(set(made)) == 6
    assert {Image.open(BytesIO(content)).format for content in made} == {"JPEG"}


def facts(rows: int, recall: float) -> dict[str, Any]:
    return {
        "rows": rows,
        "pictures": {
            "count": 9,
            "width": 4,
            "height": 3,
            "a_second": 50.0,
            "cpu_milliseconds": {"decode": 1.0, "network": 8.25},
        },
        "look_alikes": {
            "recall": recall,
            "judged_on": 500,
            "wall_seconds": 300.0,
            "cpu_seconds": 400.0,
        },
        "exact_milliseconds": 30.0,
        "index": {"recall": 0.998, "milliseconds": 0.64, "built_in": 90.0},
    }


def test_the_aims_are_met_or_it_is_said_that_they_are_not() -> None:
    said = looks.remarks(facts(150_000, 0.9975), {"peak_mib": 2_000.0})
    assert said[-1] == (
        "The aims: peak 2,000 MiB of at most 3,072 (met); recall 0.9975 of at least 0.99 (met)."
    )
    assert "50 a second end to end" in said[0]
    assert "decode 1.0, network 8.2" in said[0]
    small = looks.remarks(facts(1_000, 0.98), {"peak_mib": 3_100.0})[-1]
    assert "which are for 150,000 things" in small
    assert small.count("**not met**") == 2


def test_it_runs_only_if_named() -> None:
    assert "looks" not in USUAL_STAGES


def test_a_small_run_tells_what_each_step_took(tmp_path: Path) -> None:
    folders = ("--results", str(tmp_path / "results"), "--scratch", str(tmp_path / "scratch"))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--things", "120", "--stages", "looks", *folders],
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
    assert chain["rows"] == 120
    together = sum(step["cpu_seconds"] for step in chain["steps"])
    assert together == pytest.approx(chain["cpu_seconds"], abs=0.1)
    for step in ("decode", "efficientnet-lite0", "efficientnet-lite1", "HOG", "index: built"):
        assert f"| {step}" in done.stdout
    # so few are all found
    assert "recall 1.0000 on 120 of them" in done.stdout
