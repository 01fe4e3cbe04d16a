"""The honest model: what downloads are associated with before a thing is posted."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import polars as pl

from thingistat_pipeline.features.storage import read_frame
from thingistat_pipeline.orchestration.assets.popularity import (
    FEATURES,
    GROUP,
    popularity_features,
)
from thingistat_pipeline.orchestration.assets.raw import OWNERS
from thingistat_pipeline.orchestration.automation import when_worth_training
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import (
    best_so_far,
    number,
    sentences,
    titled,
    whole_table,
    world,
)
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.provenance import (
    Provenance,
    library_versions,
    package_code_version,
    version_of,
)
from thingistat_pipeline.popularity.advisor.fit import fit_advisor
from thingistat_pipeline.popularity.advisor.model import AdvisorForest
from thingistat_pipeline.popularity.advisor.panel_rates import panel_rates
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.explanation.packing import trees_of
from thingistat_pipeline.popularity.store import save_model
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.warehouse.read import open_published, published_version

CODE_VERSION = "1"


@dg.asset(
    deps=[popularity_features],
    group_name=GROUP,
    kinds={"scikitlearn", "optuna"},
    owners=OWNERS,
    code_version=CODE_VERSION,
    automation_condition=when_worth_training(ADVISOR, FEATURES),
    description=(
        "The model that advice rests on: log downloads from what is known before posting, judged "
        "on creators it has not seen, beside baselines and challengers, with prediction intervals."
    ),
)
def advisor_forest(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Search, fit, judge and store the model, or store why there is none."""
    with lasting_failures():
        stored = read_frame(settings.features_dir, FEATURES)
        with open_published(settings.published_file) as con:
            panel = panel_rates(con)
        with progress_bar(ADVISOR) as progress:
            found = fit_advisor(
                stored.frame,
                panel,
                seed=settings.seed,
                effort=settings.effort,
                progress=progress,
            )
        metrics = found.metrics
        fitted = found if isinstance(found, AdvisorForest) else None
        trained_on = metrics["training_hash"] if fitted else stored.version
        version = version_of(trained_on, metrics, library_versions(), CODE_VERSION)
        source = stored.provenance["source"]
        made = Provenance(
            artefact=ADVISOR,
            version=version,
            code_version=package_code_version(CODE_VERSION),
            inputs={
                FEATURES: stored.version,
                "published_database": published_version(settings.published_file),
                "training_rows": trained_on,
            },
            source=source,
            seed=settings.seed,
            effort=settings.effort,
            parameters=metrics.get("best_params", {}),
            row_counts={
                name: metrics[f"n_{name}"]
                for name in ("train", "calibration", "test")
                if f"n_{name}" in metrics
            },
            run_id=context.run.run_id,
        ).as_dict()
        folder = save_model(
            settings.models_dir,
            ADVISOR,
            fitted.forest if fitted else None,
            metrics=metrics,
            provenance=made,
            version=version,
            split=fitted.split_frame() if fitted else None,
            winner=fitted.stored_winner if fitted else None,
            trees=trees_of(fitted.stored_winner or fitted.forest) if fitted else None,
        )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version),
        metadata={
            **world(source),
            "rows_offered": stored.frame.height,
            "rows_used": metrics["n_rows"],
            "fitted": metrics["fitted"],
            "warnings": sentences(metrics["warnings"]),
            "folder": dg.MetadataValue.path(folder),
            "provenance": dg.MetadataValue.json(made),
            **(_figures(metrics, source) if fitted else {"reason": metrics["reason"]}),
        },
    )


def _figures(metrics: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return what is worth seeing of a fitted model."""
    table = pl.DataFrame(list(_score_rows(metrics)))
    serving = next(row for row in table.iter_rows(named=True) if row["model"] == metrics["winner"])
    trials = metrics["search"]["trials"]
    return {
        "r2_log": number(serving["r2_log"]),
        "r2_log_low": number(serving["low"]),
        "r2_log_high": number(serving["high"]),
        "spearman": number(serving["spearman"]),
        "coverage_of_80_per_cent": number(metrics["intervals"]["overall"]["coverage"]),
        "winner": metrics["winner"],
        "winner_reason": metrics["winner_reason"],
        "models": whole_table(table),
        "best_params": dg.MetadataValue.json(metrics["best_params"]),
        "search": whole_table(pl.DataFrame(trials), digits=4),
        "search_ended": metrics["search"]["stopped"],
        "search_progress": best_so_far(
            [trial["score"] for trial in trials],
            [trial["state"] == "complete" for trial in trials],
            title=titled("Mean R² on logs over the folds, trial by trial", source),
            unit="R² on logs",
        ),
    }


def _score_rows(metrics: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a line for each model and split, held-out creators first."""
    for model in metrics["models"]:
        scores = model["scores"]
        yield {
            "model": model["model"],
            "split": model["split"],
            "r2_log": scores["r2_log"]["value"],
            "low": scores["r2_log"]["low"],
            "high": scores["r2_log"]["high"],
            "spearman": scores["spearman"]["value"],
            "mae_log": scores["mae_log"]["value"],
        }
