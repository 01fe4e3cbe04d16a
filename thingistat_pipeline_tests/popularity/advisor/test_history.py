"""The history of scores is what the stored versions say, and nothing else."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from thingistat_pipeline.popularity.advisor.history import (
    HISTORY_SCHEMA,
    history,
    stored_versions,
)
from thingistat_pipeline.stored_versions import StoredVersion


def score(value: float | None) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": value - 0.125, "high": value + 0.125}


def metrics(through: str, n_rows: int, **changes: Any) -> dict[str, Any]:
    """Return the metrics of a version in which boosting won."""
    return {
        "fitted": True,
        "observed_through": through,
        "n_rows": n_rows,
        "effort": "quick",
        "winner": "boosting",
        "models": [
            {"model": "advisor_forest", "split": "creator", "scores": {"r2_log": score(0.5)}},
            {"model": "advisor_forest", "split": "time", "scores": {"r2_log": score(0.25)}},
            {"model": "dummy", "split": "creator", "scores": {"pairwise": score(None)}},
        ],
        "intervals": {"overall": {"n": 9, "coverage": 0.75, "low": 0.5, "high": 0.875}},
        **changes,
    }


def stored(*found: tuple[str, dict[str, Any]]) -> dict[str, StoredVersion]:
    return {
        version: StoredVersion(said, {"version": version, "source": "sandbox"})
        for version, said in found
    }


def test_every_score_of_both_splits_is_a_row_and_so_is_the_coverage_of_the_winner():
    found = history(stored(("v", metrics("2026-09-01", 100))))

    assert dict(found.schema) == HISTORY_SCHEMA
    common = ("v", date(2026, 9, 1), 100, "quick", "sandbox")
    assert found.rows() == [
        ("advisor_forest", *common, "creator", "r2_log", 0.5, 0.375, 0.625),
        ("advisor_forest", *common, "time", "r2_log", 0.25, 0.125, 0.375),
        ("boosting", *common, "creator", "coverage", 0.75, 0.5, 0.875),
        ("dummy", *common, "creator", "pairwise", None, None, None),
    ]


def test_versions_come_in_the_order_of_what_they_saw_whatever_order_they_are_read_in():
    versions = [
        ("c", metrics("2026-09-01", 100)),
        ("b", metrics("2026-09-01", 100)),
        ("d", metrics("2026-09-01", 90)),
        ("a", metrics("2026-09-08", 50)),
    ]
    found = history(stored(*versions))

    assert found["version"].unique(maintain_order=True).to_list() == ["d", "b", "c", "a"]
    assert found.equals(history(stored(*reversed(versions))))


def test_a_version_that_was_not_fitted_has_no_scores():
    found = history(stored(("v", {"fitted": False, "reason": "too few things", "n_rows": 3})))

    assert found.is_empty()
    assert dict(found.schema) == HISTORY_SCHEMA


def write(folder: Path, said: dict[str, Any], source: str) -> None:
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps(said))
    (folder / "provenance.json").write_text(json.dumps({"version": folder.name, "source": source}))


def test_versions_are_read_from_disk_without_links_leftovers_and_what_is_broken(tmp_path: Path):
    folder = tmp_path / "advisor_forest"
    write(folder / "a1", metrics("2026-09-01", 100), "thingiverse")
    write(folder / "b2", {"fitted": False}, "snapshot")
    write(folder / ".c3.leftover", metrics("2026-09-01", 100), "sandbox")
    (folder / "latest").symlink_to("a1")
    write(folder / "broken", metrics("2026-09-01", 100), "sandbox")
    (folder / "broken" / "provenance.json").write_text("{")
    (folder / "halfway").mkdir()

    found = stored_versions(tmp_path)

    assert {version: it.source for version, it in found.items()} == {
        "a1": "thingiverse",
        "b2": "snapshot",
    }
    assert history(found)["source"].unique().to_list() == ["thingiverse"]


def test_without_stored_versions_there_is_an_empty_history(tmp_path: Path):
    assert stored_versions(tmp_path / "nowhere") == {}
    assert history({}).equals(pl.DataFrame(schema=HISTORY_SCHEMA))
