"""Inputs of a report, in the shapes that the other parts of the pipeline hand over.

`large` looks like a sandbox run of 2,000 things, `small` like 33 published ones for which no
advisor could be trained; `beaten` has a challenger that wins, `later` a model before it and several
nights. Every number is made up, computed from nothing, so that a test can say what must come out.
"""

from dataclasses import replace
from datetime import date, datetime
from itertools import product
from math import exp, sin
from typing import Any

import polars as pl

from thingistat_pipeline.features.exploration import Exploration
from thingistat_pipeline.features.intervals import wilson_interval
from thingistat_pipeline.report.data_card import DataCard, Downloads, Load
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline_tests.hostile_texts import REPORTED
from thingistat_pipeline_tests.report import advisor_samples, looks_samples, ranking_samples

FEATURES = (
    "like_count", "collect_count", "comment_count", "description_length", "instructions_length",
    "file_count", "remix_count", "make_count", "root_comment_count", "is_derivative",
    "added_images_count", "count_of_followers", "count_of_designs", "category_3d-printing",
    "category_art", "category_fashion", "category_gadgets", "category_hobby", "category_household",
    "category_learning", "category_models", "category_tools", "category_toys-games",
)  # fmt: skip
HELD_OUT = (
    0.412, 0.171, 0.034, 0.0021, 0.0003, 0.021, 0.0121, 0.058, 0.0089, -0.0006, 0.0031, 0.017,
)  # fmt: skip
HELD_OUT_SD = (
    0.031, 0.017, 0.006, 0.0019, 0.0008, 0.004, 0.0032, 0.009, 0.0027, 0.0009, 0.0018, 0.006,
)  # fmt: skip
CATEGORIES = (
    "Household", "Hobby", "Tools", "Toys & Games", "Gadgets", "3D Printing", "Art", "Fashion",
    "Models", "Learning", "Kitchen & Dining", "Replacement Parts",
)  # fmt: skip
HOSTILE = REPORTED


def large(**changes) -> ReportData:
    """2,000 simulated things."""
    return replace(
        ReportData(
            card=card(),
            exploration=exploration(),
            parity=parity(),
            importances=both_importances(),
            provenance=provenance(),
            model_version="5f2c1d0a9b3e",
            advisor=advisor_samples.advisor(),
            advisor_version="ad7150f00d01",
            advice=advisor_samples.advice(),
            advice_notes=(advisor_samples.CHANCE,),
            not_examined=advisor_samples.not_examined(),
            file_claim=advisor_samples.file_claim(),
            file_verdict=advisor_samples.FILE_VERDICT,
            effects=advisor_samples.effects(),
            groups=advisor_samples.groups(),
            history=advisor_samples.history(nights=1),
            **ranking_samples.results(),
            looks=looks_samples.looks(),
        ),
        **changes,
    )


def beaten(**changes) -> ReportData:
    """The same, but gradient boosting beats the forest and advises, and EASE the ranker."""
    return large(
        advisor=advisor_samples.beaten(), ranking_scores=ranking_samples.beaten(), **changes
    )


def later(**changes) -> ReportData:
    """The same on the fourth night, with a model before it."""
    return large(
        history=advisor_samples.history(nights=4), drift=advisor_samples.drift(), **changes
    )


def both_importances() -> pl.DataFrame:
    """Importances of the parity forest and of the advisor's groups, in one table."""
    return pl.concat([importances(), advisor_samples.group_importances()], how="diagonal")


def small(**changes) -> ReportData:
    """33 real things of a snapshot: no failed attempts, no categories, hardly any certainty."""
    base = replace(
        card(),
        loads=(
            Load(
                name="thingistat-2022-08-11",
                kind="snapshot",
                source="snapshot",
                content_hash="ab" * 32,
                records=33,
                live=33,
                rejected=0,
            ),
        ),
        outcomes=(),
        live_share=None,
        live_low=None,
        live_high=None,
        things=33,
        creators=31,
        tags=57,
        categories=0,
        likes=0,
        files=0,
        observations=33,
        observed_again=0,
        sharing_a_creator=4,
        first_observation=None,
        last_observation=None,
    )
    look = exploration()
    return replace(
        ReportData(
            card=base,
            exploration=replace(
                look,
                categories=look.categories.clear(),
                hit_rate_by_id_decile=look.hit_rate_by_id_decile.clear(),
                downloads_vs_file_mean=look.downloads_vs_file_mean.head(33),
                downloads_over_time=look.downloads_over_time.head(1),
                flags=look.flags.clear(),
                missing=look.missing.clear(),
                histograms=look.histograms.clear(),
            ),
            parity={
                **parity(),
                "r2_test": -0.31,
                "r2_test_low": -7.4,
                "r2_test_high": 0.72,
                "n_rows": 33,
                "n_train": 24,
                "n_test": 9,
                "folds": 3,
                "baselines": {"mean": {"r2_test": -0.02}, "age_only": {"r2_test": None}},
                "warnings": [
                    "The model rests on 33 things only (9 held out): its scores and importances "
                    "are little more than an example."
                ],
            },
            importances=importances(noise=40.0),
            provenance={**provenance(), "source": "snapshot"},
            advisor=advisor_samples.not_fitted(),
            advisor_version="0ddba11c0de5",
            ranking=ranking_samples.not_fitted(),
        ),
        **changes,
    )


