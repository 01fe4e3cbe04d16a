"""What things look like: the cover pictures of a night's things."""

import base64
from collections import Counter
from collections.abc import Collection
from datetime import date

import dagster as dg
import polars as pl

from thingistat_pipeline.orchestration.assets.raw import OWNERS, raw_things
from thingistat_pipeline.orchestration.automation import WHEN_INPUTS_CHANGED
from thingistat_pipeline.orchestration.covers import night_covers
from thingistat_pipeline.orchestration.failures import lasting_failures
from thingistat_pipeline.orchestration.metadata import titled, whole_table, world
from thingistat_pipeline.orchestration.partitions import NIGHTS
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.resources import open_pictures, picture_hosts
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.grid import picture_grid
from thingistat_pipeline.visual.obtain import obtain_night
from thingistat_pipeline.visual.pictures import REASONS
from thingistat_pipeline.visual.thumbnails import NightManifest, read_content

GROUP = "visual"
CODE_VERSION = "1"
SHOWN = 24


@dg.asset(
    partitions_def=NIGHTS,
    deps=[raw_things],
    group_name=GROUP,
    kinds={"python", "jpeg"},
    owners=OWNERS,
    code_version=CODE_VERSION,
    pool="picture_hosts",
    automation_condition=WHEN_INPUTS_CHANGED,
    description=(
        "The cover picture of every live thing of a night, as received, each content once, or the "
        "reason why there is none. Resumable: what is there already is not asked for again."
    ),
)
def thumbnails(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """Obtain the pictures of the night that the partition names."""
    night = date.fromisoformat(context.partition_key)
    pixels = settings.thumbnail_pixels
    with lasting_failures(), progress_bar("thumbnails") as progress:
        things = night_covers(
            settings.nights_dir / night.isoformat(),
            picture_hosts(settings),
            source=settings.source,
            pixels=pixels,
        )
        manifest = obtain_night(
            settings.thumbnails_dir,
            night.isoformat(),
            things.covers,
            lambda: open_pictures(settings, night),
            source=things.source,
            pixels=pixels,
            progress=progress,
        )
        shown = _samples(settings, manifest, things.not_safe)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(manifest.content_hash),
        metadata={
            **world(manifest.source),
            **_figures(manifest),
            "why_not": whole_table(_reasons(manifest)),
            "sample": _grid(shown, titled(f"Covers of the night {night}", manifest.source)),
            "folder": dg.MetadataValue.path(settings.thumbnails_dir / night.isoformat()),
        },
    )


def _figures(manifest: NightManifest) -> dict[str, int | float]:
    tried, held = manifest.pictures, [each.held for each in manifest.pictures if each.held]
    contents = {each.sha256: each.bytes for each in held}
    return {
        "dagster/partition_row_count": len(tried),
        "live_things": len(tried),
        "obtained": len(held),
        "share_obtained": len(held) / len(tried) if tried else 0.0,
        "reused": sum(each.reused for each in tried),
        "failed": len(tried) - len(held),
        "distinct_contents": len(contents),
        "bytes": sum(contents.values()),
    }


def _reasons(manifest: NightManifest) -> pl.DataFrame:
    """Return how many things have no picture, by reason."""
    counts = Counter(each.reason for each in manifest.pictures if each.reason is not None)
    rows = [(name, number, REASONS[name]) for name, number in counts.most_common()]
    return pl.DataFrame(rows, schema=["reason", "things", "meaning"], orient="row")


def _samples(settings: Settings, manifest: NightManifest, left_out: Collection[int]) -> list[bytes]:
    """Return some of the pictures, spread evenly over the ids."""
    held = [
        each.held
        for each in manifest.pictures
        if each.held is not None and each.thing_id not in left_out
    ]
    chosen = held[:: max(1, len(held) // SHOWN)][:SHOWN]
    contents = (read_content(settings.thumbnails_dir, each.sha256) for each in chosen)
    return [content for content in contents if content is not None]


def _grid(contents: list[bytes], title: str) -> dg.MarkdownMetadataValue:
    if not contents:
        return dg.MetadataValue.md("No picture yet.")
    encoded = base64.b64encode(picture_grid(contents)).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/jpeg;base64,{encoded})")
