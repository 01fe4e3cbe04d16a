"""Made-up results of the advisor's model, in the shapes that the other parts hand over.

As in `samples`, every number is written down here and computed from nothing.
"""

from datetime import date
from math import exp, log
from typing import Any

import polars as pl

CONTENT = (
    "title_length", "description_words", "description_links", "instructions_given",
    "print_settings_given", "photo_count", "render_count", "thumbnail_is_render", "tag_count",
    "tag_mean_log_things", "file_count", "files_stl", "is_derivative", "is_customizer",
    "license_non_commercial", "category_art", "category_household",
)  # fmt: skip
CREATOR = ("count_of_followers", "count_of_designs", "creator_earlier_median_downloads")
CONTEXT = ("log_age_days", "published_weekday")
FEATURES = (*CONTENT, *CREATOR, *CONTEXT)

# key, label, kind, R² log, its half width; on the newest quarter .06 less
MODELS = (
    ("advisor_forest", "Random forest (advisor)", "model", 0.412, 0.05),
    ("dummy", "Mean of the training things", "baseline", -0.004, 0.004),
    ("age_only", "Age alone", "baseline", 0.117, 0.03),
    ("age_category", "Age and category", "baseline", 0.148, 0.035),
    ("creator_median", "Creator's earlier median", "baseline", 0.161, 0.06),
    ("linear", "Linear (pikkit)", "model", 0.322, 0.055),
    ("boosting", "Gradient boosting", "model", 0.398, 0.052),
    ("boosting_poisson", "Gradient boosting, Poisson", "model", 0.341, 0.07),
)


def score(value: float, half: float = 0.02) -> dict[str, float]:
    """Return a score as it is stored."""
    return {"value": value, "low": value - half, "high": value + half}


