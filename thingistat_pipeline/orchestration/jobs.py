"""Jobs and the nightly schedule."""

import dagster as dg

from thingistat_pipeline.orchestration.assets.raw import raw_things
from thingistat_pipeline.orchestration.assets.visual import thumbnails
from thingistat_pipeline.orchestration.assets.warehouse import (
    published_database,
    warehouse_tables,
)

NIGHTLY_HOUR_UTC = 2

whole_lineage = dg.define_asset_job(
    "whole_lineage",
    selection=dg.AssetSelection.all(),
    description="One night of sampling and everything below it, down to the report.",
)

sampling = dg.define_asset_job(
    "sampling",
    selection=dg.AssetSelection.assets(raw_things),
    description="One night of sampling, and nothing below it.",
)

below_raw = dg.define_asset_job(
    "below_raw",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(raw_things, thumbnails),
    description="Everything that can be rebuilt from the raw loads, down to the report.",
)

nightly_sampling = dg.define_asset_job(
    "nightly_sampling",
    selection=dg.AssetSelection.assets(raw_things, warehouse_tables, published_database),
    description=(
        "Sample tonight, load it and publish. Features, models and the report follow by their "
        "automation conditions when the data changed enough."
    ),
)

nightly_sampling_schedule = dg.build_schedule_from_partitioned_job(
    nightly_sampling,
    name="nightly_sampling_schedule",
    hour_of_day=NIGHTLY_HOUR_UTC,
    minute_of_hour=0,
    description="Every night at 02:00 UTC; a night bears its own date. Switch it on in the UI.",
)

JOBS = [whole_lineage, sampling, below_raw, nightly_sampling]
