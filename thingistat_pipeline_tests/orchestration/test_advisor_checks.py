"""What is said about the advisor's model before anything rests on it."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from thingistat_pipeline.orchestration.checks import (
    advisor_beats_age_only,
    advisor_split_has_no_overlap,
    creators_on_both_sides,
    intervals_cover,
)
from thingistat_pipeline.settings import Settings


def settings_with(folder: Path, metrics: dict[str, Any]) -> Settings:
    """Return settings of a folder whose latest advisor has these metrics."""
    settings = Settings(data_dir=folder)
    latest = settings.models_dir / "advisor_forest" / "latest"
    latest.mkdir(parents=True)
    (latest / "metrics.json").write_text(json.dumps({"fitted": True, **metrics}))
    return settings


def verdict(check: dg.AssetChecksDefinition, settings: Settings) -> dg.AssetCheckResult:
    result = check(settings=settings)
    assert isinstance(result, dg.AssetCheckResult)
    return result


def age_only(low: float | None, high: float | None) -> dict[str, Any]:
    difference = {"value": -0.1, "low": low, "high": high}
    others = [
        {"model": "advisor_forest", "split": "creator", "difference": None},
        {"model": "age_only", "split": "time", "difference": {"value": 1, "low": 1, "high": 1}},
    ]
    return {
        "models": [*others, {"model": "age_only", "split": "creator", "difference": difference}]
    }


@pytest.mark.parametrize(
    ("low", "high", "passed"), [(-0.2, -0.05, True), (-0.2, 0.01, False), (None, None, False)]
)
def test_a_model_must_beat_the_age_alone_beyond_the_noise(tmp_path, low, high, passed):
    result = verdict(advisor_beats_age_only, settings_with(tmp_path, age_only(low, high)))
    assert result.passed is passed
    assert result.severity == dg.AssetCheckSeverity.WARN


def coverage(overall: float, young: float, things: int) -> dict[str, Any]:
    parts = [
        {"n": n, "coverage": share, "low": share - 0.03, "high": share + 0.03}
        for n, share in ((2 * things, overall), (things, young))
    ]
    return {"intervals": {"overall": parts[0], "bands": [{"band": "0 to 90 days", **parts[1]}]}}


@pytest.mark.parametrize(
    ("overall", "young", "things", "passed"),
    [
        (0.80, 0.76, 200, True),
        (0.87, 0.80, 200, True),  # from 84 to 90 %: it may well be 85
        (0.89, 0.80, 200, False),
        (0.80, 0.71, 200, False),
        (0.80, 0.71, 199, True),
        (0.50, 0.50, 99, True),
    ],
)
def test_intervals_must_cover_where_enough_was_held_out_to_tell(
    tmp_path, overall, young, things, passed
):
    settings = settings_with(tmp_path, coverage(overall, young, things))
    assert verdict(intervals_cover, settings).passed is passed


@pytest.mark.parametrize(
    "check", [advisor_beats_age_only, intervals_cover, advisor_split_has_no_overlap]
)
def test_where_no_model_was_fitted_nothing_is_held_against_it(tmp_path, check):
    settings = settings_with(tmp_path, {"fitted": False, "reason": "too few things"})
    result = verdict(check, settings)
    assert result.passed
    assert "too little" in (result.description or "")


@pytest.mark.parametrize(
    ("owners", "shared"),
    [([7, 7, 8, 9], 0), ([7, 8, 8, 9], 1), ([7, None, None, None], 0), ([7, 8, 7, 7], 1)],
)
def test_creators_with_things_in_two_roles_are_counted(owners, shared):
    split = pl.DataFrame({"id": [1, 2, 3, 4], "split": ["train", "train", "test", "calibration"]})
    creators = pl.DataFrame({"id": [1, 2, 3, 4], "creator_id": owners})
    assert creators_on_both_sides(split, creators) == shared
