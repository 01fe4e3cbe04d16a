"""What matters to the models, and what a creator can change."""

import json
from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl
from duckdb import DuckDBPyConnection

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.storage import read_frame
from thingistat_pipeline.orchestration.assets.advisor import advisor_forest
from thingistat_pipeline.orchestration.assets.popularity import FEATURES, GROUP, parity_forest
from thingistat_pipeline.orchestration.assets.raw import OWNERS
from thingistat_pipeline.orchestration.automation import WHEN_INPUTS_CHANGED
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import (
    bars,
    preview,
    titled,
    whiskers,
    whole_table,
    world,
)
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.provenance import (
    Provenance,
    note,
    package_code_version,
    version_of,
)
from thingistat_pipeline.popularity.advisor.history import history, stored_versions
from thingistat_pipeline.popularity.advisor.model import load_advisor
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.explanation.advice import EVIDENCE
from thingistat_pipeline.popularity.explanation.explain import (
    Importances,
    advised,
    explained,
    importances,
    no_importances,
)
from thingistat_pipeline.popularity.parity import PARITY, parity_importances
from thingistat_pipeline.popularity.splits import read_split
from thingistat_pipeline.popularity.store import load_model
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import LATEST, read_version
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import read_results, write_results

IMPORTANCE_CODE_VERSION = "2"
ADVICE_CODE_VERSION = "1"
IMPORTANCE, ADVICE = "feature_importance", "advice"
_SHOWN = 12
_UNITS = {
    "mean_decrease_in_variance": "share of variance",
    "permutation": "fall of R² when shuffled",
    "group_permutation": "fall of R² on logs when the group is shuffled",
    "drop_group": "fall of R² on logs when fitted without the group",
}


