"""All that Dagster loads: ``dagster dev -m thingistat_pipeline.definitions``."""

from thingistat_pipeline.orchestration.build import build_definitions

defs = build_definitions()