def advisor(**changes: Any) -> dict[str, Any]:
    """Metrics of a fitted forest that wins."""
    return {
        "model": "advisor_forest", "fitted": True, "reason": None,
        "effort": "quick", "seed": 12, "observed_through": "2026-09-01",
        "target": "log1p(download_count)",
        "n_rows": 1994, "n_creators": 1702, "n_train": 1196, "n_calibration": 301, "n_test": 497,
        "n_test_creators": 431, "n_features": len(FEATURES), "features": list(FEATURES),
        "features_left_out": {
            "is_ai": "unknown for 99 %", "age_days": "its logarithm is used",
            "license_bsd": "the same for all",
        },
        "rows_dropped": {"downloads unknown": 4}, "training_hash": "0123456789abcdef",
        "best_params": {
            "max_depth": 16, "max_features": 0.31, "max_samples": 0.7, "min_samples_leaf": 4,
            "n_estimators": 120,
        },
        "search": {
            "trials": [
                {
                    "number": i, "max_features": 0.1 + 0.07 * i, "max_samples": 0.5,
                    "min_samples_leaf": 2 + i, "max_depth": 16 if i % 2 else None,
                    "n_estimators": 60 + 20 * i, "score": None if i == 4 else 0.38 + 0.01 * i,
                    "std": None if i == 4 else 0.02, "state": "pruned" if i == 4 else "complete",
                }
                for i in range(6)
            ],
            "best": 3, "stopped": "No trial of the last 8 was better by more than 0.002.",
            "folds": 3, "rows": 1196, "creators": 1020,
        },
        "models": models(),
        "winner": "advisor_forest",
        "winner_reason": "No challenger beats the forest beyond the noise.",
        "smearing": 1.31,
        "time_split": {
            "cutoff": "2024-05-01", "n_train": 1495, "n_test": 499, "reason": None,
            "remark": "The search had seen some of these.",
        },
        "calibration": [
            {
                "bin": i + 1, "n": 50, "predicted": 2.0 + 0.5 * i,
                "actual": 2.0 + 0.5 * i + (0.31 if i == 9 else 0.05 * (-1) ** i),
                "low": 1.85 + 0.5 * i + (0.31 if i == 9 else 0.0),
                "high": 2.15 + 0.5 * i + (0.31 if i == 9 else 0.0),
            }
            for i in range(10)
        ],
        "intervals": {
            "nominal": 0.8,
            "overall": {
                "n": 497, "coverage": 0.813, "low": 0.776, "high": 0.848, "width_factor": 14.2
            },
            "bands": [
                {
                    "band": band, "from_days": start, "to_days": end, "n": n,
                    "coverage": coverage, "low": coverage - 0.09, "high": coverage + 0.08,
                    "width_factor": width,
                }
                for band, start, end, n, coverage, width in (
                    ("0 to 90 days", 0, 90, 31, 0.71, 9.1),
                    ("91 to 365 days", 91, 365, 84, 0.79, 11.0),
                    ("1 to 3 years", 366, 1095, 122, 0.82, 13.7),
                    ("over 3 years", 1096, None, 260, 0.83, 15.2),
                )
            ],
            "table": {},
        },
        "slices": [
            {
                "slice": part, "value": value, "n": n, "n_creators": n - 3,
                "scores": {
                    "r2_log": score(r2, 0.08), "spearman": score(r2 + 0.2, 0.06),
                    "mae_log": score(0.9, 0.05),
                },
                "bias": score(bias, 0.1),
            }
            for part, value, n, r2, bias in (
                ("age", "0 to 90 days", 31, 0.12, 0.2), ("age", "91 to 365 days", 84, 0.25, 0.05),
                ("age", "1 to 3 years", 122, 0.31, 0.0), ("age", "over 3 years", 260, 0.36, -0.02),
                ("category", "Household", 90, 0.42, 0.1), ("category", "Hobby", 77, 0.28, -0.1),
                ("category", "Art", 52, 0.19, 0.0),
                ("creator", "no earlier design", 380, 0.35, 0.0),
                ("creator", "earlier designs", 117, 0.47, 0.03),
            )
        ],
        "panel": [
            {"days": 30, "n_rows": 412, "fitted": True, "reason": None,
             "scores": {"r2_log": score(0.22, 0.09)}},
            {"days": 90, "n_rows": 120, "fitted": False,
             "reason": "120 things of 101 creators; 300 of 50 are needed", "scores": None},
            {"days": 365, "n_rows": 0, "fitted": False,
             "reason": "0 things; 300 of 50 creators are needed", "scores": None},
        ],
        "feature_summary": {name: {"mean": 1.0, "sd": 2.0, "known": 1.0} for name in FEATURES},
        "warnings": [],
        **changes,
    }  # fmt: skip


def models(**r2: float) -> list[dict[str, Any]]:
    """Rows of the model table; a model's R² on logarithms can be given by its key."""
    rows = []
    for split, shift in (("creator", 0.0), ("time", -0.06)):
        forest = r2.get("advisor_forest", 0.412)
        for key, label, kind, value, half in MODELS:
            own = r2.get(key, value)
            rows.append(
                {
                    "model": key, "label": label, "kind": kind, "split": split,
                    "scores": {
                        "r2_log": score(own + shift, half),
                        "r2_raw": score(own / 3 + shift, 2 * half),
                        "spearman": score(0.1 + own + shift, half),
                        "mae_log": score(log(2.4) - own / 2, 0.03),
                        "pairwise": score(0.5 + own / 3, 0.05)
                        if kind == "model" else {"value": None, "low": None, "high": None},
                        "uplift": score(1.0 + 2 * own, 0.3),
                    },
                    "difference": None if key == "advisor_forest" else score(own - forest, 0.012),
                    "beats_forest": own - forest > 0.012,
                }
            )  # fmt: skip
    return rows


def beaten() -> dict[str, Any]:
    """Metrics where gradient boosting beats the forest beyond the noise."""
    return advisor(
        models=models(boosting=0.471),
        winner="boosting",
        winner_reason="Gradient boosting's R² on held-out creators is above the forest's by 0.059 "
        "(95 % interval 0.047 to 0.071).",
    )