def card() -> DataCard:
    """A data card of two simulated nights."""
    low, high = wilson_interval(1998, 5689)
    return DataCard(
        loads=(
            Load(
                name="2026-08-31",
                kind="night",
                source="sandbox",
                content_hash="0123456789abcdef" * 4,
                records=2851,
                live=1001,
                rejected=0,
            ),
            Load(
                name="2026-09-01",
                kind="night",
                source="sandbox",
                content_hash="fedcba9876543210" * 4,
                records=2846,
                live=997,
                rejected=0,
            ),
        ),
        outcomes=(("gone", 3120), ("ok", 1998), ("private", 498), ("moderated", 73), ("retry", 8)),
        live_share=1998 / 5689,
        live_low=float(low),
        live_high=float(high),
        things=1998,
        creators=1702,
        tags=4310,
        categories=78,
        likes=41230,
        files=7912,
        observations=2190,
        observed_again=192,
        sharing_a_creator=431,
        first_observation=datetime(2026, 8, 31, 12),
        last_observation=datetime(2026, 9, 1, 12),
        first_publication=datetime(2009, 3, 2),
        last_publication=datetime(2026, 8, 30),
        missing=(("print_history_count", 1.0), ("view_count", 0.41), ("license", 0.02)),
        downloads=Downloads(
            things=1998,
            median=96.0,
            ninth_decile=812.0,
            largest=48211.0,
            top_share=0.31,
            largest_deviation=0.083,
        ),
    )


