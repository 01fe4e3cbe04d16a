"""Published databases made by hand, of a few things and with or without what models found."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import Source
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import PublishedDatabase, publish
from thingistat_pipeline.warehouse.results import write_results
from thingistat_pipeline_tests.warehouse.support import write_load

FIRST_NIGHT = date(2026, 9, 1)
RECOMMENDER = "recommender"


def small_world(
    folder: Path,
    records: Iterable[Record],
    *,
    source: Source = "sandbox",
    results: Mapping[str, pl.DataFrame] | None = None,
    model: str = RECOMMENDER,
) -> Settings:
    """Return settings of a folder in which records, and a model's results, are published."""
    settings = Settings(data_dir=folder)
    publish_night(settings, records, source=source, results=results, model=model)
    return settings


def publish_night(
    settings: Settings,
    records: Iterable[Record],
    *,
    source: Source = "sandbox",
    results: Mapping[str, pl.DataFrame] | None = None,
    model: str = RECOMMENDER,
) -> PublishedDatabase:
    """Load records as another night and publish."""
    nights = len(list(settings.nights_dir.glob("*")))
    name = (FIRST_NIGHT + timedelta(days=nights)).isoformat()
    write_load(settings.nights_dir, name, records, source=source)
    load_warehouse(
        settings.warehouse_file, settings.nights_dir, settings.snapshots_dir, run_id="run"
    )
    if results:
        write_results(settings.warehouse_file, results, models=[model])
    return publish(settings.warehouse_file, settings.published_dir, settings.published_file)


def rows_of(*rows: Mapping[str, object], model: str = RECOMMENDER, version: str) -> pl.DataFrame:
    """Return rows of a table that a model writes, as `write_results` takes them."""
    return pl.DataFrame([{"model": model, "version": version, **row} for row in rows])
