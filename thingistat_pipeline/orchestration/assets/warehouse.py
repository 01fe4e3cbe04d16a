"""The warehouse: every raw load as tables, and the published file that analysts open."""

from collections.abc import Iterator

import dagster as dg

from thingistat_pipeline.orchestration.assets.raw import OWNERS, raw_snapshots, raw_things
from thingistat_pipeline.orchestration.automation import WHEN_INPUTS_CHANGED, WHEN_RAW_CHANGED
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import preview, table_schema, world
from thingistat_pipeline.orchestration.provenance import (
    Provenance,
    note,
    package_code_version,
    version_of,
)
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.warehouse.contents import source_label
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.model_tables import MODEL_TABLES
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.tables import TABLES
from thingistat_pipeline.warehouse.upkeep import schema_fingerprint
from thingistat_pipeline.warehouse.working import working_connection

GROUP = "warehouse"
CODE_VERSION = schema_fingerprint()

LOADED_TABLES = tuple(
    table for table in TABLES if table.schema == "main" and table not in MODEL_TABLES
)


@dg.multi_asset(
    name="warehouse",
    specs=[
        dg.AssetSpec(
            table.name,
            deps=[raw_things, raw_snapshots],
            description=table.comment,
            group_name=GROUP,
            kinds={"duckdb", "table"},
            owners=OWNERS,
            code_version=CODE_VERSION,
            automation_condition=WHEN_RAW_CHANGED,
        )
        for table in LOADED_TABLES
    ],
    pool="warehouse",
)
def warehouse_tables(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.MaterializeResult[None]]:
    """Load the raw loads that changed and describe every table."""
    with lasting_failures():
        summary = load_warehouse(
            settings.warehouse_file,
            settings.nights_dir,
            settings.snapshots_dir,
            run_id=context.run.run_id,
            quarantine_share_allowed=settings.quarantine_share_allowed,
        )
        with working_connection(settings.warehouse_file, read_only=True) as con:
            loads = dict(con.sql("SELECT load, content_hash FROM meta.loads").fetchall())
            source = source_label(con)
        made = Provenance(
            artefact="warehouse",
            version=version_of(loads, CODE_VERSION),
            code_version=package_code_version(CODE_VERSION),
            inputs=loads,
            source=source,
            seed=settings.seed,
            effort=settings.effort,
            row_counts=summary.rows,
            run_id=context.run.run_id,
        ).as_dict()
        note(settings.warehouse_file, made)
    with working_connection(settings.warehouse_file, read_only=True) as con:
        for table in LOADED_TABLES:
            head = con.sql(f"SELECT * FROM {table.path} LIMIT 5").pl()
            yield dg.MaterializeResult(
                asset_key=table.name,
                data_version=dg.DataVersion(version_of(table.name, loads, CODE_VERSION)),
                metadata={
                    "dagster/row_count": summary.rows[table.name],
                    "dagster/column_schema": table_schema(con, table.name),
                    **world(source),
                    "preview": preview(head),
                    "loads_added": len(summary.added),
                    "loads_changed": len(summary.changed),
                    "provenance": dg.MetadataValue.json(made),
                },
            )


@dg.asset(
    deps=[table.name for table in LOADED_TABLES],
    group_name=GROUP,
    kinds={"duckdb"},
    owners=OWNERS,
    code_version=CODE_VERSION,
    pool="warehouse",
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "The file that analysts open with any DuckDB client, also while a run goes on: a link to "
        "the newest complete version. It is published only after the blocking checks passed."
    ),
)
def published_database(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
    """Publish the warehouse as a new version and point the link at it."""
    with lasting_failures():
        published = publish(
            settings.warehouse_file,
            settings.published_dir,
            settings.published_file,
        )
    with open_published(published.path) as con:
        source = source_label(con)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(published.version),
        metadata={
            **world(source),
            "version": published.version,
            "megabytes": published.path.stat().st_size / 1e6,
            "file": dg.MetadataValue.path(settings.published_file),
            "how_to_open": dg.MetadataValue.md(
                "`duckdb -readonly data/thingistat.duckdb`, or in Python "
                '`thingistat_pipeline.read_table("things")`'
            ),
        },
    )