def exploration() -> Exploration:
    """The small frames of 2,000 things."""
    spread = [abs(sin(7.3 * i)) * 4.2 + 0.1 for i in range(1900)]
    months = [date(2009 + i // 12, i % 12 + 1, 1) for i in range(2, 210)]
    tried = [571, 566, 570, 572, 569, 568, 567, 566, 569, 571]
    live = [118, 131, 161, 182, 201, 211, 229, 236, 251, 278]
    lows, highs = wilson_interval(live, tried)
    return Exploration(
        missing=pl.DataFrame(
            {
                "column": [
                    "print_history_count",
                    "app_id",
                    "view_count",
                    "details",
                    "license",
                    "id",
                ],
                "share": [1.0, 0.98, 0.41, 0.12, 0.0195, 0.0],
                "n": [1998, 1958, 819, 240, 39, 0],
            }
        ),
        flags=pl.DataFrame(
            {
                "flag": ["is_derivative", "allows_derivatives", "is_wip", "is_featured", "is_nsfw"],
                "share_true": [0.44, 0.83, 0.04, 0.003, 0.006],
                "variance": [0.2464, 0.1411, 0.0384, 0.003, 0.006],
                "kept": [True, False, False, False, False],
            }
        ),
        categories=pl.DataFrame(
            {
                "name": CATEGORIES,
                "things": [321 - 24 * i for i in range(12)],
                "median_downloads": [120.0, 88, 131, 97, 90, 240, 61, 55, 80, 42, 110, 70],
            }
        ),
        tags=pl.DataFrame(
            {
                "tag": ["customized", "holder", "box", "stand", "3d", "toy", "arduino", "lamp"],
                "things": [301, 91, 88, 73, 70, 51, 40, 39],
                "median_downloads": [31.0, 130, 101, 120, 80, 96, 150, 99],
            }
        ),
        histograms=pl.DataFrame(
            [
                {
                    "column": column,
                    "bin_left": float(2**i // 2),
                    "bin_right": float(2**i),
                    "count": int(400 * exp(-((i - peak) ** 2) / 8)),
                }
                for column, peak in (
                    ("download_count", 7),
                    ("like_count", 3),
                    ("collect_count", 3),
                    ("make_count", -1),
                    ("description_length", 8),
                    ("file_count", 2),
                    ("count_of_followers", 2),
                    ("age_days", 11),
                )
                for i in range(15)
            ]
        ),
        downloads_vs_file_mean=pl.DataFrame(
            {
                "id": list(range(1, 1901)),
                "download_count": [round(10**s * (1 + i % 4)) for i, s in enumerate(spread)],
                "average_download_count": [10**s for s in spread],
            }
        ),
        downloads_over_time=pl.DataFrame(
            {
                "month": months,
                "things": [3 + i // 15 for i in range(208)],
                "median_downloads": [900 * exp(-i / 60) * (1.2 + sin(i)) for i in range(208)],
                "median_views": [3000.0 * exp(-i / 50) if i < 130 else None for i in range(208)],
                "q25": [400 * exp(-i / 60) * (1.1 + sin(i)) for i in range(208)],
                "q75": [2100 * exp(-i / 60) * (1.3 + sin(i)) for i in range(208)],
            }
        ),
        hit_rate_by_id_decile=pl.DataFrame(
            {
                "decile": list(range(1, 11)),
                "id_low": [745_000 * i + 1 for i in range(10)],
                "id_high": [745_000 * (i + 1) for i in range(10)],
                "attempted": tried,
                "live": live,
                "hit_rate": [k / n for k, n in zip(live, tried, strict=True)],
                "low": lows,
                "high": highs,
            }
        ),
    )


def parity() -> dict[str, Any]:
    """Metrics of a forest that beats its baselines."""
    grid = product((10, 12, 14), ("sqrt", "log2"), (6, 8, 10, 12), (150, 200, 250))
    return {
        "model": "parity_forest",
        "r2_train": 0.913,
        "r2_test": 0.742,
        "r2_test_low": 0.611,
        "r2_test_high": 0.823,
        "best_params": {
            "max_depth": 14,
            "max_features": "sqrt",
            "min_samples_split": 6,
            "n_estimators": 200,
        },
        "n_rows": 1987,
        "n_train": 1490,
        "n_test": 497,
        "n_features": len(FEATURES),
        "features": list(FEATURES),
        "rows_dropped": {"like_count unknown": 11},
        "seed": 12,
        "effort": "quick",
        "folds": 5,
        "cv": {
            "best_score": 0.731,
            "best_std": 0.062,
            "table": [
                {
                    "max_depth": depth,
                    "max_features": features,
                    "min_samples_split": split,
                    "n_estimators": trees,
                    "mean": 0.70 + 0.002 * depth - 0.0025 * split + 0.00002 * trees,
                    "std": 0.062,
                }
                for depth, features, split, trees in grid
            ],
        },
        "baselines": {
            "mean": {"r2_test": -0.003},
            "median": {"r2_test": -0.061},
            "age_only": {"r2_test": 0.048},
        },
        "largest_share_of_test_deviation": 0.21,
        "warnings": [],
    }  # fmt: skip


def importances(*, noise: float = 1.0) -> pl.DataFrame:
    """Importances in the warehouse's columns; `noise` multiplies the standard deviations."""
    rows = []
    for index, feature in enumerate(FEATURES):
        known = index < len(HELD_OUT)
        test = HELD_OUT[index] if known else 0.0004 * sin(3.0 * index)
        spread = (HELD_OUT_SD[index] if known else 0.0006) * noise
        for method, split, mean, std in (
            ("permutation", "test", test, spread),
            ("permutation", "train", test * 1.3 + 0.004, spread * 0.7),
            ("mean_decrease_in_variance", "train", abs(test) * 1.2 + 0.006, spread * 2 + 0.004),
        ):
            rows.append(
                {
                    "model": "parity_forest",
                    "version": "5f2c1d0a9b3e",
                    "method": method,
                    "split": split,
                    "feature": feature,
                    "mean": mean,
                    "std": std,
                }
            )
    return pl.DataFrame(rows)


def provenance() -> dict[str, Any]:
    """A record of what made the report."""
    return {
        "artefact": "report",
        "version": "c0ffee123456",
        "code_version": "0.1.0+1",
        "inputs": {"parity_forest": "5f2c1d0a9b3e", "published_database": "77aa01bc22ff"},
        "source": "sandbox",
        "seed": 12,
        "effort": "quick",
        "run_id": "f3b7c6d2-0000-4000-8000-1234567890ab",
        "parameters": {},
        "row_counts": {"things": 1998},
        "git_commit": "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334",
        "git_dirty": False,
        "libraries": {"python": "3.11.2", "duckdb": "2.0.0", "polars": "2.1.0"},
    }
