"""Raw partitions: one night of sampling, and the snapshots that were imported beside the nights."""

from datetime import date

import dagster as dg
import polars as pl

from thingistat_pipeline.orchestration import snapshot_tables as tables
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import preview, world
from thingistat_pipeline.orchestration.partitions import NIGHTS
from thingistat_pipeline.orchestration.resources import sample_night
from thingistat_pipeline.sampling.plan import read_plan
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import Manifest, loads_in

GROUP = "raw"
OWNERS = ["team:thingistat"]
CODE_VERSION = "1"
ROWS_SHOWN = 60  # of each table about the snapshots


@dg.asset(
    partitions_def=NIGHTS,
    group_name=GROUP,
    kinds={"python", "json"},
    owners=OWNERS,
    code_version=CODE_VERSION,
    pool="thingiverse_api",
    description=(
        "One night's random sample of ids, every answer kept as compressed JSON lines. "
        "Resumable: materializing a finished night again asks the API nothing."
    ),
)
def raw_things(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Sample the night that the partition names."""
    with lasting_failures():
        manifest = sample_night(settings, date.fromisoformat(context.partition_key))
    folder = settings.nights_dir / context.partition_key
    counts, plan = manifest.counts, read_plan(folder)
    tried = counts.attempted
    return dg.MaterializeResult(
        data_version=dg.DataVersion(manifest.content_hash),
        metadata={
            "dagster/partition_row_count": tried,
            **world(manifest.source),
            "ids_tried": tried,
            "live_things": counts.ok,
            "hit_rate": counts.ok / tried if tried else 0.0,
            "requests": counts.requests,
            "quarantined": counts.quarantined,
            "to_retry": counts.retry,
            "panel_planned": len(plan.panel) if plan else 0,
            "ids_left_out_for_snapshots": sum(each.ids for each in plan.known) if plan else 0,
            "late": manifest.late,
            "parts": preview(_parts(manifest)),
            "folder": dg.MetadataValue.path(folder),
        },
    )


@dg.asset(
    group_name=GROUP,
    kinds={"python", "json"},
    owners=OWNERS,
    code_version=CODE_VERSION,
    description=(
        "Published data sets of real things that `thingistat import` brought in, each with its "
        "own provenance. Empty until something was imported."
    ),
)
def raw_snapshots(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
    """List the snapshots beside the nights."""
    with lasting_failures():
        manifests = [manifest for _, manifest in loads_in(settings.snapshots_dir)]
    counts = [manifest.counts for manifest in manifests]
    shown = {
        "snapshots": tables.overview(manifests),
        "files": tables.files(manifests),
        "files_as_one": tables.file_digests(manifests),
        "rejects": tables.rejects(manifests),
        "not_carried_over": tables.left_behind(manifests),
        "notes": tables.notes(manifests),
    }
    return dg.MaterializeResult(
        data_version=dg.DataVersion(",".join(m.content_hash for m in manifests) or "none"),
        metadata={
            "dagster/row_count": sum(each.ok for each in counts),
            **world("snapshot" if manifests else ""),
            "snapshots_imported": len(manifests),
            "live_things": sum(each.ok for each in counts),
            "gone": sum(each.gone for each in counts),
            "private": sum(each.private for each in counts),
            "moderated": sum(each.moderated for each in counts),
            "rejected_rows": sum(each.rejected for each in counts),
            "source_files": sum(len(m.origin.get("files") or []) for m in manifests),
            **{
                name: preview(table, rows=ROWS_SHOWN)
                for name, table in shown.items()
                if not table.is_empty()
            },
            "folder": dg.MetadataValue.path(settings.snapshots_dir),
        },
    )


def _parts(manifest: Manifest) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "part": [part.name for part in manifest.parts],
            "lines": [part.lines for part in manifest.parts],
            "bytes": [part.bytes for part in manifest.parts],
            "sha256": [part.sha256[:12] for part in manifest.parts],
        }
    )