@dg.asset(
    name=IMPORTANCE,
    deps=[parity_forest, advisor_forest],
    group_name=GROUP,
    kinds={"duckdb", "table"},
    owners=OWNERS,
    code_version=IMPORTANCE_CODE_VERSION,
    pool="warehouse",
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "What the models lean on. ThingiStat's forest: mean decrease in variance and permutation "
        "importance. The advisor's model: features and groups of features shuffled among held-out "
        "creators, and groups left out in fitting, with intervals. Published in the tables "
        "feature_importance, feature_groups and metrics_history."
    ),
)
def feature_importance(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Measure, write into the warehouse and publish."""
    with lasting_failures():
        stored = read_frame(settings.features_dir, FEATURES)
        forest, metrics, parity = load_model(settings.models_dir, PARITY)
        advisor = read_version(settings.models_dir, ADVISOR)
        with progress_bar(IMPORTANCE) as progress:
            of_parity = parity_importances(
                forest,
                stored.frame,
                features=metrics["features"],
                split=read_split(settings.models_dir / PARITY / LATEST),
                seed=settings.seed,
                progress=progress,
            )
            of_advisor, remark = no_importances(), advisor.metrics["reason"]
            if advisor.fitted:
                model = explained(
                    load_advisor(settings.models_dir),
                    stored.frame,
                    read_split(settings.models_dir / ADVISOR / LATEST),
                )
                of_advisor, remark = (
                    importances(
                        model, seed=settings.seed, effort=settings.effort, progress=progress
                    ),
                    model.remark,
                )
        tables = {
            "feature_importance": pl.concat(
                [
                    _of_model(of_parity, PARITY, parity["version"]),
                    _of_model(of_advisor.table, ADVISOR, advisor.version),
                ],
                how="diagonal",
            ),
            "feature_groups": _of_model(of_advisor.groups, ADVISOR, advisor.version),
            "metrics_history": history(stored_versions(settings.models_dir)),
        }
        write_results(settings.warehouse_file, tables, models=[PARITY, ADVISOR])
        made = _made(
            context,
            settings,
            IMPORTANCE,
            IMPORTANCE_CODE_VERSION,
            tables,
            inputs={
                PARITY: parity["version"],
                ADVISOR: advisor.version,
                FEATURES: stored.version,
            },
            source=advisor.source,
        )
        for record in (stored.provenance, parity, advisor.provenance, made):
            note(settings.warehouse_file, record)
        publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(made["version"]),
        metadata={
            **world(advisor.source),
            "dagster/row_count": tables["feature_importance"].height,
            "model_version": parity["version"],
            "advisor_version": advisor.version,
            **({"remark": remark} if remark else {}),
            "preview": preview(tables["feature_importance"]),
            "groups": whole_table(_group_members(of_advisor.groups)),
            "versions_in_history": tables["metrics_history"]["version"].n_unique(),
            "provenance": dg.MetadataValue.json(made),
            **_plots(tables["feature_importance"], advisor.source),
        },
    )


def _of_model(frame: pl.DataFrame, model: str, version: str) -> pl.DataFrame:
    return frame.select(pl.lit(model).alias("model"), pl.lit(version).alias("version"), pl.all())


def _made(
    context: dg.AssetExecutionContext,
    settings: Settings,
    artefact: str,
    code_version: str,
    tables: Mapping[str, pl.DataFrame],
    *,
    inputs: Mapping[str, str],
    source: str,
) -> dict[str, Any]:
    """Return where tables came from; their version is that of what they hold."""
    contents = {name: json.loads(table.write_json()) for name, table in tables.items()}
    return Provenance(
        artefact=artefact,
        version=version_of(contents),
        code_version=package_code_version(code_version),
        inputs=inputs,
        source=source,
        seed=settings.seed,
        effort=settings.effort,
        row_counts={name: table.height for name, table in tables.items()},
        run_id=context.run.run_id,
    ).as_dict()


def _group_members(groups: pl.DataFrame) -> pl.DataFrame:
    return groups.group_by("group_name", maintain_order=True).agg(
        pl.len().alias("features"), pl.col("feature").head(6).str.join(", ").alias("among them")
    )


def _plots(table: pl.DataFrame, source: str) -> dict[str, Any]:
    """Return a picture for each model, method and split, of what matters most."""
    plots = {}
    for (model, method, split), rows in table.group_by(
        "model", "method", "split", maintain_order=True
    ):
        top = rows.sort("mean", "feature", descending=[True, False], nulls_last=True).head(_SHOWN)
        said = f"{model}: {str(method).replace('_', ' ')}, {split} rows"
        if model == PARITY:
            plot = bars(
                top["feature"].to_list(),
                top["mean"].to_list(),
                errors=top["std"].to_list(),
                title=titled(f"{said}, mean ±1 standard deviation", source),
                unit=_UNITS[str(method)],
            )
        else:
            plot = whiskers(
                *(top[name].to_list() for name in ("feature", "mean", "low", "high")),
                title=titled(f"{said}, 95 % intervals over creators", source),
                unit=_UNITS[str(method)],
            )
        plots[f"{model}_{method}_{split}"] = plot
    return plots


@dg.asset(
    name=ADVICE,
    deps=[feature_importance],
    group_name=GROUP,
    kinds={"duckdb", "table"},
    owners=OWNERS,
    code_version=ADVICE_CODE_VERSION,
    pool="warehouse",
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "What a creator could change before posting: a ranked list with effect, interval, support "
        "and strength of evidence; the model's curve of each such feature; and what the claim "
        '"more files, more downloads" comes to. Associations, not causes. Published in the tables '
        "advice, advice_remarks, feature_effects and file_claim."
    ),
)
def advice(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Examine the changes, write into the warehouse and publish."""
    with lasting_failures():
        stored = read_frame(settings.features_dir, FEATURES)
        advisor = read_version(settings.models_dir, ADVISOR)
        inputs = {ADVISOR: advisor.version, FEATURES: stored.version}
        names = ("advice", "advice_remarks", "feature_effects", "file_claim")
        tables = {name: pl.DataFrame() for name in names}
        remark = advisor.metrics["reason"]
        if advisor.fitted:
            with open_published(settings.published_file) as con:
                measured = _published_importances(con, advisor.version)
            model = explained(
                load_advisor(settings.models_dir),
                stored.frame,
                read_split(settings.models_dir / ADVISOR / LATEST),
            )
            with progress_bar(ADVICE) as progress:
                found = advised(
                    model,
                    stored.frame,
                    measured,
                    seed=settings.seed,
                    effort=settings.effort,
                    progress=progress,
                )
            frames = (
                found.advice.table,
                found.remarks(),
                found.curves,
                found.advice.file_claim.table,
            )
            tables = {
                name: _of_model(frame, ADVISOR, advisor.version)
                for name, frame in zip(names, frames, strict=True)
            }
            remark = model.remark
        write_results(settings.warehouse_file, tables, models=[ADVISOR])
        made = _made(
            context,
            settings,
            ADVICE,
            ADVICE_CODE_VERSION,
            tables,
            inputs=inputs,
            source=advisor.source,
        )
        note(settings.warehouse_file, made)
        publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(made["version"]),
        metadata={
            **world(advisor.source),
            "dagster/row_count": tables["advice"].height,
            "advisor_version": advisor.version,
            **({"remark": remark} if remark else {}),
            "provenance": dg.MetadataValue.json(made),
            **(_changes(tables, advisor.source) if tables["advice"].height else {}),
        },
    )


def _published_importances(con: DuckDBPyConnection, version: str) -> Importances:
    table, groups = (
        read_results(con, name, model=ADVISOR, version=version)
        for name in ("feature_importance", "feature_groups")
    )
    if table.is_empty():
        raise ThingistatError(
            f"The importances of the advisor's version {version} are not published, so advice "
            f"cannot be checked against them. Materialize {IMPORTANCE} first."
        )
    return Importances(table=table, groups=groups)


def _changes(tables: Mapping[str, pl.DataFrame], source: str) -> dict[str, Any]:
    """Return the ranked changes as a table and as a picture, and how many have evidence."""
    changes = tables["advice"]
    return {
        "changes": whole_table(
            changes.select(
                *("rank", "change", "factor", "factor_low", "factor_high", "evidence"),
                *("support", "could", "note"),
            ),
            digits=2,
        ),
        "effects": whiskers(
            *(changes[name].to_list() for name in ("change", "effect", "low", "high")),
            title=titled("Downloads after the change, 95 % intervals widened", source),
            unit="difference of log(1 + downloads)",
        ),
        "remarks": whole_table(tables["advice_remarks"].select("about", "change", "remark")),
        "file_claim": whole_table(tables["file_claim"].drop("model", "version")),
        **{
            f"changes_{level.replace(' ', '_')}": changes.filter(evidence=level).height
            for level in EVIDENCE
        },
    }