def not_fitted() -> dict[str, Any]:
    """What is stored of 33 things of 31 creators."""
    return {
        "model": "advisor_forest", "fitted": False,
        "reason": "33 things of 31 creators are too few to train a model that could be judged on "
        "creators never seen; at least 300 things of 100 creators are needed.",
        "n_rows": 33, "n_creators": 31, "rows_dropped": {"age unknown": 2},
        "warnings": ["The data are 33 things only."], "seed": 12, "effort": "quick",
        "observed_through": "2022-08-11",
    }  # fmt: skip


def advice() -> pl.DataFrame:
    """Three changes with evidence, three without."""
    rows = [
        ("Add a photograph of the print", "photo_count", "none", "1", 1.62, 1.21, 2.17, 812,
         "strong", 1.3, ""),
        ("Write at least 100 words", "description_words", "20 words", "100 words", 1.24, 1.05, 1.46,
         433, "moderate", 1.18, "Long texts go with instructions, too."),
        ("Say how to print it", "print_settings_given", "no", "yes", 1.11, 1.01, 1.22, 951, "weak",
         1.04, ""),
        ("Add a tag", "tag_count", "5 tags", "6 tags", 1.02, 0.93, 1.12, 702, "no evidence", 1.01,
         ""),
        ("Allow remixes", "allows_derivatives", "no", "yes", 0.98, 0.8, 1.2, 1660, "no evidence",
         None, ""),
        ("Link a video", "names_youtube", "no", "yes", 1.3, 0.6, 2.8, 12, "no evidence", None,
         "No evidence: the difference could be chance."),
    ]  # fmt: skip
    return pl.DataFrame(
        [
            {
                "rank": rank, "action": feature, "change": change, "feature": feature,
                "before": before, "after": after, "effect": log(effect), "low": log(low),
                "high": log(high), "sampling_low": log(low) + 0.01,
                "sampling_high": log(high) - 0.01, "factor": effect, "factor_low": low,
                "factor_high": high, "support": support, "support_before": 1994 - support,
                "could": 1994 - support, "evidence": evidence,
                "ale": None if ale is None else log(ale), "group": None, "group_importance": None,
                "note": note,
            }
            for rank, (change, feature, before, after, effect, low, high, support, evidence, ale,
                       note) in enumerate(rows, start=1)
        ],
        schema_overrides={"group": pl.String, "group_importance": pl.Float64},
    )  # fmt: skip


CHANCE = (
    "6 changes were examined. Taken one by one, about 0.3 of them would show an effect by chance "
    "alone; judged together, 3 do, and on average at most 5 % of those are chance."
)
FILE_VERDICT = (
    "Twice as many files go with more counted downloads, but not with more downloads of the top "
    "file: the claim is what counting a click per file would produce."
)


def file_claim() -> pl.DataFrame:
    """Downloads rise with files where every file counts, and only there."""
    return pl.DataFrame(
        {
            "outcome": ["download_count", "top_file_downloads", "like_count"],
            "effect": [log(1.41), log(1.01), log(0.99)],
            "low": [log(1.32), log(0.95), log(0.93)],
            "high": [log(1.5), log(1.08), log(1.06)],
            "n": [1994, 1720, 1994],
        }
    )


def not_examined() -> pl.DataFrame:
    """One change about which the data say nothing."""
    return pl.DataFrame(
        {
            "change": ["Say that it was made with AI"],
            "remark": ["Not examined: unknown for 99 % of things."],
        }
    )


def effects() -> pl.DataFrame:
    """Curves of four features: photographs rise, tags are flat, a flag, a long-tailed length."""
    curves = {
        "photo_count": ([0, 1, 2, 3, 5, 8], [-0.3, -0.05, 0.1, 0.16, 0.2, 0.22], 0.06),
        "tag_count": ([0, 2, 4, 6, 9, 14], [-0.03, 0.0, 0.02, 0.01, 0.02, 0.03], 0.08),
        "print_settings_given": ([0, 1], [-0.06, 0.06], 0.03),
        "description_words": ([0, 10, 30, 90, 250, 900], [-0.2, -0.1, 0, 0.08, 0.12, 0.1], 0.07),
    }
    return pl.DataFrame(
        [
            {
                "feature": feature, "x": float(x), "effect": effect, "low": effect - half,
                "high": effect + half, "things": 300,
            }
            for feature, (xs, values, half) in curves.items()
            for x, effect in zip(xs, values, strict=True)
        ]
    )  # fmt: skip


