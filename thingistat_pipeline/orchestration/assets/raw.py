"""Raw partitions: one night of sampling, and the snapshots that were imported beside the nights."""

from datetime import date

import dagster as dg
import polars as pl

from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import preview, world
from thingistat_pipeline.orchestration.partitions import NIGHTS
from thingistat_pipeline.orchestration.resources import sample_night
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import Manifest, loads_in

GROUP = "raw"
OWNERS = ["team:thingistat"]
CODE_VERSION = "1"


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
    counts = manifest.counts
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
            "late": manifest.late,
            "parts": preview(_parts(manifest)),
            "folder": dg.MetadataValue.path(settings.nights_dir / context.partition_key),
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
    overview = pl.DataFrame(
        {
            "snapshot": [manifest.name for manifest in manifests],
            "things": [manifest.counts.ok for manifest in manifests],
            "rejected": [manifest.counts.rejected for manifest in manifests],
            "content_hash": [manifest.content_hash[:12] for manifest in manifests],
        }
    )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(",".join(m.content_hash for m in manifests) or "none"),
        metadata={
            "dagster/row_count": sum(manifest.counts.ok for manifest in manifests),
            "rejected_rows": sum(manifest.counts.rejected for manifest in manifests),
            "snapshots": preview(overview),
            "origins": dg.MetadataValue.json({m.name: m.origin for m in manifests}),
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
