"""What the report is made from, gathered from where the lineage keeps it.

Only results of the versions of the models that are the latest are taken: while a new one is being
explained, the report shows it without its explanation, and never with another's.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

from thingistat_pipeline.features.exploration import explore
from thingistat_pipeline.orchestration.assets.looks import CHOICE, LOOKS
from thingistat_pipeline.orchestration.assets.visual import PHOTOGRAPH
from thingistat_pipeline.popularity.advisor.history import drift_from_previous
from thingistat_pipeline.popularity.advisor.picture_gain import GAIN
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.parity import PARITY
from thingistat_pipeline.popularity.splits import read_split
from thingistat_pipeline.recommender.model_names import EVALUATION, RANKING, RECOMMENDER
from thingistat_pipeline.recommender.published_tables import TABLES
from thingistat_pipeline.report.data_card import data_card
from thingistat_pipeline.report.looks_results import read_looks
from thingistat_pipeline.report.recommender_examples import Examples, read_examples
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.settings import Effort
from thingistat_pipeline.stored_versions import LATEST, StoredVersion, read_version
from thingistat_pipeline.warehouse.model_tables import METRICS_HISTORY
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import read_results


def report_data(
    published_file: Path,
    models_dir: Path,
    frame: pl.DataFrame,
    *,
    provenance: Mapping[str, Any],
    seed: int,
    effort: Effort,
    picture: Callable[[int], bytes | None] | None = None,
) -> ReportData:
    """Return the report's data.

    Parameters
    ----------
    published_file : Path
        The published database.
    models_dir : Path
        Folder of the stored models; those of downloads must be there, fitted or not. Without what
        ranks things or looks at pictures, the report says that there is none.
    frame : polars.DataFrame
        The latest features.
    provenance : Mapping
        Of the report that is to be made.
    seed : int
    effort : {"quick", "full"}
        Size of the resampling when the previous model is asked about today's things.
    picture : callable, optional
        Returns a thing's thumbnail by its id, or None.
    """
    parity, advisor = read_version(models_dir, PARITY), read_version(models_dir, ADVISOR)
    ranking, evaluation, recommender, looks, choice, gain, photograph = (
        read_version(models_dir, name) if (models_dir / name / LATEST).exists() else None
        for name in (RANKING, EVALUATION, RECOMMENDER, LOOKS, CHOICE, GAIN, PHOTOGRAPH)
    )
    if ranking and evaluation and evaluation.provenance["inputs"][RANKING] != ranking.version:
        evaluation = None
    if gain and gain.provenance["inputs"][ADVISOR] != advisor.version:
        gain = None
    versions = {PARITY: parity.version, ADVISOR: advisor.version}
    with open_published(published_file) as con:
        card, exploration = data_card(con), explore(con, frame)
        importances = pl.concat(
            read_results(con, "feature_importance", model=model, version=version).select(
                pl.lit(model).alias("model"), pl.all()
            )
            for model, version in versions.items()
        )
        groups, effects, advice, remarks, file_claim = (
            read_results(con, table, model=ADVISOR, version=advisor.version)
            for table in (
                "feature_groups",
                "feature_effects",
                "advice",
                "advice_remarks",
                "file_claim",
            )
        )
        history: pl.DataFrame = con.sql(
            f"FROM {METRICS_HISTORY.path} ORDER BY {METRICS_HISTORY.order}"
        ).pl()
        examples = Examples()
        if ranking and recommender and belong_together(con, ranking, recommender):
            examples = read_examples(con, picture or _no_picture, seed=seed)
        seen = read_looks(
            con,
            picture or _no_picture,
            seed=seed,
            looks=_metrics(looks),
            choice=_metrics(choice),
            gain=_metrics(gain),
            photograph=_metrics(photograph),
            pictures_in_ranker=_metrics(evaluation).get("pictures", {}),
            version=looks.version if looks else "",
        )
    drift = None
    if advisor.fitted:
        split = read_split(models_dir / ADVISOR / LATEST)
        drift = drift_from_previous(models_dir, frame, split, seed=seed, effort=effort)
    return ReportData(
        card=card,
        exploration=exploration,
        parity=parity.metrics,
        importances=importances,
        provenance=provenance,
        model_version=versions[PARITY],
        advisor=advisor.metrics,
        advisor_version=advisor.version,
        advice=advice,
        advice_notes=tuple(remarks.filter(about="advice")["remark"]),
        not_examined=remarks.filter(about="not_examined").select("change", "remark"),
        file_claim=file_claim,
        file_verdict=" ".join(remarks.filter(about="file_claim")["remark"]),
        effects=effects,
        groups=groups,
        history=history,
        drift=drift,
        ranking=_metrics(ranking),
        ranking_scores=_metrics(evaluation),
        ranking_version=ranking.version if ranking else "",
        examples=examples,
        looks=seen,
    )


def _metrics(stored: StoredVersion | None) -> Mapping[str, Any]:
    return stored.metrics if stored else {}


def belong_together(
    con: DuckDBPyConnection, ranking: StoredVersion, recommender: StoredVersion
) -> bool:
    """Return whether what is published as close to what comes of the model that is shown.

    Parameters
    ----------
    con : DuckDBPyConnection
        Open on the published database.
    ranking : StoredVersion
        The model whose figures are shown.
    recommender : StoredVersion
        What is said to have been published.
    """
    found = (f"SELECT version FROM {name} WHERE model = $model" for name in TABLES)
    rows = con.sql(" UNION ".join(found), params={"model": RECOMMENDER}).fetchall()
    published = {version for (version,) in rows}
    made_from = recommender.provenance["inputs"][RANKING]
    return made_from == ranking.version and published <= {recommender.version}


def _no_picture(_: int) -> None:
    """Return that there is none."""