GROUPS = {
    "log_age_days": (("log_age_days",), 0.141, 0.02, 0.118),
    "count_of_followers (+2)": (
        ("count_of_followers", "count_of_designs", "creator_earlier_median_downloads"),
        0.102, 0.018, 0.081,
    ),
    "photo_count (+2)": (
        ("photo_count", "thumbnail_is_render", "render_count"),
        0.047, 0.011, 0.03,
    ),
    "category": (("category_art", "category_household"), 0.021, 0.008, 0.006),
    "description_words (+1)": (("description_words", "description_links"), 0.012, 0.006, None),
    "published_weekday": (("published_weekday",), 0.0004, 0.002, None),
    "license": (("license_non_commercial",), -0.0009, 0.0015, None),
}  # fmt: skip


def groups() -> pl.DataFrame:
    """Which features each group holds."""
    return pl.DataFrame(
        [
            {"group_name": name, "feature": feature}
            for name, (features, *_) in GROUPS.items()
            for feature in features
        ]
    )


def group_importances() -> pl.DataFrame:
    """Importances of the groups in the warehouse's columns, with the intervals' ends."""
    rows = []
    for name, (_, fall, half, dropped) in GROUPS.items():
        for method, value in (("group_permutation", fall), ("drop_group", dropped)):
            if value is not None:
                rows.append(
                    {
                        "model": "advisor_forest", "version": "ad7150f00d01", "method": method,
                        "split": "test", "feature": name, "mean": value, "std": half / 2,
                        "low": value - half, "high": value + half,
                    }
                )  # fmt: skip
    return pl.DataFrame(rows)


def history(nights: int = 4) -> pl.DataFrame:
    """Scores of one version a night; the last is the report's own."""
    rows = []
    for night in range(nights):
        last = night == nights - 1
        for model, value in (("advisor_forest", 0.33 + 0.412 / 15 * night), ("age_only", 0.117)):
            rows.append(
                {
                    "model": model, "version": "ad7150f00d01" if last else f"older{night}",
                    "observed_through": date(2026, 9, 1 + night), "n_rows": 1000 + 331 * night,
                    "effort": "quick", "source": "sandbox", "split": "creator",
                    "metric": "r2_log", **score(value, 0.09 * exp(-0.2 * night)),
                }
            )  # fmt: skip
    return pl.DataFrame(rows)


def drift() -> dict[str, Any]:
    """A previous model of fewer things."""
    return {
        "previous_version": "older2",
        "scores": [
            {"metric": "r2_log", "before": score(0.385, 0.06), "now": score(0.412, 0.05)},
            {"metric": "spearman", "before": score(0.49, 0.06), "now": score(0.512, 0.05)},
            {"metric": "mae_log", "before": score(log(2.1), 0.05), "now": score(log(2.0), 0.05)},
            {"metric": "coverage", "before": score(0.79, 0.04), "now": score(0.813, 0.036)},
        ],
        "features": [
            {"feature": "log_age_days", "before": 6.9, "now": 7.4, "standardised_difference": 0.31},
            {"feature": "photo_count", "before": 2.2, "now": 2.0, "standardised_difference": -0.08},
            {"feature": "tag_count", "before": 5.1, "now": 5.2, "standardised_difference": 0.02},
        ],
        "appeared": ["category_art"],
        "vanished": [],
        "known": [{"feature": "is_ai", "before": 0.0, "now": 0.21}],
        "previous_on_now": {"r2_log": score(0.377, 0.05)},
    }
